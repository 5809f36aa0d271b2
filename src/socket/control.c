/* SPDX-License-Identifier: MIT */
/*
 * Control items, typed: asked for, read, written. Both families' at once on an
 * IPv6 socket, which may carry IPv4: the kernel heeds those of the datagram's
 * own and passes over the others. Built for every datagram of a batch, so
 * nothing is cleared or copied that did not come.
 */
#include "socket/batch.h"
#include "socket/option.h"

#include <string.h>

#define ALL                                                                    \
	(SNT_CONTROL_LOCAL | SNT_CONTROL_TTL | SNT_CONTROL_TOS |               \
	 SNT_CONTROL_TIME | SNT_CONTROL_CREDENTIALS | SNT_CONTROL_SEGMENT)
/* Of IP alone. */
#define OF_IP                                                                  \
	(SNT_CONTROL_LOCAL | SNT_CONTROL_TTL | SNT_CONTROL_TOS |               \
	 SNT_CONTROL_SEGMENT)
#define SENT OF_IP

#define SEGMENT_MOST 65507

/* Since Linux 6.5; a descriptor. */
#define PIDFD 4

static bool is_ip(const struct snt_socket *socket)
{
	return socket->family == AF_INET || socket->family == AF_INET6;
}

int snt__check_datagram(const struct snt_socket *socket, const char *what)
{
	if (socket->kind == SNT__DATAGRAM)
		return 0;
	return snt__fail_text(-EOPNOTSUPP, "%s: not a datagram socket", what);
}

static int check_family(const struct snt_socket *socket, unsigned items,
			const char *what)
{
	if ((items & OF_IP) && !is_ip(socket))
		return snt__fail_text(-EOPNOTSUPP,
				      "%s: address, TTL, TOS and segment are "
				      "items of IP sockets alone",
				      what);
	if ((items & SNT_CONTROL_CREDENTIALS) && socket->family != AF_UNIX)
		return snt__fail_text(-EOPNOTSUPP,
				      "%s: only Unix sockets know who sent a "
				      "datagram",
				      what);
	return 0;
}

/* What asks for an item. */
static const struct {
	unsigned item;
	int family; /* the socket's; IPv4's are asked of IPv6 sockets, too */
	int level, option;
	bool v4_only; /* the other family's says it of both */
} asked[] = {
	{ SNT_CONTROL_LOCAL, AF_INET, IPPROTO_IP, IP_PKTINFO, true },
	{ SNT_CONTROL_LOCAL, AF_INET6, IPPROTO_IPV6, IPV6_RECVPKTINFO, false },
	{ SNT_CONTROL_TTL, AF_INET, IPPROTO_IP, IP_RECVTTL, false },
	{ SNT_CONTROL_TTL, AF_INET6, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, false },
	{ SNT_CONTROL_TOS, AF_INET, IPPROTO_IP, IP_RECVTOS, false },
	{ SNT_CONTROL_TOS, AF_INET6, IPPROTO_IPV6, IPV6_RECVTCLASS, false },
	{ SNT_CONTROL_TIME, 0, SOL_SOCKET, SO_TIMESTAMPNS, false },
	{ SNT_CONTROL_CREDENTIALS, AF_UNIX, SOL_SOCKET, SO_PASSCRED, false },
	{ SNT_CONTROL_SEGMENT, AF_INET, IPPROTO_UDP, UDP_GRO, false },
};

static bool applies(size_t row, const struct snt_socket *part)
{
	if (part->family == AF_INET6 && asked[row].family == AF_INET)
		return !asked[row].v4_only;
	return asked[row].family == 0 || asked[row].family == part->family;
}

static int set_part(struct snt_socket *part, unsigned items)
{
	for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
		const int on = (items & asked[i].item) != 0;
		int code;

		if (!applies(i, part))
			continue;
		code = snt__io->setsockopt(part->handle.fd, asked[i].level,
					   asked[i].option, &on, sizeof on);
		/* A kernel that does not know GRO has it off. */
		if (code < 0 &&
		    (on || code != -ENOPROTOOPT || asked[i].option != UDP_GRO))
			return code;
		if (code == 0 && asked[i].item == SNT_CONTROL_SEGMENT)
			part->merges = on;
	}
	return 0;
}

int snt_set_control(struct snt_socket *socket, unsigned items)
{
	struct snt_socket *part;
	int code = snt__check_datagram(socket, "control");

	if (code == 0 && (items & ~ALL) != 0)
		return snt__fail_text(-EINVAL, "control: %#x is no item",
				      items & ~ALL);
	if (code == 0)
		code = check_family(socket, items, "control");
	if (code < 0)
		return code;
	for (size_t n = 0;
	     code == 0 && (part = snt__socket_part(socket, n)) != NULL; n++)
		code = set_part(part, items);
	return code < 0 ? snt__fail(code, "control") : 0;
}

