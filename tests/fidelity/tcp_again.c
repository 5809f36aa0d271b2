/* SPDX-License-Identifier: MIT */
/* Connections again: ports that were one's, what is passed on, late accepts. */
#include "fidelity.h"

#include <netinet/tcp.h>
#include <sennit/options.h>
#include <sennit/tcp.h>

static int set(struct snt_socket *socket, int level, int name, int value)
{
	return snt_setsockopt(socket, level, name, &value, sizeof value);
}

static void say_get(struct stage *s, const struct snt_socket *socket, int level,
		    int name, const char *word)
{
	int value = -1;
	int code = snt_getsockopt(socket, level, name, &value, sizeof value);

	say_code(s, word, code < 0 ? code : value);
}

/* s->c, at the name that s->a had. */
static int bind_again(struct stage *s, const struct snt_addr *name)
{
	SNT_TRY(snt_socket(&s->c, AF_INET, SOCK_STREAM, 0));
	SNT_TRY(snt_set_reuseaddr(s->c, true));
	say_code(s, "bind", snt_bind(s->c, name));
	say_code(s, "connect", snt_connect(s->c, &s->addr));
	return 0;
}

static int bound_pair(struct stage *s, struct snt_addr *mine)
{
	const struct snt_addr any = literal("127.0.0.1:0");

	SNT_TRY(listen_on(s, "127.0.0.1:0", 0));
	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_STREAM, 0));
	SNT_TRY(snt_set_reuseaddr(s->a, true));
	SNT_TRY(snt_bind(s->a, &any));
	SNT_TRY(snt_getsockname(s->a, mine));
	SNT_TRY(snt_connect(s->a, &s->addr));
	return snt_accept(s->server, &s->b);
}

static int own_port_waits(struct stage *s)
{
	struct snt_addr mine;

	SNT_TRY(bound_pair(s, &mine));
	end(&s->a);
	say_recv(s, s->b);
	end(&s->b);
	return bind_again(s, &mine);
}

static int other_side_waits(struct stage *s)
{
	struct snt_addr mine;

	SNT_TRY(bound_pair(s, &mine));
	end(&s->b);
	say_recv(s, s->a);
	end(&s->a);
	SNT_TRY(bind_again(s, &mine));
	SNT_TRY(snt_accept(s->server, &s->b));
	say_send(s, s->c, "anew");
	say_recv(s, s->b);
	return 0;
}

static int after_abort(struct stage *s)
{
	struct snt_addr mine;

	SNT_TRY(bound_pair(s, &mine));
	snt_abort(s->a);
	s->a = NULL;
	say_recv(s, s->b);
	SNT_TRY(bind_again(s, &mine));
	end(&s->b);
	SNT_TRY(snt_accept(s->server, &s->b));
	say_send(s, s->c, "anew");
	say_recv(s, s->b);
	return 0;
}

static int passed_on(struct stage *s)
{
	SNT_TRY(listen_on(s, "127.0.0.1:0", 0));
	SNT_TRY(snt_set_rcvbuf(s->server, 40000));
	SNT_TRY(snt_set_ttl(s->server, 9));
	SNT_TRY(set(s->server, IPPROTO_TCP, TCP_KEEPIDLE, 77));
	SNT_TRY(set(s->server, IPPROTO_TCP, TCP_USER_TIMEOUT, 5000));
	SNT_TRY(set(s->server, SOL_SOCKET, SO_RCVLOWAT, 3));
	SNT_TRY(set(s->server, SOL_SOCKET, SO_REUSEPORT, 1));
	SNT_TRY(connect_to(s, &s->a));
	SNT_TRY(snt_accept(s->server, &s->b));
	say_get(s, s->b, SOL_SOCKET, SO_RCVBUF, "SO_RCVBUF");
	say_get(s, s->b, IPPROTO_IP, IP_TTL, "IP_TTL");
	say_get(s, s->b, IPPROTO_TCP, TCP_KEEPIDLE, "TCP_KEEPIDLE");
	say_get(s, s->b, IPPROTO_TCP, TCP_USER_TIMEOUT, "TCP_USER_TIMEOUT");
	say_get(s, s->b, SOL_SOCKET, SO_RCVLOWAT, "SO_RCVLOWAT");
	say_get(s, s->b, SOL_SOCKET, SO_REUSEPORT, "SO_REUSEPORT");
	say_get(s, s->a, IPPROTO_IP, IP_TTL, "the client's IP_TTL");
	return 0;
}

static int passed_on_late(struct stage *s)
{
	SNT_TRY(listen_on(s, "127.0.0.1:0", 0));
	SNT_TRY(connect_to(s, &s->a));
	SNT_TRY(snt_wait_readable(s->server));
	SNT_TRY(snt_set_nodelay(s->server, true));
	SNT_TRY(snt_accept(s->server, &s->b));
	say_get(s, s->b, IPPROTO_TCP, TCP_NODELAY, "TCP_NODELAY");
	return 0;
}

static int accept_deferred(struct stage *s)
{
	SNT_TRY(listen_on(s, "127.0.0.1:0", 0));
	SNT_TRY(set(s->server, IPPROTO_TCP, TCP_DEFER_ACCEPT, 60));
	SNT_TRY(connect_to(s, &s->a));
	snt_settimeout(s->server, SNT_NOWAIT);
	say_code(s, "accept", snt_accept(s->server, &s->b));
	say_send(s, s->a, "hello");
	snt_settimeout(s->server, 0);
	say_code(s, "accept", snt_accept(s->server, &s->b));
	say_recv(s, s->b);
	return 0;
}

