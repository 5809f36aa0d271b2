/* SPDX-License-Identifier: MIT */
/* Looking for a while before sleeping. */
#include "../threads.h"
#include "fibers.h"

#include "base/thread.h"
#include "io/kernel.h"
#include "io/poller.h"

#include <sennit.h>
#include <sys/socket.h>
#include <unistd.h>

static struct snt__io watched_io;
static struct snt__poller_ops watched, original;
static atomic_int looks, sleeps;

static int watched_wait(struct snt__poller *poller, int64_t deadline,
			void (*fire)(struct snt__handle *handle,
				     unsigned directions))
{
	if (deadline == 0)
		looks++;
	else
		sleeps++;
	return original.wait(poller, deadline, fire);
}

static void watched_backends(const struct snt__poller_ops **begin,
			     const struct snt__poller_ops **spawn)
{
	snt__kernel_backends(begin, spawn);
	original = **begin;
	watched = original;
	watched.wait = watched_wait;
	*begin = *spawn = &watched;
}

/* Every wait of this thread is counted from its next call on. */
static void watch(void)
{
	looks = sleeps = 0;
	if (simulated()) {
		original = *snt__self->poller.ops;
		watched = original;
		watched.wait = watched_wait;
		snt__self->poller.ops = &watched;
		return;
	}
	snt__thread_end();
	watched_io = snt__kernel_io;
	watched_io.backends = watched_backends;
	snt__io = &watched_io;
}

static int send_when_looked_for(void *arg)
{
	const int *fd = arg;
	int before = looks;

	while (looks < before + 3)
		yield_thread();
	assert_int_equal(real_io()->send(*fd, "x", 1, 0), 1);
	return 0;
}

/* On a ring a look is rare: it watches memory. */
static int send_soon(void *arg)
{
	const int *fd = arg;

	while (looks == 0)
		yield_thread();
	assert_int_equal(real_io()->send(*fd, "x", 1, 0), 1);
	return 0;
}

static void what_comes_while_it_looks_needs_no_sleep(void)
{
	bool ring = strcmp(snt_backend(), "uring") == 0;
	struct snt_socket *a, *b;
	struct part part;
	char byte;
	int fd;

	watch();
	OK(snt_socketpair(&a, &b, SOCK_STREAM));
	fd = snt_fileno(b);
	snt_set_spin(SNT_FOREVER);
	part_start(&part, LONE, ring ? send_soon : send_when_looked_for, &fd);
	assert_int_equal(snt_recv(a, &byte, 1), 1);
	assert_int_equal(sleeps, 0);
	OK(part_join(&part));
	snt_close(a);
	snt_close(b);
}

static void a_timer_ends_the_looking(void)
{
	watch();
	OK(snt_sleep(1));
	snt_set_spin(SNT_FOREVER);
	OK(snt_sleep(SNT_MILLISECOND));
	snt_set_spin(0);
}

static void after_the_looking_it_sleeps(void)
{
	struct snt_socket *a, *b;
	char byte;

	watch();
	OK(snt_socketpair(&a, &b, SOCK_STREAM));
	snt_set_spin(1);
	snt_settimeout(a, 20 * SNT_MILLISECOND);
	assert_int_equal(snt_recv(a, &byte, 1), -ETIMEDOUT);
	assert_true(sleeps > 0);
	snt_close(a);
	snt_close(b);
}

static void without_it_nothing_is_looked_at_before_sleeping(void)
{
	struct snt_socket *a, *b;
	char byte;

	watch();
	OK(snt_socketpair(&a, &b, SOCK_STREAM));
	snt_settimeout(a, SNT_MILLISECOND);
	assert_int_equal(snt_recv(a, &byte, 1), -ETIMEDOUT);
	snt_set_spin(-1); /* counts as none */
	assert_int_equal(snt_recv(a, &byte, 1), -ETIMEDOUT);
	assert_int_equal(looks, 0);
	snt_close(a);
	snt_close(b);
}

/* Nothing there: asked once, to hand the poll over. */
static void on_a_ring_looking_asks_the_kernel_once(void)
{
	struct snt_socket *a, *b;
	char byte;

	if (strcmp(snt_backend(), "uring") != 0)
		return;
	watch();
	OK(snt_socketpair(&a, &b, SOCK_STREAM));
	snt_set_spin(SNT_FOREVER);
	snt_settimeout(a, 5 * SNT_MILLISECOND);
	assert_int_equal(snt_recv(a, &byte, 1), -ETIMEDOUT);
	assert_true(looks <= 1);
	snt_close(a);
	snt_close(b);
}

static const struct test_case cases[] = {
	TEST(what_comes_while_it_looks_needs_no_sleep),
	TEST(a_timer_ends_the_looking),
	TEST(after_the_looking_it_sleeps),
	TEST(without_it_nothing_is_looked_at_before_sleeping),
	TEST(on_a_ring_looking_asks_the_kernel_once),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
