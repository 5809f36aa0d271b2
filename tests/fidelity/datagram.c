/* SPDX-License-Identifier: MIT */
/* UDP: whole messages, refusals that come later, who may send to whom. */
#include "fidelity.h"

#include <sennit/message.h>
#include <sennit/options.h>

static int recvfrom_bytes(struct stage *s)
{
	struct snt_addr from;

	SNT_TRY(two_on(s, "127.0.0.1:0"));
	say_sendto(s, s->a, "hello", &s->addr);
	say_recvfrom(s, s->b, &from);
	SNT_TRY(snt_getsockname(s->a, &s->addr));
	say(s, "%s",
	    snt_addr_equal(&from, &s->addr) ? "from the sender"
					    : "from somebody else");
	return 0;
}

static int recvfrom_bytes_v6(struct stage *s)
{
	struct snt_addr from;

	SNT_TRY(two_on(s, "[::1]:0"));
	say_sendto(s, s->a, "hello", &s->addr);
	say_recvfrom(s, s->b, &from);
	say_addr(s, "from", &from);
	return 0;
}

static int recvfrom_nothing(struct stage *s)
{
	SNT_TRY(two_on(s, "127.0.0.1:0"));
	say_recvfrom_now(s, s->a);
	snt_settimeout(s->a, 20 * SNT_MILLISECOND);
	say_recvfrom(s, s->a, NULL);
	return 0;
}

static int recvfrom_waits(struct stage *s)
{
	SNT_TRY(two_on(s, "127.0.0.1:0"));
	SNT_TRY(start(s, 0, do_recvfrom, s->b));
	say_sendto(s, s->a, "hello", &s->addr);
	SNT_TRY(finish(s));
	say_bytes(s, "recvfrom", s->calls[0].result, s->calls[0].bytes);
	return 0;
}

static int recvfrom_not_bound(struct stage *s)
{
	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_DGRAM, 0));
	say_recvfrom_now(s, s->a);
	say_sockname(s, s->a);
	return 0;
}

static int recvfrom_empty(struct stage *s)
{
	SNT_TRY(two_on(s, "127.0.0.1:0"));
	say_sendto(s, s->a, "", &s->addr);
	say_sendto(s, s->a, "next", &s->addr);
	say_recvfrom(s, s->b, NULL);
	say_recvfrom(s, s->b, NULL);
	return 0;
}

static int recvfrom_in_order(struct stage *s)
{
	SNT_TRY(two_on(s, "127.0.0.1:0"));
	say_sendto(s, s->a, "one", &s->addr);
	say_sendto(s, s->a, "two", &s->addr);
	say_sendto(s, s->a, "three", &s->addr);
	for (int i = 0; i < 3; i++)
		say_recvfrom(s, s->b, NULL);
	return 0;
}

static int recvfrom_cut(struct stage *s)
{
	char bytes[3];

	SNT_TRY(two_on(s, "127.0.0.1:0"));
	say_sendto(s, s->a, "hello", &s->addr);
	say_sendto(s, s->a, "next", &s->addr);
	say_code(s, "recvfrom", snt_recvfrom(s->b, bytes, 3, &s->addr));
	say_bytes(s, "in the buffer", 3, bytes);
	say_recvfrom(s, s->b, NULL);
	return 0;
}

static int recv_cut(struct stage *s)
{
	char bytes[3];

	SNT_TRY(two_on(s, "127.0.0.1:0"));
	say_sendto(s, s->a, "hello", &s->addr);
	say_code(s, "recv", snt_recv(s->b, bytes, 3));
	say_recvfrom_now(s, s->b);
	return 0;
}

static int recvfrom_no_room(struct stage *s)
{
	SNT_TRY(two_on(s, "127.0.0.1:0"));
	say_sendto(s, s->a, "hello", &s->addr);
	SNT_TRY(snt_wait_readable(s->b));
	say_code(s, "recvfrom of none",
		 snt_recvfrom(s->b, s->answer, 0, &s->addr));
	say_recvfrom_now(s, s->b);
	return 0;
}

static int peek_datagram(struct stage *s)
{
	char bytes[16];

	SNT_TRY(two_on(s, "127.0.0.1:0"));
	say_sendto(s, s->a, "hello", &s->addr);
	say_bytes(s, "peek", snt_peek(s->b, bytes, sizeof bytes), bytes);
	say_code(s, "peek of 2", snt_peek(s->b, bytes, 2));
	say_recvfrom(s, s->b, NULL);
	say_recvfrom_now(s, s->b);
	return 0;
}

static const char huge[70000];

