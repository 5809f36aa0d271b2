/* SPDX-License-Identifier: MIT */
/* What TCP tells of itself: the state it is in, and what has gone. */
#include "fidelity.h"

#include <netinet/tcp.h>
#include <sennit/tcp.h>

#define TRIES 10000

static const char *word(int state)
{
	static const char *const words[] = {
		[TCP_ESTABLISHED] = "ESTABLISHED",
		[TCP_SYN_SENT] = "SYN_SENT",
		[TCP_SYN_RECV] = "SYN_RECV",
		[TCP_FIN_WAIT1] = "FIN_WAIT1",
		[TCP_FIN_WAIT2] = "FIN_WAIT2",
		[TCP_TIME_WAIT] = "TIME_WAIT",
		[TCP_CLOSE] = "CLOSE",
		[TCP_CLOSE_WAIT] = "CLOSE_WAIT",
		[TCP_LAST_ACK] = "LAST_ACK",
		[TCP_LISTEN] = "LISTEN",
		[TCP_CLOSING] = "CLOSING",
	};
	size_t n = (size_t)state;

	return n < sizeof words / sizeof words[0] && words[n] ? words[n] : "?";
}

/* A segment may be on its way: the state is looked at until it is that one, or
 * for as long as a machine may take. */
static void say_state(struct stage *s, const struct snt_socket *socket,
		      int awaited)
{
	struct snt_tcp_info info = { .state = -1 };
	int code = 0;

	for (int i = 0; i < TRIES && code == 0; i++) {
		code = snt_get_tcp_info(socket, &info);
		if (code == 0 && info.state == awaited)
			break;
		if (code == 0)
			code = snt_sleep(SNT_MILLISECOND);
	}
	if (code < 0)
		say_code(s, "get_tcp_info", code);
	else
		say(s, "%s", word(info.state));
}

static int of_a_life(struct stage *s)
{
	SNT_TRY(snt_socket(&s->c, AF_INET, SOCK_STREAM, 0));
	say_state(s, s->c, TCP_CLOSE);
	SNT_TRY(tcp_pair(s));
	say_state(s, s->server, TCP_LISTEN);
	say_state(s, s->a, TCP_ESTABLISHED);
	say_state(s, s->b, TCP_ESTABLISHED);
	return 0;
}

static int half_closed(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_shutdown(s->a, SHUT_WR));
	say_state(s, s->a, TCP_FIN_WAIT2);
	say_state(s, s->b, TCP_CLOSE_WAIT);
	return 0;
}

static int both_half_closed(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_shutdown(s->a, SHUT_WR));
	say_recv(s, s->b);
	SNT_TRY(snt_shutdown(s->b, SHUT_WR));
	say_recv(s, s->a);
	say_state(s, s->a, TCP_CLOSE);
	say_state(s, s->b, TCP_CLOSE);
	return 0;
}

static int peer_closed(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	end(&s->b);
	say_recv(s, s->a);
	say_state(s, s->a, TCP_CLOSE_WAIT);
	return 0;
}

static int reset(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	snt_abort(s->b);
	s->b = NULL;
	say_recv(s, s->a);
	say_state(s, s->a, TCP_CLOSE);
	return 0;
}

static int refused(struct stage *s)
{
	SNT_TRY(nobody_at(s, "127.0.0.1:0"));
	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_STREAM, 0));
	say_code(s, "connect", snt_connect(s->a, &s->addr));
	say_state(s, s->a, TCP_CLOSE);
	return 0;
}

static int what_went(struct stage *s)
{
	struct snt_tcp_info info = { .state = -1 };

	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_sendall(s->a, "hello", 5));
	say_recv(s, s->b);
	SNT_TRY(snt_get_tcp_info(s->b, &info));
	say(s, "received %d", (int)info.bytes_received);
	for (int i = 0; i < TRIES; i++) {
		SNT_TRY(snt_get_tcp_info(s->a, &info));
		if (info.unacked == 0 && info.bytes_acked >= 5)
			break;
		SNT_TRY(snt_sleep(SNT_MILLISECOND));
	}
	say(s, "not sent %u, on the way %u", info.notsent, info.unacked);
	return 0;
}

static int not_tcp(struct stage *s)
{
	struct snt_tcp_info info;

	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_DGRAM, 0));
	SNT_TRY(snt_socketpair(&s->b, &s->c, SOCK_STREAM));
	say_code(s, "UDP", snt_get_tcp_info(s->a, &info));
	say_code(s, "Unix", snt_get_tcp_info(s->b, &info));
	return 0;
}

static const struct fidelity_row rows[] = {
	{ "get_tcp_info", "made, listening, connected", of_a_life },
	{ "get_tcp_info", "half-closed", half_closed },
	{ "get_tcp_info", "both half-closed", both_half_closed },
	{ "get_tcp_info", "peer closed", peer_closed },
	{ "get_tcp_info", "peer aborted", reset },
	{ "get_tcp_info", "connect was refused", refused },
	{ "get_tcp_info", "bytes have gone", what_went },
	{ "get_tcp_info", "not TCP", not_tcp },
};

FIDELITY_SUBJECT(tcp, rows);
