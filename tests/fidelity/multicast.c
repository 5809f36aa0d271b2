/* SPDX-License-Identifier: MIT */
/* One datagram to many: groups joined on the loopback, and broadcasts. */
#include "fidelity.h"

#include <sennit/multicast.h>
#include <sennit/options.h>

static const char group_text[] = "239.1.2.3:0";

static struct ip_mreq membership(void)
{
	struct snt_addr group = literal(group_text);

	return (struct ip_mreq){
		.imr_multiaddr = group.sa.in.sin_addr,
		.imr_interface = { htonl(INADDR_LOOPBACK) },
	};
}

static int change(struct snt_socket *socket, int name)
{
	const struct ip_mreq request = membership();

	return snt_setsockopt(socket, IPPROTO_IP, name, &request,
			      sizeof request);
}

/* s->a sends by way of the loopback; s->b is bound to the wildcard, and s->addr
 * is the group with its port. */
static int two_about(struct stage *s)
{
	const struct in_addr loopback = { htonl(INADDR_LOOPBACK) };
	struct snt_addr bound;

	SNT_TRY(bound_to(&s->b, SOCK_DGRAM, "0.0.0.0:0", &bound));
	s->addr = literal(group_text);
	SNT_TRY(snt_addr_set_port(&s->addr, snt_addr_port(&bound)));
	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_DGRAM, 0));
	return snt_setsockopt(s->a, IPPROTO_IP, IP_MULTICAST_IF, &loopback,
			      sizeof loopback);
}

/* Goes the way of the others, and is received after them. */
static int last_word(struct stage *s)
{
	struct snt_addr direct = literal("127.0.0.1:0");

	SNT_TRY(snt_addr_set_port(&direct, snt_addr_port(&s->addr)));
	return (int)snt_sendto(s->a, "last", 4, &direct);
}

static int joined(struct stage *s)
{
	struct snt_addr from;

	SNT_TRY(two_about(s));
	say_code(s, "join", change(s->b, IP_ADD_MEMBERSHIP));
	say_sendto(s, s->a, "hello", &s->addr);
	say_recvfrom(s, s->b, &from);
	say_addr(s, "from", &from);
	return 0;
}

static int not_joined(struct stage *s)
{
	SNT_TRY(two_about(s));
	say_sendto(s, s->a, "hello", &s->addr);
	SNT_TRY(last_word(s));
	say_recvfrom(s, s->b, NULL);
	return 0;
}

static int left(struct stage *s)
{
	SNT_TRY(two_about(s));
	say_code(s, "join", change(s->b, IP_ADD_MEMBERSHIP));
	say_code(s, "leave", change(s->b, IP_DROP_MEMBERSHIP));
	say_sendto(s, s->a, "hello", &s->addr);
	SNT_TRY(last_word(s));
	say_recvfrom(s, s->b, NULL);
	say_code(s, "leave", change(s->b, IP_DROP_MEMBERSHIP));
	return 0;
}

static int joined_twice(struct stage *s)
{
	SNT_TRY(two_about(s));
	say_code(s, "join", change(s->b, IP_ADD_MEMBERSHIP));
	say_code(s, "join", change(s->b, IP_ADD_MEMBERSHIP));
	say_sendto(s, s->a, "hello", &s->addr);
	say_recvfrom(s, s->b, NULL);
	say_recvfrom_now(s, s->b);
	return 0;
}

static int two_members(struct stage *s)
{
	struct snt_addr any = literal("0.0.0.0:0");

	SNT_TRY(two_about(s));
	SNT_TRY(snt_addr_set_port(&any, snt_addr_port(&s->addr)));
	end(&s->b);
	SNT_TRY(snt_socket(&s->b, AF_INET, SOCK_DGRAM, 0));
	SNT_TRY(snt_set_reuseaddr(s->b, true));
	SNT_TRY(snt_bind(s->b, &any));
	SNT_TRY(change(s->b, IP_ADD_MEMBERSHIP));
	SNT_TRY(snt_socket(&s->c, AF_INET, SOCK_DGRAM, 0));
	SNT_TRY(snt_set_reuseaddr(s->c, true));
	SNT_TRY(snt_bind(s->c, &any));
	SNT_TRY(change(s->c, IP_ADD_MEMBERSHIP));
	say_sendto(s, s->a, "to both", &s->addr);
	say_recvfrom(s, s->b, NULL);
	say_recvfrom(s, s->c, NULL);
	return 0;
}

