/* SPDX-License-Identifier: MIT */
/*
 * What waits to be read at Unix sockets. A message counts against its sender
 * until it has been read, and holds its sender's memory. Descriptors in messages
 * that are never read are closed with them; as the last of them may be that of
 * a socket with such messages of its own, and so on, that is done in turn, not
 * one inside the other.
 */
#include "io/sim/cost.h"
#include "io/sim/unix_message.h"

/* net.unix.max_dgram_qlen. */
#define DATAGRAMS_MAX 10
#define COST_SMALLEST 512

size_t snt__sim_unix_cost(size_t in_block, size_t in_pages)
{
	return SNT__SIM_COST_HEAD +
	       snt__sim_cost_block(in_block + SNT__SIM_COST_TAIL,
				   COST_SMALLEST) +
	       snt__sim_cost_pages(in_pages);
}

bool snt__sim_unix_writable(const struct snt__sim_unix *sock)
{
	return sock->under_way * 4 <= (size_t)sock->file.options.sndbuf;
}

bool snt__sim_unix_full(const struct snt__sim_unix *sock)
{
	return sock->queue_length > DATAGRAMS_MAX;
}

int snt__sim_unix_error(struct snt__sim_unix *sock)
{
	int error = sock->file.options.error;

	sock->file.options.error = 0;
	return -error;
}

struct snt__sim_unix_message *
snt__sim_unix_message(struct snt__sim_unix *sender, const struct msghdr *from,
		      size_t skip, size_t size, size_t cost)
{
	struct snt__sim_unix_message *message =
		snt__sim_alloc(sizeof *message + size);

	snt__sim_unix_hold(sender);
	sender->under_way += cost;
	message->sender = sender;
	message->cost = cost;
	message->size = size;
	snt__sim_gather(from, skip, message->bytes, size);
	return message;
}

static void sweep(struct snt__sim_unix_host *host)
{
	struct snt__link *link;

	if (host->sweeping)
		return;
	host->sweeping = true;
	while ((link = snt__list_first(&host->garbage)) != NULL) {
		struct snt__sim_unix_message *message = SNT__CONTAINER(
			link, struct snt__sim_unix_message, in_queue);

		snt__list_remove(link);
		for (size_t i = 0; i < message->file_count; i++)
			snt__sim_file_drop(message->files[i]);
		snt__sim_free(message->files);
		snt__sim_free(message);
	}
	host->sweeping = false;
}

static void give_back(struct snt__sim_unix_message *message)
{
	struct snt__sim_unix *sender = message->sender;
	struct snt__sim_unix_host *host = sender->file.host->unix_names;
	bool was = snt__sim_unix_writable(sender);

	sender->under_way -= message->cost;
	if (!was && !sender->gone && snt__sim_unix_writable(sender))
		snt__sim_file_stir(&sender->file, SNT__WRITE);
	snt__sim_unix_let_go(sender);
	if (message->file_count == 0) {
		snt__sim_free(message);
		return;
	}
	snt__list_append(&host->garbage, &message->in_queue);
	sweep(host);
}

void snt__sim_unix_push(struct snt__sim_unix *receiver,
			struct snt__sim_unix_message *message)
{
	snt__list_append(&receiver->queue, &message->in_queue);
	receiver->queue_length++;
}

struct snt__sim_unix_message *
snt__sim_unix_first(const struct snt__sim_unix *sock)
{
	struct snt__link *link = snt__list_first(&sock->queue);

	return link != NULL ? SNT__CONTAINER(link, struct snt__sim_unix_message,
					     in_queue)
			    : NULL;
}

void snt__sim_unix_take_out(struct snt__sim_unix *sock,
			    struct snt__sim_unix_message *message)
{
	const struct snt__link *list = &sock->followers;
	bool was_full = snt__sim_unix_full(sock);

	snt__list_remove(&message->in_queue);
	sock->queue_length--;
	if (was_full && !snt__sim_unix_full(sock))
		for (struct snt__link *at = list->next; at != list;
		     at = at->next)
			snt__sim_file_stir(&SNT__CONTAINER(at,
							   struct snt__sim_unix,
							   in_followers)
						    ->file,
					   SNT__WRITE);
	give_back(message);
}

void snt__sim_unix_purge(struct snt__sim_unix *sock)
{
	struct snt__sim_unix_message *message;

	while ((message = snt__sim_unix_first(sock)) != NULL)
		snt__sim_unix_take_out(sock, message);
}
