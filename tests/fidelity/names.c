/* SPDX-License-Identifier: MIT */
/* Names: of both ends in every state, of hosts, of interfaces. */
#include "fidelity.h"

#include <sennit/options.h>

static int fresh(struct stage *s)
{
	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_STREAM, 0));
	SNT_TRY(snt_socket(&s->b, AF_INET6, SOCK_STREAM, 0));
	SNT_TRY(snt_socket(&s->c, AF_INET, SOCK_DGRAM, 0));
	say_sockname(s, s->a);
	say_peername(s, s->a);
	say_sockname(s, s->b);
	say_sockname(s, s->c);
	return 0;
}

static int bound(struct stage *s)
{
	SNT_TRY(bound_to(&s->a, SOCK_STREAM, "127.0.0.1:0", &s->addr));
	SNT_TRY(bound_to(&s->b, SOCK_STREAM, "[::]:0", &s->addr));
	say_sockname(s, s->a);
	say_peername(s, s->a);
	say_sockname(s, s->b);
	return 0;
}

static int listening(struct stage *s)
{
	SNT_TRY(listen_on(s, "127.0.0.1:0", 0));
	say_sockname(s, s->server);
	say_peername(s, s->server);
	return 0;
}

static void say_whether_mirrored(struct stage *s)
{
	struct snt_addr a, b, peer_of_a, peer_of_b;

	if (snt_getsockname(s->a, &a) == 0 && snt_getsockname(s->b, &b) == 0 &&
	    snt_getpeername(s->a, &peer_of_a) == 0 &&
	    snt_getpeername(s->b, &peer_of_b) == 0)
		say(s, "%s",
		    snt_addr_equal(&a, &peer_of_b) &&
				    snt_addr_equal(&b, &peer_of_a)
			    ? "each names the other"
			    : "they differ");
	else
		say(s, "%s", snt_errmsg());
}

static int connected(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	say_sockname(s, s->a);
	say_peername(s, s->a);
	say_whether_mirrored(s);
	return 0;
}

static int connected_v6(struct stage *s)
{
	SNT_TRY(tcp_pair_on(s, "[::1]:0"));
	say_sockname(s, s->a);
	say_peername(s, s->a);
	say_whether_mirrored(s);
	return 0;
}

static int accepted_of_wildcard(struct stage *s)
{
	SNT_TRY(tcp_pair_on(s, "0.0.0.0:0"));
	say_sockname(s, s->server);
	say_sockname(s, s->b);
	return 0;
}

static int half_closed(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_shutdown(s->b, SHUT_WR));
	say_recv(s, s->a);
	SNT_TRY(snt_shutdown(s->a, SHUT_WR));
	say_recv(s, s->b);
	say_whether_mirrored(s);
	return 0;
}

static int peer_closed(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	end(&s->b);
	say_recv(s, s->a);
	say_sockname(s, s->a);
	say_peername(s, s->a);
	return 0;
}

static int bound_wildcard_then_connected(struct stage *s)
{
	struct snt_addr mine;

	SNT_TRY(listen_on(s, "127.0.0.1:0", 0));
	SNT_TRY(bound_to(&s->a, SOCK_STREAM, "0.0.0.0:0", &mine));
	say_sockname(s, s->a);
	SNT_TRY(snt_connect(s->a, &s->addr));
	say_sockname(s, s->a);
	return 0;
}

static int refused(struct stage *s)
{
	SNT_TRY(nobody_at(s, "127.0.0.1:0"));
	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_STREAM, 0));
	say_code(s, "connect", snt_connect(s->a, &s->addr));
	say_sockname(s, s->a);
	return 0;
}

static int look_up(struct stage *s, const char *host, const char *service,
		   const struct snt_getaddrinfo_opts *opts)
{
	struct snt_addr addrs[8];
	int count = snt_getaddrinfo(host, service, addrs, 8, opts);

	say_code(s, "getaddrinfo", count);
	for (int i = 0; i < count && i < 8; i++) {
		char text[SNT_ADDR_TEXT];

		snt_addr_format(&addrs[i], text, sizeof text);
		say(s, "%s", text);
	}
	return 0;
}

