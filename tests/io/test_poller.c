/* SPDX-License-Identifier: MIT */
/*
 * What a poller must say of a descriptor, and when: the facts that the floors
 * above rest upon. Each case runs the poller itself, without fibers.
 */
#include "tcp_pair.h"
#include "base/alloc.h"

#include "io/io.h"
#include "io/poller.h"

#include <fcntl.h>
#include <sennit.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define ALL (SNT__READ | SNT__WRITE | SNT__ODD)
#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static struct snt__poller poller;

/* What was reported, since the last look. */
static struct {
	struct snt__handle *handle;
	unsigned directions;
} fired[64];
static size_t fired_count;

static void fire(struct snt__handle *handle, unsigned directions)
{
	assert_true(fired_count < COUNT(fired));
	fired[fired_count].handle = handle;
	fired[fired_count++].directions = directions;
}

/* The one of this thread's backend, but not the thread's own. */
static void open_poller(void)
{
	const struct snt__poller_ops *begin, *spawn;

	snt__io->backends(&begin, &spawn);
	poller.ops = begin;
	assert_string_equal(poller.ops->name, snt_backend());
	assert_int_equal(poller.ops->open(&poller), 0);
}

static void close_poller(void)
{
	poller.ops->close(&poller);
}

/* Of a case with one handle, on the first of two descriptors. */
static void end_with(struct snt__handle *handle, const int fds[2])
{
	poller.ops->forget(&poller, handle);
	close(fds[0]);
	close(fds[1]);
	close_poller();
}

static bool edges(void)
{
	return strcmp(poller.ops->name, "direct") != 0;
}

static void arm(struct snt__handle *handle, unsigned directions)
{
	assert_int_equal(poller.ops->arm(&poller, handle, directions), 0);
}

/* Only looks; what was reported for the handle. */
static unsigned look(const struct snt__handle *handle)
{
	unsigned directions = 0;

	fired_count = 0;
	assert_int_equal(poller.ops->wait(&poller, 0, fire), 0);
	for (size_t i = 0; i < fired_count; i++)
		if (fired[i].handle == handle)
			directions |= fired[i].directions;
	return directions;
}

static void put(int fd, const char *bytes)
{
	assert_int_equal(send(fd, bytes, strlen(bytes), MSG_NOSIGNAL),
			 strlen(bytes));
}

static void nothing_is_reported_without_a_reason(void)
{
	struct snt__handle handle;
	int fds[2];

	open_poller();
	tcp_pair(fds);
	snt__handle_init(&handle, fds[0]);
	arm(&handle, SNT__READ);
	assert_int_equal(look(&handle), 0);
	end_with(&handle, fds);
}

static void data_that_were_there_before_arming_are_reported(void)
{
	struct snt__handle handle;
	int fds[2];

	open_poller();
	tcp_pair(fds);
	put(fds[1], "x");
	snt__handle_init(&handle, fds[0]);
	arm(&handle, SNT__READ);
	assert_int_equal(look(&handle) & ALL, SNT__READ);
	end_with(&handle, fds);
}

static void more_data_are_reported_again(void)
{
	struct snt__handle handle;
	int fds[2];

	open_poller();
	tcp_pair(fds);
	snt__handle_init(&handle, fds[0]);
	for (int i = 0; i < 3; i++) {
		arm(&handle, SNT__READ);
		put(fds[1], "x");
		assert_int_equal(look(&handle) & ALL, SNT__READ);
		/* Whoever has been told does not need to be told again. */
		if (edges())
			assert_int_equal(look(&handle), 0);
		poller.ops->disarm(&poller, &handle, SNT__READ);
	}
	end_with(&handle, fds);
}

/* So a short read after this one proves nothing: no other report will come. */
static void data_and_end_are_one_report_that_says_so(void)
{
	struct snt__handle handle;
	int fds[2];

	open_poller();
	tcp_pair(fds);
	snt__handle_init(&handle, fds[0]);
	arm(&handle, SNT__READ);
	put(fds[1], "data");
	shutdown(fds[1], SHUT_WR);
	assert_int_equal(look(&handle) & ALL, SNT__READ | SNT__ODD);
	if (edges())
		assert_int_equal(look(&handle), 0);
	end_with(&handle, fds);
}

