/* SPDX-License-Identifier: MIT */
/*
 * Endpoints: made on a datagram handle, accepted from, closed. Built for one
 * with ten thousand sessions as for ten thousand with one each, so both fibers
 * take a page of stack and the rest is the object.
 *
 * Invariants: the two fibers are parked, or ready and not running, whenever the
 * program runs; so a close can end them where they are. A session that the
 * program has outlives its endpoint, without knowing of it any more.
 */
#include "seq/endpoint.h"

#include "base/alloc.h"
#include "fiber/call.h"
#include "fiber/resident.h"
#include "seq/session.h"
#include "socket/parts.h"

#include <netinet/in.h>
#include <openssl/crypto.h>
#include <sennit/socket.h>
#include <string.h>

static bool is_loopback(const struct snt_addr *addr)
{
	const struct in6_addr *ip = &addr->sa.in6.sin6_addr;

	if (addr->sa.any.sa_family == AF_INET)
		return ntohl(addr->sa.in.sin_addr.s_addr) >> 24 == 127;
	return IN6_IS_ADDR_LOOPBACK(ip) ||
	       (IN6_IS_ADDR_V4MAPPED(ip) && ip->s6_addr[12] == 127);
}

bool snt__seq_may_talk(const struct snt_seq_endpoint *endpoint,
		       const struct snt_addr *addr)
{
	return endpoint->sealed || endpoint->opts.insecure_plain ||
	       is_loopback(addr);
}

/* Routers may not cut our datagrams: how large one may be we find out. What of
 * IPv4 an IPv6 socket refuses it does not need. */
static int never_cut(const struct snt_socket *part)
{
	const int probe6 = IPV6_PMTUDISC_PROBE, probe4 = IP_PMTUDISC_PROBE;
	int fd = part->handle.fd;
	int code = snt__io->setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &probe4,
				       sizeof probe4);

	if (part->family == AF_INET6)
		code = snt__io->setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER,
					   &probe6, sizeof probe6);
	return code;
}

static int take_part(struct snt_seq_endpoint *endpoint, struct snt_socket *part)
{
	struct snt_addr addr;
	int code;

	if (part->kind != SNT__DATAGRAM ||
	    (part->family != AF_INET && part->family != AF_INET6))
		return snt__fail_text(-EINVAL, "seq: this handle is no UDP "
					       "socket");
	code = snt__handle_claim(snt__thread_now(), &part->handle);
	if (code == 0)
		code = snt__io->getsockname(part->handle.fd, &addr);
	if (code == 0 && snt_addr_port(&addr) != 0 && !endpoint->connected &&
	    !snt__seq_may_talk(endpoint, &addr))
		return snt__seq_fail_at(&addr, -EPERM,
					"without a key only loopback is "
					"spoken to; .insecure_plain allows "
					"more");
	if (code == 0)
		code = never_cut(part);
	if (code == 0 && !endpoint->connected && snt__seq_is_anywhere(&addr))
		endpoint->anywhere = true;
	return code < 0 ? snt__fail(code, "seq") : 0;
}

static int take_parts(struct snt_seq_endpoint *endpoint,
		      struct snt_socket *socket)
{
	struct snt_addr peer;
	struct snt_socket *part;
	int code = 0;

	endpoint->connected =
		snt__part_count(socket) == 1 &&
		snt__io->getpeername(socket->handle.fd, &peer) == 0;
	for (size_t n = 0;
	     code == 0 && (part = snt__socket_part(socket, n)) != NULL; n++)
		code = take_part(endpoint, part);
	return code;
}

_Static_assert(sizeof(struct snt_seq_endpoint) +
			       SNT__SEQ_BATCH_OF_ONE *
				       (SNT__SEQ_DATAGRAM + 1) <=
		       32 * 1024,
	       "a connection with its own endpoint stays small");

