/* SPDX-License-Identifier: MIT */
/* Options; on a server of several addresses, on each descriptor. */
#include "socket/option.h"

#include <limits.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <sennit/options.h>
#include <string.h>

int snt_set_nodelay(struct snt_socket *socket, bool on)
{
	return snt__option_set_int(socket, IPPROTO_TCP, TCP_NODELAY, on,
				   "nodelay");
}

int snt_set_keepalive(struct snt_socket *socket,
		      const struct snt_keepalive *probes)
{
	int idle, interval, code;

	if (probes == NULL)
		return snt__option_set_int(socket, SOL_SOCKET, SO_KEEPALIVE, 0,
					   "keepalive");
	idle = snt__units(probes->idle, SNT_SECOND);
	interval = snt__units(probes->interval, SNT_SECOND);
	if (idle < 0 || interval < 0 || probes->count < 0)
		return snt__fail_text(-EINVAL, "keepalive: idle, interval and "
					       "count cannot be negative or "
					       "for ever");
	code = snt__option_set_int(socket, SOL_SOCKET, SO_KEEPALIVE, 1,
				   "keepalive");
	if (code == 0 && idle > 0)
		code = snt__option_set_int(socket, IPPROTO_TCP, TCP_KEEPIDLE,
					   idle, "keepalive idle");
	if (code == 0 && interval > 0)
		code = snt__option_set_int(socket, IPPROTO_TCP, TCP_KEEPINTVL,
					   interval, "keepalive interval");
	if (code == 0 && probes->count > 0)
		code = snt__option_set_int(socket, IPPROTO_TCP, TCP_KEEPCNT,
					   probes->count, "keepalive count");
	return code;
}

int snt_set_user_timeout(struct snt_socket *socket, int64_t timeout)
{
	int milliseconds = snt__units(timeout, SNT_MILLISECOND);

	if (milliseconds < 0)
		return snt__fail_text(-EINVAL,
				      "user timeout: 0 to %d ms are possible",
				      INT_MAX);
	return snt__option_set_int(socket, IPPROTO_TCP, TCP_USER_TIMEOUT,
				   milliseconds, "user timeout");
}

int snt_set_linger(struct snt_socket *socket, bool on, int64_t timeout)
{
	struct linger linger = { .l_onoff = on, .l_linger = 0 };

	if (on && timeout != 0)
		return snt__fail_text(
			-EINVAL, "linger: 0 only, since close never waits");
	return snt__option_set(socket, SOL_SOCKET, SO_LINGER, &linger,
			       sizeof linger, "linger");
}

int snt_set_reuseaddr(struct snt_socket *socket, bool on)
{
	return snt__option_set_int(socket, SOL_SOCKET, SO_REUSEADDR, on,
				   "reuseaddr");
}

int snt_set_reuseport(struct snt_socket *socket, bool on)
{
	return snt__option_set_int(socket, SOL_SOCKET, SO_REUSEPORT, on,
				   "reuseport");
}

int snt_set_broadcast(struct snt_socket *socket, bool on)
{
	return snt__option_set_int(socket, SOL_SOCKET, SO_BROADCAST, on,
				   "broadcast");
}

int snt_set_v6only(struct snt_socket *socket, bool on)
{
	return snt__option_set_int(socket, IPPROTO_IPV6, IPV6_V6ONLY, on,
				   "v6only");
}

int snt_get_v6only(const struct snt_socket *socket, bool *on)
{
	return snt__option_get_bool(socket, IPPROTO_IPV6, IPV6_V6ONLY, on,
				    "v6only");
}

bool snt_has_dualstack_ipv6(void)
{
	const int off = 0;
	int fd = snt__io->socket(AF_INET6, SOCK_STREAM, 0);
	int code = fd;

	if (fd >= 0) {
		code = snt__io->setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off,
					   sizeof off);
		snt__io->close(fd);
	}
	return code >= 0;
}

int snt_set_ttl(struct snt_socket *socket, int hops)
{
	if (hops < 0 || hops > 255)
		return snt__fail_text(-EINVAL,
				      "ttl: 1 to 255, or 0 for the system's");
	return snt__option_set_both(socket, IP_TTL, IPV6_UNICAST_HOPS,
				    hops > 0 ? hops : -1, "ttl");
}

