/* SPDX-License-Identifier: MIT */
/* What answers, losses, silence and a lack of memory bring about. */
#include "base/alloc.h"

#include "bodies.h"

static void three_later_answers_tell_of_a_loss(void)
{
	begin();
	for (int i = 0; i < 4; i++) {
		send_text(0, (const char *[]){ "a", "b", "c", "d" }[i]);
		fill();
	}
	now += RTT;
	ack(FIRST + 2, 3);
	assert_int_equal(open_messages(), 1);
	ack(FIRST + 3, 0);
	assert_int_equal(open_messages(), 0);
	/* The same with the first one lost. */
	for (int i = 0; i < 4; i++) {
		send_text(0, (const char *[]){ "e", "f", "g", "h" }[i]);
		fill();
	}
	send_text(0, "new");
	now += RTT;
	ack(FIRST + 6, 1);
	assert_true(out.lost == 0);
	ack(FIRST + 7, 3);
	assert_int_equal(out.lost, 1);
	/* What was lost goes in front of what is new. */
	assert_int_equal(fill(), FIRST + 8);
	assert_true(carries(0, "e"));
	assert_true(carries(1, "new"));
	assert_int_equal(out.again, 1);
	end();
}

static void some_time_after_a_later_answer_tells_of_a_loss(void)
{
	begin();
	send_text(0, "lost");
	fill();
	send_text(0, "came");
	fill();
	now += RTT;
	ack(FIRST + 1, 0);
	assert_int_equal(fill(), 0);
	assert_int_equal(snt__seq_outbound_deadline(&out, now),
			 SNT_SECOND + RTT / 8 * 9);
	wait_for_deadline();
	assert_int_equal(fill(), FIRST + 2);
	assert_true(carries(0, "lost"));
	assert_int_equal(snt__seq_outbound_silence(&out), 0);
	end();
}

static void a_lone_loss_is_found_by_the_timeout_and_goes_twice(void)
{
	begin();
	send_text(0, "alone");
	fill();
	wait_for_deadline();
	assert_true(now - SNT_SECOND < 4 * RTT);
	assert_int_equal(snt__seq_outbound_silence(&out), 1);
	assert_int_equal(fill(), FIRST + 1);
	assert_true(carries(0, "alone"));
	assert_int_equal(fill(), FIRST + 2);
	assert_true(carries(0, "alone"));
	assert_int_equal(fill(), 0);
	now += RTT;
	ack(FIRST + 2, 0);
	assert_int_equal(open_messages(), 0);
	assert_int_equal(snt__seq_outbound_silence(&out), 0);
	ack(FIRST + 2, 1);
	now += SNT_SECOND;
	snt__seq_outbound_expire(&out, now, &credit_lost);
	assert_int_equal(fill(), 0);
	assert_int_equal(out.congestion.in_flight, 0);
	assert_int_equal(out.queue.held, 0);
	end();
}

static void timeouts_double_up_to_ten_seconds(void)
{
	int64_t before, wait, last = 0;

	begin();
	send_text(0, "into the dark");
	fill();
	for (unsigned i = 1; i < 12; i++) {
		before = now;
		wait_for_deadline();
		assert_int_equal(snt__seq_outbound_silence(&out), i);
		wait = now - before;
		assert_true(wait == 10 * SNT_SECOND || last == 0 ||
			    wait == 2 * last);
		last = wait;
		assert_true(fill() != 0 && fill() != 0);
		assert_int_equal(fill(), 0);
	}
	assert_true(last == 10 * SNT_SECOND);
	end();
}

static void two_timeouts_in_a_row_leave_the_least_window(void)
{
	struct snt__seq_out_info info;

	begin();
	send_text(0, "one");
	fill();
	wait_for_deadline();
	snt__seq_outbound_info(&out, &info);
	assert_true(info.window > 10000);
	fill();
	fill();
	wait_for_deadline();
	snt__seq_outbound_info(&out, &info);
	assert_int_equal(info.window, 2 * 1200);
	fill();
	fill();
	/* A late answer to what went first: nothing was lost. */
	ack(FIRST, 0);
	snt__seq_outbound_info(&out, &info);
	assert_true(info.window > 10000);
	end();
}

