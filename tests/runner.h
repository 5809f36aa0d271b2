/* SPDX-License-Identifier: MIT */
/*
 * The test runner: cmocka's assertions, each case in a process of its own,
 * with a time limit, once on each backend that works here.
 *
 *	static void recv_returns_zero_at_end(void)
 *	{
 *		assert_int_equal(snt_recv(conn, buf, sizeof buf), 0);
 *	}
 *
 *	static const struct test_case cases[] = {
 *		TEST(recv_returns_zero_at_end),
 *		TEST_SLOW(a_thousand_connections, 30),
 *	};
 *
 *	int main(int argc, char **argv)
 *	{
 *		return RUN_TESTS(cases);
 *	}
 *
 * Run one by hand: ./test_stream [direct|epoll|uring|sim] [part of a name], or
 * --list. Where the kernel does not allow io_uring, uring is left out with a
 * line that says so, unless SENNIT_TEST_BACKENDS names it ("direct epoll
 * uring"): then its cases run, and fail.
 *
 * A case fails when an assertion fails (in any fiber or thread), when it dies,
 * hangs, leaves the process early, ends on another backend than it was told
 * to use, or leaves behind memory of the library, a descriptor or a process.
 * There is no skipping: what a test needs and does not find fails it.
 *
 * Assertions name the place and the values, then abort the process; so what
 * stands after a failing one never runs, and nothing is cleaned up. In a
 * simulated world that has failed, calls fail too, and an assertion may be the
 * first to tell: why the world failed stands at the end of the trace, which
 * SENNIT_SIM_TRACE=file writes. What a case asks of the system on the side, in
 * either world, is in simulated.h and raw.h.
 */
#ifndef TESTS_RUNNER_H
#define TESTS_RUNNER_H

/* cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct test_case {
	const char *name;
	void (*run)(void);
	unsigned seconds; /* 0: 30; four times that where code runs slower */
	bool kernel; /* asks the kernel by itself: not in a simulated world */
};

/* It would break these up: */
/* clang-format off */
#define TEST(fn) { #fn, fn, 0, false }
#define TEST_SLOW(fn, seconds) { #fn, fn, seconds, false }
#define TEST_KERNEL(fn) { #fn, fn, 0, true }
#define TEST_KERNEL_SLOW(fn, seconds) { #fn, fn, seconds, true }
/* clang-format on */

#define TEST_COUNT_(cases) (sizeof(cases) / sizeof((cases)[0]))

/* In main(int argc, char **argv): its exit status. Every case on each backend,
 * chosen by SENNIT_IO before the case's first sennit call. */
#define RUN_TESTS(cases)                                                       \
	test_run(argc, argv, (cases), TEST_COUNT_(cases), snt_backend)

/* The same, and once more as the program of a host in a simulated world, with a
 * clock that does not wait: all cases but those of TEST_KERNEL. */
#define RUN_TESTS_EVERYWHERE(cases)                                            \
	(test_world = snt_sim_run,                                             \
	 test_run(argc, argv, (cases), TEST_COUNT_(cases), snt_backend))

/* The same for code that knows no backend: every case once. */
#define RUN_TESTS_ONCE(cases)                                                  \
	test_run(argc, argv, (cases), TEST_COUNT_(cases), NULL)

const char *snt_backend(void);
bool snt_has_backend(const char *name);

struct snt_sim;
struct snt_sim_opts;
struct snt_sim_report;
int snt_sim_run(int (*director)(struct snt_sim *sim, void *arg), void *arg,
		const struct snt_sim_opts *opts, struct snt_sim_report *report);
/* NULL: cases run on backends only. */
extern int (*test_world)(int (*director)(struct snt_sim *sim, void *arg),
			 void *arg, const struct snt_sim_opts *opts,
			 struct snt_sim_report *report);

int test_run(int argc, char **argv, const struct test_case *cases, size_t count,
	     const char *(*backend)(void));

/* From inside a case: so many more descriptors may be open when it ends, for
 * what the process keeps on purpose. */
void test_allow_descriptors(unsigned count);

/* How much slower than usual this build or this run is: 1, or 4 under a
 * sanitizer or valgrind. For limits inside a case. */
unsigned test_slowness(void);

#endif
