/* SPDX-License-Identifier: MIT */
/*
 * Plain descriptors, which wait: what the library never would do is done with
 * them. The kernel's, or in a simulated world the host's. Calls give a negated
 * errno.
 */
#ifndef TESTS_RAW_H
#define TESTS_RAW_H

#include "simulated.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* How often a call that waits is tried again in a simulated world. */
#define RAW_TRIES_EVERY (10 * SNT_MICROSECOND)

EITHER_WORLD ptrdiff_t raw_code(ptrdiff_t result)
{
	return result < 0 ? -errno : result;
}

/* Simulated ones are born as the library has them. */
EITHER_WORLD void raw_simulated(const int *fds, int count)
{
	for (int i = 0; i < count; i++)
		assert_int_equal(snt__sim_io.set_nonblocking(fds[i], false), 0);
}

EITHER_WORLD int raw_socket(int family, int type)
{
	int fd = simulated() ? snt__sim_io.socket(family, type & 0xf, 0)
			     : socket(family, type | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	if (simulated())
		raw_simulated(&fd, (type & SOCK_NONBLOCK) == 0);
	return fd;
}

EITHER_WORLD bool raw_is_blocking(int fd)
{
	struct snt__descriptor kind;

	if (!simulated())
		return (fcntl(fd, F_GETFL) & O_NONBLOCK) == 0;
	assert_int_equal(snt__sim_io.describe(fd, &kind), 0);
	return !kind.nonblocking;
}

/* No simulated program ever starts another in its place. */
EITHER_WORLD bool raw_is_close_on_exec(int fd)
{
	struct snt__descriptor kind;

	if (!simulated())
		return fcntl(fd, F_GETFD) == FD_CLOEXEC;
	return snt__sim_io.describe(fd, &kind) == 0;
}

/* Both ends of a pipe; in a simulated world, which has none, Unix sockets. */
EITHER_WORLD void raw_pipe(int ends[2])
{
	if (!simulated()) {
		assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
		return;
	}
	assert_int_equal(snt__sim_io.socketpair(SOCK_STREAM, ends), 0);
	raw_simulated(ends, 2);
}

EITHER_WORLD void raw_pair(int type, int ends[2])
{
	if (!simulated()) {
		assert_int_equal(
			socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends), 0);
		return;
	}
	assert_int_equal(snt__sim_io.socketpair(type, ends), 0);
	raw_simulated(ends, 2);
}

/* What is no socket: a pipe at its end, or the simulated host's console. */
EITHER_WORLD int raw_no_socket(void)
{
	int ends[2];

	if (simulated())
		return STDIN_FILENO;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	close(ends[1]);
	return ends[0];
}

EITHER_WORLD int raw_close(int fd)
{
	return simulated() ? snt__sim_io.close(fd) : (int)raw_code(close(fd));
}

EITHER_WORLD int raw_set(int fd, int level, int name, const void *value,
			 size_t size)
{
	return simulated() ? snt__sim_io.setsockopt(fd, level, name, value,
						    (socklen_t)size)
			   : (int)raw_code(setsockopt(fd, level, name, value,
						      (socklen_t)size));
}

EITHER_WORLD int raw_set_int(int fd, int level, int name, int value)
{
	return raw_set(fd, level, name, &value, sizeof value);
}

EITHER_WORLD int raw_get_int(int fd, int level, int name)
{
	socklen_t size = sizeof(int);
	int value = -1;
	int code = simulated() ? snt__sim_io.getsockopt(fd, level, name, &value,
							&size)
			       : (int)raw_code(getsockopt(fd, level, name,
							  &value, &size));

	assert_int_equal(code, 0);
	return value;
}

EITHER_WORLD int raw_bind(int fd, const struct snt_addr *addr)
{
	return simulated() ? snt__sim_io.bind(fd, addr)
			   : (int)raw_code(bind(fd, &addr->sa.any, addr->size));
}

EITHER_WORLD int raw_listen(int fd, int backlog)
{
	return simulated() ? snt__sim_io.listen(fd, backlog)
			   : (int)raw_code(listen(fd, backlog));
}

EITHER_WORLD struct snt_addr raw_name(int fd)
{
	struct snt_addr addr = { .size = sizeof addr.sa };

	assert_int_equal(simulated()
				 ? snt__sim_io.getsockname(fd, &addr)
				 : getsockname(fd, &addr.sa.any, &addr.size),
			 0);
	return addr;
}

