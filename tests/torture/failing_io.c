/* SPDX-License-Identifier: MIT */
/*
 * The io table that counts, fails on demand, and else hands over to the
 * kernel's. Each entry names the errors that the system call really has when
 * the world is against it. Not among them: EAGAIN, which from a call that need
 * not wait would be a lie that no edge ever corrects, and EINTR, which stays
 * below the table. What cannot fail is not wrapped.
 */
#include "torture.h"

#include "base/alloc.h"
#include "io/poller.h"

#include <string.h>
#include <sys/socket.h>

struct torture *torture;

static uint64_t scramble(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

int torture_call(const char *name, const int *errors)
{
	long number = atomic_fetch_add(&torture->calls, 1) + 1;
	uint64_t chance = scramble(torture->seed ^ (uint64_t)number);
	unsigned count = 0, chosen = torture->error;

	if (torture->one_in == 0 && number != torture->fail_at)
		return 0;
	if (torture->one_in != 0 && chance % torture->one_in != 0)
		return 0;
	while (errors[count] != 0)
		count++;
	if (torture->one_in != 0)
		chosen = (unsigned)(chance >> 32);
	torture->name = name;
	torture->errors = count;
	torture->code = -errors[chosen % count];
	atomic_fetch_add(&torture->failed, 1);
	return torture->code;
}

#define ERRORS(...) ((const int[]){ __VA_ARGS__, 0 })

/* One entry of the table: its result, name, parameters, arguments, errors. */
#define ENTRY(result, name, parameters, arguments, ...)                        \
	static result t_##name parameters                                      \
	{                                                                      \
		int code_ = torture_call(#name, ERRORS(__VA_ARGS__));          \
                                                                               \
		return code_ < 0 ? code_ : snt__kernel_io.name arguments;      \
	}

#define SHORTAGES EMFILE, ENFILE, ENOBUFS, ENOMEM

ENTRY(int, socket, (int family, int type, int protocol),
      (family, type, protocol), SHORTAGES, EAFNOSUPPORT, EACCES)
ENTRY(int, socketpair, (int type, int fds[2]), (type, fds), SHORTAGES)
ENTRY(int, dup, (int fd), (fd), EMFILE)
ENTRY(int, describe, (int fd, struct snt__descriptor *descriptor),
      (fd, descriptor), ENOBUFS)
ENTRY(int, set_nonblocking, (int fd, bool on), (fd, on), EPERM)
ENTRY(int, bind, (int fd, const struct snt_addr *addr), (fd, addr), EADDRINUSE,
      EADDRNOTAVAIL, EACCES, ENOMEM)
ENTRY(int, listen, (int fd, int backlog), (fd, backlog), EADDRINUSE)
ENTRY(int, getsockname, (int fd, struct snt_addr *addr), (fd, addr), ENOBUFS)
ENTRY(int, getpeername, (int fd, struct snt_addr *addr), (fd, addr), ENOTCONN,
      ENOBUFS)
ENTRY(int, setsockopt,
      (int fd, int level, int name, const void *value, socklen_t size),
      (fd, level, name, value, size), ENOMEM, ENOBUFS, EPERM, ENOPROTOOPT)
ENTRY(int, getsockopt,
      (int fd, int level, int name, void *value, socklen_t *size),
      (fd, level, name, value, size), ENOBUFS)
ENTRY(int, accept, (int fd, struct snt_addr *peer), (fd, peer), SHORTAGES,
      ECONNABORTED, EPERM)
ENTRY(int, connect, (int fd, const struct snt_addr *addr), (fd, addr),
      ECONNREFUSED, ETIMEDOUT, ENETUNREACH, EHOSTUNREACH, EADDRNOTAVAIL, EPERM,
      ENOBUFS)
ENTRY(ptrdiff_t, recv, (int fd, void *buffer, size_t size, int flags),
      (fd, buffer, size, flags), ECONNRESET, ETIMEDOUT, EHOSTUNREACH, ENOMEM)
ENTRY(ptrdiff_t, send, (int fd, const void *buffer, size_t size, int flags),
      (fd, buffer, size, flags), ECONNRESET, EPIPE, ETIMEDOUT, ENOBUFS, ENOMEM)
ENTRY(ptrdiff_t, recvfrom,
      (int fd, void *buffer, size_t size, int flags, struct snt_addr *from),
      (fd, buffer, size, flags, from), ECONNREFUSED, ENOMEM)
ENTRY(ptrdiff_t, sendto,
      (int fd, const void *buffer, size_t size, int flags,
       const struct snt_addr *addr),
      (fd, buffer, size, flags, addr), ECONNREFUSED, ENETUNREACH, EPERM,
      ENOBUFS, ENOMEM)
ENTRY(ptrdiff_t, sendmsg, (int fd, const struct msghdr *message, int flags),
      (fd, message, flags), ECONNRESET, EPIPE, ETIMEDOUT, ENOBUFS, ENOMEM,
      ETOOMANYREFS)
ENTRY(ptrdiff_t, recvmsg, (int fd, struct msghdr *message, int flags),
      (fd, message, flags), ECONNRESET, ETIMEDOUT, ENOMEM)

/* It may fail in the midst: then some have gone, and that is no failure. */
static unsigned up_to_failure(const char *name, unsigned count)
{
	return count > 1 && torture_call(name, ERRORS(ENOBUFS)) < 0 ? count / 2
								    : count;
}

static int t_sendmmsg(int fd, struct mmsghdr *messages, unsigned count,
		      int flags)
{
	int code = torture_call("sendmmsg", ERRORS(ECONNREFUSED, ENETUNREACH,
						   EPERM, ENOBUFS, ENOMEM));

	return code < 0
		       ? code
		       : snt__kernel_io.sendmmsg(
				 fd, messages,
				 up_to_failure("sendmmsg, in the midst", count),
				 flags);
}

static int t_recvmmsg(int fd, struct mmsghdr *messages, unsigned count,
		      int flags)
{
	int code = torture_call("recvmmsg", ERRORS(ECONNREFUSED, ENOMEM));

	return code < 0
		       ? code
		       : snt__kernel_io.recvmmsg(
				 fd, messages,
				 up_to_failure("recvmmsg, in the midst", count),
				 flags);
}

ENTRY(int, look, (int fd, unsigned direction), (fd, direction), ENOMEM)
ENTRY(ptrdiff_t, read, (int fd, void *buffer, size_t size), (fd, buffer, size),
      EIO)
ENTRY(ptrdiff_t, write, (int fd, const void *buffer, size_t size),
      (fd, buffer, size), EPIPE, EIO, ENOSPC)
ENTRY(ptrdiff_t, pread, (int fd, void *buffer, size_t size, int64_t offset),
      (fd, buffer, size, offset), EIO)
ENTRY(int64_t, seek, (int fd, int64_t offset, int whence), (fd, offset, whence),
      EIO)
ENTRY(ptrdiff_t, sendfile, (int out, int in, int64_t offset, size_t size),
      (out, in, offset, size), EINVAL, ECONNRESET, EPIPE, EIO, ENOMEM)
ENTRY(int, shutdown, (int fd, int how), (fd, how), ENOTCONN)
ENTRY(ptrdiff_t, load, (const char *path, char **text), (path, text), ENOENT,
      EACCES, EIO, EMFILE, ENOMEM)
ENTRY(int, append, (const char *path, const void *bytes, size_t size),
      (path, bytes, size), EACCES, EROFS, ENOSPC, EIO)
ENTRY(int, file_id, (const char *path, struct snt__file_id *id), (path, id),
      EACCES, ENOMEM)
ENTRY(int, chmod, (const char *path, mode_t mode), (path, mode), EPERM, EROFS)
ENTRY(int, unlink, (const char *path), (path), EPERM, EROFS)
ENTRY(int, if_nametoindex, (const char *name), (name), ENODEV)
ENTRY(int, if_indextoname, (unsigned index, char name[16]), (index, name),
      ENXIO)
ENTRY(int, if_nameindex, (struct snt_interface * interfaces, size_t capacity),
      (interfaces, capacity), ENOBUFS, ENOMEM, EMFILE)
ENTRY(int, thread_start, (void **thread, void (*fn)(void *arg), void *arg),
      (thread, fn, arg), EAGAIN, ENOMEM)
ENTRY(int, submit, (struct snt__pool * pool, struct snt__job *job), (pool, job),
      EAGAIN)
ENTRY(int, signal_catch, (int number, int notify_fd), (number, notify_fd),
      EBUSY)
ENTRY(int, notifier, (void), (), EMFILE, ENFILE, ENOMEM)

/* Gone all the same: close(2). */
static int t_close(int fd)
{
	int code = torture_call("close", ERRORS(EIO, ENOSPC));
	int closed = snt__kernel_io.close(fd);

	return code < 0 ? code : closed;
}

/* No name server is asked by a test: server.test is this machine. */
static int t_getaddrinfo(const struct snt__lookup *lookup,
			 struct snt_addr *addrs, size_t capacity,
			 const char **reason)
{
	struct snt__lookup local = *lookup;
	int code = torture_call("getaddrinfo", ERRORS(SNT_ERESOLVE, SNT_ENONAME,
						      ENOMEM, EMFILE));

	if (code < -4095)
		*reason = "made up by a test";
	if (code < 0)
		return code;
	if (local.host != NULL && strcmp(local.host, "server.test") == 0)
		local.host = "127.0.0.1";
	return snt__kernel_io.getaddrinfo(&local, addrs, capacity, reason);
}

static int t_getnameinfo(const struct snt_addr *addr, struct snt_nameinfo *info,
			 const struct snt_getnameinfo_opts *opts,
			 const char **reason)
{
	struct snt_getnameinfo_opts local = *opts;
	int code = torture_call("getnameinfo", ERRORS(SNT_ERESOLVE, ENOMEM,
						      SNT_ENONAME, EMFILE));

	if (code < -4095)
		*reason = "made up by a test";
	local.numeric = true;
	return code < 0
		       ? code
		       : snt__kernel_io.getnameinfo(addr, info, &local, reason);
}

static int no_memory(void)
{
	return torture_call("memory", ERRORS(ENOMEM)) < 0;
}

static struct snt__io failing_io;

void torture_begin(void)
{
	failing_io = snt__kernel_io;
	failing_io.name = "torture";
#define USE(name) failing_io.name = t_##name
	USE(socket);
	USE(socketpair);
	USE(dup);
	USE(describe);
	USE(set_nonblocking);
	USE(bind);
	USE(listen);
	USE(getsockname);
	USE(getpeername);
	USE(setsockopt);
	USE(getsockopt);
	USE(accept);
	USE(connect);
	USE(recv);
	USE(send);
	USE(recvfrom);
	USE(sendto);
	USE(sendmsg);
	USE(recvmsg);
	USE(sendmmsg);
	USE(recvmmsg);
	USE(look);
	USE(read);
	USE(write);
	USE(pread);
	USE(seek);
	USE(sendfile);
	USE(shutdown);
	USE(close);
	USE(load);
	USE(append);
	USE(file_id);
	USE(chmod);
	USE(unlink);
	USE(if_nametoindex);
	USE(if_indextoname);
	USE(if_nameindex);
	USE(getaddrinfo);
	USE(getnameinfo);
	USE(thread_start);
	USE(submit);
	USE(signal_catch);
	USE(notifier);
	failing_io.backends = torture_backends;
	torture_ring();
	snt__io = &failing_io;
	snt__alloc_fails = no_memory;
}
