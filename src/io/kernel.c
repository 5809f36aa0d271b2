/* SPDX-License-Identifier: MIT */
/*
 * The kernel as the maker of the world: system calls that do not wait, in the
 * table's manners. Messages of several buffers stand in kernel_message.c, files
 * in kernel_file.c, names and interfaces in kernel_names.c, threads in threads.c
 * and pool.c, signals in signals.c.
 */
#include "io/fork.h"
#include "io/kernel.h"
#include "io/poller.h"
#include "io/retry.h"
#include "io/system_call.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int kernel_socket(int family, int type, int protocol)
{
	return RETRY(
		socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol));
}

static int kernel_socketpair(int type, int fds[2])
{
	return RETRY(socketpair(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
				fds));
}

/* Its request is an int in musl, and an unsigned long in glibc: there is no
 * cast that suits both, and no harm in either conversion. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion"
static bool is_terminals_master(int fd)
{
	unsigned number;

	return ioctl(fd, TIOCGPTN, &number) == 0;
}
#pragma GCC diagnostic pop

/*
 * A terminal that poll(2) calls writable may have room for one byte, and then a
 * longer write waits; its flags are the shell's. So it is opened anew, with
 * flags of our own. Not a pseudo terminal's master: that would be another one.
 */
static int open_terminal(int fd)
{
	int flags = fcntl(fd, F_GETFL);
	char path[32];

	if (flags < 0 || !isatty(fd) || is_terminals_master(fd))
		return -1;
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return RETRY(open(path, (flags & O_ACCMODE) | O_NONBLOCK | O_NOCTTY |
					O_CLOEXEC));
}

static int kernel_dup(int fd)
{
	int terminal = open_terminal(fd), code;

	if (terminal >= 3)
		return terminal;
	/* Not below 3: a closed stdin must not become a connection. -EINVAL:
	 * the limit on descriptors is below that. */
	code = RETRY(fcntl(terminal >= 0 ? terminal : fd, F_DUPFD_CLOEXEC, 3));
	if (code == -EINVAL)
		code = -EMFILE;
	if (terminal >= 0)
		close(terminal);
	return code;
}

static int kernel_describe(int fd, struct snt__descriptor *descriptor)
{
	int flags = fcntl(fd, F_GETFL), listening = 0;
	struct snt__descriptor found = { 0 };
	socklen_t size = sizeof found.family;

	if (flags < 0)
		return -errno;
	found.nonblocking = (flags & O_NONBLOCK) != 0;
	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &found.family, &size) == 0) {
		if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &found.type, &size) <
			    0 ||
		    getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &found.protocol,
			       &size) < 0 ||
		    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening,
			       &size) < 0)
			return -errno;
		found.listening = listening != 0;
	} else if (errno != ENOTSOCK) {
		return -errno;
	}
	*descriptor = found;
	return 0;
}

static int kernel_set_nonblocking(int fd, bool on)
{
	int flags = RETRY(fcntl(fd, F_GETFL));

	if (flags < 0)
		return flags;
	return RETRY(fcntl(fd, F_SETFL,
			   on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK));
}

static int kernel_bind(int fd, const struct snt_addr *addr)
{
	return RETRY(bind(fd, &addr->sa.any, addr->size));
}

static int kernel_listen(int fd, int backlog)
{
	return RETRY(listen(fd, backlog));
}

static int kernel_getsockname(int fd, struct snt_addr *addr)
{
	struct snt_addr found = { .size = sizeof found.sa };

	if (getsockname(fd, &found.sa.any, &found.size) < 0)
		return -errno;
	*addr = found;
	return 0;
}

static int kernel_getpeername(int fd, struct snt_addr *addr)
{
	struct snt_addr found = { .size = sizeof found.sa };

	if (getpeername(fd, &found.sa.any, &found.size) < 0)
		return -errno;
	*addr = found;
	return 0;
}