/* Waits until it is connected, but for room in a Unix listener's queue. */
EITHER_WORLD int raw_connect(int fd, const struct snt_addr *addr)
{
	int code;

	if (!simulated())
		return (int)raw_code(connect(fd, &addr->sa.any, addr->size));
	code = snt__sim_io.connect(fd, addr);
	if (code != -EINPROGRESS)
		return code;
	while (snt__sim_io.look(fd, SNT__WRITE) == 0)
		stand_still(RAW_TRIES_EVERY);
	return -raw_get_int(fd, SOL_SOCKET, SO_ERROR);
}

EITHER_WORLD int raw_accept(int fd)
{
	struct snt_addr peer;
	int conn;

	if (!simulated())
		return (int)raw_code(accept4(fd, NULL, NULL, SOCK_CLOEXEC));
	while ((conn = snt__sim_io.accept(fd, &peer)) == -EAGAIN)
		stand_still(RAW_TRIES_EVERY);
	return conn;
}

EITHER_WORLD ptrdiff_t raw_send(int fd, const void *bytes, size_t size,
				int flags)
{
	ptrdiff_t n;

	if (!simulated())
		return raw_code(send(fd, bytes, size, flags | MSG_NOSIGNAL));
	while ((n = snt__sim_io.send(fd, bytes, size, flags)) == -EAGAIN &&
	       (flags & MSG_DONTWAIT) == 0)
		stand_still(RAW_TRIES_EVERY);
	return n;
}

EITHER_WORLD ptrdiff_t raw_recv(int fd, void *bytes, size_t size, int flags)
{
	ptrdiff_t n;

	if (!simulated())
		return raw_code(recv(fd, bytes, size, flags));
	while ((n = snt__sim_io.recv(fd, bytes, size, flags)) == -EAGAIN &&
	       (flags & MSG_DONTWAIT) == 0)
		stand_still(RAW_TRIES_EVERY);
	return n;
}

EITHER_WORLD ptrdiff_t raw_sendto(int fd, const void *bytes, size_t size,
				  const struct snt_addr *to)
{
	return simulated() ? snt__sim_io.sendto(fd, bytes, size, 0, to)
			   : raw_code(sendto(fd, bytes, size, MSG_NOSIGNAL,
					     &to->sa.any, to->size));
}

/* Sockets and pipes alike. */
EITHER_WORLD void raw_write(int fd, const void *bytes, size_t size)
{
	ptrdiff_t n = simulated() ? raw_send(fd, bytes, size, 0)
				  : write(fd, bytes, size);

	assert_int_equal(n, size);
}

EITHER_WORLD ptrdiff_t raw_read(int fd, void *bytes, size_t size)
{
	return simulated() ? raw_recv(fd, bytes, size, 0)
			   : raw_code(read(fd, bytes, size));
}

EITHER_WORLD int raw_shutdown(int fd, int how)
{
	return simulated() ? snt__sim_io.shutdown(fd, how)
			   : (int)raw_code(shutdown(fd, how));
}

/* Ends the peer's side by RST. */
EITHER_WORLD void raw_reset(int fd)
{
	const struct linger at_once = { 1, 0 };

	assert_int_equal(
		raw_set(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once),
		0);
	raw_close(fd);
}

/* Bytes that came and were not received. */
EITHER_WORLD size_t raw_unread(int fd)
{
	static char bytes[1 << 16];
	ptrdiff_t n;
	int count;

	if (!simulated()) {
		assert_int_equal(ioctl(fd, FIONREAD, &count), 0);
		return (size_t)count;
	}
	n = snt__sim_io.recv(fd, bytes, sizeof bytes, MSG_PEEK);
	return n > 0 ? (size_t)n : 0;
}

/* Bytes that were sent and did not all arrive. */
EITHER_WORLD size_t raw_unsent(int fd)
{
	struct tcp_info info;
	socklen_t size = sizeof info;
	int count;

	if (!simulated()) {
		assert_int_equal(ioctl(fd, TIOCOUTQ, &count), 0);
		return (size_t)count;
	}
	assert_int_equal(
		snt__sim_io.getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size),
		0);
	return info.tcpi_unacked;
}

/* Waits until a try to receive would not have to. */
EITHER_WORLD void raw_wait_readable(int fd)
{
	struct pollfd slot = { fd, POLLIN, 0 };

	if (!simulated()) {
		assert_int_equal(poll(&slot, 1, -1), 1);
		return;
	}
	while (snt__sim_io.look(fd, SNT__READ) == 0)
		stand_still(RAW_TRIES_EVERY);
}

#endif
