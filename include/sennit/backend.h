/* SPDX-License-Identifier: MIT */
/*
 * How a thread waits. The backends differ in what they cost, in nothing else.
 * A thread begins on "direct", which is poll(2) and needs no set-up, and moves
 * for good at its first snt_spawn or large selector: to "uring" (io_uring) where
 * the kernel allows it, else to "epoll". The environment variable
 * SENNIT_IO=auto|direct|epoll|uring decides otherwise; where io_uring is not
 * allowed, uring is epoll.
 */
#ifndef SENNIT_BACKEND_H
#define SENNIT_BACKEND_H

#include <sennit/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How the calling thread waits. "none": it could not be opened. Does not wait. */
SNT_API const char *snt_backend(void);

/* Whether "direct", "epoll" or "uring" works in this process; the last is tried
 * out once. false: also any other name. Any thread; does not wait. */
SNT_API bool snt_has_backend(const char *name);

/*
 * For those who would rather burn a core than wait for it to wake up: with no
 * fiber ready the calling thread looks for at most that long (nanoseconds)
 * before it sleeps. 0, the default, and less: it sleeps at once. SNT_FOREVER: it
 * never sleeps.
 */
SNT_API void snt_set_spin(int64_t duration);

#ifdef __cplusplus
}
#endif
#endif
