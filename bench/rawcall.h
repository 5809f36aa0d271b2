/* SPDX-License-Identifier: MIT */
/*
 * The system calls of the raw loops, in line.
 *
 * Why not libc's: on processors where the kernel leaves the return predictor
 * full of its own addresses (AMD with the "Safe RET" mitigation), the first
 * `ret` after a system call is mispredicted, which costs 50 ns after a trivial
 * call and several hundred after a send (see return.c). A loop without any `ret`
 * pays nothing, so that is what the fastest raw loop is. Compile with
 * -DRAW_LIBC for the ordinary loop that calls libc.
 *
 * Each returns what the kernel returns: negative errno values on failure.
 */
#ifndef BENCH_RAWCALL_H
#define BENCH_RAWCALL_H

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#if !defined(RAW_LIBC) && defined(__x86_64__)
#define RAW_STYLE "in line"
static inline __attribute__((always_inline)) long
raw_call(long number, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10),
			   "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}
#elif !defined(RAW_LIBC) && defined(__aarch64__)
#define RAW_STYLE "in line"
static inline __attribute__((always_inline)) long
raw_call(long number, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
}
#endif

#ifdef RAW_STYLE
#define raw_recv(fd, buffer, size)                                             \
	raw_call(SYS_recvfrom, fd, (long)(buffer), (long)(size), 0, 0, 0)
#define raw_send(fd, buffer, size)                                             \
	raw_call(SYS_sendto, fd, (long)(buffer), (long)(size), 0, 0, 0)
#define raw_recvfrom(fd, buffer, size, addr, length)                           \
	raw_call(SYS_recvfrom, fd, (long)(buffer), (long)(size), 0,            \
		 (long)(addr), (long)(length))
#define raw_sendto(fd, buffer, size, addr, length)                             \
	raw_call(SYS_sendto, fd, (long)(buffer), (long)(size), 0,              \
		 (long)(addr), (long)(length))
#define raw_wait(poller, events, count)                                        \
	raw_call(SYS_epoll_pwait, poller, (long)(events), count, -1, 0, 8)
#define raw_control(poller, op, fd, event)                                     \
	raw_call(SYS_epoll_ctl, poller, op, fd, (long)(event), 0, 0)
#define raw_accept(fd) raw_call(SYS_accept4, fd, 0, 0, SOCK_NONBLOCK, 0, 0)
#define raw_close(fd) raw_call(SYS_close, fd, 0, 0, 0, 0, 0)
#define raw_enter(ring, submit, wanted, flags)                                 \
	raw_call(SYS_io_uring_enter, ring, submit, wanted, flags, 0, 0)
#else
#define RAW_STYLE "libc"
#define raw_or_errno(call)                                                     \
	__extension__({                                                        \
		long result_ = (call);                                         \
		result_ < 0 ? -errno : result_;                                \
	})
#define raw_recv(fd, buffer, size) raw_or_errno(recv(fd, buffer, size, 0))
#define raw_send(fd, buffer, size) raw_or_errno(send(fd, buffer, size, 0))
#define raw_recvfrom(fd, buffer, size, addr, length)                           \
	raw_or_errno(recvfrom(fd, buffer, size, 0, addr, length))
#define raw_sendto(fd, buffer, size, addr, length)                             \
	raw_or_errno(sendto(fd, buffer, size, 0, addr, length))
#define raw_wait(poller, events, count)                                        \
	raw_or_errno(epoll_wait(poller, events, count, -1))
#define raw_control(poller, op, fd, event)                                     \
	raw_or_errno(epoll_ctl(poller, op, fd, event))
#define raw_accept(fd) raw_or_errno(accept4(fd, NULL, NULL, SOCK_NONBLOCK))
#define raw_close(fd) raw_or_errno(close(fd))
#define raw_enter(ring, submit, wanted, flags)                                 \
	raw_or_errno(syscall(SYS_io_uring_enter, ring, submit, wanted, flags,  \
			     NULL, 0))
#endif

#endif