static int no_loop(struct stage *s)
{
	const int off = 0;

	SNT_TRY(two_about(s));
	SNT_TRY(change(s->b, IP_ADD_MEMBERSHIP));
	SNT_TRY(snt_setsockopt(s->a, IPPROTO_IP, IP_MULTICAST_LOOP, &off,
			       sizeof off));
	say_sendto(s, s->a, "hello", &s->addr);
	SNT_TRY(last_word(s));
	say_recvfrom(s, s->b, NULL);
	return 0;
}

static int hops_zero(struct stage *s)
{
	const int none = 0;

	SNT_TRY(two_about(s));
	SNT_TRY(change(s->b, IP_ADD_MEMBERSHIP));
	SNT_TRY(snt_setsockopt(s->a, IPPROTO_IP, IP_MULTICAST_TTL, &none,
			       sizeof none));
	say_sendto(s, s->a, "stays here", &s->addr);
	say_recvfrom(s, s->b, NULL);
	return 0;
}

static int bound_to_group(struct stage *s)
{
	struct snt_addr group;

	SNT_TRY(two_about(s));
	SNT_TRY(bound_to(&s->c, SOCK_DGRAM, group_text, &group));
	SNT_TRY(change(s->c, IP_ADD_MEMBERSHIP));
	s->addr = literal("127.0.0.1:0");
	SNT_TRY(snt_addr_set_port(&s->addr, snt_addr_port(&group)));
	say_sendto(s, s->a, "not to the group", &s->addr);
	say_sendto(s, s->a, "to the group", &group);
	say_recvfrom(s, s->c, NULL);
	return 0;
}

static int defaults(struct stage *s)
{
	int value = -1;

	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_DGRAM, 0));
	SNT_TRY(snt_getsockopt(s->a, IPPROTO_IP, IP_MULTICAST_TTL, &value,
			       sizeof value));
	say(s, "IP_MULTICAST_TTL %d", value);
	SNT_TRY(snt_getsockopt(s->a, IPPROTO_IP, IP_MULTICAST_LOOP, &value,
			       sizeof value));
	say(s, "IP_MULTICAST_LOOP %d", value);
	return 0;
}

static int join_no_group(struct stage *s)
{
	struct ip_mreq request = membership();

	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_DGRAM, 0));
	request.imr_multiaddr.s_addr = htonl(INADDR_LOOPBACK);
	say_code(s, "join",
		 snt_setsockopt(s->a, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request,
				sizeof request));
	return 0;
}

static int join_nowhere(struct stage *s)
{
	struct ip_mreq request = membership();

	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_DGRAM, 0));
	request.imr_interface = literal("192.0.2.1:0").sa.in.sin_addr;
	say_code(s, "join",
		 snt_setsockopt(s->a, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request,
				sizeof request));
	return 0;
}

static int join_stream(struct stage *s)
{
	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_STREAM, 0));
	say_code(s, "join", change(s->a, IP_ADD_MEMBERSHIP));
	return 0;
}

static int change_v6(struct snt_socket *socket, int name)
{
	struct ipv6_mreq request = {
		.ipv6mr_multiaddr = literal("[ff02::1234]:0").sa.in6.sin6_addr,
	};
	int lo = snt_if_nametoindex("lo");

	if (lo < 0)
		return lo;
	request.ipv6mr_interface = (unsigned)lo;
	return snt_setsockopt(socket, IPPROTO_IPV6, name, &request,
			      sizeof request);
}

static int joined_v6(struct stage *s)
{
	SNT_TRY(snt_socket(&s->a, AF_INET6, SOCK_DGRAM, 0));
	say_code(s, "join", change_v6(s->a, IPV6_JOIN_GROUP));
	say_code(s, "join", change_v6(s->a, IPV6_JOIN_GROUP));
	say_code(s, "leave", change_v6(s->a, IPV6_LEAVE_GROUP));
	say_code(s, "leave", change_v6(s->a, IPV6_LEAVE_GROUP));
	return 0;
}

