/* SPDX-License-Identifier: MIT */
/* What is taken, and what goes into the bodies. */
#include "base/alloc.h"

#include "bodies.h"

#include <stdio.h>

static void with_nothing_to_send_nothing_is_to_be_done(void)
{
	begin();
	assert_int_equal(fill(), 0);
	assert_true(snt__seq_outbound_deadline(&out, now) == SNT_FOREVER);
	end();
}

static void a_message_goes_at_once_and_is_gone_when_acknowledged(void)
{
	struct snt__seq_out_info info;

	begin();
	send_text(0, "hello");
	assert_true(snt__seq_outbound_deadline(&out, now) <= now);
	assert_int_equal(fill(), FIRST);
	assert_true(carries(0, "hello"));
	assert_int_equal(frame(1).type, 0xff);
	assert_int_equal(fill(), 0);
	now += RTT;
	assert_int_equal(ack(FIRST, 0), 0);
	snt__seq_outbound_info(&out, &info);
	assert_int_equal(info.queued, 0);
	assert_int_equal(info.in_flight, 0);
	assert_int_equal(info.messages, 1);
	assert_int_equal(info.rtt_least, RTT);
	assert_true(snt__seq_outbound_deadline(&out, now) == SNT_FOREVER);
	end();
}

static void small_messages_that_wait_go_in_one_body(void)
{
	begin();
	send_text(0, "one");
	send_text(70, "two");
	send_text(0, "");
	send_text(3, "four");
	assert_int_equal(fill(), FIRST);
	assert_true(carries(0, "one"));
	assert_int_equal(frame(1).piece.channel, 70);
	assert_true(carries(2, ""));
	assert_int_equal(frame(2).piece.number, 1);
	assert_int_equal(frame(3).piece.number, 0);
	assert_int_equal(fill(), 0);
	ack(FIRST, 0);
	assert_int_equal(open_messages(), 0);
	end();
}

static void what_fits_in_a_body_is_not_cut(void)
{
	static char bytes[BODY];

	begin();
	assert_int_equal(snt__seq_outbound_send(&out, 0, bytes, 100), 0);
	assert_int_equal(snt__seq_outbound_send(&out, 0, bytes,
						BODY - SNT__SEQ_MESSAGE_HEAD),
			 0);
	assert_int_equal(fill(), FIRST);
	assert_int_equal(frame(1).type, 0xff);
	assert_int_equal(fill(), FIRST + 1);
	assert_int_equal(frame(0).type, SNT__SEQ_MESSAGE);
	assert_int_equal(body_size, BODY);
	end();
}

static void what_is_too_large_goes_in_pieces_without_gaps(void)
{
	static unsigned char bytes[10001];
	uint32_t at = 0;

	begin();
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)(i * 7 / 3);
	send_text(0, "in front");
	assert_int_equal(snt__seq_outbound_send(&out, 64, bytes, sizeof bytes),
			 0);
	for (unsigned n = 0; fill() != 0; n++) {
		struct snt__seq_frame f = frame(n == 0 ? 1 : 0);

		assert_int_equal(f.type, SNT__SEQ_PIECE);
		assert_int_equal(f.piece.total, sizeof bytes);
		assert_int_equal(f.piece.offset, at);
		assert_memory_equal(f.piece.bytes, bytes + at, f.piece.size);
		at += f.piece.size;
		if (at < sizeof bytes)
			assert_true(body_size > BODY - SNT__SEQ_CELL);
	}
	assert_int_equal(at, sizeof bytes);
	end();
}

static void credit_holds_back_what_the_peer_has_no_room_for(void)
{
	struct snt__seq_out_setup setup = usual_setup();

	setup.credit = 2 * (1 + SNT__SEQ_CHARGE);
	begin_with(setup);
	send_text(0, "a");
	send_text(64, "b");
	send_text(64, "c");
	assert_int_equal(fill(), FIRST);
	assert_int_equal(frame(2).type, 0xff);
	assert_int_equal(fill(), 0);
	ack(FIRST, 0);
	assert_true(snt__seq_outbound_deadline(&out, now) == SNT_FOREVER);
	/* Latest kinds need none. */
	send_text(128, "now");
	assert_int_equal(fill(), FIRST + 1);
	assert_true(carries(0, "now"));
	snt__seq_outbound_credit(&out, setup.credit - 5);
	assert_int_equal(fill(), 0);
	snt__seq_outbound_credit(&out, setup.credit + 1 + SNT__SEQ_CHARGE);
	assert_int_equal(fill(), FIRST + 2);
	assert_true(carries(0, "c"));
	end();
}

