/* SPDX-License-Identifier: MIT */
/* How sessions and endpoints end, and what that means to who waits on them. */
#include "sessions.h"

#include "fiber/thread.h"

static void an_orderly_end_goes_each_way_by_itself(void)
{
	struct ends ends = ends_on("127.0.0.1:0", NULL);

	say(ends.asking, SNT_SEQ_ORDERED, "the last question");
	OK(snt_seq_shutdown(ends.asking));
	OK(snt_seq_shutdown(ends.asking));
	FAILS(snt_seq_send(ends.asking, SNT_SEQ_ORDERED, "", 0), -EPIPE);
	TELLS("shutdown");
	HEARS(ends.asked, SNT_SEQ_ORDERED, "the last question");
	hears_the_end(ends.asked);
	hears_the_end(ends.asked);
	say(ends.asked, SNT_SEQ_ORDERED, "an answer");
	HEARS(ends.asking, SNT_SEQ_ORDERED, "an answer");
	OK(snt_seq_shutdown(ends.asked));
	hears_the_end(ends.asking);
	ends_close(&ends);
}

static void who_closes_without_a_shutdown_resets(void)
{
	EACH_SEAL(opts)
	{
		struct ends ends = ends_on("127.0.0.1:0", &opts);
		struct snt_seq_message message;

		say(ends.asking, SNT_SEQ_ORDERED, "heard");
		HEARS(ends.asked, SNT_SEQ_ORDERED, "heard");
		snt_seq_close(ends.asking);
		ends.asking = NULL;
		FAILS(snt_seq_recv(ends.asked, &message), -ECONNRESET);
		TELLS("closed");
		FAILS(snt_seq_send(ends.asked, 0, "", 0), -ECONNRESET);
		FAILS(snt_seq_shutdown(ends.asked), -ECONNRESET);
		ends_close(&ends);
	}
}

static void what_has_come_is_heard_after_the_peer_has_left(void)
{
	struct ends ends = ends_on("127.0.0.1:0", NULL);

	say(ends.asking, SNT_SEQ_ORDERED, "one");
	say(ends.asking, SNT_SEQ_ORDERED, "two");
	OK(snt_seq_shutdown(ends.asking));
	snt_seq_close(ends.asking);
	ends.asking = NULL;
	OK(snt_sleep(SNT_MILLISECOND));
	HEARS(ends.asked, SNT_SEQ_ORDERED, "one");
	HEARS(ends.asked, SNT_SEQ_ORDERED, "two");
	hears_the_end(ends.asked);
	ends_close(&ends);
}

static void an_endpoint_and_a_session_can_be_closed_at_once(void)
{
	struct ends ends;

	snt_seq_endpoint_close(endpoint_on("[::1]:0", NULL));
	snt_seq_endpoint_close(endpoint_on("localhost:0", NULL));
	snt_seq_endpoint_close(NULL);
	snt_seq_close(NULL);
	ends = ends_on("127.0.0.1:0", NULL);
	/* The endpoint first, for once. */
	snt_seq_endpoint_close(ends.server);
	ends.server = NULL;
	ends_close(&ends);
}

/* Waiting calls, and what must be so for them to wait. */
struct stage {
	struct ends ends;
	int (*wait)(struct stage *stage);
	int result;
	bool began;
};

static int wait_accept(struct stage *stage)
{
	struct snt_seq *seq;

	return snt_seq_accept(stage->ends.server, &seq);
}

static int wait_recv(struct stage *stage)
{
	struct snt_seq_message message;

	return snt_seq_recv(stage->ends.asked, &message);
}

static int wait_send(struct stage *stage)
{
	static const char bytes[4096];
	int code;

	while ((code = snt_seq_send(stage->ends.asked, SNT_SEQ_RELIABLE, bytes,
				    sizeof bytes)) == 0)
		;
	return code;
}

/* The other end takes nothing, so much of what is sent cannot arrive. */
static int wait_shutdown(struct stage *stage)
{
	return snt_seq_shutdown(stage->ends.asked);
}

static int (*const waits[])(struct stage *stage) = { wait_accept, wait_recv,
						     wait_send, wait_shutdown };

static struct stage stage_of(int (*wait)(struct stage *stage))
{
	const struct snt_seq_opts opts = { .message_max = 4096,
					   .send_buffer = 16384,
					   .recv_buffer = 16384 };

	struct stage stage = { .ends = ends_on("127.0.0.1:0", &opts),
			       .wait = wait };

	if (wait != wait_shutdown)
		return stage;
	snt_seq_settimeout(stage.ends.asked, MILLISECONDS(20));
	FAILS(wait_send(&stage), -ETIMEDOUT);
	snt_seq_settimeout(stage.ends.asked, 0);
	return stage;
}

static int run_wait(void *arg)
{
	struct stage *stage = arg;

	stage->began = true;
	stage->result = stage->wait(stage);
	return 0;
}

static void cancel_ends_every_wait(void)
{
	for (size_t i = 0; i < COUNT(waits); i++) {
		struct stage stage = stage_of(waits[i]);
		struct snt_group *group = group_open();

		spawn(group, run_wait, &stage);
		OK(snt_sleep(MILLISECONDS(20)));
		snt_group_cancel(group);
		OK(snt_group_end(group));
		assert_int_equal(stage.result, -ECANCELED);
		ends_close(&stage.ends);
	}
}

