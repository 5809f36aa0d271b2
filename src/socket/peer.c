/* SPDX-License-Identifier: MIT */
/* Who is at the ends of a connection. */
#include "socket/socket.h"

#include <sennit/peer.h>

int snt_getpeername_text(const struct snt_socket *socket, char *text,
			 size_t size)
{
	struct snt_addr addr;
	int code = snt_getpeername(socket, &addr);

	return code < 0 ? code : (int)snt_addr_format(&addr, text, size);
}

int snt_getsockname_text(const struct snt_socket *socket, char *text,
			 size_t size)
{
	struct snt_addr addr;
	int code = snt_getsockname(socket, &addr);

	return code < 0 ? code : (int)snt_addr_format(&addr, text, size);
}

int snt_getpeercred(const struct snt_socket *socket,
		    struct snt_credentials *credentials)
{
	struct ucred found;
	socklen_t size = sizeof found;
	int code;

	if (socket->family != AF_UNIX)
		return snt__fail_text(
			-EOPNOTSUPP,
			"getpeercred: only Unix sockets know the process at "
			"the other end");
	code = snt__io->getsockopt(socket->handle.fd, SOL_SOCKET, SO_PEERCRED,
				   &found, &size);
	/* A listener is told its own; who has no peer, nobody's. */
	if (code == 0 &&
	    (snt__listener_of(socket) != NULL || found.uid == (uid_t)-1))
		code = -ENOTCONN;
	if (code < 0)
		return snt__call_fail(socket, code, 0, "getpeercred of");
	*credentials =
		(struct snt_credentials){ found.pid, found.uid, found.gid };
	return 0;
}