static int refuse(const char *words)
{
	return snt__fail_text(-EINVAL, "control to send: %s", words);
}

int snt__control_check(const struct snt_socket *socket,
		       const struct snt_control *control)
{
	unsigned has = control->has;

	if (has & ~SENT)
		return refuse("only LOCAL, TTL, TOS and SEGMENT can be sent");
	if ((has & SNT_CONTROL_TTL) && (control->ttl < 1 || control->ttl > 255))
		return refuse("a TTL is 1 to 255");
	if ((has & SNT_CONTROL_TOS) && (control->tos < 0 || control->tos > 255))
		return refuse("TOS is 0 to 255");
	if ((has & SNT_CONTROL_SEGMENT) &&
	    (control->segment < 1 || control->segment > SEGMENT_MOST))
		return refuse("a segment has 1 to 65507 bytes");
	if ((has & SNT_CONTROL_LOCAL) && control->local.size != 0 &&
	    control->local.sa.any.sa_family != AF_INET &&
	    control->local.sa.any.sa_family != socket->family)
		return refuse("the local address is of another family");
	return check_family(socket, has, "control to send");
}

struct writer {
	char *room;
	size_t used;
};

static void put(struct writer *writer, int level, int type, const void *data,
		size_t size)
{
	struct cmsghdr *item = (void *)(writer->room + writer->used);

	memset(item, 0, CMSG_SPACE(size));
	item->cmsg_level = level;
	item->cmsg_type = type;
	item->cmsg_len = (snt__control_size)CMSG_LEN(size);
	memcpy(CMSG_DATA(item), data, size);
	writer->used += CMSG_SPACE(size);
}

/* The kernel has IPv4's of an IPv6 socket as mapped addresses. */
static void put_local6(struct writer *writer, const struct snt_control *control)
{
	struct in6_pktinfo info = { .ipi6_ifindex = control->interface };
	const struct snt_addr *local = &control->local;

	if (local->sa.any.sa_family == AF_INET6) {
		info.ipi6_addr = local->sa.in6.sin6_addr;
	} else if (local->sa.any.sa_family == AF_INET) {
		info.ipi6_addr.s6_addr[10] = 0xff;
		info.ipi6_addr.s6_addr[11] = 0xff;
		memcpy(info.ipi6_addr.s6_addr + 12, &local->sa.in.sin_addr, 4);
	}
	put(writer, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
}

static void put_local4(struct writer *writer, const struct snt_control *control)
{
	struct in_pktinfo info = { .ipi_ifindex = (int)control->interface };

	if (control->local.sa.any.sa_family == AF_INET)
		info.ipi_spec_dst = control->local.sa.in.sin_addr;
	put(writer, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
}

static void put_int(struct writer *writer, int level, int type, int value)
{
	put(writer, level, type, &value, sizeof value);
}

size_t snt__control_put(const struct snt_socket *socket,
			const struct snt_control *control, uint16_t segment,
			void *room)
{
	struct writer writer = { .room = room };
	bool is6 = socket->family == AF_INET6;
	unsigned has = control != NULL ? control->has : 0;

	if (has & SNT_CONTROL_LOCAL)
		is6 ? put_local6(&writer, control)
		    : put_local4(&writer, control);
	if (has & SNT_CONTROL_TTL) {
		put_int(&writer, IPPROTO_IP, IP_TTL, control->ttl);
		if (is6)
			put_int(&writer, IPPROTO_IPV6, IPV6_HOPLIMIT,
				control->ttl);
	}
	if (has & SNT_CONTROL_TOS) {
		put_int(&writer, IPPROTO_IP, IP_TOS, control->tos);
		if (is6)
			put_int(&writer, IPPROTO_IPV6, IPV6_TCLASS,
				control->tos);
	}
	if (has & SNT_CONTROL_SEGMENT)
		segment = (uint16_t)control->segment;
	if (segment != 0)
		put(&writer, IPPROTO_UDP, UDP_SEGMENT, &segment,
		    sizeof segment);
	return writer.used;
}

static size_t size_of(const struct cmsghdr *item)
{
	return item->cmsg_len - CMSG_LEN(0);
}

/* What is shorter was cut off. */
static bool take(const struct cmsghdr *item, void *value, size_t size)
{
	if (size_of(item) < size)
		return false;
	memcpy(value, CMSG_DATA(item), size);
	return true;
}

static bool take_int(const struct cmsghdr *item, int *value)
{
	/* IPv4's TOS is one byte. */
	if (size_of(item) == 1) {
		*value = *CMSG_DATA(item);
		return true;
	}
	return take(item, value, sizeof *value);
}

static bool take_local4(struct snt_control *control, const struct cmsghdr *item)
{
	struct in_pktinfo info;

	if (!take(item, &info, sizeof info))
		return false;
	control->interface = (unsigned)info.ipi_ifindex;
	memset(&control->local.sa.in, 0, sizeof control->local.sa.in);
	control->local.sa.in.sin_family = AF_INET;
	control->local.sa.in.sin_addr = info.ipi_addr;
	control->local.size = sizeof control->local.sa.in;
	return true;
}

static bool take_local6(struct snt_control *control, const struct cmsghdr *item)
{
	struct sockaddr_in6 *local = &control->local.sa.in6;
	struct in6_pktinfo info;

	if (!take(item, &info, sizeof info))
		return false;
	control->interface = info.ipi6_ifindex;
	memset(local, 0, sizeof *local);
	local->sin6_family = AF_INET6;
	local->sin6_addr = info.ipi6_addr;
	if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr) ||
	    IN6_IS_ADDR_MC_LINKLOCAL(&info.ipi6_addr))
		local->sin6_scope_id = info.ipi6_ifindex;
	control->local.size = sizeof *local;
	return true;
}

