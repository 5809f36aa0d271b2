/* SPDX-License-Identifier: MIT */
/*
 * Which numbers came, and which ACKs are owed: by hand at the edges, and
 * against a list that remembers everything.
 */
#include "../runner.h"
#include "random.h"

#include "seq/received.h"

#include <sennit/base.h>
#include <string.h>

#define NOW (100 * SNT_SECOND)

static struct snt__seq_received received;

/* It comes, if it is new. */
static bool comes(uint64_t number)
{
	bool is_new = snt__seq_received_is_new(&received, number);

	if (is_new)
		snt__seq_received_note(&received, number, true, NOW);
	return is_new;
}

static struct snt__seq_frame ack_at(int64_t now, unsigned char *body)
{
	struct snt__seq_frame frame;
	size_t size =
		snt__seq_received_ack(&received, body, SNT__SEQ_ACK_MAX, now);

	assert_true(size > 0);
	assert_int_equal(snt__seq_frame_read(body, size, &frame), size);
	assert_int_equal(frame.type, SNT__SEQ_ACK);
	return frame;
}

static bool acknowledges(const struct snt__seq_frame *frame, uint32_t number)
{
	uint32_t behind = frame->ack.highest - number;

	if (behind == 0)
		return true;
	return behind <= frame->ack.count * 8u &&
	       (frame->ack.bitmap[(behind - 1) / 8] >> (behind - 1) % 8 & 1) !=
		       0;
}

static void a_number_is_new_once(void)
{
	snt__seq_received_init(&received, 7);
	assert_true(comes(7));
	assert_false(comes(7));
	assert_true(comes(9));
	assert_true(comes(8));
	assert_false(comes(8));
	assert_false(comes(9));
	assert_true(comes(10));
}

static void what_is_before_the_first_number_is_not_new(void)
{
	snt__seq_received_init(&received, 7);
	assert_false(comes(6));
	assert_false(comes(0));
	assert_true(comes(7));
	assert_false(comes(6));
}

static void numbers_older_than_the_last_2048_are_not_new(void)
{
	snt__seq_received_init(&received, 0);
	assert_true(comes(5000));
	assert_false(comes(5000 - 2048));
	assert_true(comes(5000 - 2047));
	assert_false(comes(5000 - 2047));
	assert_true(comes(5001));
	assert_true(comes(5001 - 2046));
}

static void a_leap_forgets_what_is_too_old_and_nothing_else(void)
{
	static const unsigned leaps[] = { 1,    2,    63,   64,    65,
					  127,  128,  2046, 2047,  2048,
					  2049, 5000, 4096, 100000 };

	for (size_t i = 0; i < sizeof leaps / sizeof leaps[0]; i++) {
		uint64_t top = 4999 + leaps[i];

		snt__seq_received_init(&received, 0);
		for (uint64_t number = 0; number < 5000; number++)
			assert_true(comes(number));
		assert_true(comes(top));
		for (uint64_t number = 0; number <= top; number++)
			assert_int_equal(
				snt__seq_received_is_new(&received, number),
				number > 4999 && number < top &&
					top - number < 2048);
	}
}

static void the_last_number_of_all_is_never_new(void)
{
	snt__seq_received_init(&received, UINT32_MAX);
	assert_true(comes(UINT64_MAX - 1));
	assert_false(comes(UINT64_MAX));
	assert_false(comes(UINT64_MAX - 1));
	assert_true(comes(UINT64_MAX - 2));
}

static void low_bits_go_on_where_they_wrap(void)
{
	snt__seq_received_init(&received, UINT32_MAX - 1);
	assert_true(comes(snt__seq_received_widen(&received, UINT32_MAX - 1)));
	assert_true(comes(snt__seq_received_widen(&received, 1)));
	assert_int_equal(received.next, (UINT64_C(1) << 32) + 2);
	assert_int_equal(snt__seq_received_widen(&received, UINT32_MAX),
			 UINT32_MAX);
	assert_true(comes(snt__seq_received_widen(&received, UINT32_MAX)));
	assert_true(comes(snt__seq_received_widen(&received, 0)));
	assert_false(comes(snt__seq_received_widen(&received, 1)));
}

