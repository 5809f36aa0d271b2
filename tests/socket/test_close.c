/* SPDX-License-Identifier: MIT */
/* Handles closed under those who wait on them: -EBADF, at once, and nobody
 * touches what is gone. */
#include "waits.h"

static void close_ends_every_waiting_call(void)
{
	EACH_WAIT(row)
	{
		struct snt_group *group;
		struct stage stage;

		if (row->flags & NO_HANDLE)
			continue;
		group = group_open();
		stage_set_up(&stage, row);
		spawn(group, run_wait, &stage);
		let_them_wait();
		snt_close(stage.socket);
		stage.socket = NULL;
		OK(snt_yield());
		assert_result(&stage, -EBADF);
		OK(snt_group_end(group));
		clean_up(&stage);
	}
}

/* What was waited for has come, but nobody has noticed yet. */
static void close_ends_a_call_that_was_just_let_go(void)
{
	EACH_WAIT(row)
	{
		struct snt_group *group;
		struct snt_socket *doomed;
		struct stage stage;

		if ((row->flags & NO_HANDLE) || row->let_go == NULL)
			continue;
		group = group_open();
		stage_set_up(&stage, row);
		spawn(group, run_wait, &stage);
		let_them_wait();
		row->let_go(&stage);
		doomed = stage.socket;
		stage.socket = NULL;
		snt_close(doomed);
		OK(snt_yield());
		assert_result(&stage, -EBADF);
		OK(snt_group_end(group));
		clean_up(&stage);
	}
}

struct closing {
	struct stage *stage;
	struct snt_socket *trigger;
};

static int close_when_told(void *arg)
{
	struct closing *closing = arg;
	char byte;

	assert_int_equal(OK(snt_recv(closing->trigger, &byte, 1)), 1);
	snt_close(closing->stage->socket);
	closing->stage->socket = NULL;
	return 0;
}

/*
 * One batch of events makes two fibers ready: first the one that closes, then
 * the one that waits on what is closed.
 */
static void close_in_the_same_turn_as_the_event_it_waits_for(void)
{
	EACH_WAIT(row)
	{
		struct snt_group *group;
		struct snt_socket *tell;
		struct stage stage;
		struct closing closing = { .stage = &stage };

		if ((row->flags & NO_HANDLE) || row->let_go == NULL)
			continue;
		group = group_open();
		pair_on("127.0.0.1:0", &tell, &closing.trigger);
		stage_set_up(&stage, row);
		spawn(group, close_when_told, &closing);
		spawn(group, run_wait, &stage);
		let_them_wait();
		OK(snt_sendall(tell, "x", 1));
		row->let_go(&stage);
		OK(snt_group_wait(group));
		if (stage.result < 0)
			assert_result(&stage, -EBADF);
		OK(snt_group_end(group));
		clean_up(&stage);
		snt_close(tell);
		snt_close(closing.trigger);
	}
}

static void close_ends_the_reader_and_the_writer_of_a_handle(void)
{
	struct snt_group *group = group_open();
	struct stage reader, writer;

	stage_set_up(&writer, &waits[5]);
	reader = writer;
	reader.wait = &waits[0];
	spawn(group, run_wait, &writer);
	spawn(group, run_wait, &reader);
	let_them_wait();
	snt_close(writer.socket);
	writer.socket = NULL;
	OK(snt_yield());
	assert_result(&reader, -EBADF);
	assert_result(&writer, -EBADF);
	OK(snt_group_end(group));
	clean_up(&writer);
}

static void abort_ends_a_waiting_call(void)
{
	struct snt_group *group = group_open();
	struct stage stage;

	stage_set_up(&stage, &waits[0]);
	spawn(group, run_wait, &stage);
	let_them_wait();
	snt_abort(stage.socket);
	stage.socket = NULL;
	OK(snt_yield());
	assert_result(&stage, -EBADF);
	OK(snt_group_end(group));
	clean_up(&stage);
}

static void detach_ends_a_waiting_call_and_gives_the_descriptor(void)
{
	struct snt_group *group = group_open();
	struct stage stage;
	char byte;
	int fd;

	stage_set_up(&stage, &waits[0]);
	spawn(group, run_wait, &stage);
	let_them_wait();
	fd = (int)OK(snt_detach(stage.socket));
	stage.socket = NULL;
	OK(snt_yield());
	assert_result(&stage, -EBADF);
	raw_write(fd, "x", 1);
	assert_int_equal(OK(snt_recv(stage.peer, &byte, 1)), 1);
	raw_close(fd);
	OK(snt_group_end(group));
	clean_up(&stage);
}

static void closing_nothing_is_fine(void)
{
	snt_auto(socket) none = NULL;

	snt_close(NULL);
	snt_abort(NULL);
	assert_null(none);
}

static void the_end_of_a_scope_closes(void)
{
	struct snt_socket *peer;
	char byte;

	{
		snt_auto(socket) socket = NULL;

		OK(snt_socketpair(&socket, &peer, SOCK_STREAM));
	}
	assert_int_equal(OK(snt_recv(peer, &byte, 1)), 0);
	snt_close(peer);
}

static int return_at_once(void *unused)
{
	(void)unused;
	return 0;
}

/* The number is used again at once, and nobody gets another's events. */
static void a_descriptor_number_can_be_another_handle_at_once(void)
{
	struct snt_group *group = group_open();
	struct stage first, second;
	int number;

	/* So that the thread's own descriptors have their numbers by then. */
	spawn(group, return_at_once, NULL);
	stage_set_up(&first, &waits[0]);
	spawn(group, run_wait, &first);
	let_them_wait();
	number = snt_fileno(first.socket);
	snt_close(first.socket);
	first.socket = NULL;
	stage_set_up(&second, &waits[0]);
	assert_true(snt_fileno(second.socket) == number ||
		    snt_fileno(second.peer) == number);
	spawn(group, run_wait, &second);
	let_them_wait();
	assert_result(&first, -EBADF);
	let_go_by_data(&second);
	OK(snt_group_wait(group));
	assert_result(&second, 4);
	OK(snt_group_end(group));
	clean_up(&first);
	clean_up(&second);
}

/* One number cannot stand for them all. */
static void a_server_of_several_addresses_is_not_detached(void)
{
	struct snt_socket *server = server_on("localhost:0");
	struct snt_addr names[4];
	int count = (int)OK(snt_getsocknames(server, names, 4));

	if (count > 1) {
		FAILS(snt_detach(server), -EINVAL);
		TELLS("descriptors");
	}
	/* It is the caller's still. */
	snt_close(connected_to(server));
	snt_close(server);
	assert_int_equal(count, 2);
}

static const struct test_case cases[] = {
	TEST(close_ends_every_waiting_call),
	TEST(close_ends_a_call_that_was_just_let_go),
	TEST(close_in_the_same_turn_as_the_event_it_waits_for),
	TEST(close_ends_the_reader_and_the_writer_of_a_handle),
	TEST(abort_ends_a_waiting_call),
	TEST(detach_ends_a_waiting_call_and_gives_the_descriptor),
	TEST(a_server_of_several_addresses_is_not_detached),
	TEST(closing_nothing_is_fine),
	TEST(the_end_of_a_scope_closes),
	TEST(a_descriptor_number_can_be_another_handle_at_once),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
