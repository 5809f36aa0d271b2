/* SPDX-License-Identifier: MIT */
/* Control data of datagrams and Unix sockets: what may be sent, what comes. */
#include "fidelity.h"

#include <netinet/in.h>
#include <sennit/message.h>
#include <sennit/options.h>
/* After netinet/in.h, whose names it then leaves alone. */
#include <linux/errqueue.h>

struct room {
	_Alignas(struct cmsghdr) char bytes[512];
};

static const struct {
	int level, type;
	const char *name;
} kinds[] = {
	{ IPPROTO_IP, IP_TTL, "IP_TTL" },
	{ IPPROTO_IP, IP_TOS, "IP_TOS" },
	{ IPPROTO_IP, IP_PKTINFO, "IP_PKTINFO" },
	{ IPPROTO_IP, IP_RECVERR, "IP_RECVERR" },
	{ IPPROTO_IP, IP_ORIGDSTADDR, "IP_ORIGDSTADDR" },
	{ IPPROTO_IPV6, IPV6_PKTINFO, "IPV6_PKTINFO" },
	{ IPPROTO_IPV6, IPV6_HOPLIMIT, "IPV6_HOPLIMIT" },
	{ IPPROTO_IPV6, IPV6_TCLASS, "IPV6_TCLASS" },
	{ IPPROTO_IPV6, IPV6_RECVERR, "IPV6_RECVERR" },
	{ SOL_SOCKET, SCM_CREDENTIALS, "SCM_CREDENTIALS" },
	{ SOL_SOCKET, SCM_RIGHTS, "SCM_RIGHTS" },
	{ SOL_SOCKET, SO_TIMESTAMP, "SCM_TIMESTAMP" },
	{ SOL_SOCKET, SO_TIMESTAMPNS, "SCM_TIMESTAMPNS" },
};

static const char *name_of(const struct cmsghdr *cmsg)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (kinds[i].level == cmsg->cmsg_level &&
		    kinds[i].type == cmsg->cmsg_type)
			return kinds[i].name;
	return "?";
}

static void say_error_of(struct stage *s, const struct cmsghdr *cmsg)
{
	struct sock_extended_err error;

	memcpy(&error, CMSG_DATA(cmsg), sizeof error);
	say(s, "%s of origin %d, type %d, code %d", name_of(cmsg),
	    error.ee_origin, error.ee_type, error.ee_code);
	say_code(s, "with", -(int)error.ee_errno);
}

/* What is the same wherever it is played. */
static void say_control(struct stage *s, const struct cmsghdr *cmsg)
{
	size_t size = cmsg->cmsg_len - CMSG_LEN(0);
	int number = 0;

	if (cmsg->cmsg_level == SOL_SOCKET) {
		say(s, "%s", name_of(cmsg));
		return;
	}
	switch (cmsg->cmsg_type) {
	case IP_RECVERR:
	case IPV6_RECVERR:
		say_error_of(s, cmsg);
		return;
	case IP_PKTINFO:
	case IPV6_PKTINFO:
	case IP_ORIGDSTADDR:
		say(s, "%s of %zu bytes", name_of(cmsg), size);
		return;
	default:
		memcpy(&number, CMSG_DATA(cmsg), size < 4 ? 1 : 4);
		say(s, "%s %d", name_of(cmsg), number);
	}
}

/* Receives one message; says its bytes and all that came with it. */
static void say_recvmsg(struct stage *s, struct snt_socket *socket, int flags)
{
	char bytes[64];
	const struct iovec all = { bytes, sizeof bytes };
	struct room room;
	struct snt_message message = { .buffers = &all,
				       .buffer_count = 1,
				       .control = room.bytes,
				       .control_size = sizeof room.bytes,
				       .flags = flags };
	ptrdiff_t n = snt_recvmsg(socket, &message);

	say_bytes(s, "recvmsg", n, bytes);
	if (n < 0)
		return;
	if (message.told & (MSG_TRUNC | MSG_CTRUNC))
		say(s, "cut");
	/* By hand: musl's CMSG_NXTHDR warns. */
	for (size_t at = 0; at + CMSG_LEN(0) <= message.control_got;) {
		const void *item = room.bytes + at;
		const struct cmsghdr *cmsg = item;

		say_control(s, cmsg);
		at += CMSG_ALIGN(cmsg->cmsg_len);
	}
}

