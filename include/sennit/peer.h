/* SPDX-License-Identifier: MIT */
/* Who is at the ends of a connection: an address, as text, and as a process. None
 * of these waits. */
#ifndef SENNIT_PEER_H
#define SENNIT_PEER_H

#include <sennit/socket.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The peer's address still reads after a reset. -ENOTCONN, -ENOTSOCK. */
SNT_API SNT_MUST_CHECK int snt_getpeername(const struct snt_socket *socket,
					   struct snt_addr *addr);
SNT_API SNT_MUST_CHECK int snt_getsockname(const struct snt_socket *socket,
					   struct snt_addr *addr);
/* Every address a server listens on: writes at most capacity, returns how
 * many there are. */
SNT_API SNT_MUST_CHECK int snt_getsocknames(const struct snt_socket *socket,
					    struct snt_addr *addrs,
					    size_t capacity);

/*
 * The peer's address, and the handle's own, as snt_addr_format writes them:
 * "192.0.2.7:443". text has room for size bytes, and SNT_ADDR_TEXT is always
 * enough. Return the length of the whole text; what does not fit is cut off.
 * Errors as snt_getpeername and snt_getsockname.
 */
SNT_API SNT_MUST_CHECK int snt_getpeername_text(const struct snt_socket *socket,
						char *text, size_t size);
SNT_API SNT_MUST_CHECK int snt_getsockname_text(const struct snt_socket *socket,
						char *text, size_t size);

struct snt_credentials {
	pid_t pid; /* 0: a process that is not to be seen from here */
	uid_t uid;
	gid_t gid;
};

/*
 * The process at the other end of a Unix socket, as it was when it connected,
 * listened or made the pair (unix(7), SO_PEERCRED). The ids are the kernel's
 * word; the pid may be another process's by now. -ENOTCONN: it has no peer.
 * -EOPNOTSUPP: not a Unix socket; nobody vouches for who is behind TCP.
 */
SNT_API SNT_MUST_CHECK int snt_getpeercred(const struct snt_socket *socket,
					   struct snt_credentials *credentials);

#ifdef __cplusplus
}
#endif
#endif