/* How long the next one is; it need not fit. */
static ptrdiff_t length_of_next(struct snt_socket *socket)
{
	char byte;
	const struct iovec all = { &byte, 1 };
	struct snt_message message = { .buffers = &all,
				       .buffer_count = 1,
				       .flags = MSG_TRUNC };

	return snt_recvmsg(socket, &message);
}

static int sendto_long(struct stage *s)
{
	SNT_TRY(two_on(s, "127.0.0.1:0"));
	say_code(s, "sendto of 65507", snt_sendto(s->a, huge, 65507, &s->addr));
	say_code(s, "sendto of 65508", snt_sendto(s->a, huge, 65508, &s->addr));
	say_code(s, "recvmsg", length_of_next(s->b));
	say_recvfrom_now(s, s->b);
	return 0;
}

static int sendto_long_v6(struct stage *s)
{
	SNT_TRY(two_on(s, "[::1]:0"));
	say_code(s, "sendto of 65527", snt_sendto(s->a, huge, 65527, &s->addr));
	say_code(s, "sendto of 65528", snt_sendto(s->a, huge, 65528, &s->addr));
	say_code(s, "recvmsg", length_of_next(s->b));
	return 0;
}

static int send_long_connected(struct stage *s)
{
	SNT_TRY(two_on(s, "127.0.0.1:0"));
	SNT_TRY(snt_connect(s->a, &s->addr));
	say_code(s, "send of 65508", snt_send(s->a, huge, 65508));
	say_send(s, s->a, "hello");
	return 0;
}

static int sendto_port_zero(struct stage *s)
{
	const struct snt_addr nowhere = literal("127.0.0.1:0");

	SNT_TRY(two_on(s, "127.0.0.1:0"));
	say_sendto(s, s->a, "hello", &nowhere);
	say_code(s, "connect", snt_connect(s->a, &nowhere));
	say_send(s, s->a, "hello");
	return 0;
}

static int sendto_unbound(struct stage *s)
{
	struct snt_addr from;

	SNT_TRY(two_on(s, "127.0.0.1:0"));
	SNT_TRY(snt_socket(&s->c, AF_INET, SOCK_DGRAM, 0));
	say_sendto(s, s->c, "hello", &s->addr);
	say_sockname(s, s->c);
	say_recvfrom(s, s->b, &from);
	say_addr(s, "from", &from);
	return 0;
}

static int wrong_family(struct stage *s)
{
	const struct snt_addr v6 = literal("[::1]:9"), name = unix_abstract();

	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_DGRAM, 0));
	say_code(s, "IPv6 by IPv4", snt_sendto(s->a, "x", 1, &v6));
	say_code(s, "Unix by IPv4", snt_sendto(s->a, "x", 1, &name));
	return 0;
}

static int v4_by_v6(struct stage *s)
{
	struct snt_addr from;

	SNT_TRY(two_on(s, "127.0.0.1:0"));
	SNT_TRY(snt_socket(&s->c, AF_INET6, SOCK_DGRAM, 0));
	say_sendto(s, s->c, "hello", &s->addr);
	say_recvfrom(s, s->b, &from);
	say_addr(s, "from", &from);
	return 0;
}

static int dual_stack(struct stage *s)
{
	struct snt_addr addr = literal("127.0.0.1:0"), from;

	SNT_TRY(bound_to(&s->b, SOCK_DGRAM, "[::]:0", &s->addr));
	SNT_TRY(snt_addr_set_port(&addr, snt_addr_port(&s->addr)));
	SNT_TRY(bound_to(&s->a, SOCK_DGRAM, "127.0.0.1:0", &from));
	say_sendto(s, s->a, "hello", &addr);
	say_recvfrom(s, s->b, &from);
	say_addr(s, "from", &from);
	say_sendto(s, s->b, "answer", &from);
	say_recvfrom(s, s->a, &from);
	say_addr(s, "from", &from);
	return 0;
}

static int queue_full(struct stage *s)
{
	int64_t sent = 0, got = 0;
	ptrdiff_t n = 0;

	SNT_TRY(two_on(s, "127.0.0.1:0"));
	SNT_TRY(snt_set_rcvbuf(s->b, 4096));
	for (int i = 0; i < 1000 && n >= 0; i++) {
		n = snt_sendto(s->a, huge, 1000, &s->addr);
		sent += n > 0;
	}
	say(s, "%s", sent == 1000 ? "all taken" : "not all taken");
	SNT_TRY(snt_wait_readable(s->b));
	snt_settimeout(s->b, SNT_NOWAIT);
	while ((n = length_of_next(s->b)) > 0)
		got++;
	say(s, "%s",
	    got == 0     ? "none received"
	    : got < sent ? "some received"
			 : "all received");
	say_code(s, "then", n);
	return 0;
}

