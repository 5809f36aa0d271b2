/* SPDX-License-Identifier: MIT */
/* Sessions and the threads and processes that they do not belong to. */
#include "sessions.h"

#include "../forked.h"
#include "../threads.h"

static int use_anothers(void *arg)
{
	struct ends *ends = arg;
	struct snt_seq_message message;
	struct snt_seq_info info;
	struct snt_seq *seq;
	struct snt_addr addr = { .size = 0 };

	FAILS(snt_seq_accept(ends->server, &seq), -SNT_ETHREAD);
	FAILS(snt_seq_connect(ends->server, &seq, &addr), -SNT_ETHREAD);
	FAILS(snt_seq_recv(ends->asked, &message), -SNT_ETHREAD);
	FAILS(snt_seq_send(ends->asked, 0, "", 0), -SNT_ETHREAD);
	FAILS(snt_seq_shutdown(ends->asked), -SNT_ETHREAD);
	FAILS(snt_seq_get_info(ends->asked, &info), -SNT_ETHREAD);
	return 0;
}

static void another_threads_calls_are_refused(void)
{
	struct ends ends = ends_on("127.0.0.1:0", NULL);
	struct part part;

	part_start(&part, LONE, use_anothers, &ends);
	OK(part_join(&part));
	say(ends.asking, 0, "nothing happened");
	HEARS(ends.asked, 0, "nothing happened");
	ends_close(&ends);
}

static int close_anothers(void *arg)
{
	struct ends *ends = arg;

	snt_seq_close(ends->asked);
	snt_seq_endpoint_close(ends->server);
	return 0;
}

static void a_close_elsewhere_is_left_to_the_owner(void)
{
	EACH_WAY(way)
	{
		struct ends ends = ends_on("127.0.0.1:0", NULL);
		struct snt_seq_message message;
		struct part part;

		part_start(&part, way, close_anothers, &ends);
		/* It is closed while this waits. */
		FAILS(snt_seq_recv(ends.asking, &message), -ECONNRESET);
		OK(part_join(&part));
		snt_seq_close(ends.asking);
	}
}

static int open_and_end(void *arg)
{
	struct ends *ends = arg;

	*ends = ends_on("127.0.0.1:0", NULL);
	say(ends->asking, 0, "a word that is not taken");
	return snt_sleep(SNT_MILLISECOND);
}

static void what_a_thread_has_left_can_be_closed(void)
{
	EACH_WAY(way)
	{
		struct ends ends;
		struct part part;

		part_start(&part, way, open_and_end, &ends);
		OK(part_join(&part));
		ends_close(&ends);
	}
}

static void a_forked_child_is_refused_and_leaves_the_parents(void)
{
	struct ends ends = ends_on("127.0.0.1:0", NULL);
	struct snt_seq_message message;
	struct snt_seq *seq;
	pid_t child = forked();

	if (child == 0) {
		FAILS(snt_seq_send(ends.asking, 0, "", 0), -SNT_EFORK);
		FAILS(snt_seq_recv(ends.asking, &message), -SNT_EFORK);
		FAILS(snt_seq_accept(ends.server, &seq), -SNT_EFORK);
		ends_close(&ends);
		_exit(0);
	}
	child_succeeds(child);
	say(ends.asking, 0, "no goodbye came");
	HEARS(ends.asked, 0, "no goodbye came");
	ends_close(&ends);
}

static const struct test_case cases[] = {
	TEST(another_threads_calls_are_refused),
	TEST(a_close_elsewhere_is_left_to_the_owner),
	TEST(what_a_thread_has_left_can_be_closed),
	TEST_KERNEL(a_forked_child_is_refused_and_leaves_the_parents),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