static void no_more_numbers_are_begun_than_sixteen_bits_can_tell(void)
{
	uint64_t number;

	begin();
	send_text(64, "");
	fill();
	/* All but the first arrive. */
	for (int i = 1; i < SNT__SEQ_BEGUN; i++) {
		send_text(64, "");
		number = fill();
		assert_true(number != 0);
		assert_int_equal(ack(number, 0), 0);
		/* The first again and again. */
		while ((number = fill()) != 0)
			;
		now += 2 * RTT;
	}
	assert_int_equal(out.queue.messages, SNT__SEQ_BEGUN);
	send_text(64, "");
	while (fill() != 0)
		;
	assert_int_equal(out.queue.messages, SNT__SEQ_BEGUN);
	ack(out.next - 1, UINT64_MAX);
	assert_true(fill() != 0);
	assert_int_equal(out.queue.messages, SNT__SEQ_BEGUN + 1);
	end();
}

static void without_room_a_reliable_message_is_not_taken(void)
{
	static char bytes[1000];
	struct snt__seq_out_setup setup = usual_setup();

	setup.buffer = 3000;
	setup.message_max = 5000;
	begin_with(setup);
	assert_int_equal(snt__seq_outbound_send(&out, 0, bytes, 1000), 0);
	assert_int_equal(snt__seq_outbound_send(&out, 64, bytes, 1000), 0);
	assert_false(snt__seq_outbound_has_room(&out, 1000));
	assert_true(snt__seq_outbound_has_room(&out, 808));
	assert_int_equal(snt__seq_outbound_send(&out, 0, bytes, 1000), -EAGAIN);
	assert_int_equal(snt__seq_outbound_send(&out, 0, bytes, 808), 0);
	assert_int_equal(snt__seq_outbound_send(&out, 0, bytes, 0), -EAGAIN);
	while (fill() != 0)
		;
	assert_int_equal(snt__seq_outbound_send(&out, 0, bytes, 0), -EAGAIN);
	ack(out.next - 1, UINT64_MAX);
	/* One that is larger than the buffer goes alone. */
	assert_true(snt__seq_outbound_has_room(&out, 5000));
	end();
}

static void what_cannot_be_sent_is_refused(void)
{
	static char bytes[101];
	struct snt__seq_out_setup setup = usual_setup();

	setup.message_max = 100;
	begin_with(setup);
	assert_int_equal(snt__seq_outbound_send(&out, 0, bytes, 100), 0);
	assert_int_equal(snt__seq_outbound_send(&out, 0, bytes, 101),
			 -EMSGSIZE);
	assert_int_equal(snt__seq_outbound_send(&out, 130, bytes, 101),
			 -EMSGSIZE);
	assert_int_equal(snt__seq_outbound_send(&out, 192, bytes, 1), -EINVAL);
	snt__seq_outbound_finish(&out);
	assert_int_equal(snt__seq_outbound_send(&out, 0, bytes, 1), -EPIPE);
	end();
}

static void latest_never_waits_and_loses_its_oldest(void)
{
	struct snt__seq_out_setup setup = usual_setup();
	struct snt__seq_out_info info;
	char text[16];
	unsigned last = 0;

	setup.buffer = 4096;
	begin_with(setup);
	for (int i = 0; i < 1000; i++) {
		snprintf(text, sizeof text, "%d", i);
		send_text(128, text);
		snt__seq_outbound_info(&out, &info);
		assert_true(info.queued <= setup.buffer / 4);
	}
	assert_true(info.dropped >= 984);
	assert_int_equal(fill(), FIRST);
	for (unsigned i = 0; frame(i).type != 0xff; i++) {
		assert_true(frame(i).piece.number > last);
		last = frame(i).piece.number;
	}
	assert_int_equal(last, 999);
	end();
}

