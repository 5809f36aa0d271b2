/* SPDX-License-Identifier: MIT */
/* Options: what they are at birth, what is taken, what is refused. */
#include "fidelity.h"

#include <netinet/tcp.h>
#include <sennit/options.h>

/* The option's value, or why there is none. */
static void say_option(struct stage *s, const struct snt_socket *socket,
		       int level, int name, const char *word)
{
	int value = -1;
	int code = snt_getsockopt(socket, level, name, &value, sizeof value);

	if (code < 0)
		say_code(s, word, code);
	else
		say(s, "%s %d", word, value);
}

static int what_it_is(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_socket(&s->c, AF_INET6, SOCK_DGRAM, 0));
	say_option(s, s->a, SOL_SOCKET, SO_DOMAIN, "SO_DOMAIN");
	say_option(s, s->a, SOL_SOCKET, SO_TYPE, "SO_TYPE");
	say_option(s, s->a, SOL_SOCKET, SO_PROTOCOL, "SO_PROTOCOL");
	say_option(s, s->a, SOL_SOCKET, SO_ACCEPTCONN, "SO_ACCEPTCONN");
	say_option(s, s->server, SOL_SOCKET, SO_ACCEPTCONN,
		   "the listener's SO_ACCEPTCONN");
	say_option(s, s->c, SOL_SOCKET, SO_DOMAIN, "SO_DOMAIN");
	say_option(s, s->c, SOL_SOCKET, SO_TYPE, "SO_TYPE");
	say_option(s, s->c, SOL_SOCKET, SO_PROTOCOL, "SO_PROTOCOL");
	return 0;
}

static int what_unix_is(struct stage *s)
{
	SNT_TRY(snt_socketpair(&s->a, &s->b, SOCK_SEQPACKET));
	say_option(s, s->a, SOL_SOCKET, SO_DOMAIN, "SO_DOMAIN");
	say_option(s, s->a, SOL_SOCKET, SO_TYPE, "SO_TYPE");
	say_option(s, s->a, SOL_SOCKET, SO_PROTOCOL, "SO_PROTOCOL");
	say_option(s, s->a, SOL_SOCKET, SO_ERROR, "SO_ERROR");
	return 0;
}

static int at_birth(struct stage *s)
{
	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_STREAM, 0));
	SNT_TRY(snt_socket(&s->b, AF_INET, SOCK_DGRAM, 0));
	say_option(s, s->a, SOL_SOCKET, SO_REUSEADDR, "SO_REUSEADDR");
	say_option(s, s->a, SOL_SOCKET, SO_REUSEPORT, "SO_REUSEPORT");
	say_option(s, s->a, SOL_SOCKET, SO_KEEPALIVE, "SO_KEEPALIVE");
	say_option(s, s->a, SOL_SOCKET, SO_ERROR, "SO_ERROR");
	say_option(s, s->a, IPPROTO_TCP, TCP_NODELAY, "TCP_NODELAY");
	say_option(s, s->a, IPPROTO_IP, IP_TTL, "IP_TTL");
	say_option(s, s->b, SOL_SOCKET, SO_BROADCAST, "SO_BROADCAST");
	return 0;
}

static int switches(struct stage *s)
{
	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_STREAM, 0));
	SNT_TRY(snt_set_reuseaddr(s->a, true));
	SNT_TRY(snt_set_nodelay(s->a, true));
	say_option(s, s->a, SOL_SOCKET, SO_REUSEADDR, "SO_REUSEADDR");
	say_option(s, s->a, IPPROTO_TCP, TCP_NODELAY, "TCP_NODELAY");
	SNT_TRY(snt_set_reuseaddr(s->a, false));
	SNT_TRY(snt_set_nodelay(s->a, false));
	say_option(s, s->a, SOL_SOCKET, SO_REUSEADDR, "SO_REUSEADDR");
	say_option(s, s->a, IPPROTO_TCP, TCP_NODELAY, "TCP_NODELAY");
	return 0;
}

static int any_number_is_on(struct stage *s)
{
	const int many = 7;

	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_STREAM, 0));
	SNT_TRY(snt_setsockopt(s->a, SOL_SOCKET, SO_KEEPALIVE, &many,
			       sizeof many));
	say_option(s, s->a, SOL_SOCKET, SO_KEEPALIVE, "SO_KEEPALIVE");
	return 0;
}

