/* SPDX-License-Identifier: MIT */
/*
 * Questions by datagram, asked again until they are answered, over both
 * families, from sockets that are connected and such that are not, of sizes
 * that fit into a packet and that do not. A datagram comes whole or not at all;
 * one that is too large for the buffer is told so.
 */
#include "scenarios.h"

#include <netinet/in.h>
#include <sennit/resolve.h>

#define CLIENTS 3
#define QUESTIONS 32
#define MOST 4000

struct head {
	uint32_t client, number, size, answer;
};

struct asking {
	unsigned done;
	uint64_t asked, repeated;
};

struct datagrams {
	struct world world;
	struct asking clients[CLIENTS];
};

static uint64_t key_of(const struct head *head)
{
	return (uint64_t)head->client << 40 | head->number << 8 | head->answer;
}

static size_t write_one(char *buffer, struct head head)
{
	memcpy(buffer, &head, sizeof head);
	flow_fill(key_of(&head), 0, buffer + sizeof head,
		  head.size - sizeof head);
	return head.size;
}

/* Whole, and nothing else than was sent. */
static bool read_one(struct head *head, const char *buffer, size_t size)
{
	if (!EXPECT("bytes", size >= sizeof *head, "a datagram of %zu bytes",
		    size))
		return false;
	memcpy(head, buffer, sizeof *head);
	return EXPECT("bytes", head->size == size && head->client < CLIENTS,
		      "a datagram of %u bytes has %zu", head->size, size) &&
	       flow_same(key_of(head), 0, buffer + sizeof *head,
			 size - sizeof *head);
}

static int answer_all(struct player *me, struct snt_socket *server)
{
	int64_t limit = me->world->weather.limit;
	char buffer[MOST];

	for (;;) {
		struct snt_addr from;
		struct head head;
		ptrdiff_t n;

		n = TIMED(0,
			  snt_recvfrom(server, buffer, sizeof buffer, &from));
		if (n < 0 && snt_cancelled())
			return (int)n;
		if (n < 0 || !read_one(&head, buffer, (size_t)n))
			continue;
		head.answer = 1;
		write_one(buffer, head);
		/* What is not sent is asked for again. */
		(void)TIMED(limit,
			    snt_sendto(server, buffer, head.size, &from));
	}
}

static int server(struct player *me)
{
	const struct snt_server_opts opts = { .type = SOCK_DGRAM };
	unsigned attempt = 0;

	do {
		snt_auto(socket) server = NULL;

		if (TIMED(SNT_MINUTE,
			  snt_create_server(&server, ":7000", &opts)) == 0)
			answer_all(me, server);
	} while (again(me, &attempt));
	return 0;
}

/* Where to, and by which kind of socket. */
struct line {
	struct player *me;
	struct snt_socket *socket;
	struct snt_addr addr;
	bool connected;
};

static int dial(struct line *line)
{
	struct player *me = line->me;
	int64_t limit = me->world->weather.limit;
	struct snt_addr addrs[4];
	int count;

	line->connected = draw(&me->dice, 2) == 0;
	if (line->connected) {
		const struct snt_connection_opts opts = { .type = SOCK_DGRAM,
							  .timeout = limit };

		return TIMED(limit,
			     snt_create_connection(&line->socket, "server:7000",
						   &opts));
	}
	SNT_TRY(count = TIMED(limit, snt_getaddrinfo("server", "7000", addrs,
						     COUNT(addrs), NULL)));
	line->addr = addrs[draw(&me->dice, MINIMUM((uint64_t)count, 4))];
	return TIMED(limit,
		     snt_socket(&line->socket, line->addr.sa.any.sa_family,
				SOCK_DGRAM, 0));
}

static int ask(struct line *line, struct head head)
{
	int64_t limit = line->me->world->weather.limit;
	char buffer[MOST];
	ptrdiff_t n;

	write_one(buffer, head);
	n = line->connected
		    ? TIMED(limit, snt_send(line->socket, buffer, head.size))
		    : TIMED(limit, snt_sendto(line->socket, buffer, head.size,
					      &line->addr));
	EXPECT("bytes", n < 0 || n == (ptrdiff_t)head.size,
	       "%td bytes of a datagram of %u are sent", n, head.size);
	return (int)n;
}

/* Until it has come, or it is time to ask again. */
static int hear(struct line *line, uint32_t number, int64_t limit)
{
	int64_t until = snt_now() + limit;
	char buffer[MOST];
	struct head head;
	ptrdiff_t n;

	do {
		/* Too small at times: then it is -EMSGSIZE, and lost. */
		size_t room =
			draw(&line->me->dice, 8) == 0 ? 64 : sizeof buffer;
		int64_t left = until - snt_now();

		if (left <= 0)
			return -ETIMEDOUT;
		n = line->connected
			    ? TIMED(left, snt_recv(line->socket, buffer, room))
			    : TIMED(left, snt_recvfrom(line->socket, buffer,
						       room, NULL));
		if (n == -EMSGSIZE && room == 64)
			continue;
		if (n < 0)
			return (int)n;
		if (!read_one(&head, buffer, (size_t)n))
			return -EPROTO;
		EXPECT("bytes",
		       head.client == line->me->number - 1 && head.answer == 1,
		       "%s gets what is not for it", line->me->name);
	} while (n < 0 || head.number != number);
	return 0;
}

static int ask_some(struct player *me, struct asking *asking)
{
	const struct weather *weather = &me->world->weather;
	int64_t wait = 8 * (weather->link.latency + weather->link.jitter) +
		       200 * SNT_MILLISECOND;
	struct line line = { .me = me };
	int code = dial(&line);

	while (code == 0 && asking->done < QUESTIONS) {
		struct head head = { .client = me->number - 1,
				     .number = asking->done };

		head.size = (uint32_t)draw_wide(&me->dice, sizeof head, MOST);
		code = ask(&line, head);
		if (code > 0)
			code = hear(&line, head.number, wait);
		asking->done += code == 0;
		if (draw(&me->dice, 8) == 0 ||
		    !think(&me->dice, me->world->weather.pace))
			break;
	}
	snt_close(line.socket);
	return code;
}

static int client(struct player *me)
{
	struct asking *asking = me->state;
	unsigned attempt = 0;

	while (asking->done < QUESTIONS) {
		if (ask_some(me, asking) < 0 && !again(me, &attempt))
			return -ECANCELED;
		if (snt_cancelled())
			return -ECANCELED;
	}
	return 0;
}

static void set_up(struct world *world)
{
	struct datagrams *all = (struct datagrams *)world;

	add_player(world, "server", server)->serves = true;
	for (unsigned i = 0; i < CLIENTS; i++) {
		char name[16];

		snprintf(name, sizeof name, "client%u", i);
		add_player(world, name, client)->state = &all->clients[i];
	}
}

const struct scenario scenario_datagrams = {
	.name = "datagrams",
	.about = "questions by datagram, asked until answered",
	.size = sizeof(struct datagrams),
	.set_up = set_up,
	.rough = true,
};