static void close_fds(const struct cmsghdr *item)
{
	size_t count = size_of(item) / sizeof(int);

	for (size_t i = 0; i < count; i++) {
		int fd;

		memcpy(&fd, CMSG_DATA(item) + i * sizeof fd, sizeof fd);
		if (fd >= 0)
			snt__io->close(fd);
	}
}

/* The bit of what it was. */
static unsigned read_general(struct snt_control *control,
			     const struct cmsghdr *item)
{
	struct timespec time;
	struct ucred who;

	switch (item->cmsg_type) {
	case SO_TIMESTAMPNS:
		if (!take(item, &time, sizeof time))
			return 0;
		control->time = time.tv_sec * SNT_SECOND + time.tv_nsec;
		return SNT_CONTROL_TIME;
	case SCM_CREDENTIALS:
		if (!take(item, &who, sizeof who))
			return 0;
		control->credentials =
			(struct snt_credentials){ who.pid, who.uid, who.gid };
		return SNT_CONTROL_CREDENTIALS;
	case SCM_RIGHTS:
	case PIDFD:
		close_fds(item);
		return 0;
	default:
		return 0;
	}
}

static unsigned read_ip4(struct snt_control *control,
			 const struct cmsghdr *item)
{
	switch (item->cmsg_type) {
	case IP_PKTINFO:
		return take_local4(control, item) ? SNT_CONTROL_LOCAL : 0;
	case IP_TTL:
		return take_int(item, &control->ttl) ? SNT_CONTROL_TTL : 0;
	case IP_TOS:
		return take_int(item, &control->tos) ? SNT_CONTROL_TOS : 0;
	default:
		return 0;
	}
}

static unsigned read_ip6(struct snt_control *control,
			 const struct cmsghdr *item)
{
	switch (item->cmsg_type) {
	case IPV6_PKTINFO:
		return take_local6(control, item) ? SNT_CONTROL_LOCAL : 0;
	case IPV6_HOPLIMIT:
		return take_int(item, &control->ttl) ? SNT_CONTROL_TTL : 0;
	case IPV6_TCLASS:
		return take_int(item, &control->tos) ? SNT_CONTROL_TOS : 0;
	default:
		return 0;
	}
}

static unsigned read_segment(struct snt_control *control,
			     const struct cmsghdr *item)
{
	int size;

	if (item->cmsg_type != UDP_GRO || !take(item, &size, sizeof size))
		return 0;
	control->segment = (size_t)size;
	return SNT_CONTROL_SEGMENT;
}

void snt__control_read(const struct snt_socket *socket,
		       struct snt_control *control, const struct msghdr *header)
{
	const struct cmsghdr *item;
	unsigned has = 0;
	size_t offset = 0;

	while ((item = snt__control_next(header, &offset)) != NULL)
		switch (item->cmsg_level) {
		case SOL_SOCKET:
			has |= read_general(control, item);
			break;
		case IPPROTO_IPV6:
			has |= read_ip6(control, item);
			break;
		case IPPROTO_IP:
			/* An IPv6 socket's own has told it of IPv4, too. */
			if (item->cmsg_type != IP_PKTINFO ||
			    socket->family == AF_INET)
				has |= read_ip4(control, item);
			break;
		case IPPROTO_UDP:
			has |= read_segment(control, item);
			break;
		default:
			break;
		}
	control->has = has;
}
