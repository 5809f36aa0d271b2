/* SPDX-License-Identifier: MIT */
/* Closing a handle that is another thread's. */
#include "../threads.h"
#include "waits.h"

#include <sys/resource.h>

static int run_wait_here(void *arg)
{
	return run_wait(arg);
}

/* Set up here, waited on there. */
static void close_under(const struct wait *row, int way)
{
	struct stage stage;
	struct part part;

	stage_set_up(&stage, row);
	OK(snt_release(stage.socket));
	part_start(&part, way, run_wait_here, &stage);
	part_wait_asleep(&part);
	snt_close(stage.socket);
	stage.socket = NULL;
	OK(part_join(&part));
	assert_result(&stage, -EBADF);
	clean_up(&stage);
}

/* Not accept without descriptors: it only sleeps a while, and to see it sleep
 * takes a descriptor. */
static void whoever_waits_is_told_at_once(void)
{
	EACH_WAIT(row)
	if ((row->flags & NO_HANDLE) == 0 && row->set_up != set_up_starved)
		EACH_WAY(way)
	close_under(row, way);
}

static int receive_in_vain(void *arg)
{
	char byte;

	FAILS(snt_recv(arg, &byte, 1), -EBADF);
	return 0;
}

static struct snt_socket *idle;

static int use_one_and_wait_for_the_other(void *arg)
{
	OK(snt_sendall(idle, "x", 1));
	return receive_in_vain(arg);
}

static void so_is_whoever_waits_on_the_second_of_two(void)
{
	EACH_WAY(way)
	{
		struct snt_socket *a, *b, *c;
		struct part part;

		OK(snt_socketpair(&idle, &a, SOCK_STREAM));
		OK(snt_socketpair(&b, &c, SOCK_STREAM));
		part_start(&part, way, use_one_and_wait_for_the_other, b);
		part_wait_asleep(&part);
		snt_close(
			idle); /* which does not wake a thread without fibers */
		snt_close(b);
		OK(part_join(&part));
		snt_close(a);
		snt_close(c);
	}
}

static void the_peer_sees_the_end_or_a_reset(void)
{
	for (int reset = 0; reset < 2; reset++)
		EACH_WAY(way)
		{
			struct snt_socket *a, *b;
			struct part part;
			char byte;

			pair_on("127.0.0.1:0", &a, &b);
			OK(snt_release(a));
			part_start(&part, way, receive_in_vain, a);
			part_wait_asleep(&part);
			if (reset)
				snt_abort(a);
			else
				snt_close(a);
			if (reset)
				FAILS(snt_recv(b, &byte, 1), -ECONNRESET);
			else
				assert_int_equal(OK(snt_recv(b, &byte, 1)), 0);
			OK(part_join(&part));
			snt_close(b);
		}
}

/* What others have of an adopted descriptor is theirs. */
static void an_adopted_connection_goes_on_for_its_others(void)
{
	struct snt_socket *handle, *peer;
	struct part part;
	char byte;
	int fd;

	fd = raw_peer("127.0.0.1:0", &peer);
	OK(snt_fromfd(&handle, fd));
	part_start(&part, IN_FIBER, receive_in_vain, handle);
	part_wait_asleep(&part);
	snt_close(handle);
	OK(part_join(&part));
	raw_write(fd, "x", 1);
	assert_int_equal(OK(snt_recv(peer, &byte, 1)), 1);
	raw_close(fd);
	snt_close(peer);
}

static int use(void *arg)
{
	return snt_sendall(arg, "x", 1);
}

static void it_is_closed_right_here_when_its_thread_has_ended(void)
{
	EACH_WAY(way)
	for (int reset = 0; reset < 2; reset++) {
		struct snt_socket *a, *b;
		struct part part;
		char bytes[2];

		OK(snt_socketpair(&a, &b, SOCK_STREAM));
		part_start(&part, way, use, a);
		OK(part_join(&part));
		if (reset)
			snt_abort(a);
		else
			snt_close(a);
		assert_int_equal(OK(snt_recv(b, bytes, 2)), 1);
		assert_int_equal(OK(snt_recv(b, bytes, 2)), 0);
		snt_close(b);
	}
}

