/* SPDX-License-Identifier: MIT */
/*
 * What a fork(2) leaves a child with: one thread, copies of all memory, and
 * descriptors that it shares with its parent. What must not be shared is told
 * apart by the number of forks: whoever remembers another number than
 * snt__forks was made by a parent process.
 */
#ifndef SNT_IO_FORK_H
#define SNT_IO_FORK_H

#include <stdint.h>

/* How many forks lie between this process and the first. Changes only while
 * a child has one thread. */
extern unsigned snt__forks;

/* From now on a fork is guarded. child, the same at every call, is called in
 * the child on the thread that forked. Any thread, any number of times. */
void snt__kernel_at_fork(void (*child)(void));

/*
 * The parts that have locks: hold them before a fork, let them go in the
 * parent, begin anew in the child.
 */
void snt__signals_hold(void);
void snt__signals_let_go(void);
void snt__signals_begin_anew(void);
/* Look-ups by the C library, whose own locks a fork does not look after: a
 * fork waits for those under way, but not for long. */
void snt__lookups_hold(void);
void snt__lookups_let_go(void);
void snt__lookups_begin_anew(void);
void snt__pools_hold(void);
void snt__pools_let_go(void);
void snt__pools_begin_anew(void);

#endif
