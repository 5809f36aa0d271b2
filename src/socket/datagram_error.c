/* SPDX-License-Identifier: MIT */
/*
 * What became of datagrams that were sent: errors that the network reports, and
 * how long one may be. Built for reports now and then. An IPv6 socket hears
 * those of the IPv4 that it carries, too, in one queue.
 */
#include "socket/batch.h"
#include "socket/option.h"

#include <stddef.h>
#include <string.h>

/* struct sock_extended_err, which not every C library's headers have. */
struct report {
	uint32_t error;
	uint8_t origin, type, code, pad;
	uint32_t info, data;
	/* Who says so, if its origin is ICMP. */
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} by;
};

enum origin {
	ICMP4 = 2,
	ICMP6 = 3,
};

static int check_ip(const struct snt_socket *socket, const char *what)
{
	int code = snt__check_datagram(socket, what);

	if (code == 0 && socket->family != AF_INET &&
	    socket->family != AF_INET6)
		return snt__fail_text(-EOPNOTSUPP, "%s: only IP has that",
				      what);
	return code;
}

int snt_set_recverr(struct snt_socket *socket, bool on)
{
	int code = check_ip(socket, "recverr");

	return code < 0 ? code
			: snt__option_set_both(socket, IP_RECVERR, IPV6_RECVERR,
					       on, "recverr");
}

static void read_by(struct snt_addr *by, const struct report *report)
{
	if (report->by.any.sa_family == AF_INET) {
		by->size = sizeof report->by.in;
		by->sa.in = report->by.in;
	} else if (report->by.any.sa_family == AF_INET6) {
		by->size = sizeof report->by.in6;
		by->sa.in6 = report->by.in6;
	}
}

static void read_report(struct snt_datagram_error *error,
			const struct report *report)
{
	error->code = -(int)report->error;
	if (report->error == EMSGSIZE)
		error->mtu = report->info;
	if (report->origin != ICMP4 && report->origin != ICMP6)
		return;
	error->icmp_type = report->type;
	error->icmp_code = report->code;
	read_by(&error->by, report);
}

static bool is_report(const struct cmsghdr *item)
{
	return (item->cmsg_level == IPPROTO_IP &&
		item->cmsg_type == IP_RECVERR) ||
	       (item->cmsg_level == IPPROTO_IPV6 &&
		item->cmsg_type == IPV6_RECVERR);
}

/* 0, or -EAGAIN: there is none. */
static int take_report(struct snt_socket *part,
		       struct snt_datagram_error *error)
{
	_Alignas(struct cmsghdr) char control[2 * SNT__CONTROL_ROOM];
	struct snt_datagram_error found = { .code = 0 };
	struct msghdr header = {
		.msg_name = &found.to.sa,
		.msg_namelen = sizeof found.to.sa,
		.msg_control = control,
		.msg_controllen = sizeof control,
	};
	const struct cmsghdr *item;
	size_t offset = 0;
	ptrdiff_t n = snt__io->recvmsg(part->handle.fd, &header, MSG_ERRQUEUE);

	if (n < 0)
		return (int)n;
	found.to.size = header.msg_namelen;
	while ((item = snt__control_next(&header, &offset)) != NULL) {
		struct report report = { .error = 0 };
		size_t size = item->cmsg_len - CMSG_LEN(0);

		if (!is_report(item) || size < offsetof(struct report, by))
			continue;
		memcpy(&report, CMSG_DATA(item),
		       size < sizeof report ? size : sizeof report);
		read_report(&found, &report);
	}
	*error = found;
	return 0;
}

int snt_recverr(struct snt_socket *socket, struct snt_datagram_error *error)
{
	struct snt__thread *thread = snt__thread_now();
	int code = check_ip(socket, "recverr");
	struct snt_socket *part;

	if (code < 0)
		return code;
	code = snt__enter(thread->current);
	if (code == 0)
		code = snt__handle_claim(thread, &socket->handle);
	if (code == 0)
		code = -EAGAIN;
	for (size_t n = 0;
	     code == -EAGAIN && (part = snt__socket_part(socket, n)) != NULL;
	     n++)
		code = take_report(part, error);
	return code < 0 ? snt__call_fail(socket, code, 0, "recverr of") : 0;
}

/* The kernel's numbers, by ours. */
static const int discoveries[] = {
	[SNT_MTU_WANT] = IP_PMTUDISC_WANT,
	[SNT_MTU_DONT] = IP_PMTUDISC_DONT,
	[SNT_MTU_DO] = IP_PMTUDISC_DO,
	[SNT_MTU_PROBE] = IP_PMTUDISC_PROBE,
};
#define DISCOVERIES (sizeof discoveries / sizeof discoveries[0])

int snt_set_mtu_discovery(struct snt_socket *socket,
			  enum snt_mtu_discovery discovery)
{
	int code = check_ip(socket, "MTU discovery");

	if (code == 0 && (unsigned)discovery >= DISCOVERIES)
		return snt__fail_text(-EINVAL, "MTU discovery: SNT_MTU_WANT, "
					       "DONT, DO or PROBE");
	return code < 0 ? code
			: snt__option_set_both(
				  socket, IP_MTU_DISCOVER, IPV6_MTU_DISCOVER,
				  discoveries[discovery], "MTU discovery");
}

int snt_get_mtu_discovery(const struct snt_socket *socket,
			  enum snt_mtu_discovery *discovery)
{
	bool is6 = socket->family == AF_INET6;
	int value = 0, code = check_ip(socket, "MTU discovery");

	if (code == 0)
		code = snt__option_get_int(
			socket, is6 ? IPPROTO_IPV6 : IPPROTO_IP,
			is6 ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER, &value,
			"MTU discovery");
	if (code < 0)
		return code;
	for (size_t i = 0; i < DISCOVERIES; i++)
		if (discoveries[i] == value) {
			*discovery = (enum snt_mtu_discovery)i;
			return 0;
		}
	return snt__fail_text(-EOPNOTSUPP,
			      "MTU discovery: set to %d, for which there is "
			      "no name",
			      value);
}

int snt_get_mtu(const struct snt_socket *socket, size_t *mtu)
{
	int value = 0, code = check_ip(socket, "MTU");
	socklen_t size = sizeof value;

	if (code < 0)
		return code;
	code = -ENOTCONN;
	if (socket->family == AF_INET6)
		code = snt__io->getsockopt(socket->handle.fd, IPPROTO_IPV6,
					   IPV6_MTU, &value, &size);
	/* The peer may be an IPv4 one. */
	if (code == -ENOTCONN)
		code = snt__io->getsockopt(socket->handle.fd, IPPROTO_IP,
					   IP_MTU, &value, &size);
	if (code < 0)
		return snt__call_fail(socket, code, 0, "MTU of the way to");
	*mtu = (size_t)value;
	return 0;
}
