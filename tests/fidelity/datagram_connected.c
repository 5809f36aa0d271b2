/* SPDX-License-Identifier: MIT */
/* UDP with one peer: refusals that come later, strangers, shutdowns. */
#include "fidelity.h"

/* s->b is gone; nobody else has got its port meanwhile. */
static int gone(struct stage *s)
{
	SNT_TRY(two_on(s, "127.0.0.1:0"));
	end(&s->b);
	return 0;
}

static int sendto_nobody(struct stage *s)
{
	SNT_TRY(gone(s));
	say_sendto(s, s->a, "hello", &s->addr);
	say_sendto(s, s->a, "hello", &s->addr);
	say_recvfrom_now(s, s->a);
	say_error(s, s->a);
	return 0;
}

static int send_refused(struct stage *s)
{
	SNT_TRY(gone(s));
	say_code(s, "connect", snt_connect(s->a, &s->addr));
	say_send(s, s->a, "hello");
	SNT_TRY(snt_wait_readable(s->a));
	say_send(s, s->a, "hello");
	say_send(s, s->a, "hello");
	return 0;
}

static int recv_refused(struct stage *s)
{
	SNT_TRY(gone(s));
	SNT_TRY(snt_connect(s->a, &s->addr));
	say_send(s, s->a, "hello");
	say_recvfrom(s, s->a, NULL);
	say_recvfrom_now(s, s->a);
	return 0;
}

static int recv_refused_v6(struct stage *s)
{
	SNT_TRY(two_on(s, "[::1]:0"));
	end(&s->b);
	SNT_TRY(snt_connect(s->a, &s->addr));
	say_send(s, s->a, "hello");
	say_recvfrom(s, s->a, NULL);
	return 0;
}

static int recv_refused_while_waiting(struct stage *s)
{
	SNT_TRY(gone(s));
	SNT_TRY(snt_connect(s->a, &s->addr));
	SNT_TRY(start(s, 0, do_recv, s->a));
	say_send(s, s->a, "hello");
	SNT_TRY(finish(s));
	say_code(s, "recv", s->calls[0].result);
	return 0;
}

static int error_refused(struct stage *s)
{
	SNT_TRY(gone(s));
	SNT_TRY(snt_connect(s->a, &s->addr));
	say_send(s, s->a, "hello");
	SNT_TRY(snt_wait_readable(s->a));
	say_error(s, s->a);
	say_error(s, s->a);
	say_send(s, s->a, "hello");
	return 0;
}

static int refused_then_bytes(struct stage *s)
{
	struct snt_addr mine;

	SNT_TRY(gone(s));
	SNT_TRY(snt_getsockname(s->a, &mine));
	SNT_TRY(snt_connect(s->a, &s->addr));
	say_send(s, s->a, "hello");
	SNT_TRY(snt_wait_readable(s->a));
	SNT_TRY(snt_socket(&s->b, AF_INET, SOCK_DGRAM, 0));
	SNT_TRY(snt_bind(s->b, &s->addr));
	say_sendto(s, s->b, "I am back", &mine);
	say_recvfrom(s, s->a, NULL);
	say_recvfrom(s, s->a, NULL);
	return 0;
}

static int send_nowhere(struct stage *s)
{
	SNT_TRY(two_on(s, "127.0.0.1:0"));
	say_send(s, s->a, "hello");
	return 0;
}

static int sendto_elsewhere(struct stage *s)
{
	struct snt_addr other;

	SNT_TRY(two_on(s, "127.0.0.1:0"));
	SNT_TRY(bound_to(&s->c, SOCK_DGRAM, "127.0.0.1:0", &other));
	SNT_TRY(snt_connect(s->a, &s->addr));
	say_sendto(s, s->a, "to another", &other);
	say_recvfrom(s, s->c, NULL);
	say_send(s, s->a, "to the peer");
	say_recvfrom(s, s->b, NULL);
	return 0;
}

/* That a stranger's is not received is told by the peer's, sent after it. */
static int recv_of_strangers(struct stage *s)
{
	struct snt_addr mine;

	SNT_TRY(two_on(s, "127.0.0.1:0"));
	SNT_TRY(snt_getsockname(s->a, &mine));
	SNT_TRY(snt_connect(s->a, &s->addr));
	SNT_TRY(snt_socket(&s->c, AF_INET, SOCK_DGRAM, 0));
	say_sendto(s, s->c, "stranger", &mine);
	say_sendto(s, s->b, "peer", &mine);
	say_recvfrom(s, s->a, NULL);
	say_recvfrom_now(s, s->a);
	return 0;
}