static int keepalive(struct stage *s)
{
	const struct snt_keepalive probes = { .idle = 7 * SNT_SECOND,
					      .interval =
						      1500 * SNT_MILLISECOND,
					      .count = 3 };

	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_STREAM, 0));
	say_code(s, "set_keepalive", snt_set_keepalive(s->a, &probes));
	say_option(s, s->a, SOL_SOCKET, SO_KEEPALIVE, "SO_KEEPALIVE");
	say_option(s, s->a, IPPROTO_TCP, TCP_KEEPIDLE, "TCP_KEEPIDLE");
	say_option(s, s->a, IPPROTO_TCP, TCP_KEEPINTVL, "TCP_KEEPINTVL");
	say_option(s, s->a, IPPROTO_TCP, TCP_KEEPCNT, "TCP_KEEPCNT");
	return 0;
}

static int keepalive_too_much(struct stage *s)
{
	const struct snt_keepalive long_idle = { .idle = 32768 * SNT_SECOND };
	const struct snt_keepalive many = { .count = 128 };

	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_STREAM, 0));
	say_code(s, "idle", snt_set_keepalive(s->a, &long_idle));
	say_code(s, "count", snt_set_keepalive(s->a, &many));
	SNT_TRY(snt_socket(&s->b, AF_INET, SOCK_DGRAM, 0));
	say_code(s, "on a datagram socket", snt_set_keepalive(s->b, &many));
	return 0;
}

static int buffers(struct stage *s)
{
	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_STREAM, 0));
	say_code(s, "set_rcvbuf", snt_set_rcvbuf(s->a, 20000));
	say_code(s, "set_sndbuf", snt_set_sndbuf(s->a, 30000));
	say_option(s, s->a, SOL_SOCKET, SO_RCVBUF, "SO_RCVBUF");
	say_option(s, s->a, SOL_SOCKET, SO_SNDBUF, "SO_SNDBUF");
	return 0;
}

static int buffers_too_small(struct stage *s)
{
	int size = 0;

	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_DGRAM, 0));
	say_code(s, "set_rcvbuf", snt_set_rcvbuf(s->a, 1));
	SNT_TRY(snt_getsockopt(s->a, SOL_SOCKET, SO_RCVBUF, &size,
			       sizeof size));
	say(s, "%s", size > 1000 ? "more than asked for" : "as asked for");
	return 0;
}

static int linger(struct stage *s)
{
	struct linger value = { 7, 7 };

	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_STREAM, 0));
	SNT_TRY(snt_getsockopt(s->a, SOL_SOCKET, SO_LINGER, &value,
			       sizeof value));
	say(s, "%d %d", value.l_onoff, value.l_linger);
	say_code(s, "set_linger", snt_set_linger(s->a, true, 0));
	SNT_TRY(snt_getsockopt(s->a, SOL_SOCKET, SO_LINGER, &value,
			       sizeof value));
	say(s, "%d %d", value.l_onoff, value.l_linger);
	say_code(s, "a second", snt_set_linger(s->a, true, SNT_SECOND));
	return 0;
}

static int hops(struct stage *s)
{
	int value = 0;

	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_DGRAM, 0));
	SNT_TRY(snt_socket(&s->b, AF_INET6, SOCK_DGRAM, 0));
	SNT_TRY(snt_get_ttl(s->b, &value));
	say(s, "IPv6 %d", value);
	say_code(s, "set_ttl", snt_set_ttl(s->a, 7));
	SNT_TRY(snt_get_ttl(s->a, &value));
	say(s, "IPv4 %d", value);
	say_code(s, "set_ttl", snt_set_ttl(s->b, 9));
	SNT_TRY(snt_get_ttl(s->b, &value));
	say(s, "IPv6 %d", value);
	SNT_TRY(snt_set_ttl(s->a, 0));
	SNT_TRY(snt_get_ttl(s->a, &value));
	say(s, "IPv4 %d", value);
	return 0;
}

static int service(struct stage *s)
{
	int value = -1;

	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_DGRAM, 0));
	SNT_TRY(snt_socket(&s->b, AF_INET, SOCK_STREAM, 0));
	SNT_TRY(snt_get_tos(s->a, &value));
	say(s, "%d", value);
	say_code(s, "set_tos", snt_set_tos(s->a, 0x2f));
	SNT_TRY(snt_get_tos(s->a, &value));
	say(s, "%#x", (unsigned)value);
	SNT_TRY(snt_set_tos(s->b, 0x2f));
	SNT_TRY(snt_get_tos(s->b, &value));
	say(s, "TCP %#x", (unsigned)value);
	return 0;
}