static void an_answer_for_what_was_never_sent_is_refused(void)
{
	begin();
	assert_int_equal(ack(FIRST, 0), -EBADMSG);
	send_text(0, "x");
	fill();
	assert_int_equal(ack(FIRST + 1, 0), -EBADMSG);
	assert_int_equal(ack(FIRST - 1, 0), -EBADMSG);
	assert_int_equal(ack(FIRST, 0), 0);
	assert_int_equal(ack(FIRST, UINT64_MAX), 0);
	end();
}

static void answers_that_come_again_change_nothing(void)
{
	begin();
	for (int i = 0; i < 3; i++) {
		send_text(0, "x");
		fill();
	}
	for (int i = 0; i < 10; i++) {
		assert_int_equal(ack(FIRST + 1, 1), 0);
		assert_int_equal(open_messages(), 1);
		assert_int_equal(ack(FIRST, 0), 0);
	}
	assert_int_equal(ack(FIRST + 2, 0), 0);
	assert_int_equal(open_messages(), 0);
	assert_int_equal(out.congestion.in_flight, 0);
	end();
}

static void a_lost_latest_message_does_not_go_again(void)
{
	begin();
	send_text(128, "old");
	fill();
	wait_for_deadline();
	/* But something must ask whether the path is there. */
	assert_int_equal(fill(), FIRST + 1);
	assert_int_equal(frame(0).type, SNT__SEQ_PING);
	assert_int_equal(fill(), 0);
	ack(FIRST + 1, 0);
	now += SNT_SECOND;
	snt__seq_outbound_expire(&out, now, &credit_lost);
	assert_int_equal(fill(), 0);
	assert_int_equal(out.lost, 1);
	end();
}

static void fin_goes_when_all_has_arrived_and_until_it_has(void)
{
	begin();
	send_text(0, "last words");
	fill();
	snt__seq_outbound_finish(&out);
	assert_int_equal(fill(), 0);
	ack(FIRST, 0);
	assert_int_equal(fill(), FIRST + 1);
	assert_int_equal(frame(0).type, SNT__SEQ_FIN);
	assert_int_equal(fill(), 0);
	wait_for_deadline();
	assert_int_equal(fill(), FIRST + 2);
	assert_int_equal(frame(0).type, SNT__SEQ_FIN);
	assert_false(snt__seq_outbound_finished(&out));
	ack(FIRST + 2, 0);
	assert_true(snt__seq_outbound_finished(&out));
	assert_int_equal(fill(), 0);
	end();
}

static void a_session_without_messages_ends_at_once(void)
{
	begin();
	snt__seq_outbound_finish(&out);
	assert_int_equal(fill(), FIRST);
	ack(FIRST, 0);
	assert_true(snt__seq_outbound_finished(&out));
	end();
}

static void a_lost_credit_is_told(void)
{
	begin();
	credit_lost = false;
	snt__seq_outbound_sent(&out, 30, true, true, now);
	for (int i = 0; i < 3; i++) {
		send_text(0, "x");
		fill();
	}
	ack(FIRST + 2, 1);
	assert_false(credit_lost);
	ack(FIRST + 3, 0);
	assert_true(credit_lost);
	/* When nothing comes, it may be lost. */
	credit_lost = false;
	snt__seq_outbound_sent(&out, 30, true, true, now);
	wait_for_deadline();
	assert_true(credit_lost);
	end();
}

static void what_the_system_did_not_take_goes_again_at_once(void)
{
	uint64_t number;
	size_t window;

	begin();
	window = out.congestion.window;
	send_text(0, "x");
	number = fill();
	credit_lost = false;
	snt__seq_outbound_lost_at_once(&out, number, now, &credit_lost);
	assert_false(credit_lost);
	assert_int_equal(out.congestion.in_flight, 0);
	assert_int_equal(out.congestion.window, window);
	assert_int_equal(fill(), FIRST + 1);
	assert_true(carries(0, "x"));
	snt__seq_outbound_lost_at_once(&out, FIRST + 9, now, &credit_lost);
	snt__seq_outbound_lost_at_once(&out, number, now, &credit_lost);
	end();
}

static void the_window_holds_back_and_answers_open_it(void)
{
	static char bytes[100000];
	unsigned count = 0;

	begin();
	assert_int_equal(snt__seq_outbound_send(&out, 0, bytes, sizeof bytes),
			 0);
	while (fill() != 0)
		count++;
	/* The last may be one too many, by less than itself. */
	assert_in_range(count, 10, 11);
	assert_true(snt__seq_outbound_deadline(&out, now) >= now + RTT);
	now += RTT;
	ack(out.next - 1, UINT64_MAX);
	for (count = 0; fill() != 0; count++)
		;
	assert_true(count > 0 && count <= 22);
	end();
}