static void closing_meets_the_end_of_the_thread(void)
{
	for (int round = 0; round < 500; round++) {
		struct snt_socket *a, *b;
		struct part part;
		char bytes[2];

		OK(snt_socketpair(&a, &b, SOCK_STREAM));
		part_start(&part, round % 2, use, a);
		assert_int_equal(OK(snt_recv(b, bytes, 2)), 1);
		snt_close(a);
		assert_int_equal(OK(snt_recv(b, bytes, 2)), 0);
		OK(part_join(&part));
		snt_close(b);
	}
}

static int release_after_use(void *arg)
{
	OK(snt_sendall(arg, "x", 1));
	return snt_release(arg);
}

static void closing_meets_a_release(void)
{
	for (int round = 0; round < 500; round++) {
		struct snt_socket *a, *b;
		struct part part;
		char bytes[2];

		OK(snt_socketpair(&a, &b, SOCK_STREAM));
		part_start(&part, round % 2, release_after_use, a);
		assert_int_equal(OK(snt_recv(b, bytes, 2)), 1);
		if (round % 3)
			OK(part_join(&part));
		snt_close(a);
		if (round % 3 == 0)
			OK(part_join(&part));
		assert_int_equal(OK(snt_recv(b, bytes, 2)), 0);
		snt_close(b);
	}
}

struct shared {
	struct snt_socket *socket;
	atomic_bool closed;
};

/* Its owner: what comes in goes back, until it is closed under it. */
static int echo_until_closed(void *arg)
{
	struct shared *shared = arg;
	char byte;
	ptrdiff_t n;

	while ((n = snt_recv(shared->socket, &byte, 1)) == 1)
		OK(snt_sendall(shared->socket, &byte, 1));
	FAILS(n, -EBADF);
	return 0;
}

static int use_in_vain(void *arg)
{
	struct shared *shared = arg;
	char byte = 'x';

	for (int i = 0; i < 200; i++) {
		FAILS(snt_recv(shared->socket, &byte, 1), -SNT_ETHREAD);
		FAILS(snt_sendall(shared->socket, &byte, 1), -SNT_ETHREAD);
	}
	return 0;
}

static void others_may_try_while_the_owner_uses_it_and_one_closes_it(void)
{
	EACH_WAY(way)
	{
		struct shared shared = { 0 };
		struct part owner, others[2];
		struct snt_socket *peer;
		char byte = 'x';

		pair_on("127.0.0.1:0", &shared.socket, &peer);
		OK(snt_release(shared.socket));
		part_start(&owner, way, echo_until_closed, &shared);
		OK(snt_sendall(peer, &byte, 1));
		assert_int_equal(OK(snt_recv(peer, &byte, 1)), 1);
		for (int i = 0; i < 2; i++)
			part_start(&others[i], i, use_in_vain, &shared);
		for (int i = 0; i < 200; i++) {
			OK(snt_sendall(peer, &byte, 1));
			assert_int_equal(OK(snt_recv(peer, &byte, 1)), 1);
		}
		for (int i = 0; i < 2; i++)
			OK(part_join(&others[i]));
		part_wait_asleep(&owner);
		snt_close(shared.socket);
		OK(part_join(&owner));
		snt_close(peer);
	}
}

#define MANY 1000

struct lone {
	struct part part;
	struct snt_socket *conn, *peer;
};

static int echo_three(void *arg)
{
	for (int i = 0; i < 3; i++) {
		char byte;

		assert_int_equal(OK(snt_recv(arg, &byte, 1)), 1);
		OK(snt_sendall(arg, &byte, 1));
	}
	return 0;
}

/* Of this process; what stands in the link of such a descriptor. */
static unsigned count_kind(const char *kind)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;
	unsigned count = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		char target[64] = "";

		if (readlinkat(dirfd(dir), entry->d_name, target,
			       sizeof target - 1) > 0)
			count += strstr(target, kind) != NULL;
	}
	closedir(dir);
	return count;
}

