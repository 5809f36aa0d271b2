/* SPDX-License-Identifier: MIT */
/*
 * Descriptors sent to, and received from, another process over a Unix socket;
 * and a second one for a handle of this process. What came and cannot be
 * handed on is closed, whatever the reason. Room is asked for one descriptor
 * more than wanted, so that too many (told as -SNT_ELIMIT) and none left in
 * this process (the kernel's MSG_CTRUNC, told as -EMFILE) can be told apart.
 */
#include "socket/layer.h"
#include "socket/message.h"
#include "socket/stream.h"

#include <sennit/message.h>
#include <string.h>

/* Whatever else options may make the kernel add: credentials, a security
 * label, a descriptor of the peer's process. */
#define OTHERS                                                                 \
	(CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(256) +                  \
	 CMSG_SPACE(sizeof(int)))
#define CONTROL (CMSG_SPACE((SNT_FDS_MAX + 1) * sizeof(int)) + OTHERS)

/* Since Linux 6.5; a descriptor as well. */
#define PIDFD 4

union control {
	struct cmsghdr first;
	char bytes[CONTROL];
};

static int check_unix(const struct snt_socket *socket, size_t size,
		      const char *what)
{
	if (socket->kind == SNT__LAYERED)
		return snt__layer_refuse(socket, what);
	if (socket->family != AF_UNIX)
		return snt__fail_text(-EOPNOTSUPP,
				      "%s: only Unix sockets carry descriptors",
				      what);
	if (size == 0 && socket->kind != SNT__DATAGRAM)
		return snt__fail_text(-EINVAL,
				      "%s: on a stream, descriptors go with at "
				      "least one byte",
				      what);
	return 0;
}

/* Which of them made the kernel say -EBADF. */
static int fail_bad_fd(const int *fds, size_t count)
{
	struct snt__descriptor what;

	for (size_t i = 0; i < count; i++)
		if (snt__io->describe(fds[i], &what) == -EBADF)
			return snt__fail_text(-EINVAL,
					      "send_fds: descriptor %d, number "
					      "%zu of %zu, is not open",
					      fds[i], i + 1, count);
	return snt__fail_text(-EINVAL,
			      "send_fds: a descriptor is not open, or is of a "
			      "kind that cannot be sent");
}

ptrdiff_t snt_send_fds(struct snt_socket *socket, const void *buffer,
		       size_t size, const int *fds, size_t count)
{
	struct iovec all = { (void *)buffer, size };
	struct snt__outgoing out = {
		.header = { .msg_iov = &all, .msg_iovlen = 1 }, .size = size
	};
	union control control = { .first.cmsg_level = SOL_SOCKET,
				  .first.cmsg_type = SCM_RIGHTS };
	int64_t deadline = 0;
	ptrdiff_t n = check_unix(socket, size, "send_fds");

	if (n < 0)
		return n;
	if (count > SNT_FDS_MAX)
		return snt__fail_text(-EINVAL,
				      "send_fds: %zu descriptors, at most %d "
				      "at once",
				      count, SNT_FDS_MAX);
	if (count > 0) {
		control.first.cmsg_len =
			(snt__control_size)CMSG_LEN(count * sizeof fds[0]);
		memcpy(CMSG_DATA(&control.first), fds, count * sizeof fds[0]);
		out.header.msg_control = &control;
		out.header.msg_controllen =
			(snt__control_size)CMSG_SPACE(count * sizeof fds[0]);
	}
	n = snt__call_begin(socket, SNT__WRITE);
	if (n == 0) {
		snt__begin_direction(socket, SNT__WRITE);
		n = snt__send_message(socket, &out, NULL, &deadline);
	}
	if (out.bad_fd)
		return fail_bad_fd(fds, count);
	if (n < 0)
		return snt__call_fail(socket, (int)n, 0, "send_fds to");
	snt__spend(snt__self);
	return n;
}

/* The descriptors that came with a message, of a kind that is handed on; one
 * of any other kind is closed. */