/* What is there for one of several. */
static void say_got(struct stage *s, const char *which,
		    struct snt_socket *socket)
{
	char bytes[16];

	snt_settimeout(socket, SNT_NOWAIT);
	say_bytes(s, which, snt_recv(socket, bytes, sizeof bytes), bytes);
}

static int two_on_one_port(struct stage *s)
{
	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_DGRAM, 0));
	SNT_TRY(snt_set_reuseaddr(s->a, true));
	s->addr = literal("127.0.0.1:0");
	SNT_TRY(snt_bind(s->a, &s->addr));
	SNT_TRY(snt_getsockname(s->a, &s->addr));
	SNT_TRY(snt_socket(&s->b, AF_INET, SOCK_DGRAM, 0));
	SNT_TRY(snt_set_reuseaddr(s->b, true));
	SNT_TRY(snt_bind(s->b, &s->addr));
	SNT_TRY(snt_socket(&s->c, AF_INET, SOCK_DGRAM, 0));
	say_sendto(s, s->c, "hello", &s->addr);
	SNT_TRY(snt_wait_any((struct snt_wait[]){ { s->a, SNT_READABLE, 0 },
						  { s->b, SNT_READABLE, 0 } },
			     2));
	say_got(s, "first", s->a);
	say_got(s, "second", s->b);
	return 0;
}

static int specific_before_wildcard(struct stage *s)
{
	struct snt_addr any = literal("0.0.0.0:0");

	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_DGRAM, 0));
	SNT_TRY(snt_set_reuseaddr(s->a, true));
	s->addr = literal("127.0.0.1:0");
	SNT_TRY(snt_bind(s->a, &s->addr));
	SNT_TRY(snt_getsockname(s->a, &s->addr));
	SNT_TRY(snt_addr_set_port(&any, snt_addr_port(&s->addr)));
	SNT_TRY(snt_socket(&s->b, AF_INET, SOCK_DGRAM, 0));
	SNT_TRY(snt_set_reuseaddr(s->b, true));
	SNT_TRY(snt_bind(s->b, &any));
	SNT_TRY(snt_socket(&s->c, AF_INET, SOCK_DGRAM, 0));
	say_sendto(s, s->c, "hello", &s->addr);
	SNT_TRY(snt_wait_any((struct snt_wait[]){ { s->a, SNT_READABLE, 0 },
						  { s->b, SNT_READABLE, 0 } },
			     2));
	say_got(s, "specific", s->a);
	say_got(s, "wildcard", s->b);
	return 0;
}

static int no_route(struct stage *s)
{
	const struct snt_addr far = literal("192.0.2.1:7");

	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_DGRAM, 0));
	say_sendto(s, s->a, "hello", &far);
	say_code(s, "connect", snt_connect(s->a, &far));
	return 0;
}

static const struct fidelity_row rows[] = {
	{ "recvfrom", "a datagram is there", recvfrom_bytes },
	{ "recvfrom", "a datagram is there, IPv6", recvfrom_bytes_v6 },
	{ "recvfrom", "nothing comes", recvfrom_nothing },
	{ "recvfrom", "a datagram comes while it waits", recvfrom_waits },
	{ "recvfrom", "not bound", recvfrom_not_bound },
	{ "recvfrom", "empty datagram", recvfrom_empty },
	{ "recvfrom", "three datagrams", recvfrom_in_order },
	{ "recvfrom", "less room than the datagram", recvfrom_cut },
	{ "recv", "less room than the datagram", recv_cut },
	{ "recvfrom of 0 bytes", "a datagram is there", recvfrom_no_room },
	{ "peek", "a datagram is there", peek_datagram },
	{ "sendto", "too long", sendto_long },
	{ "sendto", "too long, IPv6", sendto_long_v6 },
	{ "send", "datagrams, connected, too long", send_long_connected },
	{ "sendto", "to port 0", sendto_port_zero },
	{ "sendto", "not bound", sendto_unbound },
	{ "sendto", "to another family", wrong_family },
	{ "sendto", "IPv4 by an IPv6 socket", v4_by_v6 },
	{ "recvfrom", "IPv4 to a socket for both families", dual_stack },
	{ "sendto", "receiver's queue is full", queue_full },
	{ "recvfrom", "two with SO_REUSEADDR on one address", two_on_one_port },
	{ "recvfrom", "one on the address, one on the wildcard",
	  specific_before_wildcard },
	{ "sendto", "no route", no_route },
};

FIDELITY_SUBJECT(datagram, rows);
