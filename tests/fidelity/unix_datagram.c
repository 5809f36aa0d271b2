/* SPDX-License-Identifier: MIT */
/* Unix sockets whose messages come and go whole: datagrams and seqpackets. */
#include "fidelity.h"

#include <sennit/message.h>

/* s->a, nameless, and s->b at s->addr. */
static int two_datagram(struct stage *s)
{
	s->addr = unix_path(s, "b");
	SNT_TRY(snt_socket(&s->a, AF_UNIX, SOCK_DGRAM, 0));
	SNT_TRY(snt_socket(&s->b, AF_UNIX, SOCK_DGRAM, 0));
	return snt_bind(s->b, &s->addr);
}

static int from_nameless(struct stage *s)
{
	struct snt_addr from;

	SNT_TRY(two_datagram(s));
	say_sendto(s, s->a, "hello", &s->addr);
	say_recvfrom(s, s->b, &from);
	say(s, "name of %d bytes", (int)from.size);
	return 0;
}

static int from_named(struct stage *s)
{
	const struct snt_addr mine = unix_path(s, "a");
	struct snt_addr from;

	SNT_TRY(two_datagram(s));
	SNT_TRY(snt_bind(s->a, &mine));
	say_sendto(s, s->a, "hello", &s->addr);
	say_recvfrom(s, s->b, &from);
	say_addr(s, "from", &from);
	say_sendto(s, s->b, "answer", &from);
	say_recvfrom(s, s->a, NULL);
	return 0;
}

static int to_nobody(struct stage *s)
{
	const struct snt_addr nothing = unix_path(s, "nothing"),
			      name = unix_abstract();

	SNT_TRY(two_datagram(s));
	say_sendto(s, s->a, "hello", &nothing);
	say_sendto(s, s->a, "hello", &name);
	end(&s->b);
	say_sendto(s, s->a, "hello", &s->addr);
	return 0;
}

static int to_a_stream(struct stage *s)
{
	s->addr = unix_path(s, "stream");
	SNT_TRY(snt_socket(&s->b, AF_UNIX, SOCK_STREAM, 0));
	SNT_TRY(snt_bind(s->b, &s->addr));
	SNT_TRY(snt_socket(&s->a, AF_UNIX, SOCK_DGRAM, 0));
	say_sendto(s, s->a, "hello", &s->addr);
	say_code(s, "connect", snt_connect(s->a, &s->addr));
	return 0;
}

static int connected_gone(struct stage *s)
{
	SNT_TRY(two_datagram(s));
	SNT_TRY(snt_connect(s->a, &s->addr));
	say_send(s, s->a, "hello");
	end(&s->b);
	say_send(s, s->a, "hello");
	say_send(s, s->a, "hello");
	return 0;
}

static int pair_peer_closed(struct stage *s)
{
	SNT_TRY(snt_socketpair(&s->a, &s->b, SOCK_DGRAM));
	say_send(s, s->b, "last words");
	end(&s->b);
	say_recvfrom(s, s->a, NULL);
	say_recvfrom_now(s, s->a);
	say_send(s, s->a, "hello");
	return 0;
}

static int pair_left_unread(struct stage *s)
{
	SNT_TRY(snt_socketpair(&s->a, &s->b, SOCK_DGRAM));
	say_send(s, s->a, "never read");
	end(&s->b);
	say_recvfrom_now(s, s->a);
	say_recvfrom_now(s, s->a);
	return 0;
}

static int nameless_nowhere(struct stage *s)
{
	SNT_TRY(snt_socket(&s->a, AF_UNIX, SOCK_DGRAM, 0));
	say_send(s, s->a, "hello");
	say_recvfrom_now(s, s->a);
	return 0;
}

static int cut(struct stage *s)
{
	char bytes[3];

	SNT_TRY(two_datagram(s));
	say_sendto(s, s->a, "hello", &s->addr);
	say_sendto(s, s->a, "next", &s->addr);
	say_code(s, "recvfrom", snt_recvfrom(s->b, bytes, 3, NULL));
	say_recvfrom(s, s->b, NULL);
	return 0;
}

static int empty(struct stage *s)
{
	SNT_TRY(two_datagram(s));
	say_sendto(s, s->a, "", &s->addr);
	say_sendto(s, s->a, "next", &s->addr);
	say_recvfrom(s, s->b, NULL);
	say_recvfrom(s, s->b, NULL);
	return 0;
}

static int to_connected_elsewhere(struct stage *s)
{
	const struct snt_addr other = unix_path(s, "c");

	SNT_TRY(two_datagram(s));
	SNT_TRY(snt_socket(&s->c, AF_UNIX, SOCK_DGRAM, 0));
	SNT_TRY(snt_bind(s->c, &other));
	SNT_TRY(snt_connect(s->b, &other));
	say_sendto(s, s->a, "hello", &s->addr);
	say_code(s, "connect", snt_connect(s->a, &s->addr));
	return 0;
}

static int queue_full(struct stage *s)
{
	ptrdiff_t n, sent = 0, got = 0;
	char byte;

	SNT_TRY(two_datagram(s));
	SNT_TRY(snt_connect(s->a, &s->addr));
	snt_settimeout(s->a, SNT_NOWAIT);
	while ((n = snt_send(s->a, "x", 1)) > 0 && sent < 100000)
		sent++;
	say_code(s, "send, in the end", n);
	snt_settimeout(s->b, SNT_NOWAIT);
	while ((n = snt_recv(s->b, &byte, 1)) > 0)
		got++;
	say_code(s, "recv, in the end", n);
	say(s, "%s", sent == got ? "all received" : "not all received");
	say_send(s, s->a, "hello");
	return 0;
}

