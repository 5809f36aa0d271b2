/* SPDX-License-Identifier: MIT */
/*
 * The wall clock may jump by years; nothing here may notice. So nothing asks
 * for it: the C library's ways to do so are replaced, and counted.
 */
#include "../runner.h"

#include <pthread.h>
#include <sennit.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static atomic_int wall_reads, steady_reads;

int clock_gettime(clockid_t clock, struct timespec *now)
{
	atomic_fetch_add(clock == CLOCK_MONOTONIC ? &steady_reads : &wall_reads,
			 1);
	return (int)syscall(SYS_clock_gettime, clock, now);
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	atomic_fetch_add(&wall_reads, 1);
	return (int)syscall(SYS_gettimeofday, now, zone);
}

time_t time(time_t *now)
{
	struct timespec wall;

	atomic_fetch_add(&wall_reads, 1);
	syscall(SYS_clock_gettime, CLOCK_REALTIME, &wall);
	if (now != NULL)
		*now = wall.tv_sec;
	return wall.tv_sec;
}

static int work(void *arg)
{
	(void)arg;
	return 7;
}

static int sleep_a_little(void *arg)
{
	(void)arg;
	return snt_sleep(SNT_MILLISECOND);
}

static void nothing_asks_for_the_wall_clock(void)
{
	struct snt_socket *a, *b, *server;
	struct snt_group *group;
	struct snt_addr addr;
	struct snt_scope limit;
	char byte;

	assert_int_equal(snt_group_open(&group, NULL), 0);
	assert_int_equal(snt_spawn(group, sleep_a_little, NULL, NULL), 0);
	assert_int_equal(snt_group_wait(group), 0);
	snt_timeout_begin(&limit, 10 * SNT_MILLISECOND);
	assert_int_equal(snt_socketpair(&a, &b, SOCK_STREAM), 0);
	assert_int_equal(snt_recv(a, &byte, 1), -ETIMEDOUT);
	snt_scope_end(&limit);
	assert_int_equal(snt_sendall(b, "x", 1), 0);
	assert_int_equal(snt_recv(a, &byte, 1), 1);
	assert_int_equal(snt_create_server(&server, "localhost:0", NULL), 0);
	snt_settimeout(server, SNT_MILLISECOND);
	assert_int_equal(snt_accept(server, &(struct snt_socket *){ NULL }),
			 -ETIMEDOUT);
	assert_int_equal(snt_offload(work, NULL, NULL), 7);
	assert_int_equal(snt_getaddrinfo("localhost", "7", &addr, 1, NULL), 2);
	assert_int_equal(snt_group_end(group), 0);
	snt_close(server);
	snt_close(a);
	snt_close(b);
	assert_true(atomic_load(&steady_reads) > 0);
	assert_int_equal(atomic_load(&wall_reads), 0);
}

static const struct test_case cases[] = {
	TEST(nothing_asks_for_the_wall_clock),
};

int main(int argc, char **argv)
{
	return RUN_TESTS(cases);
}