static void nothing_is_owed_before_something_came(void)
{
	unsigned char body[64];

	snt__seq_received_init(&received, 1);
	assert_int_equal(snt__seq_received_ack_at(&received), SNT_FOREVER);
	assert_int_equal(
		snt__seq_received_ack(&received, body, sizeof body, NOW), 0);
}

static void one_waits_5_ms_for_its_ack_and_the_second_does_not(void)
{
	unsigned char body[64];

	snt__seq_received_init(&received, 1);
	for (uint64_t number = 1; number < 10; number += 2) {
		snt__seq_received_note(&received, number, true, NOW);
		assert_int_equal(snt__seq_received_ack_at(&received),
				 NOW + 5 * SNT_MILLISECOND);
		snt__seq_received_note(&received, number + 1, true, NOW + 3);
		assert_int_equal(snt__seq_received_ack_at(&received), NOW + 3);
		ack_at(NOW, body);
		assert_int_equal(snt__seq_received_ack_at(&received),
				 SNT_FOREVER);
	}
}

static void what_asks_for_no_ack_gets_none_of_its_own(void)
{
	unsigned char body[64];

	snt__seq_received_init(&received, 1);
	snt__seq_received_note(&received, 1, false, NOW);
	snt__seq_received_note(&received, 5, false, NOW);
	snt__seq_received_note(&received, 5, false, NOW);
	assert_int_equal(snt__seq_received_ack_at(&received), SNT_FOREVER);
	/* But it is told of where one goes. */
	assert_int_equal(ack_at(NOW, body).ack.highest, 5);
}

static void what_comes_out_of_order_or_twice_is_acknowledged_at_once(void)
{
	unsigned char body[64];

	snt__seq_received_init(&received, 1);
	snt__seq_received_note(&received, 2, true, NOW); /* a hole before it */
	assert_int_equal(snt__seq_received_ack_at(&received), NOW);
	ack_at(NOW, body);
	snt__seq_received_note(&received, 1, true, NOW + 1); /* fills it */
	assert_int_equal(snt__seq_received_ack_at(&received), NOW + 1);
	ack_at(NOW, body);
	snt__seq_received_note(&received, 1, true, NOW + 2); /* again */
	assert_int_equal(snt__seq_received_ack_at(&received), NOW + 2);
	ack_at(NOW, body);
	snt__seq_received_note(&received, 3, true, NOW + 3);
	assert_int_equal(snt__seq_received_ack_at(&received),
			 NOW + 3 + SNT__SEQ_ACK_DELAY);
}

static void an_ack_tells_how_long_the_highest_waited(void)
{
	unsigned char body[64];

	snt__seq_received_init(&received, 1);
	snt__seq_received_note(&received, 2, true, NOW);
	snt__seq_received_note(&received, 1, true, NOW + SNT_SECOND);
	assert_int_equal(ack_at(NOW + 2 * SNT_MILLISECOND, body).ack.delay,
			 125);
	assert_int_equal(ack_at(NOW + 15999, body).ack.delay, 0);
	assert_int_equal(ack_at(NOW + 2 * SNT_SECOND, body).ack.delay, 65535);
	assert_int_equal(ack_at(NOW - SNT_SECOND, body).ack.delay, 0);
}

static void where_there_is_no_room_the_ack_is_still_owed(void)
{
	unsigned char body[64];
	size_t size;

	snt__seq_received_init(&received, 1);
	for (uint64_t number = 1; number <= 200; number++)
		snt__seq_received_note(&received, number, true, NOW);
	for (size_t room = 0; room < SNT__SEQ_ACK_MAX; room++)
		assert_int_equal(
			snt__seq_received_ack(&received, body, room, NOW), 0);
	assert_int_equal(snt__seq_received_ack_at(&received), NOW);
	size = snt__seq_received_ack(&received, body, SNT__SEQ_ACK_MAX, NOW);
	assert_int_equal(size, SNT__SEQ_ACK_MAX);
}