static int look_up_localhost(struct stage *s)
{
	return look_up(s, "localhost", "80", NULL);
}

static int look_up_one_family(struct stage *s)
{
	const struct snt_getaddrinfo_opts v4 = { .family = AF_INET };
	const struct snt_getaddrinfo_opts v6 = { .family = AF_INET6 };

	SNT_TRY(look_up(s, "localhost", "80", &v4));
	SNT_TRY(look_up(s, "localhost", "80", &v6));
	return look_up(s, "127.0.0.1", "80", &v6);
}

static int look_up_literals(struct stage *s)
{
	SNT_TRY(look_up(s, "192.0.2.7", "80", NULL));
	return look_up(s, "2001:db8::7", "443", NULL);
}

static int look_up_nothing(struct stage *s)
{
	const struct snt_getaddrinfo_opts any = { .passive = true };

	SNT_TRY(look_up(s, "", "80", NULL));
	SNT_TRY(look_up(s, "", "80", &any));
	return look_up(s, NULL, NULL, NULL);
}

static int look_up_nonsense(struct stage *s)
{
	SNT_TRY(look_up(s, "127.0.0.1", "65536", NULL));
	return look_up(s, "300.0.0.1.", "80", NULL);
}

static int reverse_numeric(struct stage *s)
{
	const struct snt_getnameinfo_opts numeric = { .numeric = true };
	const struct snt_addr v6 = literal("[2001:db8::7]:443");
	struct snt_nameinfo info;

	say_code(s, "getnameinfo", snt_getnameinfo(&v6, &info, &numeric));
	say(s, "%s %s", info.host, info.service);
	return 0;
}

static int interface(struct stage *s)
{
	char name[16] = "";
	int index = snt_if_nametoindex("lo");

	SNT_TRY(index);
	say_code(s, "if_indextoname",
		 snt_if_indextoname((unsigned)index, name));
	say(s, "%s", name);
	return 0;
}

static int no_interface(struct stage *s)
{
	char name[16];

	say_code(s, "if_nametoindex", snt_if_nametoindex("nosuch0"));
	say_code(s, "if_nametoindex", snt_if_nametoindex(""));
	say_code(s, "if_indextoname", snt_if_indextoname(0, name));
	say_code(s, "if_indextoname", snt_if_indextoname(99999, name));
	return 0;
}

static int loopback(struct stage *s)
{
	snt_auto(interface_list) list = NULL;

	SNT_TRY(snt_interfaces(&list));
	for (size_t i = 0; i < list->count; i++) {
		const struct snt_interface_info *lo = &list->interfaces[i];

		if (strcmp(lo->name, "lo") != 0)
			continue;
		say(s, "up %d, loopback %d, broadcast %d, multicast %d, mtu %d",
		    lo->up, lo->loopback, lo->broadcast, lo->multicast,
		    lo->mtu);
		for (size_t j = 0; j < lo->addr_count; j++) {
			char text[SNT_ADDR_TEXT];

			snt_addr_format(&lo->addrs[j].addr, text, sizeof text);
			say(s, "%s/%d", text, lo->addrs[j].prefix);
		}
	}
	return 0;
}

static int credentials(struct stage *s)
{
	struct snt_credentials of_a, of_b;

	SNT_TRY(snt_socketpair(&s->a, &s->b, SOCK_STREAM));
	say_code(s, "getpeercred", snt_getpeercred(s->a, &of_a));
	SNT_TRY(snt_getpeercred(s->b, &of_b));
	say(s, "%s", of_a.pid == of_b.pid ? "one process" : "two processes");
	return 0;
}

static int no_credentials(struct stage *s)
{
	struct snt_credentials peer;

	SNT_TRY(snt_socket(&s->c, AF_UNIX, SOCK_STREAM, 0));
	say_code(s, "not connected", snt_getpeercred(s->c, &peer));
	SNT_TRY(tcp_pair(s));
	say_code(s, "TCP", snt_getpeercred(s->a, &peer));
	return 0;
}