static void a_cut_message_survives_any_loss(void)
{
	static char bytes[50000];

	begin();
	assert_int_equal(snt__seq_outbound_send(&out, 0, bytes, sizeof bytes),
			 0);
	/* Of what is sent each time, every third arrives. */
	for (int round = 0; round < 400 && open_messages() > 0; round++) {
		while (fill() != 0)
			;
		now += RTT;
		if (out.next > FIRST + 1)
			ack(out.next - 1, 0x4924924924924924);
		if (snt__seq_outbound_deadline(&out, now) <= now)
			snt__seq_outbound_expire(&out, now, &credit_lost);
		now += RTT;
		snt__seq_outbound_expire(&out, now, &credit_lost);
	}
	assert_int_equal(open_messages(), 0);
	end();
}

static unsigned until_failure;

static int fail_once(void)
{
	return until_failure > 0 && --until_failure == 0;
}

/* Sends some of everything through, with the n-th allocation failing: returns
 * whether it did. */

static bool through_with_failure(unsigned n)
{
	static char bytes[40000];
	static const size_t sizes[] = { 10, 40000, 0, 3000 };
	struct snt__seq_out_setup setup = usual_setup();
	int code;

	now = SNT_SECOND;
	until_failure = n;
	while ((code = snt__seq_outbound_init(&out, &setup, now)) != 0)
		assert_int_equal(code, -ENOMEM);
	for (unsigned i = 0; i < 200; i++) {
		while ((code = snt__seq_outbound_send(&out, i % 100, bytes,
						      sizes[i % 4])) != 0)
			assert_int_equal(code, -ENOMEM);
		if (i % 10 != 9)
			continue;
		while (fill() != 0)
			;
		assert_true(snt__seq_outbound_deadline(&out, now) > now);
		now += RTT;
		ack(out.next - 1, 0xeeeeeeeeeeeeeeee);
		snt__seq_outbound_expire(&out, now, &credit_lost);
	}
	for (unsigned i = 0; i < 1000 && open_messages() > 0; i++) {
		while (fill() != 0)
			;
		now += RTT;
		ack(out.next - 1, UINT64_MAX);
		snt__seq_outbound_expire(&out, now, &credit_lost);
	}
	assert_int_equal(open_messages(), 0);
	end();
	return until_failure == 0;
}

static void every_allocation_may_fail_once(void)
{
	unsigned n = 1;

	snt__alloc_fails = fail_once;
	while (through_with_failure(n))
		n++;
	snt__alloc_fails = NULL;
	assert_true(n > 200);
}

static void a_session_may_end_in_the_middle_of_anything(void)
{
	static char bytes[20000];

	for (int i = 0; i < 30; i++) {
		begin();
		snt__seq_outbound_send(&out, 0, bytes, sizeof bytes);
		snt__seq_outbound_send(&out, 130, bytes, sizeof bytes);
		snt__seq_outbound_send(&out, 65, bytes, 10);
		for (int k = 0; k < i; k++)
			fill();
		if (i % 3 == 1 && out.next > FIRST)
			ack(out.next - 1, 0xaaaaaaaa);
		if (i % 3 == 2) {
			now += SNT_SECOND;
			snt__seq_outbound_expire(&out, now, &credit_lost);
			fill();
			ack(FIRST, 0);
		}
		end();
	}
}

static const struct test_case cases[] = {
	TEST(three_later_answers_tell_of_a_loss),
	TEST(some_time_after_a_later_answer_tells_of_a_loss),
	TEST(a_lone_loss_is_found_by_the_timeout_and_goes_twice),
	TEST(timeouts_double_up_to_ten_seconds),
	TEST(two_timeouts_in_a_row_leave_the_least_window),
	TEST(an_answer_for_what_was_never_sent_is_refused),
	TEST(answers_that_come_again_change_nothing),
	TEST(a_lost_latest_message_does_not_go_again),
	TEST(fin_goes_when_all_has_arrived_and_until_it_has),
	TEST(a_session_without_messages_ends_at_once),
	TEST(a_lost_credit_is_told),
	TEST(what_the_system_did_not_take_goes_again_at_once),
	TEST(the_window_holds_back_and_answers_open_it),
	TEST(a_cut_message_survives_any_loss),
	TEST(every_allocation_may_fail_once),
	TEST(a_session_may_end_in_the_middle_of_anything),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