static int shut_peer(struct stage *s)
{
	SNT_TRY(snt_socketpair(&s->a, &s->b, SOCK_DGRAM));
	say_code(s, "shutdown", snt_shutdown(s->b, SHUT_RD));
	say_send(s, s->a, "hello");
	say_recvfrom_now(s, s->b);
	return 0;
}

static int seq_pair(struct stage *s)
{
	return snt_socketpair(&s->a, &s->b, SOCK_SEQPACKET);
}

static int seq_records(struct stage *s)
{
	SNT_TRY(seq_pair(s));
	say_send(s, s->b, "one");
	say_send(s, s->b, "two");
	say_recv(s, s->a);
	say_recv(s, s->a);
	return 0;
}

static int seq_cut(struct stage *s)
{
	char bytes[3];

	SNT_TRY(seq_pair(s));
	say_send(s, s->b, "hello");
	say_send(s, s->b, "next");
	say_code(s, "recv", snt_recv(s->a, bytes, 3));
	say_recv(s, s->a);
	return 0;
}

static int seq_empty(struct stage *s)
{
	char bytes[8];

	SNT_TRY(seq_pair(s));
	say_send(s, s->b, "");
	say_send(s, s->b, "next");
	say_code(s, "recv", snt_recv(s->a, bytes, sizeof bytes));
	say_recv(s, s->a);
	return 0;
}

static int seq_end(struct stage *s)
{
	SNT_TRY(seq_pair(s));
	say_send(s, s->b, "bye");
	end(&s->b);
	say_recv(s, s->a);
	say_recv(s, s->a);
	say_send(s, s->a, "hello");
	return 0;
}

static int seq_left_unread(struct stage *s)
{
	SNT_TRY(seq_pair(s));
	say_send(s, s->a, "never read");
	end(&s->b);
	say_recv(s, s->a);
	say_recv(s, s->a);
	return 0;
}

static int seq_half_close(struct stage *s)
{
	SNT_TRY(seq_pair(s));
	SNT_TRY(snt_shutdown(s->b, SHUT_WR));
	say_recv(s, s->a);
	say_send(s, s->a, "and you");
	say_recv(s, s->b);
	say_send(s, s->b, "hello");
	return 0;
}

static int seq_not_a_stream(struct stage *s)
{
	s->addr = unix_abstract();
	SNT_TRY(snt_socket(&s->server, AF_UNIX, SOCK_SEQPACKET, 0));
	SNT_TRY(snt_bind(s->server, &s->addr));
	SNT_TRY(snt_listen(s->server, 0));
	say_code(s, "stream", connect_to(s, &s->a));
	SNT_TRY(snt_socket(&s->b, AF_UNIX, SOCK_SEQPACKET, 0));
	say_code(s, "seqpacket", snt_connect(s->b, &s->addr));
	say_code(s, "accept", snt_accept(s->server, &s->c));
	say_send(s, s->b, "hello");
	say_recv(s, s->c);
	return 0;
}

static int seq_exact(struct stage *s)
{
	char bytes[8];

	SNT_TRY(seq_pair(s));
	say_send(s, s->b, "hello");
	say_code(s, "recv_exact", snt_recv_exact(s->a, bytes, 5));
	say_code(s, "recv_until", snt_recv_until(s->a, "o", 1, bytes, 8));
	say_recv(s, s->a);
	return 0;
}

static const struct fidelity_row rows[] = {
	{ "recvfrom", "Unix datagram, sender has no name", from_nameless },
	{ "recvfrom", "Unix datagram, sender has a name", from_named },
	{ "sendto", "Unix datagram, nobody is there", to_nobody },
	{ "sendto", "Unix datagram, to a stream's path", to_a_stream },
	{ "send", "Unix datagram, connected, peer closed", connected_gone },
	{ "recv", "Unix datagram pair, peer closed", pair_peer_closed },
	{ "recv", "Unix datagram pair, peer closed with bytes unread",
	  pair_left_unread },
	{ "send", "Unix datagram, not connected", nameless_nowhere },
	{ "recvfrom", "Unix datagram, less room than it", cut },
	{ "recvfrom", "Unix datagram, empty", empty },
	{ "sendto", "Unix datagram, to one connected elsewhere",
	  to_connected_elsewhere },
	{ "send", "Unix datagram, receiver's queue is full", queue_full },
	{ "send", "Unix datagram, peer shut down for reading", shut_peer },
	{ "recv", "seqpacket, two records", seq_records },
	{ "recv", "seqpacket, less room than the record", seq_cut },
	{ "recv", "seqpacket, empty record", seq_empty },
	{ "recv", "seqpacket, peer closed", seq_end },
	{ "recv", "seqpacket, peer closed with records unread",
	  seq_left_unread },
	{ "recv", "seqpacket, peer half-closed", seq_half_close },
	{ "connect", "seqpacket", seq_not_a_stream },
	{ "recv_exact", "seqpacket", seq_exact },
};

FIDELITY_SUBJECT(unix_datagram, rows);
