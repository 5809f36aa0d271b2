/* SPDX-License-Identifier: MIT */
/* A call that knows from the one before that it would get nothing waits at
 * once, and asks the kernel after that. A table of the test's own counts. */
#include "io/io.h"
#include "net.h"

#include <stdlib.h>

static struct snt__io table;
static struct {
	int in_full, in_part, in_vain;
} calls;

static ptrdiff_t counted(ptrdiff_t n, size_t size)
{
	if (n == -EAGAIN)
		calls.in_vain++;
	else if (n >= 0 && (size_t)n < size)
		calls.in_part++;
	else
		calls.in_full++;
	return n;
}

static ptrdiff_t counted_recv(int fd, void *buffer, size_t size, int flags)
{
	return counted(real_io()->recv(fd, buffer, size, flags), size);
}

static ptrdiff_t counted_send(int fd, const void *buffer, size_t size,
			      int flags)
{
	return counted(real_io()->send(fd, buffer, size, flags), size);
}

static void count(void)
{
	table = *real_io();
	table.recv = counted_recv;
	table.send = counted_send;
	snt__io = &table;
	calls = (typeof(calls)){ 0 };
}

static int take_bytes(void *arg)
{
	char buffer[16];

	while (OK(snt_recv(arg, buffer, sizeof buffer)) > 0)
		;
	return 0;
}

/* A wake-up without data may come now and then: this is not to the call. */
static void after_a_short_recv_the_next_waits_without_a_try(void)
{
	struct snt_group *group = group_open();
	struct snt_socket *a, *b;

	pair_on("127.0.0.1:0", &a, &b);
	count();
	table.send = real_io()->send;
	spawn(group, take_bytes, b);
	for (int i = 0; i < 20; i++) {
		OK(snt_sendall(a, "x", 1));
		let_them_receive(a, b);
	}
	snt__io = real_io();
	print_message("%d in part, %d in vain\n", calls.in_part, calls.in_vain);
	assert_int_equal(calls.in_part, 20);
	assert_true(calls.in_vain <= 10);
	snt_close(a);
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
	snt_close(b);
}

#define MUCH (32 << 20)

static int take_much(void *arg)
{
	static char buffer[1 << 20];

	for (size_t had = 0; had < MUCH; had += sizeof buffer)
		OK(snt_recv_exact(arg, buffer, sizeof buffer));
	return 0;
}

static void after_a_short_send_the_next_waits_without_a_try(void)
{
	struct snt_group *group = group_open();
	char *bytes = calloc(1, MUCH);
	struct snt_socket *a, *b;

	assert_non_null(bytes);
	pair_on("127.0.0.1:0", &a, &b);
	count();
	table.recv = real_io()->recv;
	spawn(group, take_much, b);
	OK(snt_sendall(a, bytes, MUCH));
	snt__io = real_io();
	print_message("%d in part, %d in vain\n", calls.in_part, calls.in_vain);
	assert_true(calls.in_part > 0);
	assert_true(calls.in_vain <= calls.in_part / 2);
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
	free(bytes);
	snt_close(a);
	snt_close(b);
}

static const struct test_case cases[] = {
	TEST(after_a_short_recv_the_next_waits_without_a_try),
	TEST(after_a_short_send_the_next_waits_without_a_try),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
