/* SPDX-License-Identifier: MIT */
/* Calls that wait without an event to wait for, and calls that never have to
 * wait: neither takes the processor from the others. */
#include "../threads.h"
#include "net.h"

#include "base/alloc.h"
#include "io/io.h"

#include <sennit/resolve.h>

static struct snt__io table;
static int sendto_calls;

static ptrdiff_t counted_sendto(int fd, const void *buffer, size_t size,
				int flags, const struct snt_addr *addr)
{
	sendto_calls++;
	return real_io()->sendto(fd, buffer, size, flags, addr);
}

static void a_full_unix_receiver_is_not_asked_in_a_spin(void)
{
	struct snt_server_opts opts = { .type = SOCK_DGRAM };
	struct snt_socket *receiver, *filler, *sender;
	struct snt_addr to;
	char text[64];

	snprintf(text, sizeof text, "unix:@sennit-test-%d", getpid());
	OK(snt_create_server(&receiver, text, &opts));
	OK(snt_getsockname(receiver, &to));
	OK(snt_socket(&filler, AF_UNIX, SOCK_DGRAM, 0));
	OK(snt_socket(&sender, AF_UNIX, SOCK_DGRAM, 0));
	snt_settimeout(filler, SNT_NOWAIT);
	while (snt_sendto(filler, "x", 1, &to) == 1)
		;
	table = *real_io();
	table.sendto = counted_sendto;
	snt__io = &table;
	snt_settimeout(sender, 300 * SNT_MILLISECOND);
	FAILS(snt_sendto(sender, "x", 1, &to), -ETIMEDOUT);
	assert_true(sendto_calls > 1);
	assert_true(sendto_calls < 50);
	snt__io = real_io();
	snt_close(sender);
	snt_close(filler);
	snt_close(receiver);
}

static int look_for_ever(void *arg)
{
	int code;

	do
		code = snt_wait_readable(arg);
	while (code == 0);
	return code;
}

static void looking_at_a_ready_handle_lets_others_run(void)
{
	struct snt_group *group = group_open();
	struct snt_socket *a, *b;

	OK(snt_socketpair(&a, &b, SOCK_STREAM));
	OK(snt_sendall(a, "x", 1));
	spawn(group, look_for_ever, b);
	OK(snt_sleep(SNT_MILLISECOND));
	OK(snt_group_end(group));
	snt_close(a);
	snt_close(b);
}

static int no_memory(void)
{
	return 1;
}

static int wait_for_connection(void *arg)
{
	FAILS(snt_wait_readable(arg), -EBADF);
	return 0;
}

static void an_accept_without_memory_takes_nobodys_place(void)
{
	struct snt_socket *server = server_on("127.0.0.1:0"), *conn;
	struct snt_group *group = group_open();

	spawn(group, wait_for_connection, server);
	let_them_wait();
	snt__alloc_fails = no_memory;
	FAILS(snt_accept(server, &conn), -EBUSY);
	snt__alloc_fails = NULL;
	snt_close(server);
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
}

static int wait_on_thread(void *arg)
{
	snt_timeout_scope(limit, SNT_MILLISECOND);
	char byte;

	FAILS(snt_recv(arg, &byte, 1), -ETIMEDOUT);
	return 0;
}

static void a_handle_of_an_ended_thread_is_whoevers_comes_next(void)
{
	struct snt_socket *a, *b;
	struct part part;
	char byte;

	OK(snt_socketpair(&a, &b, SOCK_STREAM));
	for (int i = 0; i < 2; i++) {
		part_start(&part, LONE, wait_on_thread, a);
		OK(part_join(&part));
	}
	snt_settimeout(a, SNT_MILLISECOND);
	FAILS(snt_recv(a, &byte, 1), -ETIMEDOUT);
	OK(snt_sendall(b, "x", 1));
	snt_settimeout(a, 0);
	assert_int_equal(OK(snt_recv(a, &byte, 1)), 1);
	snt_close(a);
	snt_close(b);
}

static int one_address(const struct snt__lookup *lookup, struct snt_addr *addrs,
		       size_t capacity, const char **reason)
{
	(void)reason;
	assert_true(capacity > 0);
	assert_non_null(lookup->host);
	addrs[0] = parsed("192.0.2.1:0");
	return 1;
}

static void a_host_may_be_called_as_an_address_form_begins(void)
{
	struct snt_addr addr, expected = parsed("192.0.2.1:80");

	table = *real_io();
	table.getaddrinfo = one_address;
	snt__io = &table;
	assert_int_equal(OK(snt_getaddrinfo("unix", "80", &addr, 1, NULL)), 1);
	assert_true(snt_addr_equal(&addr, &expected));
	assert_int_equal(OK(snt_getaddrinfo("fd", "80", &addr, 1, NULL)), 1);
	snt__io = real_io();
}

static const struct test_case cases[] = {
	TEST(a_full_unix_receiver_is_not_asked_in_a_spin),
	TEST(looking_at_a_ready_handle_lets_others_run),
	TEST(an_accept_without_memory_takes_nobodys_place),
	TEST(a_handle_of_an_ended_thread_is_whoevers_comes_next),
	TEST(a_host_may_be_called_as_an_address_form_begins),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