static void a_deadline_ends_every_wait(void)
{
	for (size_t i = 0; i < COUNT(waits); i++) {
		struct stage stage = stage_of(waits[i]);
		struct snt_scope scope;

		snt_timeout_begin(&scope, MILLISECONDS(20));
		FAILS(stage.wait(&stage), -ETIMEDOUT);
		snt_scope_end(&scope);
		assert_true(snt_scope_expired(&scope));
		ends_close(&stage.ends);
	}
}

static void a_sessions_own_timeout_ends_its_waits(void)
{
	for (size_t i = 1; i < COUNT(waits); i++) {
		struct stage stage = stage_of(waits[i]);

		snt_seq_settimeout(stage.ends.asked, MILLISECONDS(10));
		assert_int_equal(snt_seq_gettimeout(stage.ends.asked),
				 MILLISECONDS(10));
		FAILS(stage.wait(&stage), -ETIMEDOUT);
		snt_seq_settimeout(stage.ends.asked, SNT_NOWAIT);
		FAILS(stage.wait(&stage), -EAGAIN);
		ends_close(&stage.ends);
	}
}

static void close_endpoint(struct stage *stage)
{
	snt_seq_endpoint_close(stage->ends.server);
	stage->ends.server = NULL;
}

static void close_session(struct stage *stage)
{
	snt_seq_close(stage->ends.asked);
	stage->ends.asked = NULL;
}

static void close_while_it_waits(int (*wait)(struct stage *stage),
				 void (*close)(struct stage *stage))
{
	struct stage stage = stage_of(wait);
	struct snt_group *group = group_open();

	spawn(group, run_wait, &stage);
	while (!stage.began)
		OK(snt_yield());
	OK(snt_sleep(MILLISECONDS(20)));
	close(&stage);
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
	assert_int_equal(stage.result, -EBADF);
	ends_close(&stage.ends);
}

static void a_close_ends_every_wait(void)
{
	for (size_t i = 0; i < COUNT(waits); i++) {
		close_while_it_waits(waits[i], close_endpoint);
		if (waits[i] != wait_accept)
			close_while_it_waits(waits[i], close_session);
	}
}

static void a_session_whose_endpoint_was_closed_says_so(void)
{
	struct ends ends = ends_on("127.0.0.1:0", NULL);
	struct snt_seq_message message;

	snt_seq_endpoint_close(ends.server);
	ends.server = NULL;
	FAILS(snt_seq_send(ends.asked, 0, "", 0), -EBADF);
	TELLS("endpoint");
	FAILS(snt_seq_recv(ends.asked, &message), -EBADF);
	FAILS(snt_seq_recv(ends.asking, &message), -ECONNRESET);
	ends_close(&ends);
}

static void one_fiber_receives_and_one_sends(void)
{
	for (size_t i = 0; i < COUNT(waits); i++) {
		struct stage stage = stage_of(waits[i]);
		struct snt_group *group = group_open();

		spawn(group, run_wait, &stage);
		OK(snt_sleep(MILLISECONDS(20)));
		FAILS(waits[i](&stage), -EBUSY);
		/* What never waits has room beside a writer. */
		if (waits[i] != wait_shutdown)
			OK(snt_seq_send(stage.ends.asked, SNT_SEQ_LATEST, "",
					0));
		OK(snt_group_end(group));
		ends_close(&stage.ends);
	}
}

static int in_a_group(void *arg)
{
	struct ends *ends = arg;

	*ends = ends_on("127.0.0.1:0", NULL);
	say(ends->asking, SNT_SEQ_ORDERED, "from a fiber that ended");
	return 0;
}

static void an_endpoints_fibers_are_of_no_group(void)
{
	struct snt_group *group = group_open();
	size_t before = snt__self->fibers;
	struct ends ends;

	spawn(group, in_a_group, &ends);
	OK(snt_group_wait(group));
	assert_int_equal(snt_group_count(group), 0);
	OK(snt_group_end(group));
	HEARS(ends.asked, SNT_SEQ_ORDERED, "from a fiber that ended");
	ends_close(&ends);
	assert_int_equal(snt__self->fibers, before);
}

static void an_endpoint_opened_under_a_deadline_outlives_it(void)
{
	struct snt_scope scope;
	struct ends ends;

	snt_timeout_begin(&scope, MILLISECONDS(500) * test_slowness());
	ends = ends_on("127.0.0.1:0", NULL);
	snt_scope_end(&scope);
	OK(snt_sleep(MILLISECONDS(600) * test_slowness()));
	say(ends.asking, SNT_SEQ_ORDERED, "still there");
	HEARS(ends.asked, SNT_SEQ_ORDERED, "still there");
	ends_close(&ends);
}

static const struct test_case cases[] = {
	TEST(an_orderly_end_goes_each_way_by_itself),
	TEST(who_closes_without_a_shutdown_resets),
	TEST(what_has_come_is_heard_after_the_peer_has_left),
	TEST(an_endpoint_and_a_session_can_be_closed_at_once),
	TEST(cancel_ends_every_wait),
	TEST(a_deadline_ends_every_wait),
	TEST(a_sessions_own_timeout_ends_its_waits),
	TEST(a_close_ends_every_wait),
	TEST(a_session_whose_endpoint_was_closed_says_so),
	TEST(one_fiber_receives_and_one_sends),
	TEST(an_endpoints_fibers_are_of_no_group),
	TEST(an_endpoint_opened_under_a_deadline_outlives_it),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
