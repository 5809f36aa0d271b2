/* SPDX-License-Identifier: MIT */
/*
 * Socket options, typed; and the raw way for all others. None of these waits.
 * Errors are setsockopt(2)'s: -EINVAL for a value out of range, -ENOPROTOOPT
 * or -EOPNOTSUPP where the kind of socket has no such option. On a server of
 * several addresses a setter reaches all of them.
 */
#ifndef SENNIT_OPTIONS_H
#define SENNIT_OPTIONS_H

#include <sennit/socket.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Send small pieces at once (tcp(7), TCP_NODELAY). On by default in
 * snt_create_server and snt_create_connection. */
SNT_API SNT_MUST_CHECK int snt_set_nodelay(struct snt_socket *socket, bool on);

struct snt_keepalive {
	int64_t idle;     /* silence before the first probe; 0: unchanged */
	int64_t interval; /* between probes; 0: unchanged */
	int count;        /* unanswered probes that end it; 0: unchanged */
};
/* Probes on an idle TCP connection; NULL turns them off. Whole seconds. */
SNT_API SNT_MUST_CHECK int
snt_set_keepalive(struct snt_socket *socket,
		  const struct snt_keepalive *probes);

/* How long sent bytes may stay unacknowledged (RFC 5482); 0: default. */
SNT_API SNT_MUST_CHECK int snt_set_user_timeout(struct snt_socket *socket,
						int64_t timeout);

/* SO_LINGER off by default. on with 0: close resets, as snt_abort. A longer
 * linger is refused with -EINVAL, since it would make close wait. */
SNT_API SNT_MUST_CHECK int snt_set_linger(struct snt_socket *socket, bool on,
					  int64_t timeout);

SNT_API SNT_MUST_CHECK int snt_set_reuseaddr(struct snt_socket *socket,
					     bool on);
SNT_API SNT_MUST_CHECK int snt_set_reuseport(struct snt_socket *socket,
					     bool on);
SNT_API SNT_MUST_CHECK int snt_set_broadcast(struct snt_socket *socket,
					     bool on);
SNT_API SNT_MUST_CHECK int snt_set_v6only(struct snt_socket *socket, bool on);

/* Bytes of kernel buffer; the kernel doubles what is asked, see socket(7). */
SNT_API SNT_MUST_CHECK int snt_set_rcvbuf(struct snt_socket *socket,
					  size_t bytes);
SNT_API SNT_MUST_CHECK int snt_set_sndbuf(struct snt_socket *socket,
					  size_t bytes);

/* Any option, as setsockopt(2). */
SNT_API SNT_MUST_CHECK int snt_setsockopt(struct snt_socket *socket, int level,
					  int name, const void *value,
					  size_t size);
/* As getsockopt(2); returns the value's size in bytes. */
SNT_API SNT_MUST_CHECK int snt_getsockopt(const struct snt_socket *socket,
					  int level, int name, void *value,
					  size_t size);

#ifdef __cplusplus
}
#endif
#endif
