/* SPDX-License-Identifier: MIT */
/* Calls of a stream that are told to stop: by a cancel, a limit, a close, by
 * another fiber in their place. */
#include "calls.h"

#include "../forked.h"
#include "../threads.h"
#include "base/alloc.h"

static void close_scene(struct scene *scene)
{
	snt_stream_close(scene->stream);
	snt_close(scene->socket);
	snt_close(scene->peer);
}

static void a_cancel_ends_every_call(void)
{
	EACH_CALL(row)
	{
		struct scene scene = scene_of(row, false);
		struct snt_group *group = group_open();

		spawn(group, run_call, &scene);
		let_them_wait();
		snt_group_cancel(group);
		OK(snt_yield());
		assert_result(&scene, -ECANCELED);
		OK(snt_group_end(group));
		close_scene(&scene);
	}
}

/* Also those that would not have to wait. */
static void in_a_cancelled_group_every_call_is_refused(void)
{
	EACH_CALL(row)
	{
		struct scene scene = scene_of(row, false);
		struct snt_group *group = group_open();

		let_go(&scene);
		spawn(group, run_call, &scene);
		snt_group_cancel(group);
		OK(snt_yield());
		assert_result(&scene, -ECANCELED);
		OK(snt_group_end(group));
		close_scene(&scene);
	}
}

static void a_scope_and_the_sockets_timeout_end_every_call(void)
{
	EACH_CALL(row)
	{
		struct scene scene = scene_of(row, false);

		{
			snt_timeout_scope(limit, SNT_MILLISECOND);
			FAILS(row->run(&scene), -ETIMEDOUT);
			TELLS(row->writes ? "unix:@" : "127.0.0.1:");
			assert_true(snt_scope_expired(&limit));
		}
		snt_settimeout(scene.socket, SNT_MILLISECOND);
		FAILS(row->run(&scene), -ETIMEDOUT);
		snt_settimeout(scene.socket, SNT_NOWAIT);
		FAILS(row->run(&scene), -EAGAIN);
		close_scene(&scene);
	}
}

/* Whatever was told to stop, what it was to read is there for the next. */
static void a_call_that_was_stopped_can_be_made_again(void)
{
	EACH_CALL(row)
	{
		struct scene scene = scene_of(row, false);
		struct snt_group *group = group_open();

		spawn(group, run_call, &scene);
		let_them_wait();
		OK(snt_group_end(group));
		assert_result(&scene, -ECANCELED);
		let_go(&scene);
		OK(snt_flush(scene.stream));
		OK(row->run(&scene));
		close_scene(&scene);
	}
}

static void closing_the_stream_ends_every_call(void)
{
	EACH_CALL(row)
	{
		for (int takes = 0; takes <= 1; takes++) {
			struct scene scene = scene_of(row, takes);
			struct snt_group *group = group_open();

			spawn(group, run_call, &scene);
			let_them_wait();
			snt_stream_close(scene.stream);
			OK(snt_yield());
			assert_result(&scene, -EBADF);
			OK(snt_group_end(group));
			if (!takes)
				snt_close(scene.socket);
			snt_close(scene.peer);
		}
	}
}

/* What was waited for has come, but nobody has noticed yet. */
static void closing_ends_a_call_that_was_just_let_go(void)
{
	EACH_CALL(row)
	{
		for (int takes = 0; takes <= 1; takes++) {
			struct scene scene = scene_of(row, takes);
			struct snt_group *group = group_open();

			spawn(group, run_call, &scene);
			let_them_wait();
			let_go(&scene);
			snt_stream_close(scene.stream);
			OK(snt_yield());
			/* A writer may have gone on while its way was
			 * cleared. */
			if (!row->writes || scene.result != 0)
				assert_result(&scene, -EBADF);
			OK(snt_group_end(group));
			if (!takes)
				snt_close(scene.socket);
			snt_close(scene.peer);
		}
	}
}

/* A socket that was borrowed is as good as before. */
static void after_the_stream_its_socket_goes_on(void)
{
	struct scene scene = scene_of(&calls[0], false);
	struct snt_group *group = group_open();
	char byte;

	spawn(group, run_call, &scene);
	let_them_wait();
	snt_stream_close(scene.stream);
	OK(snt_yield());
	OK(snt_group_end(group));
	OK(snt_sendall(scene.peer, "x", 1));
	assert_int_equal(OK(snt_recv(scene.socket, &byte, 1)), 1);
	OK(snt_makefile(&scene.stream, scene.socket, NULL));
	OK(snt_sendall(scene.peer, "yz", 2));
	assert_int_equal(OK(snt_read(scene.stream, &byte, 1)), 1);
	assert_int_equal(byte, 'y');
	close_scene(&scene);
}