/* s->addr: the broadcast address of the loopback's net, with s->b's port. */
static int about_broadcast(struct stage *s)
{
	struct snt_addr bound;

	SNT_TRY(bound_to(&s->b, SOCK_DGRAM, "0.0.0.0:0", &bound));
	s->addr = literal("127.255.255.255:0");
	SNT_TRY(snt_addr_set_port(&s->addr, snt_addr_port(&bound)));
	return snt_socket(&s->a, AF_INET, SOCK_DGRAM, 0);
}

static int broadcast_forbidden(struct stage *s)
{
	SNT_TRY(about_broadcast(s));
	say_sendto(s, s->a, "hello", &s->addr);
	say_code(s, "connect", snt_connect(s->a, &s->addr));
	return 0;
}

static int broadcast_allowed(struct stage *s)
{
	SNT_TRY(about_broadcast(s));
	say_code(s, "SO_BROADCAST", snt_set_broadcast(s->a, true));
	say_sendto(s, s->a, "hello", &s->addr);
	say_recvfrom(s, s->b, NULL);
	return 0;
}

static int broadcast_to_specific(struct stage *s)
{
	struct snt_addr bound;

	SNT_TRY(about_broadcast(s));
	SNT_TRY(snt_set_broadcast(s->a, true));
	SNT_TRY(bound_to(&s->c, SOCK_DGRAM, "127.0.0.1:0", &bound));
	SNT_TRY(snt_addr_set_port(&s->addr, snt_addr_port(&bound)));
	say_sendto(s, s->a, "to all", &s->addr);
	say_sendto(s, s->a, "to one", &bound);
	say_recvfrom(s, s->c, NULL);
	return 0;
}

/* By the calls that name no family: a group of IPv4 on the loopback, from one
 * source. Sent from another it is not heard. */
static int one_source(struct stage *s)
{
	struct snt_addr from = literal("127.0.0.1:0");
	struct snt_addr other = literal("127.0.0.2:0");

	SNT_TRY(two_about(s));
	say_code(s, "join",
		 snt_join_source_group(s->b, &s->addr, &other, "127.0.0.1"));
	say_sendto(s, s->a, "hello", &s->addr);
	SNT_TRY(last_word(s));
	say_recvfrom(s, s->b, NULL);
	say_code(s, "join", snt_join_source_group(s->b, &s->addr, &from, "lo"));
	say_sendto(s, s->a, "hello", &s->addr);
	say_recvfrom(s, s->b, NULL);
	say_code(s, "join", snt_join_source_group(s->b, &s->addr, &from, "lo"));
	say_code(s, "join", snt_join_group(s->b, &s->addr, "lo"));
	say_code(s, "leave",
		 snt_leave_source_group(s->b, &s->addr, &from, "lo"));
	say_code(s, "leave",
		 snt_leave_source_group(s->b, &s->addr, &from, "lo"));
	say_code(s, "leave", snt_leave_group(s->b, &s->addr, "lo"));
	say_code(s, "leave",
		 snt_leave_source_group(s->b, &s->addr, &other, "lo"));
	return 0;
}

static int narrowed(struct stage *s)
{
	struct snt_addr other = literal("127.0.0.2:0");

	SNT_TRY(two_about(s));
	say_code(s, "join", snt_join_group(s->b, &s->addr, "lo"));
	say_code(s, "join",
		 snt_join_source_group(s->b, &s->addr, &other, "lo"));
	say_sendto(s, s->a, "hello", &s->addr);
	SNT_TRY(last_word(s));
	say_recvfrom(s, s->b, NULL);
	return 0;
}