static void an_ack_is_no_longer_than_what_it_tells(void)
{
	unsigned char body[64];

	snt__seq_received_init(&received, 1);
	comes(1);
	assert_int_equal(ack_at(NOW, body).ack.count, 0);
	comes(2);
	assert_int_equal(ack_at(NOW, body).ack.count, 1);
	comes(10);
	assert_int_equal(ack_at(NOW, body).ack.count, 2);
	comes(1000);
	assert_int_equal(ack_at(NOW, body).ack.count, 0);
}

/* Everything by seed: what comes, in which order, how often. */
static void agree_with_a_list(uint32_t first, uint64_t seed)
{
	enum {
		COUNT = 20000
	};
	static unsigned char came[COUNT];
	uint64_t random = seed, top = 0;
	bool any = false;

	memset(came, 0, sizeof came);
	snt__seq_received_init(&received, first);
	for (uint64_t at = 0; at < COUNT - 3000;) {
		uint64_t back = draw(&random, 20) == 0 ? draw(&random, 3000)
						       : draw(&random, 40);
		uint64_t ahead = draw(&random, 500) == 0 ? draw(&random, 3000)
							 : draw(&random, 4);
		uint64_t index = at + ahead > back ? at + ahead - back : 0;
		uint64_t number = first + index;
		bool is_new = came[index] == 0 && (!any || index + 2048 > top);
		unsigned char body[64];
		struct snt__seq_frame frame;

		assert_int_equal(
			snt__seq_received_widen(&received, (uint32_t)number),
			number);
		assert_int_equal(snt__seq_received_is_new(&received, number),
				 is_new);
		snt__seq_received_note(&received, number, true, NOW);
		if (is_new) {
			came[index] = 1;
			top = !any || index > top ? index : top;
			any = true;
			at = top;
		}
		frame = ack_at(NOW, body);
		assert_int_equal(frame.ack.highest, (uint32_t)(first + top));
		for (uint64_t k = 0; k < 128 && k < top; k++)
			assert_int_equal(
				acknowledges(&frame,
					     (uint32_t)(first + top - 1 - k)),
				came[top - 1 - k]);
	}
}

static void it_agrees_with_a_list_of_all_that_came(void)
{
	static const uint32_t firsts[] = {
		0, 1, 2047, UINT32_MAX, UINT32_MAX - 5000, 0x7fffff00
	};

	for (size_t i = 0; i < sizeof firsts / sizeof firsts[0]; i++)
		for (uint64_t seed = 1; seed <= 4; seed++)
			agree_with_a_list(firsts[i], seed);
}

static const struct test_case cases[] = {
	TEST(a_number_is_new_once),
	TEST(what_is_before_the_first_number_is_not_new),
	TEST(numbers_older_than_the_last_2048_are_not_new),
	TEST(a_leap_forgets_what_is_too_old_and_nothing_else),
	TEST(the_last_number_of_all_is_never_new),
	TEST(low_bits_go_on_where_they_wrap),
	TEST(nothing_is_owed_before_something_came),
	TEST(one_waits_5_ms_for_its_ack_and_the_second_does_not),
	TEST(what_asks_for_no_ack_gets_none_of_its_own),
	TEST(what_comes_out_of_order_or_twice_is_acknowledged_at_once),
	TEST(an_ack_tells_how_long_the_highest_waited),
	TEST(where_there_is_no_room_the_ack_is_still_owed),
	TEST(an_ack_is_no_longer_than_what_it_tells),
	TEST_SLOW(it_agrees_with_a_list_of_all_that_came, 120),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