static void closing_ends_the_reader_and_the_writer(void)
{
	for (int takes = 0; takes <= 1; takes++) {
		struct scene writer = scene_of(&calls[COUNT(calls) - 1], takes);
		struct scene reader = writer;
		struct snt_group *group = group_open();

		reader.row = &calls[0];
		spawn(group, run_call, &writer);
		spawn(group, run_call, &reader);
		let_them_wait();
		snt_stream_close(writer.stream);
		OK(snt_yield());
		assert_result(&writer, -EBADF);
		assert_result(&reader, -EBADF);
		OK(snt_group_end(group));
		if (!takes)
			snt_close(writer.socket);
		snt_close(writer.peer);
	}
}

static void closing_the_socket_ends_every_call_now_and_later(void)
{
	EACH_CALL(row)
	{
		struct scene scene = scene_of(row, true);
		struct snt_group *group = group_open();
		char byte;

		spawn(group, run_call, &scene);
		let_them_wait();
		snt_close(scene.socket);
		OK(snt_yield());
		assert_result(&scene, -EBADF);
		OK(snt_group_end(group));
		assert_null(snt_stream_socket(scene.stream));
		FAILS(snt_read(scene.stream, &byte, 1), -EBADF);
		FAILS(snt_write(scene.stream, "x", 1), -EBADF);
		FAILS(snt_unread(scene.stream, "x", 1), -EBADF);
		TELLS("handle is closed");
		snt_stream_close(scene.stream);
		snt_close(scene.peer);
	}
}

static void a_second_call_of_a_kind_is_refused(void)
{
	EACH_CALL(row)
	{
		struct scene scene = scene_of(row, false);
		struct snt_group *group = group_open();

		spawn(group, run_call, &scene);
		let_them_wait();
		EACH_CALL(other)
		{
			if (other->writes == row->writes)
				FAILS(other->run(&scene), -EBUSY);
		}
		if (!row->writes)
			FAILS(snt_unread(scene.stream, "x", 1), -EBUSY);
		TELLS("another fiber");
		let_go(&scene);
		OK(snt_group_wait(group));
		OK(scene.result);
		OK(snt_group_end(group));
		close_scene(&scene);
	}
}

/* The second one of the socket's own calls, too; and the first. */
static void the_socket_is_busy_while_its_stream_waits(void)
{
	struct scene scene = scene_of(&calls[0], false);
	struct snt_group *group = group_open();
	char byte;

	spawn(group, run_call, &scene);
	let_them_wait();
	FAILS(snt_recv(scene.socket, &byte, 1), -EBUSY);
	let_go(&scene);
	OK(snt_group_wait(group));
	assert_result(&scene, 4);
	OK(snt_group_end(group));
	close_scene(&scene);
}

static void a_reader_and_a_writer_do_not_disturb_each_other(void)
{
	struct scene writer = scene_of(&calls[COUNT(calls) - 1], false);
	struct scene reader = writer;
	struct snt_group *group = group_open();

	reader.row = &calls[0];
	reader.filled = 0;
	spawn(group, run_call, &writer);
	spawn(group, run_call, &reader);
	let_them_wait();
	let_go(&reader);
	while (reader.result == 99)
		OK(snt_yield());
	assert_result(&reader, 4);
	assert_result(&writer, 99);
	let_go(&writer);
	OK(snt_group_wait(group));
	assert_result(&writer, 0);
	OK(snt_group_end(group));
	close_scene(&writer);
}

static int call_in_vain(void *arg)
{
	struct scene *scene = arg;

	FAILS(scene->row->run(scene), -SNT_ETHREAD);
	FAILS(snt_unread(scene->stream, "x", 1), -SNT_ETHREAD);
	TELLS("another thread");
	return 0;
}

static void another_threads_stream_is_refused(void)
{
	EACH_CALL(row)
	{
		struct scene scene = scene_of(row, false);
		struct part part;

		{
			snt_timeout_scope(limit, SNT_MILLISECOND);
			FAILS(row->run(&scene), -ETIMEDOUT);
		}
		part_start(&part, LONE, call_in_vain, &scene);
		OK(part_join(&part));
		close_scene(&scene);
	}
}