static int v6only_when_bound(struct stage *s)
{
	bool on = true;

	SNT_TRY(snt_socket(&s->a, AF_INET6, SOCK_STREAM, 0));
	SNT_TRY(snt_get_v6only(s->a, &on));
	say(s, "%s", on ? "on" : "off");
	say_code(s, "set_v6only", snt_set_v6only(s->a, true));
	s->addr = literal("[::]:0");
	SNT_TRY(snt_bind(s->a, &s->addr));
	say_code(s, "when bound", snt_set_v6only(s->a, false));
	SNT_TRY(snt_get_v6only(s->a, &on));
	say(s, "%s", on ? "on" : "off");
	SNT_TRY(snt_socket(&s->b, AF_INET, SOCK_STREAM, 0));
	say_code(s, "of IPv4", snt_set_v6only(s->b, true));
	return 0;
}

static int unknown(struct stage *s)
{
	const int on = 1;
	int value;

	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_STREAM, 0));
	say_code(s, "SOL_SOCKET",
		 snt_setsockopt(s->a, SOL_SOCKET, 9999, &on, sizeof on));
	say_code(s, "IPPROTO_TCP",
		 snt_setsockopt(s->a, IPPROTO_TCP, 9999, &on, sizeof on));
	say_code(s, "IPPROTO_IP",
		 snt_setsockopt(s->a, IPPROTO_IP, 9999, &on, sizeof on));
	say_code(s, "get SOL_SOCKET",
		 snt_getsockopt(s->a, SOL_SOCKET, 9999, &value, sizeof value));
	say_code(s, "get IPPROTO_TCP",
		 snt_getsockopt(s->a, IPPROTO_TCP, 9999, &value, sizeof value));
	return 0;
}

static int short_value(struct stage *s)
{
	const char byte = 1;

	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_STREAM, 0));
	say_code(s, "SO_REUSEADDR",
		 snt_setsockopt(s->a, SOL_SOCKET, SO_REUSEADDR, &byte, 1));
	say_code(s, "SO_LINGER",
		 snt_setsockopt(s->a, SOL_SOCKET, SO_LINGER, &byte, 1));
	say_code(s, "TCP_NODELAY",
		 snt_setsockopt(s->a, IPPROTO_TCP, TCP_NODELAY, &byte, 1));
	return 0;
}

static int read_only(struct stage *s)
{
	const int one = 1;

	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_STREAM, 0));
	say_code(s, "SO_TYPE",
		 snt_setsockopt(s->a, SOL_SOCKET, SO_TYPE, &one, sizeof one));
	say_code(s, "SO_ERROR",
		 snt_setsockopt(s->a, SOL_SOCKET, SO_ERROR, &one, sizeof one));
	say_code(s, "SO_ACCEPTCONN",
		 snt_setsockopt(s->a, SOL_SOCKET, SO_ACCEPTCONN, &one,
				sizeof one));
	return 0;
}

static int tcp_elsewhere(struct stage *s)
{
	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_DGRAM, 0));
	SNT_TRY(snt_socketpair(&s->b, &s->c, SOCK_STREAM));
	say_code(s, "UDP", snt_set_nodelay(s->a, true));
	say_code(s, "Unix", snt_set_nodelay(s->b, true));
	say_code(s, "IP_TTL of Unix", snt_set_ttl(s->b, 5));
	return 0;
}

static int user_timeout(struct stage *s)
{
	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_STREAM, 0));
	say_option(s, s->a, IPPROTO_TCP, TCP_USER_TIMEOUT, "at birth");
	say_code(s, "set_user_timeout",
		 snt_set_user_timeout(s->a, 1500 * SNT_MILLISECOND));
	say_option(s, s->a, IPPROTO_TCP, TCP_USER_TIMEOUT, "now");
	return 0;
}

static int after_close(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	end(&s->b);
	say_recv(s, s->a);
	say_code(s, "set_nodelay", snt_set_nodelay(s->a, true));
	say_code(
		s, "set_keepalive",
		snt_set_keepalive(s->a, &(struct snt_keepalive){ .count = 1 }));
	say_error(s, s->a);
	return 0;
}

