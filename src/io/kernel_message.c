/* SPDX-License-Identifier: MIT */
/*
 * Messages of several buffers, and several messages in one system call. Built
 * for a few buffers at a time; who has more than IOV_MAX is told so by the floor
 * above. The header is the caller's: what came with a message is written into
 * it, as recvmsg(2) does.
 */
#include "io/kernel.h"
#include "io/retry.h"
#include "io/system_call.h"

#include <sys/socket.h>

#ifndef __GLIBC__
#include <sys/syscall.h>
#include <unistd.h>

/* What musl's sendmsg has room for: it copies control data, to clear padding of
 * its headers. Up to 1.2.3 that is too little for 253 descriptors. */
#define COPIED 1024

/* Its msghdr is POSIX's; this is the kernel's. */
struct kernel_header {
	void *name;
	int name_size;
	struct iovec *buffers;
	size_t buffer_count;
	void *control;
	size_t control_size;
	unsigned flags;
};

/* More control data goes as it is: the caller has zeroed it first, as cmsg(3)
 * tells them to, or hears EINVAL instead of ENOMEM. */
static ssize_t send_it(int fd, const struct msghdr *message, int flags)
{
	struct kernel_header header = {
		.name = message->msg_name,
		.name_size = (int)message->msg_namelen,
		.buffers = message->msg_iov,
		.buffer_count = (size_t)message->msg_iovlen,
		.control = message->msg_control,
		.control_size = message->msg_controllen,
	};

	if (message->msg_controllen <= COPIED)
		return sendmsg(fd, message, flags);
	return syscall(SYS_sendmsg, fd, &header, flags);
}
#else
#define send_it sendmsg
#endif

ptrdiff_t snt__kernel_sendmsg(int fd, const struct msghdr *message, int flags)
{
	return RETRY(send_it(fd, message, flags | MSG_DONTWAIT | MSG_NOSIGNAL));
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

int snt__kernel_sendmmsg(int fd, struct mmsghdr *messages, unsigned count,
			 int flags)
{
	int n;

	do
		n = snt__call_sendmmsg(fd, messages, count,
				       flags | MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n == -EINTR);
	return n;
}

/* Without a time limit: that of recvmmsg(2) does not do what it seems to. */
int snt__kernel_recvmmsg(int fd, struct mmsghdr *messages, unsigned count,
			 int flags)
{
	int n;

	do
		n = snt__call_recvmmsg(fd, messages, count,
				       flags | MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (n == -EINTR);
	for (int i = 0; i < n; i++)
		messages[i].msg_hdr.msg_flags &= ~MSG_CMSG_CLOEXEC;
	return n;
}