static int kernel_setsockopt(int fd, int level, int name, const void *value,
			     socklen_t size)
{
	return RETRY(setsockopt(fd, level, name, value, size));
}

static int kernel_getsockopt(int fd, int level, int name, void *value,
			     socklen_t *size)
{
	return RETRY(getsockopt(fd, level, name, value, size));
}

static int kernel_accept(int fd, struct snt_addr *peer)
{
	int conn;

	do {
		peer->size = sizeof peer->sa;
		conn = snt__call_accept(fd, &peer->sa.any, &peer->size,
					SOCK_NONBLOCK | SOCK_CLOEXEC);
	} while (conn == -EINTR);
	return conn;
}

/* Interrupted, a connect goes on by itself: connect(2), EINTR. */
static int kernel_connect(int fd, const struct snt_addr *addr)
{
	if (connect(fd, &addr->sa.any, addr->size) == 0)
		return 0;
	return errno == EINTR ? -EINPROGRESS : -errno;
}

static ptrdiff_t kernel_recv(int fd, void *buffer, size_t size, int flags)
{
	ptrdiff_t n;

	do
		n = snt__call_recv(fd, buffer, size, flags | MSG_DONTWAIT);
	while (n == -EINTR);
	return n;
}

static ptrdiff_t kernel_send(int fd, const void *buffer, size_t size, int flags)
{
	ptrdiff_t n;

	do
		n = snt__call_send(fd, buffer, size,
				   flags | MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n == -EINTR);
	return n;
}

static ptrdiff_t kernel_recvfrom(int fd, void *buffer, size_t size, int flags,
				 struct snt_addr *from)
{
	ptrdiff_t n;

	do {
		from->size = sizeof from->sa;
		n = snt__call_recvfrom(fd, buffer, size, flags | MSG_DONTWAIT,
				       &from->sa.any, &from->size);
	} while (n == -EINTR);
	return n;
}

static ptrdiff_t kernel_sendto(int fd, const void *buffer, size_t size,
			       int flags, const struct snt_addr *addr)
{
	ptrdiff_t n;

	do
		n = snt__call_sendto(fd, buffer, size,
				     flags | MSG_DONTWAIT | MSG_NOSIGNAL,
				     &addr->sa.any, addr->size);
	while (n == -EINTR);
	return n;
}

static int kernel_look(int fd, unsigned directions)
{
	struct pollfd slot = { .fd = fd };
	unsigned ready = 0;
	int code;

	if (directions & SNT__READ)
		slot.events |= POLLIN;
	if (directions & SNT__WRITE)
		slot.events |= POLLOUT;
	code = RETRY(poll(&slot, 1, 0));
	if (code < 0)
		return code;
	if (fd < 0 || (slot.revents & POLLNVAL))
		return -EBADF;
	if (slot.revents & POLLIN)
		ready |= SNT__READ;
	if (slot.revents & POLLOUT)
		ready |= SNT__WRITE;
	/* Whoever tries will be told what happened. */
	if (slot.revents & (POLLERR | POLLHUP))
		ready = directions;
	return (int)ready;
}

static ptrdiff_t kernel_read(int fd, void *buffer, size_t size)
{
	return RETRY(read(fd, buffer, size));
}

static int kernel_shutdown(int fd, int how)
{
	return RETRY(shutdown(fd, how));
}

/* Not retried: on Linux the descriptor is free again even after EINTR. */
static int kernel_close(int fd)
{
	return snt__call_close(fd);
}

static int kernel_file_id(const char *path, struct snt__file_id *id)
{
	struct stat status;

	if (lstat(path, &status) < 0)
		return -errno;
	if (!S_ISSOCK(status.st_mode))
		return -ENOTSOCK;
	*id = (struct snt__file_id){ status.st_dev, status.st_ino };
	return 0;
}

static int kernel_chmod(const char *path, mode_t mode)
{
	return RETRY(chmod(path, mode));
}