static void allow_descriptors(rlim_t count)
{
	struct rlimit limit;

	if (simulated())
		return; /* its host has as many */
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	if (limit.rlim_max < count)
		limit.rlim_max = count;
	limit.rlim_cur = count;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void lone_start(struct lone *lone, const pthread_attr_t *small)
{
	OK(snt_socketpair(&lone->conn, &lone->peer, SOCK_STREAM));
	lone->part = (struct part){ .fn = echo_three, .arg = lone->conn };
	if (simulated())
		part_start(&lone->part, LONE, echo_three, lone->conn);
	else
		assert_int_equal(pthread_create(&lone->part.thread, small,
						run_part, &lone->part),
				 0);
}

static void nothing_else(unsigned before)
{
	if (simulated()) {
		assert_int_equal(descriptor_count(), before + 2 * MANY);
		return;
	}
	assert_int_equal(count_kind("[eventfd]"), 0);
	/* Who asks for a ring has one from its first wait on. */
	if (strcmp(snt_backend(), "uring") != 0)
		assert_int_equal(count_kind("[io_uring]"), 0);
}

static void a_thousand_threads_have_a_connection_each_and_nothing_else(void)
{
	struct lone *lones = test_calloc(MANY, sizeof lones[0]);
	unsigned before = descriptor_count();
	pthread_attr_t small;
	char byte;

	allow_descriptors(4 * MANY);
	pthread_attr_init(&small);
	assert_int_equal(pthread_attr_setstacksize(&small, 256 * 1024), 0);
	for (int i = 0; i < MANY; i++)
		lone_start(&lones[i], &small);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < MANY; i++)
			OK(snt_sendall(lones[i].peer, "x", 1));
		for (int i = 0; i < MANY; i++)
			assert_int_equal(OK(snt_recv(lones[i].peer, &byte, 1)),
					 1);
		nothing_else(before);
	}
	for (int i = 0; i < MANY; i++) {
		OK(part_join(&lones[i].part));
		snt_close(lones[i].conn);
		snt_close(lones[i].peer);
	}
	pthread_attr_destroy(&small);
	test_free(lones);
}

static int close_it(void *arg)
{
	snt_close(arg);
	return 0;
}

static void a_close_by_whom_it_let_run_ends_it_too(void)
{
	struct snt_group *group = group_open();
	struct snt_wait wait = { .events = SNT_WRITABLE };
	struct snt_socket *a, *b;
	int code;

	OK(snt_socketpair(&a, &b, SOCK_STREAM));
	wait.socket = a;
	spawn(group, close_it, a);
	do
		code = snt_wait_any(&wait, 1);
	while (code > 0);
	assert_int_equal(code, -EBADF);
	OK(snt_group_end(group));
	snt_close(b);
}

/* The letter comes while the poller is asked what is ready. */
static void a_close_elsewhere_is_met_in_the_midst_of_looking(void)
{
	struct snt_socket *a, *b;
	struct snt_wait wait = { .events = SNT_WRITABLE };
	struct part part;

	OK(snt_socketpair(&a, &b, SOCK_STREAM));
	OK(snt_sendall(a, "x", 1));
	part_start(&part, LONE, close_it, a);
	OK(part_join(&part));
	wait.socket = a;
	FAILS(snt_wait_any(&wait, 1), -EBADF);
	snt_close(b);
}

static const struct test_case cases[] = {
	TEST(a_close_by_whom_it_let_run_ends_it_too),
	TEST(a_close_elsewhere_is_met_in_the_midst_of_looking),
	TEST_SLOW(whoever_waits_is_told_at_once, 30),
	TEST(so_is_whoever_waits_on_the_second_of_two),
	TEST(the_peer_sees_the_end_or_a_reset),
	TEST(an_adopted_connection_goes_on_for_its_others),
	TEST(it_is_closed_right_here_when_its_thread_has_ended),
	TEST_SLOW(closing_meets_the_end_of_the_thread, 30),
	TEST_SLOW(closing_meets_a_release, 30),
	TEST(others_may_try_while_the_owner_uses_it_and_one_closes_it),
	TEST_SLOW(a_thousand_threads_have_a_connection_each_and_nothing_else,
		  60),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