static size_t take_fds(const struct msghdr *header,
		       int fds[CONTROL / sizeof(int)])
{
	const struct cmsghdr *item;
	size_t count = 0, offset = 0;

	while ((item = snt__control_next(header, &offset)) != NULL) {
		size_t size = item->cmsg_len - CMSG_LEN(0);
		int pidfd;

		if (item->cmsg_level != SOL_SOCKET)
			continue;
		if (item->cmsg_type == SCM_RIGHTS) {
			memcpy(fds + count, CMSG_DATA(item), size);
			count += size / sizeof fds[0];
		} else if (item->cmsg_type == PIDFD && size == sizeof pidfd) {
			memcpy(&pidfd, CMSG_DATA(item), sizeof pidfd);
			if (pidfd >= 0)
				snt__io->close(pidfd);
		}
	}
	return count;
}

/* Gives away what came with a message of n bytes, or closes it. */
static int hand_on(struct snt__incoming *in, size_t n, int *fds, size_t *count)
{
	int all[CONTROL / sizeof(int)];
	size_t came = take_fds(&in->header, all), room = *count;
	int told = in->header.msg_flags;

	if (came <= room && !(told & (MSG_TRUNC | MSG_CTRUNC))) {
		if (came > 0)
			memcpy(fds, all, came * sizeof fds[0]);
		*count = came;
		return 0;
	}
	for (size_t i = 0; i < came; i++)
		snt__io->close(all[i]);
	snt__descriptor_freed();
	if (told & MSG_TRUNC)
		return snt__fail_done(-EMSGSIZE, n, "recv_fds");
	if (came > room)
		return snt__fail_done(-SNT_ELIMIT, n,
				      "recv_fds: more than %zu descriptors "
				      "came, and were closed",
				      room);
	return snt__fail_done(
		-EMFILE, n,
		"recv_fds: not all descriptors that came could be "
		"taken, and all were closed");
}

ptrdiff_t snt_recv_fds(struct snt_socket *socket, void *buffer, size_t size,
		       int *fds, size_t *count)
{
	size_t room = *count < SNT_FDS_MAX ? *count : SNT_FDS_MAX;
	size_t space = CMSG_SPACE((room + 1) * sizeof fds[0]) + OTHERS;
	struct iovec all = { buffer, size };
	union control control;
	struct snt__incoming in = {
		.header = { .msg_iov = &all,
			    .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = (snt__control_size)space },
		.size = size,
	};
	ptrdiff_t n = check_unix(socket, size, "recv_fds");
	int code;

	if (n < 0)
		return n;
	n = snt__recv_message(socket, &in);
	if (n < 0)
		return snt__call_fail(socket, (int)n, 0, "recv_fds from");
	code = hand_on(&in, (size_t)n, fds, count);
	if (code < 0)
		return code;
	snt__spend(snt__self);
	return n;
}

int snt_dup(struct snt_socket *socket, struct snt_socket **copy)
{
	const struct snt__listener *listener = snt__listener_of(socket);
	struct snt_socket *made = NULL;
	int fd, code = snt__handle_claim(snt__thread_now(), &socket->handle);

	if (code < 0)
		return snt__call_fail(socket, code, 0, "dup");
	if (socket->kind == SNT__LAYERED)
		return snt__layer_refuse(socket, "dup");
	if (listener != NULL && listener->other_count > 0)
		return snt__fail_text(-EINVAL,
				      "dup: this server has %zu descriptors",
				      listener->other_count + 1);
	fd = snt__io->dup(socket->handle.fd);
	if (fd < 0)
		return snt__call_fail(socket, fd, 0, "dup");
	code = snt__socket_wrap(&made, fd, socket->family,
				(enum snt__kind)socket->kind);
	if (code < 0) {
		snt__io->close(fd);
		return snt__call_fail(socket, code, 0, "dup");
	}
	made->timeout = socket->timeout;
	made->peer = socket->peer;
	made->blocking = socket->blocking;
	made->broken = socket->broken;
	/* The file of a Unix server stays the first one's to remove. */
	if (listener != NULL)
		code = snt__socket_listens(made);
	if (code < 0) {
		snt_close(made);
		return snt__call_fail(socket, code, 0, "dup");
	}
	socket->shared = true;
	made->shared = true;
	*copy = made;
	return 0;
}
