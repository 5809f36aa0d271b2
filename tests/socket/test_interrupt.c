/* SPDX-License-Identifier: MIT */
/* Signals a thousand times a second, by a handler that restarts nothing: no
 * call ever says EINTR, and none ends early. */
#include "io/io.h"
#include "io/poller.h"
#include "net.h"

#include <signal.h>
#include <sys/time.h>

static volatile sig_atomic_t interruptions;

static void interrupt(int number)
{
	(void)number;
	interruptions++;
}

static void interrupt_from_now_on(void)
{
	struct sigaction action = { .sa_handler = interrupt };
	struct itimerval often = { { 0, 1000 }, { 0, 1000 } };

	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
}

static void no_more_interrupts(void)
{
	struct itimerval never = { { 0, 0 }, { 0, 0 } };

	assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
	assert_true(interruptions > 0);
}

#define TOTAL ((size_t)32 << 20)

static int send_all(void *arg)
{
	unsigned char *bytes = pattern_bytes(TOTAL);

	OK(snt_sendall(arg, bytes, TOTAL));
	OK(snt_shutdown(arg, SHUT_WR));
	test_free(bytes);
	return 0;
}

static void transfers_are_not_interrupted(void)
{
	EACH_STREAM(text)
	{
		struct snt_group *group = group_open();
		struct snt_socket *a, *b;
		unsigned char bytes[5000];
		size_t seen = 0;
		ptrdiff_t n;

		pair_on(text, &a, &b);
		interrupt_from_now_on();
		spawn(group, send_all, a);
		while ((n = OK(snt_recv(b, bytes, sizeof bytes))) > 0) {
			assert_pattern(bytes, (size_t)n, seen);
			seen += (size_t)n;
		}
		assert_int_equal(seen, TOTAL);
		OK(snt_group_wait(group));
		OK(snt_group_end(group));
		no_more_interrupts();
		snt_close(a);
		snt_close(b);
	}
}

static void connects_and_accepts_are_not_interrupted(void)
{
	EACH_STREAM(text)
	{
		struct snt_socket *server = server_on(text), *conn, *peer;

		interrupt_from_now_on();
		for (int i = 0; i < 2000; i++) {
			peer = connected_to(server);
			OK(snt_accept(server, &conn));
			snt_abort(conn);
			snt_close(peer);
		}
		no_more_interrupts();
		snt_close(server);
	}
}

static void waits_last_as_long_as_they_should(void)
{
	struct snt_socket *server = server_on("127.0.0.1:0"), *conn, *a, *b;
	int64_t began;
	char byte;

	OK(snt_socketpair(&a, &b, SOCK_STREAM));
	snt_settimeout(server, MILLISECONDS(60));
	snt_settimeout(a, MILLISECONDS(60));
	interrupt_from_now_on();
	began = snt_now();
	FAILS(snt_accept(server, &conn), -ETIMEDOUT);
	FAILS(snt_recv(a, &byte, 1), -ETIMEDOUT);
	FAILS(snt_wait_readable(a), -ETIMEDOUT);
	OK(snt_sleep(MILLISECONDS(60)));
	no_more_interrupts();
	assert_in_range(snt_now() - began, MILLISECONDS(240), 10 * SNT_SECOND);
	snt_close(a);
	snt_close(b);
	snt_close(server);
}

static void look_ups_are_not_interrupted(void)
{
	struct snt_addr addr;

	interrupt_from_now_on();
	for (int i = 0; i < 300; i++) {
		snt_timeout_scope(scope, 30 * SNT_SECOND);

		OK(snt_getaddrinfo("127.0.0.1", "https", &addr, 1, NULL));
	}
	OK(snt_sleep(MILLISECONDS(5)));
	no_more_interrupts();
}

static void pipes_are_not_interrupted(void)
{
	struct snt_group *group = group_open();
	struct snt_socket *from, *to;
	static unsigned char out[1 << 20], in[1 << 20];
	size_t seen = 0;
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	OK(snt_fromfd(&from, fds[1]));
	OK(snt_fromfd(&to, fds[0]));
	close(fds[0]);
	close(fds[1]);
	interrupt_from_now_on();
	while (seen < sizeof in) {
		OK(snt_sendall(from, out, 60000));
		seen += (size_t)OK(snt_recv_exact(to, in, 60000));
	}
	OK(snt_sleep(MILLISECONDS(5)));
	no_more_interrupts();
	OK(snt_group_end(group));
	snt_close(from);
	snt_close(to);
}

static void fire_nothing(struct snt__handle *handle, unsigned directions)
{
	(void)handle;
	(void)directions;
	fail_msg("nothing was waited for");
}

/* Which a scheduler would take for a poller out of order. */
static void an_interrupted_poller_reports_no_error(void)
{
	const struct snt__poller_ops *begin, *spawned;
	struct snt__poller poller;

	snt__io->backends(&begin, &spawned);
	poller.ops = begin;
	assert_int_equal(poller.ops->open(&poller), 0);
	interrupt_from_now_on();
	while (interruptions < 20)
		assert_int_equal(poller.ops->wait(&poller,
						  snt_now() + SNT_SECOND,
						  fire_nothing),
				 0);
	no_more_interrupts();
	poller.ops->close(&poller);
}

static const struct test_case cases[] = {
	TEST(an_interrupted_poller_reports_no_error),
	TEST_SLOW(transfers_are_not_interrupted, 30),
	TEST_SLOW(connects_and_accepts_are_not_interrupted, 30),
	TEST(waits_last_as_long_as_they_should),
	TEST(look_ups_are_not_interrupted),
	TEST(pipes_are_not_interrupted),
};

int main(int argc, char **argv)
{
	return RUN_TESTS(cases);
}
