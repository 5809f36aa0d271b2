/* SPDX-License-Identifier: MIT */
/* Messages as the kernel has them, for the calls that make them up. */
#ifndef SNT_SOCKET_MESSAGE_H
#define SNT_SOCKET_MESSAGE_H

#include "socket/socket.h"

/* size_t, int, socklen_t: C libraries differ. */
typedef __typeof__(((struct msghdr *)0)->msg_iovlen) snt__buffer_count;
typedef __typeof__(((struct msghdr *)0)->msg_controllen) snt__control_size;

struct snt__outgoing {
	struct msghdr header;
	size_t size; /* of all buffers */
	int flags;
	bool bad_fd; /* it failed for a descriptor in the control data */
};

struct snt__incoming {
	struct msghdr header; /* what is asked; after success, what came */
	struct snt__listener *listener;
	size_t size;
	int flags;
};

/*
 * Sends once, waits for room first where there is none; addr is whom the
 * header names, or NULL. Both leave the failure to the caller to word.
 */
ptrdiff_t snt__send_message(struct snt_socket *socket,
			    struct snt__outgoing *out,
			    const struct snt_addr *addr, int64_t *deadline);
ptrdiff_t snt__recv_message(struct snt_socket *socket,
			    struct snt__incoming *in);

/* The item at *offset of the control data, which moves to the next; NULL at the
 * end. Not by CMSG_NXTHDR: musl's mixes signs, and misses an empty last item. */
const struct cmsghdr *snt__control_next(const struct msghdr *header,
					size_t *offset);

#endif