static int low_water(struct stage *s)
{
	const int three = 3;

	SNT_TRY(tcp_pair(s));
	say_option(s, s->a, SOL_SOCKET, SO_RCVLOWAT, "at birth");
	SNT_TRY(snt_sendall(s->b, "ab", 2));
	SNT_TRY(await_bytes(s->a, 2));
	SNT_TRY(snt_setsockopt(s->a, SOL_SOCKET, SO_RCVLOWAT, &three,
			       sizeof three));
	say_option(s, s->a, SOL_SOCKET, SO_RCVLOWAT, "now");
	snt_settimeout(s->a, SNT_NOWAIT);
	say_code(s, "wait_readable", snt_wait_readable(s->a));
	snt_settimeout(s->a, 0);
	SNT_TRY(snt_sendall(s->b, "c", 1));
	say_code(s, "with three", snt_wait_readable(s->a));
	say_recv(s, s->a);
	return 0;
}

static int set_low_water(struct snt_socket *socket, int bytes)
{
	return snt_setsockopt(socket, SOL_SOCKET, SO_RCVLOWAT, &bytes,
			      sizeof bytes);
}

static int low_water_lowered(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	SNT_TRY(set_low_water(s->a, 3));
	SNT_TRY(snt_sendall(s->b, "ab", 2));
	SNT_TRY(await_bytes(s->a, 2));
	SNT_TRY(start(s, 0, do_wait_readable, s->a));
	SNT_TRY(set_low_water(s->a, 0));
	SNT_TRY(finish(s));
	say_code(s, "wait_readable", s->calls[0].result);
	say_option(s, s->a, SOL_SOCKET, SO_RCVLOWAT, "now");
	return 0;
}

/* What is less than asked for, and the end. */
static int low_water_not_reached(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	SNT_TRY(set_low_water(s->a, 3));
	SNT_TRY(snt_sendall(s->b, "ab", 2));
	SNT_TRY(start(s, 0, do_wait_readable, s->a));
	end(&s->b);
	SNT_TRY(finish(s));
	say_code(s, "wait_readable", s->calls[0].result);
	say_recv(s, s->a);
	say_recv(s, s->a);
	return 0;
}

static int low_water_too_high(struct stage *s)
{
	SNT_TRY(small_pair(s));
	SNT_TRY(set_low_water(s->b, 1 << 20));
	SNT_TRY(start(s, 0, do_sendall, s->a));
	say_code(s, "wait_readable", snt_wait_readable(s->b));
	return 0;
}

static int low_water_elsewhere(struct stage *s)
{
	SNT_TRY(two_on(s, "127.0.0.1:0"));
	SNT_TRY(set_low_water(s->b, 3));
	SNT_TRY(snt_sendto(s->a, "a", 1, &s->addr));
	say_code(s, "UDP", snt_wait_readable(s->b));
	SNT_TRY(snt_socketpair(&s->c, &s->d, SOCK_STREAM));
	SNT_TRY(set_low_water(s->d, 3));
	SNT_TRY(snt_sendall(s->c, "a", 1));
	say_code(s, "Unix", snt_wait_readable(s->d));
	return 0;
}

static const struct fidelity_row rows[] = {
	{ "getsockopt SO_TYPE", "TCP and UDP", what_it_is },
	{ "getsockopt SO_TYPE", "Unix", what_unix_is },
	{ "getsockopt", "just made", at_birth },
	{ "setsockopt SO_REUSEADDR", "on and off", switches },
	{ "setsockopt SO_KEEPALIVE", "to 7", any_number_is_on },
	{ "set_keepalive", "with times", keepalive },
	{ "set_keepalive", "with more than goes", keepalive_too_much },
	{ "set_rcvbuf", "just made", buffers },
	{ "set_rcvbuf", "to 1", buffers_too_small },
	{ "set_linger", "just made", linger },
	{ "set_ttl", "both families", hops },
	{ "set_tos", "UDP and TCP", service },
	{ "set_v6only", "before and after bind", v6only_when_bound },
	{ "setsockopt", "no such option", unknown },
	{ "setsockopt", "value too short", short_value },
	{ "setsockopt", "option that can only be read", read_only },
	{ "set_nodelay", "not TCP", tcp_elsewhere },
	{ "set_user_timeout", "just made", user_timeout },
	{ "set_nodelay", "peer closed", after_close },
	{ "setsockopt SO_RCVLOWAT", "to 3, bytes come", low_water },
	{ "setsockopt SO_RCVLOWAT", "lowered while a fiber waits",
	  low_water_lowered },
	{ "setsockopt SO_RCVLOWAT", "to 3, two come and the end",
	  low_water_not_reached },
	{ "setsockopt SO_RCVLOWAT", "to more than the buffers hold",
	  low_water_too_high },
	{ "setsockopt SO_RCVLOWAT", "not TCP", low_water_elsewhere },
};

FIDELITY_SUBJECT(options, rows);