static int connect_with_strangers_queued(struct stage *s)
{
	struct snt_addr mine;

	SNT_TRY(two_on(s, "127.0.0.1:0"));
	SNT_TRY(snt_getsockname(s->a, &mine));
	SNT_TRY(snt_socket(&s->c, AF_INET, SOCK_DGRAM, 0));
	say_sendto(s, s->c, "stranger", &mine);
	SNT_TRY(snt_wait_readable(s->a));
	SNT_TRY(snt_connect(s->a, &s->addr));
	say_recvfrom_now(s, s->a);
	return 0;
}

static int connect_again(struct stage *s)
{
	struct snt_addr other;

	SNT_TRY(two_on(s, "127.0.0.1:0"));
	SNT_TRY(bound_to(&s->c, SOCK_DGRAM, "127.0.0.1:0", &other));
	say_code(s, "connect", snt_connect(s->a, &s->addr));
	say_code(s, "connect", snt_connect(s->a, &other));
	say_send(s, s->a, "hello");
	say_recvfrom(s, s->c, NULL);
	return 0;
}

static int connect_names(struct stage *s)
{
	SNT_TRY(bound_to(&s->b, SOCK_DGRAM, "127.0.0.1:0", &s->addr));
	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_DGRAM, 0));
	say_sockname(s, s->a);
	say_peername(s, s->a);
	say_code(s, "connect", snt_connect(s->a, &s->addr));
	say_sockname(s, s->a);
	say_peername(s, s->a);
	return 0;
}

static int dissolve(struct stage *s)
{
	struct snt_addr none = { .size = sizeof none.sa.in };

	SNT_TRY(two_on(s, "127.0.0.1:0"));
	SNT_TRY(snt_connect(s->a, &s->addr));
	say_code(s, "connect to AF_UNSPEC", snt_connect(s->a, &none));
	say_send(s, s->a, "hello");
	say_sendto(s, s->a, "hello", &s->addr);
	say_recvfrom(s, s->b, NULL);
	return 0;
}

static int shutdown_read(struct stage *s)
{
	struct snt_addr mine;

	SNT_TRY(two_on(s, "127.0.0.1:0"));
	SNT_TRY(snt_getsockname(s->a, &mine));
	SNT_TRY(snt_connect(s->a, &s->addr));
	say_code(s, "shutdown", snt_shutdown(s->a, SHUT_RD));
	say_recvfrom_now(s, s->a);
	say_sendto(s, s->b, "hello", &mine);
	say_send(s, s->a, "the other way");
	say_recvfrom(s, s->b, NULL);
	say_recvfrom_now(s, s->a);
	return 0;
}

static int shutdown_write(struct stage *s)
{
	SNT_TRY(two_on(s, "127.0.0.1:0"));
	SNT_TRY(snt_connect(s->a, &s->addr));
	say_code(s, "shutdown", snt_shutdown(s->a, SHUT_WR));
	say_send(s, s->a, "hello");
	return 0;
}

static int shutdown_not_connected(struct stage *s)
{
	SNT_TRY(two_on(s, "127.0.0.1:0"));
	say_code(s, "SHUT_RD", snt_shutdown(s->b, SHUT_RD));
	say_code(s, "SHUT_WR", snt_shutdown(s->a, SHUT_WR));
	say_sendto(s, s->a, "hello", &s->addr);
	say_recvfrom_now(s, s->b);
	return 0;
}

static const struct fidelity_row rows[] = {
	{ "sendto", "nobody is there", sendto_nobody },
	{ "send", "datagrams, connected, nobody is there", send_refused },
	{ "recv", "datagrams, connected, nobody is there", recv_refused },
	{ "recv", "datagrams, connected, nobody is there, IPv6",
	  recv_refused_v6 },
	{ "recv", "datagrams, refused while it waits",
	  recv_refused_while_waiting },
	{ "getsockopt SO_ERROR", "datagrams, refused", error_refused },
	{ "recv", "datagrams, refused, then a datagram", refused_then_bytes },
	{ "send", "datagrams, not connected", send_nowhere },
	{ "sendto", "connected, to another", sendto_elsewhere },
	{ "recv", "datagrams, connected, a stranger sends", recv_of_strangers },
	{ "connect", "datagrams, a stranger's is queued",
	  connect_with_strangers_queued },
	{ "connect", "datagrams, connected", connect_again },
	{ "connect", "datagrams, names before and after", connect_names },
	{ "connect", "datagrams, connected, to AF_UNSPEC", dissolve },
	{ "shutdown", "datagrams, for reading", shutdown_read },
	{ "shutdown", "datagrams, for writing", shutdown_write },
	{ "shutdown", "datagrams, not connected", shutdown_not_connected },
};

FIDELITY_SUBJECT(datagram_connected, rows);
