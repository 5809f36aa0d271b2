/* SPDX-License-Identifier: MIT */
/* Batches over Unix sockets, whose receiver's queue is short. */
#include "batches.h"

static void unix_datagrams_go_in_batches(void)
{
	struct snt_addr a_name, b_name;
	struct snt_socket *a = unix_on(&a_name), *b = unix_on(&b_name);

	for (size_t i = 0; i < 5; i++)
		got[i] = (struct snt_datagram){ .buffer = digits,
						.size = i,
						.addr = &b_name };
	assert_int_equal(OK(snt_sendmany(a, got, 5)), 5);
	assert_int_equal(
		OK(snt_recvmany(b, batch_room, sizeof batch_room, got, MANY)),
		5);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(got[i].size, i);
		assert_memory_equal(got[i].buffer, "12345", i);
		assert_true(snt_addr_equal(got[i].addr, &a_name));
	}
	snt_close(a);
	snt_close(b);
}

struct flood {
	struct snt_socket *socket;
	struct snt_addr to;
	bool named;
};

#define FLOOD 1000

static int send_flood(void *arg)
{
	struct flood *flood = arg;
	struct snt_datagram datagrams[MANY];

	for (int sent = 0; sent < FLOOD;) {
		int numbers[MANY];

		for (int i = 0; i < MANY; i++) {
			numbers[i] = sent + i;
			datagrams[i] = (struct snt_datagram){
				.buffer = &numbers[i],
				.size = sizeof numbers[i],
				.addr = flood->named ? &flood->to : NULL,
			};
		}
		sent += (int)OK(snt_sendmany(
			flood->socket, datagrams,
			sent + MANY <= FLOOD ? MANY : (size_t)(FLOOD - sent)));
	}
	return 0;
}

/* The receiver's queue is short; what fits goes, and the first one waits. */
static void a_unix_sender_of_batches_waits_for_room(void)
{
	for (int named = 0; named < 2; named++) {
		struct snt_group *group = group_open();
		struct flood flood = { .named = named };
		struct snt_addr name;
		struct snt_socket *to = unix_on(&flood.to);

		flood.socket = unix_on(&name);
		if (!named)
			OK(snt_connect(flood.socket, &flood.to));
		spawn(group, send_flood, &flood);
		for (int done = 0; done < FLOOD;) {
			ptrdiff_t n = OK(snt_recvmany(
				to, batch_room, sizeof batch_room, got, MANY));

			for (ptrdiff_t i = 0; i < n; i++, done++) {
				int number;

				memcpy(&number, got[i].buffer, sizeof number);
				assert_int_equal(number, done);
			}
		}
		OK(snt_group_wait(group));
		OK(snt_group_end(group));
		snt_close(flood.socket);
		snt_close(to);
	}
}

static void a_full_unix_queue_is_partial_then_would_wait(void)
{
	struct snt_addr name, to_name;
	struct snt_socket *a = unix_on(&name), *to = unix_on(&to_name);
	struct many *many = many_to(&to_name, true);
	ptrdiff_t n = 0, sent = 0;

	snt_settimeout(a, SNT_NOWAIT);
	while ((n = snt_sendmany(a, many->datagrams, MANY)) > 0)
		sent += n;
	FAILS(n, -EAGAIN);
	assert_true(sent > 0);
	snt_settimeout(a, MILLISECONDS(5));
	FAILS(snt_sendmany(a, many->datagrams, MANY), -ETIMEDOUT);
	test_free(many);
	snt_close(a);
	snt_close(to);
}

struct sender {
	struct snt_socket *socket;
	struct many *many;
	ptrdiff_t code;
};

static int send_until_it_ends(void *arg)
{
	struct sender *sender = arg;

	do
		sender->code = snt_sendmany(sender->socket,
					    sender->many->datagrams, MANY);
	while (sender->code > 0);
	return 0;
}

static void a_sender_that_waits_hears_of_cancel_and_close(void)
{
	for (int closes = 0; closes < 2; closes++) {
		struct snt_group *group = group_open();
		struct snt_addr name, to_name;
		struct snt_socket *to = unix_on(&to_name);
		struct sender sender = { .socket = unix_on(&name),
					 .many = many_to(&to_name, true) };

		spawn(group, send_until_it_ends, &sender);
		OK(snt_sleep(MILLISECONDS(1)));
		if (closes)
			snt_close(sender.socket);
		else
			snt_group_cancel(group);
		if (closes)
			OK(snt_group_wait(group));
		OK(snt_group_end(group));
		assert_int_equal(sender.code, closes ? -EBADF : -ECANCELED);
		if (!closes)
			snt_close(sender.socket);
		test_free(sender.many);
		snt_close(to);
	}
}

static const struct test_case cases[] = {
	TEST(unix_datagrams_go_in_batches),
	TEST(a_unix_sender_of_batches_waits_for_room),
	TEST(a_full_unix_queue_is_partial_then_would_wait),
	TEST(a_sender_that_waits_hears_of_cancel_and_close),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
