/* SPDX-License-Identifier: MIT */
/* One reader and one writer a handle: a second is refused, the first unharmed. */
#include "waits.h"

/* Of either direction: what the second asks for matters as little. */
static ptrdiff_t (*const readers[])(struct stage *) = {
	call_recv,          call_recv_exact, call_recv_until, call_recvfrom,
	call_wait_readable, call_recvmsg,    call_peek,
};
static ptrdiff_t (*const writers[])(struct stage *) = {
	call_send,    call_sendall,     call_wait_writable,
	call_sendmsg, call_sendmsg_all,
};

static void refuse_seconds(const struct wait *row,
			   ptrdiff_t (*const calls[])(struct stage *),
			   size_t count)
{
	struct snt_group *group = group_open();
	struct stage stage;

	stage_set_up(&stage, row);
	spawn(group, run_wait, &stage);
	let_them_wait();
	for (size_t i = 0; i < count; i++) {
		FAILS(calls[i](&stage), -EBUSY);
		TELLS("another fiber is in the midst of the same");
	}
	row->let_go(&stage);
	OK(snt_group_wait(group));
	if (stage.result < 0)
		fail_msg("%s: %td", row->name, stage.result);
	OK(snt_group_end(group));
	clean_up(&stage);
}

static void a_second_reader_is_refused_and_the_first_unharmed(void)
{
	for (size_t i = 0; i < 4; i++)
		refuse_seconds(&waits[i], readers, COUNT(readers));
}

static void a_second_writer_is_refused_and_the_first_unharmed(void)
{
	for (size_t i = 4; i < 7; i++)
		refuse_seconds(&waits[i], writers, COUNT(writers));
}

static void a_second_connect_is_refused_while_one_waits(void)
{
	struct snt_group *group = group_open();
	struct stage stage;

	assert_string_equal(waits[14].name, "connect");
	stage_set_up(&stage, &waits[14]);
	spawn(group, run_wait, &stage);
	let_them_wait();
	FAILS(call_connect(&stage), -EBUSY);
	OK(snt_group_end(group));
	assert_result(&stage, -ECANCELED);
	clean_up(&stage);
}

static void a_reader_and_a_writer_do_not_disturb_each_other(void)
{
	struct snt_group *group = group_open();
	struct stage writer, reader;

	stage_set_up(&writer, &waits[5]);
	reader = writer;
	reader.wait = &waits[0];
	spawn(group, run_wait, &writer);
	spawn(group, run_wait, &reader);
	let_them_wait();
	let_go_by_data(&reader);
	while (reader.result == 1234567)
		OK(snt_sleep(MILLISECONDS(1)));
	assert_result(&reader, 4);
	assert_result(&writer, 1234567);
	let_go_by_drain(&writer);
	OK(snt_group_wait(group));
	assert_result(&writer, 0);
	OK(snt_group_end(group));
	clean_up(&writer);
}

/* A handle that fibers of this thread wait on is not another thread's. */
static void *use_elsewhere(void *arg)
{
	struct stage *stage = arg;

	assert_int_equal(call_recv(stage), -SNT_ETHREAD);
	return NULL;
}

static void another_threads_reader_is_refused(void)
{
	struct snt_group *group = group_open();
	struct stage stage;
	pthread_t thread;

	stage_set_up(&stage, &waits[0]);
	spawn(group, run_wait, &stage);
	let_them_wait();
	assert_int_equal(pthread_create(&thread, NULL, use_elsewhere, &stage),
			 0);
	pthread_join(thread, NULL);
	let_go_by_data(&stage);
	OK(snt_group_wait(group));
	assert_result(&stage, 4);
	OK(snt_group_end(group));
	clean_up(&stage);
}

static const struct test_case cases[] = {
	TEST(a_second_reader_is_refused_and_the_first_unharmed),
	TEST(a_second_writer_is_refused_and_the_first_unharmed),
	TEST(a_second_connect_is_refused_while_one_waits),
	TEST(a_reader_and_a_writer_do_not_disturb_each_other),
	TEST(another_threads_reader_is_refused),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