/* Sends "hello" to s->addr (not on a stream) with one piece of control data. */
static ptrdiff_t send_with(struct stage *s, struct snt_socket *socket,
			   int level, int type, const void *value, size_t size)
{
	const struct iovec all = { (char *)"hello", 5 };
	struct room room = { .bytes = { 0 } };
	struct cmsghdr *cmsg = (struct cmsghdr *)(void *)room.bytes;
	struct snt_message message = {
		.buffers = &all,
		.buffer_count = 1,
		.addr = s->addr.sa.any.sa_family != AF_UNIX ? &s->addr : NULL,
		.control = room.bytes,
		.control_size = CMSG_SPACE(size),
	};

	cmsg->cmsg_level = level;
	cmsg->cmsg_type = type;
	cmsg->cmsg_len = (__typeof__(cmsg->cmsg_len))CMSG_LEN(size);
	memcpy(CMSG_DATA(cmsg), value, size);
	return snt_sendmsg(socket, &message);
}

static int turn_on(struct snt_socket *socket, int level, int name)
{
	const int on = 1;

	return snt_setsockopt(socket, level, name, &on, sizeof on);
}

static int hops_and_service(struct stage *s)
{
	SNT_TRY(two_on(s, "127.0.0.1:0"));
	SNT_TRY(snt_set_ttl(s->a, 7));
	SNT_TRY(snt_set_tos(s->a, 0x20));
	SNT_TRY(turn_on(s->b, IPPROTO_IP, IP_RECVTTL));
	SNT_TRY(turn_on(s->b, IPPROTO_IP, IP_RECVTOS));
	SNT_TRY(turn_on(s->b, IPPROTO_IP, IP_PKTINFO));
	SNT_TRY(snt_sendto(s->a, "hello", 5, &s->addr));
	say_recvmsg(s, s->b, 0);
	return 0;
}

static int hops_and_service_v6(struct stage *s)
{
	SNT_TRY(two_on(s, "[::1]:0"));
	SNT_TRY(snt_set_ttl(s->a, 7));
	SNT_TRY(snt_set_tos(s->a, 0x20));
	SNT_TRY(turn_on(s->b, IPPROTO_IPV6, IPV6_RECVHOPLIMIT));
	SNT_TRY(turn_on(s->b, IPPROTO_IPV6, IPV6_RECVTCLASS));
	SNT_TRY(turn_on(s->b, IPPROTO_IPV6, IPV6_RECVPKTINFO));
	SNT_TRY(snt_sendto(s->a, "hello", 5, &s->addr));
	say_recvmsg(s, s->b, 0);
	return 0;
}

static int hops_given(struct stage *s)
{
	const int hops = 9, none = 0, service = 0x40;

	SNT_TRY(two_on(s, "127.0.0.1:0"));
	SNT_TRY(turn_on(s->b, IPPROTO_IP, IP_RECVTTL));
	SNT_TRY(turn_on(s->b, IPPROTO_IP, IP_RECVTOS));
	say_code(s, "IP_TTL 9",
		 send_with(s, s->a, IPPROTO_IP, IP_TTL, &hops, sizeof hops));
	say_recvmsg(s, s->b, 0);
	say_code(s, "IP_TTL 0",
		 send_with(s, s->a, IPPROTO_IP, IP_TTL, &none, sizeof none));
	say_code(s, "IP_TOS",
		 send_with(s, s->a, IPPROTO_IP, IP_TOS, &service,
			   sizeof service));
	say_recvmsg(s, s->b, 0);
	return 0;
}