static int make_room(struct snt_seq_endpoint *endpoint)
{
	endpoint->batch_size =
		endpoint->connected ? SNT__SEQ_BATCH_OF_ONE : SNT__SEQ_BATCH;
	endpoint->batch =
		snt__alloc_array(endpoint->batch_size, sizeof *endpoint->batch);
	return endpoint->batch == NULL ? snt__fail(-ENOMEM, "seq") : 0;
}

/* To be told to which of its addresses a datagram was sent; and nothing else that
 * its owner may have asked for, datagrams as one in particular. Where nobody
 * can tell, routes choose what is answered from. */
static int ask_where(struct snt_seq_endpoint *endpoint,
		     struct snt_socket *socket)
{
	int code;

	if (!endpoint->anywhere)
		return socket->merges ? snt_set_control(socket, 0) : 0;
	endpoint->items =
		snt__alloc_array(SNT__SEQ_BATCH, sizeof *endpoint->items);
	if (endpoint->items == NULL)
		return snt__fail(-ENOMEM, "seq");
	code = snt_set_control(socket, SNT_CONTROL_LOCAL);
	endpoint->anywhere = code == 0;
	return code == -ENOPROTOOPT ? 0 : code;
}

static int begin(struct snt_seq_endpoint *endpoint)
{
	int code = snt__io->random(endpoint->secret, sizeof endpoint->secret);

	if (code == 0)
		code = snt__io->random(&endpoint->mix, sizeof endpoint->mix);
	if (code == 0)
		code = snt__seq_table_begin(&endpoint->by_id);
	if (code == 0)
		code = snt__seq_table_begin(&endpoint->by_peer);
	if (code == 0)
		code = snt__seq_quotas_begin(&endpoint->quotas, endpoint->mix);
	if (code == 0)
		code = snt__resident_start(&endpoint->receiver,
					   snt__seq_receive, endpoint,
					   "seq receiver");
	if (code == 0)
		code = snt__resident_start(&endpoint->keeper, snt__seq_keep,
					   endpoint, "seq keeper");
	return code < 0 ? snt__fail(code, "seq") : 0;
}

static void end(struct snt_seq_endpoint *endpoint)
{
	if (snt__seq_is_home(&endpoint->home)) {
		if (endpoint->receiver != NULL)
			snt__resident_end(endpoint->receiver);
		if (endpoint->keeper != NULL)
			snt__resident_end(endpoint->keeper);
	}
	snt__seq_table_end(&endpoint->by_id);
	snt__seq_table_end(&endpoint->by_peer);
	snt__seq_quotas_end(&endpoint->quotas);
	snt__free(endpoint->items);
	snt__free(endpoint->batch);
	OPENSSL_cleanse(endpoint->key, sizeof endpoint->key);
	snt__free(endpoint);
}

int snt__seq_endpoint_make(struct snt_seq_endpoint **endpoint,
			   struct snt_socket *socket,
			   const struct snt_seq_opts *opts)
{
	struct snt_seq_endpoint *made = snt__alloc(sizeof *made);
	int code;

	if (made == NULL)
		return snt__fail(-ENOMEM, "seq");
	made->home.thread = snt__thread_now()->id;
	made->home.forks = snt__forks;
	made->keeper_until = SNT_FOREVER;
	snt__list_init(&made->sessions);
	snt__list_init(&made->backlog);
	snt__list_init(&made->due);
	code = snt__seq_settle(&made->opts, opts);
	if (code == 0 && opts != NULL && opts->key != NULL) {
		made->sealed = true;
		memcpy(made->key, opts->key, sizeof made->key);
	}
	if (code == 0)
		code = take_parts(made, socket);
	if (code == 0)
		code = make_room(made);
	if (code == 0)
		code = ask_where(made, socket);
	if (code == 0)
		code = begin(made);
	if (code < 0) {
		end(made);
		return code;
	}
	made->socket = socket;
	*endpoint = made;
	return 0;
}

int snt_seq_open(struct snt_seq_endpoint **endpoint, struct snt_socket *socket,
		 const struct snt_seq_opts *opts)
{
	return snt__seq_endpoint_make(endpoint, socket, opts);
}

