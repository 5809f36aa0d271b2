/* SPDX-License-Identifier: MIT */
/*
 * Ways: how a datagram came, and how one goes. Control data is read and written
 * on parts that are bound to every address, and on no others.
 *
 * The interface of arrival is not kept but for link-local addresses of IPv6,
 * which mean nothing without: which one leads to a peer is for the routes to
 * say, and may be another (RFC 1122, 3.3.4.2).
 */
#include "seq/endpoint.h"

#include <netinet/in.h>
#include <string.h>

bool snt__seq_is_anywhere(const struct snt_addr *bound)
{
	if (bound->sa.any.sa_family == AF_INET)
		return bound->sa.in.sin_addr.s_addr == htonl(INADDR_ANY);
	return bound->sa.any.sa_family == AF_INET6 &&
	       IN6_IS_ADDR_UNSPECIFIED(&bound->sa.in6.sin6_addr);
}

void snt__seq_route_read(struct snt__seq_route *route,
			 const struct msghdr *header)
{
	const struct snt_addr *local;
	struct snt_control control;

	route->family = 0;
	route->interface = 0;
	snt__control_read(route->part, &control, header);
	if ((control.has & SNT_CONTROL_LOCAL) == 0)
		return;
	local = &control.local;
	route->family = local->sa.any.sa_family;
	if (route->family == AF_INET) {
		memcpy(route->ip, &local->sa.in.sin_addr, 4);
		return;
	}
	memcpy(route->ip, &local->sa.in6.sin6_addr, 16);
	if (IN6_IS_ADDR_LINKLOCAL(&local->sa.in6.sin6_addr))
		route->interface = control.interface;
}

struct snt_control *snt__seq_route_control(const struct snt__seq_route *route,
					   struct snt_control *control)
{
	struct snt_addr *local = &control->local;

	if (route->family == 0)
		return NULL;
	*control = (struct snt_control){ .has = SNT_CONTROL_LOCAL,
					 .interface = route->interface };
	local->sa.any.sa_family = route->family;
	if (route->family == AF_INET) {
		local->size = sizeof local->sa.in;
		memcpy(&local->sa.in.sin_addr, route->ip, 4);
	} else {
		local->size = sizeof local->sa.in6;
		memcpy(&local->sa.in6.sin6_addr, route->ip, 16);
	}
	return control;
}

static ptrdiff_t put_from(const struct snt__seq_route *route,
			  const struct snt_control *control,
			  const unsigned char *bytes, size_t size)
{
	_Alignas(struct cmsghdr) char room[SNT__CONTROL_SENT];
	struct snt_addr addr = route->addr;
	struct iovec place = { (void *)(uintptr_t)bytes, size };
	const struct msghdr header = {
		.msg_name = &addr.sa,
		.msg_namelen = addr.size,
		.msg_iov = &place,
		.msg_iovlen = 1,
		.msg_control = room,
		.msg_controllen = (snt__control_size)snt__control_put(
			route->part, control, 0, room),
	};

	return snt__io->sendmsg(route->part->handle.fd, &header, 0);
}

int snt__seq_put(const struct snt_seq_endpoint *endpoint,
		 const struct snt__seq_route *route, const unsigned char *bytes,
		 size_t size)
{
	int fd = route->part->handle.fd;
	struct snt_control control;
	ptrdiff_t n;

	if (endpoint->connected)
		n = snt__io->send(fd, bytes, size, 0);
	else if (snt__seq_route_control(route, &control) != NULL)
		n = put_from(route, &control, bytes, size);
	else
		n = snt__io->sendto(fd, bytes, size, 0, &route->addr);
	return n < 0 ? (int)n : 0;
}

void snt__seq_send_once(const struct snt_seq_endpoint *endpoint,
			const struct snt__seq_route *route,
			const unsigned char *bytes, size_t size)
{
	/* A refusal is about one before. */
	if (snt__seq_put(endpoint, route, bytes, size) == -ECONNREFUSED)
		(void)!snt__seq_put(endpoint, route, bytes, size);
}
