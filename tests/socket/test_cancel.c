/* SPDX-License-Identifier: MIT */
/* Cancellation and scopes reach every waiting call, and lose nothing. */
#include "waits.h"

static int run_cancelled(void *arg)
{
	struct stage *stage = arg;

	run_wait(stage);
	if (stage->result == -ECANCELED)
		TELLS("cancelled");
	return 0;
}

static void cancel_ends_every_waiting_call(void)
{
	EACH_WAIT(row)
	{
		struct snt_group *group = group_open();
		struct stage stage;

		stage_set_up(&stage, row);
		spawn(group, run_cancelled, &stage);
		let_them_wait();
		snt_group_cancel(group);
		OK(snt_yield());
		assert_result(&stage, -ECANCELED);
		OK(snt_group_end(group));
		clean_up(&stage);
	}
}

/* A level, not an edge: also where nothing would have to be waited for. */
static void in_a_cancelled_group_every_call_is_refused(void)
{
	EACH_WAIT(row)
	{
		struct snt_group *group = group_open();
		struct stage stage;

		stage_set_up(&stage, row);
		if (row->let_go != NULL)
			row->let_go(&stage);
		spawn(group, run_cancelled, &stage);
		snt_group_cancel(group);
		OK(snt_yield());
		assert_result(&stage, -ECANCELED);
		OK(snt_group_end(group));
		clean_up(&stage);
	}
}

static int run_and_run_again(void *arg)
{
	struct stage *stage = arg;

	for (int i = 0; i < 3; i++) {
		run_wait(stage);
		assert_result(stage, -ECANCELED);
	}
	return 0;
}

static void a_cancelled_call_stays_cancelled(void)
{
	EACH_WAIT(row)
	{
		struct snt_group *group = group_open();
		struct stage stage;

		stage_set_up(&stage, row);
		spawn(group, run_and_run_again, &stage);
		let_them_wait();
		OK(snt_group_end(group));
		assert_result(&stage, -ECANCELED);
		clean_up(&stage);
	}
}

/* The handle is as good as before: what comes next is received by the next. */
static void a_cancelled_call_leaves_its_handle_usable(void)
{
	EACH_WAIT(row)
	{
		struct snt_group *group;
		struct stage stage;
		ptrdiff_t result;

		if (row->let_go == NULL)
			continue;
		group = group_open();
		stage_set_up(&stage, row);
		spawn(group, run_cancelled, &stage);
		let_them_wait();
		OK(snt_group_end(group));
		row->let_go(&stage);
		result = row->call(&stage);
		if (result < 0)
			fail_msg("%s: %s", row->name, snt_errmsg());
		clean_up(&stage);
	}
}

/* Data arrive, then the cancel, before the reader has run. */
static void no_bytes_are_lost_by_a_cancelled_receive(void)
{
	for (int i = 0; i < 3; i++) {
		struct snt_group *group = group_open();
		struct stage stage;
		ptrdiff_t had;
		char rest[8] = "";

		stage_set_up(&stage, &waits[i]);
		spawn(group, run_cancelled, &stage);
		let_them_wait();
		let_go_by_data(&stage);
		snt_group_cancel(group);
		OK(snt_group_end(group));
		had = stage.result > 0 ? stage.result : 0;
		assert_int_equal(OK(snt_recv_exact(stage.socket, rest,
						   (size_t)(4 - had))),
				 4 - had);
		assert_memory_equal(rest, &"abc\n"[had], (size_t)(4 - had));
		clean_up(&stage);
	}
}

struct part {
	struct snt_socket *socket;
	bool until;
	char bytes[16];
	size_t done;
};

static int receive_part(void *arg)
{
	struct part *part = arg;
	ptrdiff_t n =
		part->until
			? snt_recv_until(part->socket, "\n", 1, part->bytes, 9)
			: snt_recv_exact(part->socket, part->bytes, 9);

	assert_int_equal(n, -ECANCELED);
	part->done = snt_done();
	return 0;
}

/* What a cancelled recv_exact or recv_until had is told by snt_done. */
static void a_cancelled_message_tells_how_far_it_came(void)
{
	for (int until = 0; until < 2; until++) {
		struct snt_group *group = group_open();
		struct part part = { .until = until };
		struct snt_socket *peer;

		pair_on("127.0.0.1:0", &part.socket, &peer);
		spawn(group, receive_part, &part);
		let_them_wait();
		OK(snt_sendall(peer, "half", 4));
		let_them_receive(peer, part.socket);
		snt_group_cancel(group);
		OK(snt_group_end(group));
		assert_int_equal(part.done, 4);
		assert_memory_equal(part.bytes, "half", 4);
		OK(snt_sendall(peer, "whole", 5));
		assert_int_equal(OK(snt_recv_exact(part.socket, part.bytes, 5)),
				 5);
		assert_memory_equal(part.bytes, "whole", 5);
		snt_close(part.socket);
		snt_close(peer);
	}
}

static int clean_up_by_a_goodbye(void *arg)
{
	struct snt_socket *socket = arg;
	char bytes[4];

	assert_int_equal(snt_recv(socket, bytes, 4), -ECANCELED);
	{
		snt_cleanup_scope(5 * SNT_SECOND);

		OK(snt_sendall(socket, "bye", 3));
		assert_int_equal(OK(snt_recv_exact(socket, bytes, 3)), 3);
	}
	assert_int_equal(snt_recv(socket, bytes, 4), -ECANCELED);
	return 0;
}

static int answer_goodbye(void *arg)
{
	char bytes[4];

	assert_int_equal(OK(snt_recv_exact(arg, bytes, 3)), 3);
	OK(snt_sendall(arg, "bye", 3));
	return 0;
}

static void a_clean_up_scope_is_the_door_for_a_goodbye(void)
{
	struct snt_group *group = group_open(), *other = group_open();
	struct snt_socket *a, *b;

	pair_on("127.0.0.1:0", &a, &b);
	spawn(group, clean_up_by_a_goodbye, a);
	spawn(other, answer_goodbye, b);
	let_them_wait();
	OK(snt_group_end(group));
	OK(snt_group_wait(other));
	OK(snt_group_end(other));
	snt_close(a);
	snt_close(b);
}

static const struct test_case cases[] = {
	TEST(cancel_ends_every_waiting_call),
	TEST(in_a_cancelled_group_every_call_is_refused),
	TEST(a_cancelled_call_stays_cancelled),
	TEST(a_cancelled_call_leaves_its_handle_usable),
	TEST(no_bytes_are_lost_by_a_cancelled_receive),
	TEST(a_cancelled_message_tells_how_far_it_came),
	TEST(a_clean_up_scope_is_the_door_for_a_goodbye),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
