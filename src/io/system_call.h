/* SPDX-License-Identifier: MIT */
/*
 * The few system calls that are made for every message or connection, as cheap
 * as they come.
 *
 * On many processors (AMD with the "Safe RET" mitigation, and others where the
 * kernel overwrites the return predictor) every `ret` that follows a system
 * call is guessed from the kernel's addresses, and such a guess costs tens of
 * nanoseconds: measured, a quarter of what an echoed message costs a server.
 * So the call is made in line, and eight empty calls after it put addresses of
 * our own there, after which a wrong guess is an ordinary one. Elsewhere that
 * costs three nanoseconds. bench/return.c shows the effect.
 *
 * Under sanitizers, which must see what is read and written, and on other
 * machines these are the C library's calls. Like the stack switch it rules out
 * x86 shadow stacks, and libsennit does not claim to support them.
 *
 * All return a negated errno on failure. None is retried.
 */
#ifndef SNT_IO_SYSTEM_CALL_H
#define SNT_IO_SYSTEM_CALL_H

#include "base/sanitized.h"

#include <errno.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__) && !defined(__ILP32__) && !defined(SNT__ASAN) &&       \
	!defined(SNT__TSAN) && !defined(SNT__MSAN)
#define SNT__CALLS_IN_LINE 1
#endif

#ifdef SNT__CALLS_IN_LINE
static inline __attribute__((always_inline)) long
snt__system_call(long number, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;

	/* Below the stack pointer lie 128 bytes that the caller may be using. */
	__asm__ volatile("syscall\n\t"
			 "lea -128(%%rsp), %%rsp\n\t"
			 ".rept 8\n\t"
			 "call 1f\n\t"
			 "int3\n"
			 "1:\n\t"
			 ".endr\n\t"
			 "lea 128+8*8(%%rsp), %%rsp"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10),
			   "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory", "cc");
	return result;
}
#define SNT__CALL(number, libc, a, b, c, d, e, f)                              \
	snt__system_call(number, (long)(a), (long)(b), (long)(c), (long)(d),   \
			 (long)(e), (long)(f))
#else
static inline long snt__or_errno(long result)
{
	return result < 0 ? -errno : result;
}
#define SNT__CALL(number, libc, a, b, c, d, e, f) snt__or_errno(libc)
#endif

static inline ptrdiff_t snt__call_recv(int fd, void *buffer, size_t size,
				       int flags)
{
	return SNT__CALL(SYS_recvfrom, recv(fd, buffer, size, flags), fd,
			 buffer, size, flags, 0, 0);
}

static inline ptrdiff_t snt__call_send(int fd, const void *buffer, size_t size,
				       int flags)
{
	return SNT__CALL(SYS_sendto, send(fd, buffer, size, flags), fd, buffer,
			 size, flags, 0, 0);
}

static inline ptrdiff_t snt__call_recvfrom(int fd, void *buffer, size_t size,
					   int flags, struct sockaddr *from,
					   socklen_t *length)
{
	return SNT__CALL(SYS_recvfrom,
			 recvfrom(fd, buffer, size, flags, from, length), fd,
			 buffer, size, flags, from, length);
}

static inline ptrdiff_t snt__call_sendto(int fd, const void *buffer,
					 size_t size, int flags,
					 const struct sockaddr *to,
					 socklen_t length)
{
	return SNT__CALL(SYS_sendto,
			 sendto(fd, buffer, size, flags, to, length), fd,
			 buffer, size, flags, to, length);
}

/* As the kernel has the header: what a C library pads is 0. Their flags are
 * unsigned in musl and int in glibc, and no cast suits both. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion"
static inline int snt__call_sendmmsg(int fd, struct mmsghdr *messages,
				     unsigned count, int flags)
{
	return (int)SNT__CALL(SYS_sendmmsg,
			      sendmmsg(fd, messages, count, flags), fd,
			      messages, count, flags, 0, 0);
}

static inline int snt__call_recvmmsg(int fd, struct mmsghdr *messages,
				     unsigned count, int flags)
{
	return (int)SNT__CALL(SYS_recvmmsg,
			      recvmmsg(fd, messages, count, flags, NULL), fd,
			      messages, count, flags, 0, 0);
}
#pragma GCC diagnostic pop

static inline int snt__call_accept(int fd, struct sockaddr *peer,
				   socklen_t *size, int flags)
{
	return (int)SNT__CALL(SYS_accept4, accept4(fd, peer, size, flags), fd,
			      peer, size, flags, 0, 0);
}

static inline int snt__call_close(int fd)
{
	return (int)SNT__CALL(SYS_close, close(fd), fd, 0, 0, 0, 0, 0);
}

static inline int snt__call_epoll_ctl(int poller, int how, int fd,
				      struct epoll_event *event)
{
	return (int)SNT__CALL(SYS_epoll_ctl, epoll_ctl(poller, how, fd, event),
			      poller, how, fd, event, 0, 0);
}

/* milliseconds -1: no limit. */
static inline int snt__call_epoll_wait(int poller, struct epoll_event *events,
				       int count, int milliseconds)
{
	return (int)SNT__CALL(SYS_epoll_pwait,
			      epoll_wait(poller, events, count, milliseconds),
			      poller, events, count, milliseconds, 0, 8);
}

#endif