static int kernel_unlink(const char *path)
{
	return RETRY(unlink(path));
}

static int64_t kernel_now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * SNT_SECOND + time.tv_nsec;
}

static int64_t kernel_wall(void)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	return time.tv_sec * SNT_SECOND + time.tv_nsec;
}

static int kernel_random(void *buffer, size_t size)
{
	char *next = buffer;

	while (size > 0) {
		ssize_t n = RETRY(getrandom(next, size, 0));

		if (n < 0)
			return (int)n;
		next += n;
		size -= (size_t)n;
	}
	return 0;
}

static int kernel_notifier(void)
{
	return RETRY(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
}

/* Also called in signal handlers, so it leaves errno alone. A full counter is
 * as readable as any. */
static void kernel_notify(int fd)
{
	const uint64_t one = 1;
	int saved = errno;
	ssize_t ignored = write(fd, &one, sizeof one);

	(void)ignored;
	errno = saved;
}

static void kernel_notify_clear(int fd)
{
	uint64_t count;
	ssize_t ignored = read(fd, &count, sizeof count);

	(void)ignored;
}

static void kernel_complain(const char *line, size_t size)
{
	ssize_t ignored = write(STDERR_FILENO, line, size);

	(void)ignored;
}

const struct snt__io snt__kernel_io = {
	.name = "kernel",
	.socket = kernel_socket,
	.socketpair = kernel_socketpair,
	.dup = kernel_dup,
	.describe = kernel_describe,
	.set_nonblocking = kernel_set_nonblocking,
	.bind = kernel_bind,
	.listen = kernel_listen,
	.getsockname = kernel_getsockname,
	.getpeername = kernel_getpeername,
	.setsockopt = kernel_setsockopt,
	.getsockopt = kernel_getsockopt,
	.accept = kernel_accept,
	.connect = kernel_connect,
	.recv = kernel_recv,
	.send = kernel_send,
	.recvfrom = kernel_recvfrom,
	.sendto = kernel_sendto,
	.sendmsg = snt__kernel_sendmsg,
	.recvmsg = snt__kernel_recvmsg,
	.sendmmsg = snt__kernel_sendmmsg,
	.recvmmsg = snt__kernel_recvmmsg,
	.look = kernel_look,
	.read = kernel_read,
	.write = snt__kernel_write,
	.pread = snt__kernel_pread,
	.seek = snt__kernel_seek,
	.sendfile = snt__kernel_sendfile,
	.shutdown = kernel_shutdown,
	.close = kernel_close,
	.load = snt__kernel_load,
	.append = snt__kernel_append,
	.file_id = kernel_file_id,
	.chmod = kernel_chmod,
	.unlink = kernel_unlink,
	.now = kernel_now,
	.wall = kernel_wall,
	.random = kernel_random,
	.if_nametoindex = snt__kernel_if_nametoindex,
	.if_indextoname = snt__kernel_if_indextoname,
	.if_nameindex = snt__kernel_if_nameindex,
	.getaddrinfo = snt__kernel_getaddrinfo,
	.getnameinfo = snt__kernel_getnameinfo,
	.backends = snt__kernel_backends,
	.has_backend = snt__kernel_has_backend,
	.thread_start = snt__kernel_thread_start,
	.thread_join = snt__kernel_thread_join,
	.cores = snt__kernel_cores,
	.submit = snt__kernel_submit,
	.leave = snt__kernel_leave,
	.signal_catch = snt__kernel_signal_catch,
	.signal_release = snt__kernel_signal_release,
	.signal_take = snt__kernel_signal_take,
	.notifier = kernel_notifier,
	.notify = kernel_notify,
	.notify_clear = kernel_notify_clear,
	.complain = kernel_complain,
	.at_fork = snt__kernel_at_fork,
	.exit = _exit,
};

_Thread_local const struct snt__io *snt__io = &snt__kernel_io;