static int hops_given_v6(struct stage *s)
{
	const int hops = 9, many = 256, service = 0x40;

	SNT_TRY(two_on(s, "[::1]:0"));
	SNT_TRY(turn_on(s->b, IPPROTO_IPV6, IPV6_RECVHOPLIMIT));
	SNT_TRY(turn_on(s->b, IPPROTO_IPV6, IPV6_RECVTCLASS));
	say_code(s, "IPV6_HOPLIMIT 9",
		 send_with(s, s->a, IPPROTO_IPV6, IPV6_HOPLIMIT, &hops,
			   sizeof hops));
	say_recvmsg(s, s->b, 0);
	say_code(s, "IPV6_HOPLIMIT 256",
		 send_with(s, s->a, IPPROTO_IPV6, IPV6_HOPLIMIT, &many,
			   sizeof many));
	say_code(s, "IPV6_TCLASS",
		 send_with(s, s->a, IPPROTO_IPV6, IPV6_TCLASS, &service,
			   sizeof service));
	say_recvmsg(s, s->b, 0);
	return 0;
}

static int source_given(struct stage *s)
{
	struct in_pktinfo info = { .ipi_ifindex = 0 };
	struct snt_addr any = literal("0.0.0.0:0"), from;
	char bytes[8];

	info.ipi_spec_dst.s_addr = htonl(INADDR_LOOPBACK + 4);
	SNT_TRY(bound_to(&s->b, SOCK_DGRAM, "127.0.0.1:0", &s->addr));
	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_DGRAM, 0));
	SNT_TRY(snt_bind(s->a, &any));
	say_code(
		s, "sendmsg",
		send_with(s, s->a, IPPROTO_IP, IP_PKTINFO, &info, sizeof info));
	say_bytes(s, "recvfrom", snt_recvfrom(s->b, bytes, 8, &from), bytes);
	say_addr(s, "from", &from);
	info.ipi_spec_dst.s_addr = htonl(0xc0000201);
	say_code(
		s, "from nobody's",
		send_with(s, s->a, IPPROTO_IP, IP_PKTINFO, &info, sizeof info));
	return 0;
}

static int senseless(struct stage *s)
{
	const int number = 1;

	SNT_TRY(two_on(s, "127.0.0.1:0"));
	say_code(s, "no such of IP",
		 send_with(s, s->a, IPPROTO_IP, 99, &number, sizeof number));
	say_code(s, "too short",
		 send_with(s, s->a, IPPROTO_IP, IP_TTL, &number, 2));
	say_code(s, "of another level",
		 send_with(s, s->a, IPPROTO_IPV6, IPV6_HOPLIMIT, &number,
			   sizeof number));
	say_code(s, "no such of SOL_SOCKET",
		 send_with(s, s->a, SOL_SOCKET, 99, &number, sizeof number));
	say_recvfrom_now(s, s->b);
	say_recvfrom_now(s, s->b);
	return 0;
}

static int original_address(struct stage *s)
{
	SNT_TRY(two_on(s, "127.0.0.1:0"));
	SNT_TRY(turn_on(s->b, IPPROTO_IP, IP_RECVORIGDSTADDR));
	SNT_TRY(snt_sendto(s->a, "hello", 5, &s->addr));
	say_recvmsg(s, s->b, 0);
	return 0;
}

static int stamps(struct stage *s)
{
	SNT_TRY(two_on(s, "127.0.0.1:0"));
	SNT_TRY(turn_on(s->b, SOL_SOCKET, SO_TIMESTAMP));
	SNT_TRY(snt_sendto(s->a, "one", 3, &s->addr));
	say_recvmsg(s, s->b, 0);
	SNT_TRY(turn_on(s->b, SOL_SOCKET, SO_TIMESTAMPNS));
	SNT_TRY(snt_sendto(s->a, "two", 3, &s->addr));
	say_recvmsg(s, s->b, 0);
	return 0;
}