/* s->c is at the same port, and has joined another group. */
static int joined_beside(struct stage *s)
{
	struct snt_addr any = literal("0.0.0.0:0"), other = s->addr;

	SNT_TRY(two_about(s));
	SNT_TRY(snt_addr_set_port(&any, snt_addr_port(&s->addr)));
	end(&s->b);
	SNT_TRY(snt_socket(&s->b, AF_INET, SOCK_DGRAM, 0));
	SNT_TRY(snt_set_reuseaddr(s->b, true));
	SNT_TRY(snt_bind(s->b, &any));
	SNT_TRY(snt_socket(&s->c, AF_INET, SOCK_DGRAM, 0));
	SNT_TRY(snt_set_reuseaddr(s->c, true));
	SNT_TRY(snt_bind(s->c, &any));
	other = literal("239.1.2.4:0");
	SNT_TRY(snt_addr_set_port(&other, snt_addr_port(&s->addr)));
	SNT_TRY(snt_join_group(s->b, &s->addr, "lo"));
	SNT_TRY(snt_join_group(s->c, &other, "lo"));
	say_sendto(s, s->a, "to c", &other);
	say_sendto(s, s->a, "to b", &s->addr);
	say_recvfrom(s, s->b, NULL);
	say_recvfrom(s, s->c, NULL);
	return 0;
}

static int joined_v6_from(struct stage *s)
{
	const struct snt_addr group = literal("[ff02::1234]:0");
	const struct snt_addr from = literal("[::1]:0");

	SNT_TRY(snt_socket(&s->a, AF_INET6, SOCK_DGRAM, 0));
	say_code(s, "join", snt_join_source_group(s->a, &group, &from, "::1"));
	say_code(s, "join", snt_join_source_group(s->a, &group, &from, "lo"));
	say_code(s, "leave", snt_leave_source_group(s->a, &group, &from, "lo"));
	say_code(s, "leave", snt_leave_source_group(s->a, &group, &from, "lo"));
	say_code(s, "join", snt_join_group(s->a, &group, "999999"));
	say_code(s, "leave", snt_leave_group(s->a, &group, "999999"));
	say_code(s, "interface", snt_set_multicast_if(s->a, "999999"));
	say_code(s, "interface", snt_set_multicast_if(s->a, "lo"));
	say_code(s, "interface", snt_set_multicast_if(s->a, NULL));
	return 0;
}

static int v4_by_v6(struct stage *s)
{
	const struct snt_addr group = literal("239.1.2.3:0");

	SNT_TRY(snt_socket(&s->a, AF_INET6, SOCK_DGRAM, 0));
	SNT_TRY(snt_set_v6only(s->a, false));
	say_code(s, "join", snt_join_group(s->a, &group, "lo"));
	say_code(s, "join", snt_join_group(s->a, &group, "lo"));
	say_code(s, "leave", snt_leave_group(s->a, &group, "lo"));
	say_code(s, "leave", snt_leave_group(s->a, &group, "lo"));
	return 0;
}

static const struct fidelity_row rows[] = {
	{ "recvfrom", "in the group", joined },
	{ "recvfrom", "not in the group", not_joined },
	{ "recvfrom", "left the group", left },
	{ "setsockopt IP_ADD_MEMBERSHIP", "in the group", joined_twice },
	{ "recvfrom", "two in the group", two_members },
	{ "sendto", "a group, IP_MULTICAST_LOOP off", no_loop },
	{ "sendto", "a group, IP_MULTICAST_TTL 0", hops_zero },
	{ "recvfrom", "bound to the group's address", bound_to_group },
	{ "getsockopt IP_MULTICAST_TTL", "as born", defaults },
	{ "setsockopt IP_ADD_MEMBERSHIP", "no group's address", join_no_group },
	{ "setsockopt IP_ADD_MEMBERSHIP", "no such interface", join_nowhere },
	{ "setsockopt IP_ADD_MEMBERSHIP", "stream", join_stream },
	{ "setsockopt IPV6_JOIN_GROUP", "joined and left", joined_v6 },
	{ "join_source_group", "one source of two", one_source },
	{ "join_source_group", "in the group", narrowed },
	{ "recvfrom", "another joined another group at the port",
	  joined_beside },
	{ "join_source_group", "IPv6", joined_v6_from },
	{ "join_group", "IPv4, on an IPv6 socket", v4_by_v6 },
	{ "sendto", "broadcast, not allowed", broadcast_forbidden },
	{ "sendto", "broadcast, allowed", broadcast_allowed },
	{ "sendto", "broadcast, receiver bound to an address",
	  broadcast_to_specific },
};

FIDELITY_SUBJECT(multicast, rows);