static int families(struct stage *s)
{
	say_code(s, "AF_INET, no type", snt_socket(&s->a, AF_INET, 77, 0));
	say_code(s, "no family", snt_socket(&s->a, 250, SOCK_STREAM, 0));
	say_code(s, "TCP of datagrams",
		 snt_socket(&s->a, AF_INET, SOCK_DGRAM, IPPROTO_TCP));
	say_code(s, "UDP of Unix",
		 snt_socket(&s->a, AF_UNIX, SOCK_DGRAM, IPPROTO_UDP));
	return 0;
}

static int types(struct stage *s)
{
	const int flags = SOCK_CLOEXEC | SOCK_NONBLOCK;

	say_code(s, "type 12", snt_socket(&s->a, AF_INET, 12, 0));
	say_code(s, "rdm", snt_socket(&s->a, AF_INET6, SOCK_RDM, 0));
	say_code(s, "type 0", snt_socket(&s->a, AF_INET, 0, 0));
	say_code(s, "Unix rdm", snt_socket(&s->a, AF_UNIX, SOCK_RDM, 0));
	say_code(s, "pair of type 12", snt_socketpair(&s->a, &s->b, 12));
	say_code(s, "pair, rdm", snt_socketpair(&s->a, &s->b, SOCK_RDM));
	say_code(s, "known flags",
		 snt_socket(&s->a, AF_INET, SOCK_STREAM | flags, 0));
	return 0;
}

static int protocols(struct stage *s)
{
	say_code(s, "UDP of streams",
		 snt_socket(&s->a, AF_INET6, SOCK_STREAM, IPPROTO_UDP));
	say_code(s, "-1", snt_socket(&s->a, AF_INET, SOCK_STREAM, -1));
	say_code(s, "1000", snt_socket(&s->a, AF_INET, SOCK_DGRAM, 1000));
	say_code(s, "1000 of rdm", snt_socket(&s->a, AF_INET, SOCK_RDM, 1000));
	say_code(s, "250", snt_socket(&s->a, AF_INET, SOCK_DGRAM, 250));
	say_code(s, "-1 of Unix", snt_socket(&s->a, AF_UNIX, SOCK_STREAM, -1));
	say_code(s, "UDP of no Unix type",
		 snt_socket(&s->a, AF_UNIX, SOCK_RDM, IPPROTO_UDP));
	say_code(s, "PF_UNIX",
		 snt_socket(&s->a, AF_UNIX, SOCK_STREAM, PF_UNIX));
	return 0;
}

static const struct fidelity_row rows[] = {
	{ "socket", "what does not exist", families },
	{ "socket", "type that does not exist", types },
	{ "socket", "protocol that does not exist", protocols },
	{ "getsockname", "just made", fresh },
	{ "getsockname", "bound", bound },
	{ "getsockname", "listening", listening },
	{ "getsockname", "connected", connected },
	{ "getsockname", "connected, IPv6", connected_v6 },
	{ "getsockname", "accepted from a wildcard", accepted_of_wildcard },
	{ "getsockname", "bound to a wildcard, then connected",
	  bound_wildcard_then_connected },
	{ "getsockname", "connect was refused", refused },
	{ "getpeername", "both half-closed", half_closed },
	{ "getpeername", "peer closed", peer_closed },
	{ "getaddrinfo", "localhost", look_up_localhost },
	{ "getaddrinfo", "one family", look_up_one_family },
	{ "getaddrinfo", "literals", look_up_literals },
	{ "getaddrinfo", "no host", look_up_nothing },
	{ "getaddrinfo", "malformed", look_up_nonsense },
	{ "getnameinfo", "numeric", reverse_numeric },
	{ "if_nametoindex", "the loopback", interface },
	{ "if_nametoindex", "no such interface", no_interface },
	{ "interfaces", "the loopback", loopback },
	{ "getpeercred", "a pair", credentials },
	{ "getpeercred", "nobody to vouch for", no_credentials },
};

FIDELITY_SUBJECT(names, rows);