static int queued_error_on(struct stage *s, const char *text, int level,
			   int name)
{
	SNT_TRY(two_on(s, text));
	end(&s->b);
	SNT_TRY(turn_on(s->a, level, name));
	say_sendto(s, s->a, "hello", &s->addr);
	SNT_TRY(snt_wait_readable(s->a));
	say_sendto(s, s->a, "again", &s->addr);
	say_recvmsg(s, s->a, MSG_ERRQUEUE);
	say_error(s, s->a);
	say_recvmsg(s, s->a, MSG_ERRQUEUE);
	return 0;
}

static int queued_error(struct stage *s)
{
	return queued_error_on(s, "127.0.0.1:0", IPPROTO_IP, IP_RECVERR);
}

static int queued_error_v6(struct stage *s)
{
	return queued_error_on(s, "[::1]:0", IPPROTO_IPV6, IPV6_RECVERR);
}

static int credentials_of(struct stage *s, int type)
{
	SNT_TRY(snt_socketpair(&s->a, &s->b, type));
	s->addr.sa.any.sa_family = AF_UNIX;
	say_send(s, s->a, "before");
	SNT_TRY(turn_on(s->b, SOL_SOCKET, SO_PASSCRED));
	say_send(s, s->a, "after");
	say_recvmsg(s, s->b, 0);
	if (type == SOCK_DGRAM)
		say_recvmsg(s, s->b, 0);
	return 0;
}

static int credentials(struct stage *s)
{
	return credentials_of(s, SOCK_STREAM);
}

static int datagram_credentials(struct stage *s)
{
	return credentials_of(s, SOCK_DGRAM);
}

static int unix_senseless(struct stage *s)
{
	const int number = 1;

	SNT_TRY(snt_socketpair(&s->a, &s->b, SOCK_STREAM));
	s->addr.sa.any.sa_family = AF_UNIX;
	say_code(s, "no such of SOL_SOCKET",
		 send_with(s, s->a, SOL_SOCKET, 99, &number, sizeof number));
	say_code(
		s, "of IP",
		send_with(s, s->a, IPPROTO_IP, IP_TTL, &number, sizeof number));
	say_code(s, "credentials too short",
		 send_with(s, s->a, SOL_SOCKET, SCM_CREDENTIALS, &number,
			   sizeof number));
	say_recv_now(s, s->b);
	return 0;
}

static const struct fidelity_row rows[] = {
	{ "recvmsg", "datagram, TTL, TOS and address", hops_and_service },
	{ "recvmsg", "datagram, TTL, TOS and address, IPv6",
	  hops_and_service_v6 },
	{ "sendmsg IP_TTL, IP_TOS", "datagram", hops_given },
	{ "sendmsg IPV6_HOPLIMIT, IPV6_TCLASS", "datagram", hops_given_v6 },
	{ "sendmsg IP_PKTINFO", "datagram", source_given },
	{ "sendmsg", "control data that makes no sense", senseless },
	{ "recvmsg IP_ORIGDSTADDR", "datagram", original_address },
	{ "recvmsg SO_TIMESTAMP", "datagram", stamps },
	{ "recvmsg MSG_ERRQUEUE", "datagram refused, IP_RECVERR",
	  queued_error },
	{ "recvmsg MSG_ERRQUEUE", "datagram refused, IPV6_RECVERR",
	  queued_error_v6 },
	{ "recvmsg SCM_CREDENTIALS", "Unix stream, SO_PASSCRED", credentials },
	{ "recvmsg SCM_CREDENTIALS", "Unix datagrams, SO_PASSCRED",
	  datagram_credentials },
	{ "sendmsg", "Unix, control data that makes no sense", unix_senseless },
};

FIDELITY_SUBJECT(control, rows);
