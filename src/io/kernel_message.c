/* SPDX-License-Identifier: MIT */
/*
 * Messages of several buffers. Built for a few buffers at a time; who has more
 * than IOV_MAX is told so by the floor above. The header is the caller's: what
 * came with a message is written into it, as recvmsg(2) does.
 */
#include "io/io.h"
#include "io/retry.h"

#include <sys/socket.h>

ptrdiff_t snt__kernel_sendmsg(int fd, const struct msghdr *message, int flags)
{
	return RETRY(sendmsg(fd, message, flags | MSG_DONTWAIT | MSG_NOSIGNAL));
}

ptrdiff_t snt__kernel_recvmsg(int fd, struct msghdr *message, int flags)
{
	ptrdiff_t n = RETRY(
		recvmsg(fd, message, flags | MSG_DONTWAIT | MSG_CMSG_CLOEXEC));

	/* The kernel tells our own wish back. */
	if (n >= 0)
		message->msg_flags &= ~MSG_CMSG_CLOEXEC;
	return n;
}