int snt_get_ttl(const struct snt_socket *socket, int *hops)
{
	if (socket->family == AF_INET6)
		return snt__option_get_int(socket, IPPROTO_IPV6,
					   IPV6_UNICAST_HOPS, hops, "ttl");
	return snt__option_get_int(socket, IPPROTO_IP, IP_TTL, hops, "ttl");
}

int snt_set_tos(struct snt_socket *socket, int tos)
{
	if (tos < 0 || tos > 255)
		return snt__fail_text(-EINVAL, "tos: 0 to 255");
	return snt__option_set_both(socket, IP_TOS, IPV6_TCLASS, tos, "tos");
}

int snt_get_tos(const struct snt_socket *socket, int *tos)
{
	if (socket->family == AF_INET6)
		return snt__option_get_int(socket, IPPROTO_IPV6, IPV6_TCLASS,
					   tos, "tos");
	return snt__option_get_int(socket, IPPROTO_IP, IP_TOS, tos, "tos");
}

int snt_set_priority(struct snt_socket *socket, int priority)
{
	return snt__option_set_int(socket, SOL_SOCKET, SO_PRIORITY, priority,
				   "priority");
}

int snt_get_priority(const struct snt_socket *socket, int *priority)
{
	return snt__option_get_int(socket, SOL_SOCKET, SO_PRIORITY, priority,
				   "priority");
}

int snt_set_mark(struct snt_socket *socket, uint32_t mark)
{
	return snt__option_set(socket, SOL_SOCKET, SO_MARK, &mark, sizeof mark,
			       "mark");
}

int snt_get_mark(const struct snt_socket *socket, uint32_t *mark)
{
	int value;
	int code = snt__option_get_int(socket, SOL_SOCKET, SO_MARK, &value,
				       "mark");

	if (code == 0)
		*mark = (uint32_t)value;
	return code;
}

int snt_set_device(struct snt_socket *socket, const char *name)
{
	size_t length = name != NULL ? strlen(name) : 0;

	/* The kernel would cut it, and find nothing, or another. */
	if (length >= IF_NAMESIZE)
		return snt__fail_text(-ENODEV,
				      "device: no interface has such a long "
				      "name");
	return snt__option_set(socket, SOL_SOCKET, SO_BINDTODEVICE,
			       length > 0 ? name : "", (socklen_t)length + 1,
			       "device");
}

int snt_get_device(const struct snt_socket *socket, char *name, size_t size)
{
	return snt__option_get_text(socket, SOL_SOCKET, SO_BINDTODEVICE, name,
				    size, "device");
}

static int set_buffer(struct snt_socket *socket, int option, size_t bytes,
		      const char *name)
{
	if (bytes > INT_MAX / 2)
		return snt__fail(-EINVAL, "%s of %zu bytes", name, bytes);
	return snt__option_set_int(socket, SOL_SOCKET, option, (int)bytes,
				   name);
}

int snt_set_rcvbuf(struct snt_socket *socket, size_t bytes)
{
	return set_buffer(socket, SO_RCVBUF, bytes, "rcvbuf");
}

int snt_set_sndbuf(struct snt_socket *socket, size_t bytes)
{
	return set_buffer(socket, SO_SNDBUF, bytes, "sndbuf");
}

/* A linger by the raw way would make close wait as well. The value may lie
 * anywhere. */
static bool would_linger(int level, int name, const void *value, size_t size)
{
	struct linger linger;

	if (level != SOL_SOCKET || name != SO_LINGER || value == NULL ||
	    size < sizeof linger)
		return false;
	memcpy(&linger, value, sizeof linger);
	return linger.l_onoff != 0 && linger.l_linger != 0;
}

int snt_setsockopt(struct snt_socket *socket, int level, int name,
		   const void *value, size_t size)
{
	if (size > INT_MAX)
		return snt__fail(-EINVAL, "setsockopt");
	if (would_linger(level, name, value, size))
		return snt_set_linger(socket, true, SNT_SECOND);
	return snt__option_set(socket, level, name, value, (socklen_t)size,
			       "setsockopt");
}

int snt_getsockopt(const struct snt_socket *socket, int level, int name,
		   void *value, size_t size)
{
	socklen_t length = size > INT_MAX ? INT_MAX : (socklen_t)size;
	int code = snt__io->getsockopt(socket->handle.fd, level, name, value,
				       &length);

	return code < 0 ? snt__fail(code, "getsockopt") : (int)length;
}