int snt_seq_create_server(struct snt_seq_endpoint **endpoint, const char *text,
			  const struct snt_seq_opts *opts)
{
	const struct snt_server_opts server = { .type = SOCK_DGRAM };
	struct snt_socket *socket = NULL;
	struct snt_seq_opts settled;
	int code = snt__seq_settle(&settled, opts);

	if (code == 0)
		code = snt_create_server(&socket, text, &server);
	if (socket == NULL)
		return code;
	code = snt__seq_endpoint_make(endpoint, socket, opts);
	if (code < 0)
		snt_close(socket);
	return code;
}

/* Parked by whoever accepts. After -EBADF the endpoint is gone. */
static int wait_for_session(struct snt_seq_endpoint *endpoint)
{
	int code;

	if (endpoint->acceptor != NULL)
		return -EBUSY;
	endpoint->acceptor = snt__fiber_now();
	snt__park_for("seq accept");
	code = snt__park(SNT_FOREVER);
	if (code != -EBADF)
		endpoint->acceptor = NULL;
	return code;
}

int snt_seq_accept(struct snt_seq_endpoint *endpoint, struct snt_seq **seq)
{
	struct snt_fiber *self = snt__fiber_now();
	struct snt__link *first = NULL;
	int code = snt__enter(self);

	if (code == 0)
		code = snt__seq_home_check(&endpoint->home);
	while (code == 0 &&
	       (first = snt__list_first(&endpoint->backlog)) == NULL)
		code = wait_for_session(endpoint);
	if (first == NULL)
		return snt__fail(code, "seq accept");
	snt__list_remove(first);
	endpoint->unaccepted--;
	*seq = SNT__CONTAINER(first, struct snt_seq, in_backlog);
	(*seq)->handed = true;
	snt__spend(snt__self);
	return 0;
}

int snt_seq_endpoint_getsockname(const struct snt_seq_endpoint *endpoint,
				 struct snt_addr *addr)
{
	return snt_getsockname(endpoint->socket, addr);
}

int snt_seq_endpoint_get_info(const struct snt_seq_endpoint *endpoint,
			      struct snt_seq_endpoint_info *info)
{
	int code = snt__seq_home_check(&endpoint->home);

	if (code < 0)
		return snt__fail(code, "seq info");
	*info = (struct snt_seq_endpoint_info){
		.sessions = endpoint->by_id.count,
		.half_open = endpoint->half_open,
		.refused = endpoint->refused,
		.forged = endpoint->forged,
		.repeated = endpoint->repeated,
	};
	return 0;
}

static void open_letter(struct snt__letter *letter)
{
	snt_seq_endpoint_close(
		SNT__CONTAINER(letter, struct snt_seq_endpoint, home.closing));
}

void snt_seq_endpoint_close(struct snt_seq_endpoint *endpoint)
{
	struct snt__link *link;

	if (endpoint == NULL ||
	    snt__seq_close_elsewhere(&endpoint->home, open_letter))
		return;
	endpoint->closing = true;
	while ((link = snt__list_first(&endpoint->sessions)) != NULL) {
		struct snt_seq *seq =
			SNT__CONTAINER(link, struct snt_seq, in_endpoint);

		snt__seq_say_goodbye(seq, 0);
		snt__seq_session_over(seq, -EBADF, "its endpoint was closed");
		snt__seq_session_detach(seq);
		if (!seq->handed)
			snt__seq_session_free(seq);
	}
	if (endpoint->acceptor != NULL && snt__seq_is_home(&endpoint->home) &&
	    !snt__wake(endpoint->acceptor, -EBADF))
		endpoint->acceptor->wake_code = -EBADF;
	/* First what the fibers wait on, then they. */
	snt_close(endpoint->socket);
	end(endpoint);
}

void snt_auto_seq_endpoint(struct snt_seq_endpoint **endpoint)
{
	snt_seq_endpoint_close(*endpoint);
	*endpoint = NULL;
}
