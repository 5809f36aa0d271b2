/* SPDX-License-Identifier: MIT */
/* One body after the other, by hand: what is in it, and what its fate brings. */
#include "seq/outbound.h"

#include "base/alloc.h"
#include "network.h"

#include "../runner.h"

#include <stdio.h>
#include <string.h>

#define MS SNT_MILLISECOND
#define FIRST 1000
#define RTT (40 * MS)

static struct snt__seq_outbound out;
static int64_t now;
static unsigned char body[9000];
static size_t body_size;
static bool credit_lost;

static void begin_with(struct snt__seq_out_setup setup)
{
	now = SNT_SECOND;
	assert_int_equal(snt__seq_outbound_init(&out, &setup, now), 0);
	snt__seq_outbound_round_trip(&out, RTT, now);
}

static void begin(void)
{
	begin_with(usual_setup());
}

static void end(void)
{
	snt__seq_outbound_end(&out);
}

/* The next body's number, 0: nothing goes. */
static uint64_t fill(void)
{
	size_t room = snt__seq_outbound_room(&out, now);

	body_size = snt__seq_outbound_fill(&out, body, room, now);
	if (body_size == 0)
		return 0;
	return snt__seq_outbound_sent(&out, body_size, true, false, now);
}

/* The n-th frame of the last body; type 0xff: none. */
static struct snt__seq_frame frame(unsigned n)
{
	struct snt__seq_frame f = { .type = 0xff };
	size_t at = 0;

	for (unsigned i = 0; i <= n; i++) {
		if (at >= body_size)
			return (struct snt__seq_frame){ .type = 0xff };
		at += (size_t)snt__seq_frame_read(body + at, body_size - at,
						  &f);
	}
	return f;
}

static bool carries(unsigned n, const char *text)
{
	struct snt__seq_frame f = frame(n);

	return f.type == SNT__SEQ_MESSAGE && f.piece.size == strlen(text) &&
	       memcmp(f.piece.bytes, text, f.piece.size) == 0;
}

static int ack(uint64_t highest, uint64_t bits)
{
	unsigned char bitmap[8];
	struct snt__seq_frame f = { .type = SNT__SEQ_ACK };

	for (int i = 0; i < 8; i++)
		bitmap[i] = (unsigned char)(bits >> (8 * i));
	f.ack.highest = (uint32_t)highest;
	f.ack.count = 8;
	f.ack.bitmap = bitmap;
	return snt__seq_outbound_acked(&out, &f, now, &credit_lost);
}

static void send_text(unsigned channel, const char *text)
{
	assert_int_equal(
		snt__seq_outbound_send(&out, channel, text, strlen(text)), 0);
}

/* To the deadline, which must be in the future and not never. */
static void wait_for_deadline(void)
{
	int64_t at = snt__seq_outbound_deadline(&out, now);

	assert_true(at > now && at < SNT_FOREVER);
	now = at;
	snt__seq_outbound_expire(&out, now, &credit_lost);
}

static uint64_t open_messages(void)
{
	return out.queue.open;
}

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
	TEST(with_nothing_to_send_nothing_is_to_be_done),
	TEST(a_message_goes_at_once_and_is_gone_when_acknowledged),
	TEST(small_messages_that_wait_go_in_one_body),
	TEST(what_fits_in_a_body_is_not_cut),
	TEST(what_is_too_large_goes_in_pieces_without_gaps),
	TEST(three_later_answers_tell_of_a_loss),
	TEST(some_time_after_a_later_answer_tells_of_a_loss),
	TEST(a_lone_loss_is_found_by_the_timeout_and_goes_twice),
	TEST(timeouts_double_up_to_ten_seconds),
	TEST(two_timeouts_in_a_row_leave_the_least_window),
	TEST(an_answer_for_what_was_never_sent_is_refused),
	TEST(answers_that_come_again_change_nothing),
	TEST(credit_holds_back_what_the_peer_has_no_room_for),
	TEST(no_more_numbers_are_begun_than_sixteen_bits_can_tell),
	TEST(without_room_a_reliable_message_is_not_taken),
	TEST(what_cannot_be_sent_is_refused),
	TEST(latest_never_waits_and_loses_its_oldest),
	TEST(a_latest_message_under_way_is_finished_not_dropped),
	TEST(a_lost_latest_message_does_not_go_again),
	TEST(latest_and_others_share_by_turns),
	TEST(fin_goes_when_all_has_arrived_and_until_it_has),
	TEST(a_session_without_messages_ends_at_once),
	TEST(a_ping_goes_when_asked_and_once),
	TEST(a_body_of_answers_only_is_not_waited_for),
	TEST(a_lost_credit_is_told),
	TEST(what_the_system_did_not_take_goes_again_at_once),
	TEST(the_window_holds_back_and_answers_open_it),
	TEST(a_cut_message_survives_any_loss),
	TEST(every_allocation_may_fail_once),
	TEST(a_message_of_a_hundred_bytes_is_one_block),
	TEST(a_session_may_end_in_the_middle_of_anything),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