static void a_latest_message_under_way_is_finished_not_dropped(void)
{
	static char bytes[30000];
	struct snt__seq_out_setup setup = usual_setup();
	struct snt__seq_out_info info;
	uint32_t at = 0;

	setup.buffer = 4096;
	begin_with(setup);
	assert_int_equal(snt__seq_outbound_send(&out, 128, bytes, 30000), 0);
	assert_int_equal(fill(), FIRST);
	at = frame(0).piece.size;
	for (int i = 0; i < 5; i++)
		assert_int_equal(
			snt__seq_outbound_send(&out, 128, bytes, 30000), 0);
	snt__seq_outbound_info(&out, &info);
	assert_int_equal(info.dropped, 4);
	while (at < 30000) {
		if (fill() == 0) {
			now += RTT;
			ack(out.next - 1, UINT64_MAX);
			continue;
		}
		assert_int_equal(frame(0).piece.number, 0);
		assert_int_equal(frame(0).piece.offset, at);
		at += frame(0).piece.size;
	}
	end();
}

static void latest_and_others_share_by_turns(void)
{
	static char bytes[BODY - SNT__SEQ_MESSAGE_HEAD];
	unsigned latest = 0;

	begin();
	for (int i = 0; i < 20; i++) {
		assert_int_equal(
			snt__seq_outbound_send(&out, 0, bytes, sizeof bytes),
			0);
		assert_int_equal(
			snt__seq_outbound_send(&out, 128, bytes, sizeof bytes),
			0);
	}
	for (int i = 0; i < 10; i++) {
		assert_true(fill() != 0);
		latest += frame(0).piece.channel == 128;
	}
	assert_int_equal(latest, 5);
	end();
}

static void a_ping_goes_when_asked_and_once(void)
{
	begin();
	snt__seq_outbound_ping(&out);
	assert_int_equal(fill(), FIRST);
	assert_int_equal(frame(0).type, SNT__SEQ_PING);
	assert_int_equal(fill(), 0);
	ack(FIRST, 0);
	/* What goes anyway does as well. */
	snt__seq_outbound_ping(&out);
	send_text(0, "x");
	assert_int_equal(fill(), FIRST + 1);
	assert_true(carries(0, "x"));
	assert_int_equal(fill(), 0);
	end();
}

static void a_body_of_answers_only_is_not_waited_for(void)
{
	begin();
	assert_int_equal(snt__seq_outbound_sent(&out, 30, false, false, now),
			 FIRST);
	assert_true(snt__seq_outbound_deadline(&out, now) == SNT_FOREVER);
	assert_int_equal(out.congestion.in_flight, 0);
	send_text(0, "x");
	assert_int_equal(fill(), FIRST + 1);
	assert_int_equal(ack(FIRST, 0), 0);
	assert_int_equal(open_messages(), 1);
	assert_int_equal(ack(FIRST + 1, 0), 0);
	assert_int_equal(open_messages(), 0);
	end();
}

static void a_message_of_a_hundred_bytes_is_one_block(void)
{
	static char bytes[100];
	size_t before;

	begin();
	/* The rings and the channel are there. */
	for (int i = 0; i < 100; i++)
		assert_int_equal(snt__seq_outbound_send(&out, 0, bytes, 100),
				 0);
	while (fill() != 0)
		;
	ack(out.next - 1, UINT64_MAX);
	before = snt__alloc_live();
	for (int i = 0; i < 50; i++) {
		assert_int_equal(snt__seq_outbound_send(&out, 0, bytes, 100),
				 0);
		fill();
		assert_int_equal(snt__alloc_live(), before + 1);
		ack(out.next - 1, 0);
		assert_int_equal(snt__alloc_live(), before);
	}
	end();
}

static const struct test_case cases[] = {
	TEST(with_nothing_to_send_nothing_is_to_be_done),
	TEST(a_message_goes_at_once_and_is_gone_when_acknowledged),
	TEST(small_messages_that_wait_go_in_one_body),
	TEST(what_fits_in_a_body_is_not_cut),
	TEST(what_is_too_large_goes_in_pieces_without_gaps),
	TEST(credit_holds_back_what_the_peer_has_no_room_for),
	TEST(no_more_numbers_are_begun_than_sixteen_bits_can_tell),
	TEST(without_room_a_reliable_message_is_not_taken),
	TEST(what_cannot_be_sent_is_refused),
	TEST(latest_never_waits_and_loses_its_oldest),
	TEST(a_latest_message_under_way_is_finished_not_dropped),
	TEST(latest_and_others_share_by_turns),
	TEST(a_ping_goes_when_asked_and_once),
	TEST(a_body_of_answers_only_is_not_waited_for),
	TEST(a_message_of_a_hundred_bytes_is_one_block),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