static int accept_deferred_long_enough(struct stage *s)
{
	SNT_TRY(listen_on(s, "127.0.0.1:0", 0));
	SNT_TRY(set(s->server, IPPROTO_TCP, TCP_DEFER_ACCEPT, 1));
	say_get(s, s->server, IPPROTO_TCP, TCP_DEFER_ACCEPT, "seconds");
	SNT_TRY(connect_to(s, &s->a));
	say_code(s, "accept", snt_accept(s->server, &s->b));
	say_recv_now(s, s->b);
	return 0;
}

static int accept_deferred_end(struct stage *s)
{
	SNT_TRY(listen_on(s, "127.0.0.1:0", 0));
	SNT_TRY(set(s->server, IPPROTO_TCP, TCP_DEFER_ACCEPT, 60));
	say_get(s, s->server, IPPROTO_TCP, TCP_DEFER_ACCEPT, "seconds");
	SNT_TRY(connect_to(s, &s->a));
	SNT_TRY(snt_shutdown(s->a, SHUT_WR));
	say_code(s, "accept", snt_accept(s->server, &s->b));
	say_recv(s, s->b);
	return 0;
}

static int edges(struct stage *s)
{
	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_STREAM, 0));
	say_code(s, "IP_TTL 0", set(s->a, IPPROTO_IP, IP_TTL, 0));
	say_code(s, "256", set(s->a, IPPROTO_IP, IP_TTL, 256));
	say_code(s, "-1", set(s->a, IPPROTO_IP, IP_TTL, -1));
	say_code(s, "TCP_KEEPIDLE 0", set(s->a, IPPROTO_TCP, TCP_KEEPIDLE, 0));
	say_code(s, "32768", set(s->a, IPPROTO_TCP, TCP_KEEPIDLE, 32768));
	say_code(s, "TCP_KEEPCNT 128",
		 set(s->a, IPPROTO_TCP, TCP_KEEPCNT, 128));
	say_code(s, "TCP_SYNCNT 0", set(s->a, IPPROTO_TCP, TCP_SYNCNT, 0));
	say_code(s, "TCP_MAXSEG 10", set(s->a, IPPROTO_TCP, TCP_MAXSEG, 10));
	say_code(s, "40000", set(s->a, IPPROTO_TCP, TCP_MAXSEG, 40000));
	say_code(s, "TCP_USER_TIMEOUT -1",
		 set(s->a, IPPROTO_TCP, TCP_USER_TIMEOUT, -1));
	say_code(s, "TCP_NODELAY 9", set(s->a, IPPROTO_TCP, TCP_NODELAY, 9));
	say_get(s, s->a, IPPROTO_TCP, TCP_NODELAY, "then");
	say_code(s, "IPV6_UNICAST_HOPS",
		 set(s->a, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 9));
	say_code(s, "IP_MTU_DISCOVER 6",
		 set(s->a, IPPROTO_IP, IP_MTU_DISCOVER, 6));
	return 0;
}

static int edges_v6(struct stage *s)
{
	SNT_TRY(snt_socket(&s->a, AF_INET6, SOCK_STREAM, 0));
	say_code(s, "IPV6_UNICAST_HOPS -1",
		 set(s->a, IPPROTO_IPV6, IPV6_UNICAST_HOPS, -1));
	say_code(s, "-2", set(s->a, IPPROTO_IPV6, IPV6_UNICAST_HOPS, -2));
	say_code(s, "256", set(s->a, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 256));
	say_code(s, "IPV6_TCLASS 256",
		 set(s->a, IPPROTO_IPV6, IPV6_TCLASS, 256));
	say_code(s, "IP_TTL of IPv6", set(s->a, IPPROTO_IP, IP_TTL, 9));
	say_get(s, s->a, IPPROTO_IP, IP_TTL, "then");
	say_code(s, "IPV6_V6ONLY 7", set(s->a, IPPROTO_IPV6, IPV6_V6ONLY, 7));
	say_get(s, s->a, IPPROTO_IPV6, IPV6_V6ONLY, "then");
	say_get(s, s->a, IPPROTO_IPV6, 250, "no such");
	return 0;
}

static const struct fidelity_row rows[] = {
	{ "connect", "own port in TIME_WAIT, same server", own_port_waits },
	{ "connect", "from a port the server has in TIME_WAIT",
	  other_side_waits },
	{ "connect", "from a port of an aborted connection", after_abort },
	{ "getsockopt", "accepted, more of listener's options are set",
	  passed_on },
	{ "getsockopt", "accepted, set while it was queued", passed_on_late },
	{ "accept", "TCP_DEFER_ACCEPT", accept_deferred },
	{ "accept", "TCP_DEFER_ACCEPT, nothing comes in time",
	  accept_deferred_long_enough },
	{ "accept", "TCP_DEFER_ACCEPT, the end comes", accept_deferred_end },
	{ "setsockopt", "values at their edges", edges },
	{ "setsockopt", "values at their edges, IPv6", edges_v6 },
};

FIDELITY_SUBJECT(tcp_again, rows);