static void a_reset_is_reported_to_both_directions(void)
{
	const struct linger at_once = { 1, 0 };
	struct snt__handle handle;
	int fds[2];

	open_poller();
	tcp_pair(fds);
	snt__handle_init(&handle, fds[0]);
	arm(&handle, SNT__READ);
	setsockopt(fds[1], SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	close(fds[1]);
	assert_int_equal(look(&handle) & ALL, ALL);
	poller.ops->forget(&poller, &handle);
	close(fds[0]);
	close_poller();
}

static void urgent_data_make_a_handle_odd(void)
{
	struct snt__handle handle;
	int fds[2];

	open_poller();
	tcp_pair(fds);
	snt__handle_init(&handle, fds[0]);
	arm(&handle, SNT__READ);
	assert_int_equal(send(fds[1], "!", 1, MSG_OOB), 1);
	/* direct does not ask for it: a level needs no such care. */
	if (edges())
		assert_true(look(&handle) & SNT__ODD);
	end_with(&handle, fds);
}

static void room_is_reported_once_there_is_some(void)
{
	struct snt__handle handle;
	static char bytes[65536];
	int fds[2];

	open_poller();
	assert_int_equal(socketpair(AF_UNIX,
				    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
				    0, fds),
			 0);
	snt__handle_init(&handle, fds[0]);
	while (send(fds[0], bytes, sizeof bytes, 0) > 0)
		;
	arm(&handle, SNT__WRITE);
	assert_int_equal(look(&handle) & SNT__WRITE, 0);
	while (recv(fds[1], bytes, sizeof bytes, 0) > 0)
		;
	assert_int_equal(look(&handle) & SNT__WRITE, SNT__WRITE);
	end_with(&handle, fds);
}

static void a_second_direction_can_be_asked_for_later(void)
{
	struct snt__handle handle;
	int fds[2];

	open_poller();
	tcp_pair(fds);
	snt__handle_init(&handle, fds[0]);
	arm(&handle, SNT__READ);
	assert_int_equal(look(&handle), 0);
	arm(&handle, SNT__WRITE);
	assert_int_equal(look(&handle) & ALL, SNT__WRITE);
	put(fds[1], "x");
	assert_true(look(&handle) & SNT__READ);
	end_with(&handle, fds);
}

static void what_is_not_waited_for_is_not_reported_by_direct(void)
{
	struct snt__handle handle;
	int fds[2];

	open_poller();
	tcp_pair(fds);
	snt__handle_init(&handle, fds[0]);
	arm(&handle, SNT__READ | SNT__WRITE);
	poller.ops->disarm(&poller, &handle, SNT__WRITE);
	if (!edges())
		assert_int_equal(look(&handle), 0);
	poller.ops->disarm(&poller, &handle, SNT__READ);
	put(fds[1], "x");
	if (!edges())
		assert_int_equal(look(&handle), 0);
	end_with(&handle, fds);
}

/* A duplicate keeps the file open, so close alone would not end the reports. */
static void what_is_forgotten_is_not_reported_though_the_file_lives_on(void)
{
	struct snt__handle handle;
	int fds[2], other;

	open_poller();
	tcp_pair(fds);
	other = fcntl(fds[0], F_DUPFD_CLOEXEC, 0);
	snt__handle_init(&handle, fds[0]);
	arm(&handle, SNT__READ);
	poller.ops->forget(&poller, &handle);
	close(fds[0]);
	put(fds[1], "x");
	fired_count = 0;
	assert_int_equal(poller.ops->wait(&poller, 0, fire), 0);
	assert_int_equal(fired_count, 0);
	close(other);
	close(fds[1]);
	close_poller();
}

/* 1 of arm: cannot be polled; else it is reported ready at once. */
static void a_regular_file_is_always_ready(void)
{
	int fd = memfd_create("file", MFD_CLOEXEC), code;
	struct snt__handle handle;

	open_poller();
	snt__handle_init(&handle, fd);
	code = poller.ops->arm(&poller, &handle, SNT__READ);
	assert_int_equal(code, strcmp(poller.ops->name, "epoll") == 0 ? 1 : 0);
	for (int i = 0; code == 0 && i < 3; i++) {
		arm(&handle, SNT__READ);
		assert_true(look(&handle) & SNT__READ);
	}
	poller.ops->forget(&poller, &handle);
	close(fd);
	close_poller();
}

static void many_handles_are_each_reported_once(void)
{
	struct snt__handle handles[50];
	int fds[50][2];

	open_poller();
	for (size_t i = 0; i < 50; i++) {
		assert_int_equal(pipe2(fds[i], O_CLOEXEC | O_NONBLOCK), 0);
		snt__handle_init(&handles[i], fds[i][0]);
		arm(&handles[i], SNT__READ);
		if (i % 2 == 0)
			assert_int_equal(write(fds[i][1], "x", 1), 1);
	}
	fired_count = 0;
	while (fired_count < 25)
		assert_int_equal(poller.ops->wait(&poller, SNT_FOREVER, fire),
				 0);
	if (edges())
		assert_int_equal(poller.ops->wait(&poller, 0, fire), 0);
	assert_int_equal(fired_count, 25);
	for (size_t i = 0; i < fired_count; i++) {
		assert_int_equal((fired[i].handle - handles) % 2, 0);
		fired[i].handle = NULL;
	}
	for (size_t i = 0; i < 50; i++) {
		poller.ops->forget(&poller, &handles[i]);
		close(fds[i][0]);
		close(fds[i][1]);
	}
	close_poller();
}

static const int64_t durations[] = { -SNT_SECOND, 0, 1, 20 * SNT_MILLISECOND };

static void a_wait_lasts_until_its_deadline_and_no_longer(void)
{
	open_poller();
	for (size_t i = 0; i < COUNT(durations); i++) {
		int64_t deadline = snt_now() + durations[i];

		assert_int_equal(poller.ops->wait(&poller, deadline, fire), 0);
		assert_true(snt_now() >= deadline);
		assert_true(snt_now() < deadline + 3 * SNT_SECOND);
	}
	close_poller();
}

static void a_descriptor_closed_behind_our_back_does_not_spin_or_hang(void)
{
	struct snt__handle handle;
	int fds[2], code;

	open_poller();
	tcp_pair(fds);
	snt__handle_init(&handle, fds[0]);
	close(fds[0]);
	/* epoll says so at once; the others wake the waiter, whose try fails. */
	code = poller.ops->arm(&poller, &handle, SNT__READ);
	assert_int_equal(code,
			 strcmp(poller.ops->name, "epoll") == 0 ? -EBADF : 0);
	if (code == 0)
		assert_true(look(&handle) & SNT__READ);
	if (code == 0 && edges())
		assert_int_equal(poller.ops->arm(&poller, &handle, SNT__READ),
				 -EBADF);
	poller.ops->forget(&poller, &handle);
	close(fds[1]);
	close_poller();
}

static int always(void)
{
	return 1;
}

/* A wait for a few is a poll(2), and nothing is set up before it. */
static void waiting_for_one_needs_no_memory_on_direct(void)
{
	struct snt__handle handle;
	int fds[2];

	open_poller();
	tcp_pair(fds);
	snt__handle_init(&handle, fds[0]);
	snt__alloc_fails = always;
	if (!edges())
		assert_int_equal(poller.ops->arm(&poller, &handle, SNT__READ),
				 0);
	snt__alloc_fails = NULL;
	end_with(&handle, fds);
}

static void the_kernel_is_asked_of_the_directions_that_are_wanted(void)
{
	static char bytes[4096];
	int fds[2];

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	put(fds[1], "x");
	assert_int_equal(snt__io->look(fds[0], SNT__READ), SNT__READ);
	assert_int_equal(snt__io->look(fds[0], SNT__WRITE), SNT__WRITE);
	assert_int_equal(snt__io->look(fds[0], SNT__READ | SNT__WRITE),
			 SNT__READ | SNT__WRITE);
	assert_int_equal(snt__io->look(fds[1], SNT__READ), 0);
	while (write(fds[0], bytes, sizeof bytes) > 0)
		;
	assert_int_equal(snt__io->look(fds[0], SNT__WRITE), 0);
	close(fds[0]);
	close(fds[1]);
}

static const struct test_case cases[] = {
	TEST(nothing_is_reported_without_a_reason),
	TEST(data_that_were_there_before_arming_are_reported),
	TEST(more_data_are_reported_again),
	TEST(data_and_end_are_one_report_that_says_so),
	TEST(a_reset_is_reported_to_both_directions),
	TEST(urgent_data_make_a_handle_odd),
	TEST(room_is_reported_once_there_is_some),
	TEST(a_second_direction_can_be_asked_for_later),
	TEST(what_is_not_waited_for_is_not_reported_by_direct),
	TEST(what_is_forgotten_is_not_reported_though_the_file_lives_on),
	TEST(a_regular_file_is_always_ready),
	TEST(many_handles_are_each_reported_once),
	TEST(a_wait_lasts_until_its_deadline_and_no_longer),
	TEST(a_descriptor_closed_behind_our_back_does_not_spin_or_hang),
	TEST(waiting_for_one_needs_no_memory_on_direct),
	TEST(the_kernel_is_asked_of_the_directions_that_are_wanted),
};

int main(int argc, char **argv)
{
	return RUN_TESTS(cases);
}
