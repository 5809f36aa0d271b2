/* SPDX-License-Identifier: MIT */
/* Options; on a server of several addresses, on each descriptor. */
#include "socket/socket.h"

#include <limits.h>
#include <netinet/tcp.h>
#include <sennit/options.h>

static int set(struct snt_socket *socket, int level, int option,
	       const void *value, socklen_t size, const char *name)
{
	struct snt_socket *part;
	int code = 0;

	for (size_t n = 0;
	     code == 0 && (part = snt__socket_part(socket, n)) != NULL; n++)
		code = snt__io->setsockopt(part->handle.fd, level, option,
					   value, size);
	return code < 0 ? snt__fail(code, "%s", name) : 0;
}

static int set_int(struct snt_socket *socket, int level, int option, int value,
		   const char *name)
{
	return set(socket, level, option, &value, sizeof value, name);
}

int snt_set_nodelay(struct snt_socket *socket, bool on)
{
	return set_int(socket, IPPROTO_TCP, TCP_NODELAY, on, "nodelay");
}

/* Whole units, rounded up, since 0 would mean the default; -1: no int. */
static int units(int64_t duration, int64_t unit)
{
	int64_t count;

	if (duration < 0 || duration == SNT_FOREVER)
		return -1;
	count = duration / unit + (duration % unit != 0);
	return count > INT_MAX ? -1 : (int)count;
}

int snt_set_keepalive(struct snt_socket *socket,
		      const struct snt_keepalive *probes)
{
	int idle, interval, code;

	if (probes == NULL)
		return set_int(socket, SOL_SOCKET, SO_KEEPALIVE, 0,
			       "keepalive");
	idle = units(probes->idle, SNT_SECOND);
	interval = units(probes->interval, SNT_SECOND);
	if (idle < 0 || interval < 0 || probes->count < 0)
		return snt__fail_text(-EINVAL, "keepalive: idle, interval and "
					       "count cannot be negative or "
					       "for ever");
	code = set_int(socket, SOL_SOCKET, SO_KEEPALIVE, 1, "keepalive");
	if (code == 0 && idle > 0)
		code = set_int(socket, IPPROTO_TCP, TCP_KEEPIDLE, idle,
			       "keepalive idle");
	if (code == 0 && interval > 0)
		code = set_int(socket, IPPROTO_TCP, TCP_KEEPINTVL, interval,
			       "keepalive interval");
	if (code == 0 && probes->count > 0)
		code = set_int(socket, IPPROTO_TCP, TCP_KEEPCNT, probes->count,
			       "keepalive count");
	return code;
}

int snt_set_user_timeout(struct snt_socket *socket, int64_t timeout)
{
	int milliseconds = units(timeout, SNT_MILLISECOND);

	if (milliseconds < 0)
		return snt__fail_text(-EINVAL,
				      "user timeout: 0 to %d ms are possible",
				      INT_MAX);
	return set_int(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, milliseconds,
		       "user timeout");
}

int snt_set_linger(struct snt_socket *socket, bool on, int64_t timeout)
{
	struct linger linger = { .l_onoff = on, .l_linger = 0 };

	if (on && timeout != 0)
		return snt__fail_text(
			-EINVAL, "linger: 0 only, since close never waits");
	return set(socket, SOL_SOCKET, SO_LINGER, &linger, sizeof linger,
		   "linger");
}

int snt_set_reuseaddr(struct snt_socket *socket, bool on)
{
	return set_int(socket, SOL_SOCKET, SO_REUSEADDR, on, "reuseaddr");
}

int snt_set_reuseport(struct snt_socket *socket, bool on)
{
	return set_int(socket, SOL_SOCKET, SO_REUSEPORT, on, "reuseport");
}

int snt_set_broadcast(struct snt_socket *socket, bool on)
{
	return set_int(socket, SOL_SOCKET, SO_BROADCAST, on, "broadcast");
}

int snt_set_v6only(struct snt_socket *socket, bool on)
{
	return set_int(socket, IPPROTO_IPV6, IPV6_V6ONLY, on, "v6only");
}

static int set_buffer(struct snt_socket *socket, int option, size_t bytes,
		      const char *name)
{
	if (bytes > INT_MAX / 2)
		return snt__fail(-EINVAL, "%s of %zu bytes", name, bytes);
	return set_int(socket, SOL_SOCKET, option, (int)bytes, name);
}

int snt_set_rcvbuf(struct snt_socket *socket, size_t bytes)
{
	return set_buffer(socket, SO_RCVBUF, bytes, "rcvbuf");
}

int snt_set_sndbuf(struct snt_socket *socket, size_t bytes)
{
	return set_buffer(socket, SO_SNDBUF, bytes, "sndbuf");
}

/* A linger by the raw way would make close wait as well. */
static bool would_linger(int level, int name, const void *value, size_t size)
{
	const struct linger *linger = value;

	return level == SOL_SOCKET && name == SO_LINGER &&
	       size >= sizeof *linger && linger->l_onoff != 0 &&
	       linger->l_linger != 0;
}

int snt_setsockopt(struct snt_socket *socket, int level, int name,
		   const void *value, size_t size)
{
	if (size > INT_MAX)
		return snt__fail(-EINVAL, "setsockopt");
	if (would_linger(level, name, value, size))
		return snt_set_linger(socket, true, SNT_SECOND);
	return set(socket, level, name, value, (socklen_t)size, "setsockopt");
}

int snt_getsockopt(const struct snt_socket *socket, int level, int name,
		   void *value, size_t size)
{
	socklen_t length = size > INT_MAX ? INT_MAX : (socklen_t)size;
	int code = snt__io->getsockopt(socket->handle.fd, level, name, value,
				       &length);

	return code < 0 ? snt__fail(code, "getsockopt") : (int)length;
}