static int go_on(void *arg)
{
	struct both *both = arg;
	char *line = NULL;

	assert_int_equal(OK(snt_readline(both->stream, &line)), 4);
	assert_string_equal(line, "two\n");
	OK(snt_flush(both->stream));
	snt_stream_close(both->stream);
	return 0;
}

/* With what is in its buffers. */
static void a_stream_moves_with_its_socket(void)
{
	EACH_WAY(way)
	{
		struct both both = both_on("127.0.0.1:0", 0, 0);
		char *line = NULL, got[4];
		struct part part;

		peer_says(&both, "one\ntwo\n");
		assert_int_equal(OK(snt_readline(both.stream, &line)), 4);
		OK(snt_write(both.stream, "back", 4));
		OK(snt_release(snt_stream_socket(both.stream)));
		part_start(&part, way, go_on, &both);
		assert_int_equal(OK(snt_recv_exact(both.peer, got, 4)), 4);
		assert_memory_equal(got, "back", 4);
		assert_int_equal(OK(snt_recv(both.peer, got, 4)), 0);
		OK(part_join(&part));
		snt_close(both.peer);
	}
}

/* Two processes hold the same bytes; they are sent once. */
static void a_forked_child_does_not_send_what_its_parent_wrote(void)
{
	struct both both = both_on("127.0.0.1:0", 0, 0);
	char got[8];
	pid_t pid;

	OK(snt_write(both.stream, "once", 4));
	pid = forked();
	if (pid == 0) {
		snt_stream_close(both.stream);
		_exit(0);
	}
	child_succeeds(pid);
	snt_stream_close(both.stream);
	assert_int_equal(OK(snt_recv_exact(both.peer, got, 4)), 4);
	assert_int_equal(OK(snt_recv(both.peer, got, 8)), 0);
	snt_close(both.peer);
}

/* The fiber in it stayed with the parent, and will never leave. */
static void a_forked_child_can_close_what_its_parent_waits_in(void)
{
	struct scene scene = scene_of(&calls[0], false);
	struct snt_group *group = group_open();
	size_t live;
	pid_t pid;

	spawn(group, run_call, &scene);
	let_them_wait();
	pid = forked();
	if (pid == 0) {
		live = snt__alloc_live();
		snt_stream_close(scene.stream);
		assert_int_equal(snt__alloc_live(), live - 1);
		_exit(0);
	}
	child_succeeds(pid);
	let_go(&scene);
	OK(snt_group_wait(group));
	assert_result(&scene, 4);
	OK(snt_group_end(group));
	close_scene(&scene);
}

static void a_forked_child_sends_what_it_wrote_itself(void)
{
	for (int prints = 0; prints <= 1; prints++) {
		struct both both = both_on("127.0.0.1:0", 0, 0);
		char got[8];
		pid_t pid = forked();

		if (pid == 0) {
			OK(prints ? snt_printf(both.stream, "%s", "child")
				  : snt_write(both.stream, "child", 5));
			snt_stream_close(both.stream);
			_exit(0);
		}
		child_succeeds(pid);
		snt_stream_close(both.stream);
		assert_int_equal(OK(snt_recv_exact(both.peer, got, 5)), 5);
		assert_memory_equal(got, "child", 5);
		assert_int_equal(OK(snt_recv(both.peer, got, 8)), 0);
		snt_close(both.peer);
	}
}

static const struct test_case cases[] = {
	TEST(a_cancel_ends_every_call),
	TEST(in_a_cancelled_group_every_call_is_refused),
	TEST(a_scope_and_the_sockets_timeout_end_every_call),
	TEST(a_call_that_was_stopped_can_be_made_again),
	TEST(closing_the_stream_ends_every_call),
	TEST(closing_ends_a_call_that_was_just_let_go),
	TEST(after_the_stream_its_socket_goes_on),
	TEST(closing_ends_the_reader_and_the_writer),
	TEST(closing_the_socket_ends_every_call_now_and_later),
	TEST(a_second_call_of_a_kind_is_refused),
	TEST(the_socket_is_busy_while_its_stream_waits),
	TEST(a_reader_and_a_writer_do_not_disturb_each_other),
	TEST(another_threads_stream_is_refused),
	TEST(a_stream_moves_with_its_socket),
	TEST_KERNEL(a_forked_child_does_not_send_what_its_parent_wrote),
	TEST_KERNEL(a_forked_child_can_close_what_its_parent_waits_in),
	TEST_KERNEL(a_forked_child_sends_what_it_wrote_itself),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
