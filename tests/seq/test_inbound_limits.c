/* SPDX-License-Identifier: MIT */
/* What a peer may make a session keep: the credit, numbers, holes, no memory. */
#include "pieces.h"
#include "random.h"

#include "base/alloc.h"
#include "seq/assembly.h"

static void what_is_beyond_the_window_is_refused(void)
{
	begin_with(3 * (1000 + SNT__SEQ_CHARGE), LARGEST);
	assert_int_equal(comes(ORDERED, 0, 1000), 0);
	assert_int_equal(comes(RELIABLE, 0, 1000), 0);
	assert_int_equal(comes(ORDERED, 1, 1001), -SNT_ELIMIT);
	assert_int_equal(piece_comes(ORDERED, 1, 1001, 0, 1), -SNT_ELIMIT);
	assert_int_equal(comes(ORDERED, 1, 1000), 0);
	assert_int_equal(comes(ORDERED, 2, 0), -SNT_ELIMIT);
	/* What was begun goes on, and latest ones have a limit of their own. */
	assert_int_equal(comes(ORDERED, 1, 1000), 0);
	assert_int_equal(comes(LATEST, 0, 1000), 0);
	must_take(ORDERED, 0, 1000);
	assert_int_equal(comes(ORDERED, 2, 1000), 0);
	assert_int_equal(comes(ORDERED, 3, 0), -SNT_ELIMIT);
	end();
}

static void a_message_in_pieces_counts_once_and_in_full(void)
{
	begin_with(LARGEST + 2 * SNT__SEQ_CHARGE, LARGEST);
	assert_int_equal(piece_comes(ORDERED, 0, LARGEST, 0, 1), 0);
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(piece_comes(ORDERED, 0, LARGEST, 9 * i, 9), 0);
	assert_int_equal(comes(ORDERED, 1, 1), -SNT_ELIMIT);
	assert_int_equal(comes(ORDERED, 1, 0), 0);
	end();
}

static void credit_rises_as_messages_are_dropped(void)
{
	const uint64_t window = 4 * LARGEST;
	struct snt__seq_whole *lent;

	begin();
	assert_int_equal(snt__seq_inbound_credit(&inbound), window);
	assert_int_equal(comes(ORDERED, 0, 1000), 0);
	assert_int_equal(comes(LATEST, 0, 1000), 0);
	lent = snt__seq_inbound_take(&inbound);
	assert_int_equal(snt__seq_inbound_credit(&inbound), window);
	snt__seq_inbound_drop(&inbound, lent);
	assert_int_equal(snt__seq_inbound_credit(&inbound), window + 1064);
	must_take(LATEST, 0, 1000);
	assert_int_equal(snt__seq_inbound_credit(&inbound), window + 1064);
	end();
}

static void a_quarter_of_the_window_is_worth_telling(void)
{
	begin_with(4000 * 1064, LARGEST);
	for (uint64_t i = 0; i < 2500; i++) {
		bool due = i % 1000 == 999;

		assert_int_equal(comes(ORDERED, i, 1000), 0);
		must_take(ORDERED, i, 1000);
		assert_int_equal(snt__seq_inbound_credit_due(&inbound), due);
		if (due)
			snt__seq_inbound_credit_told(&inbound);
		assert_false(snt__seq_inbound_credit_due(&inbound));
	}
	end();
}

/* Where the window is little more than a message, less is. A peer that was told
 * when it was due, and no more, can always send the largest in the end. */
static void nobody_waits_for_credit_that_is_not_told(void)
{
	static const size_t mores[] = { 0, 1, 100, 1063, 5000, LARGEST };

	for (size_t k = 0; k < sizeof mores / sizeof mores[0]; k++) {
		uint64_t told = LARGEST + SNT__SEQ_CHARGE + mores[k], used = 0;

		begin_with((size_t)told, LARGEST);
		for (uint64_t i = 0; i < 2000; i++) {
			uint32_t size = i % 10 == 9 ? LARGEST : (uint32_t)i;

			used += size + SNT__SEQ_CHARGE;
			assert_true(used <= told);
			assert_int_equal(
				piece_comes(ORDERED, i, size, 0,
					    size < 50000 ? size : 50000),
				0);
			if (size > 50000)
				assert_int_equal(piece_comes(ORDERED, i, size,
							     50000, 50000),
						 0);
			must_take(ORDERED, i, size);
			if (snt__seq_inbound_credit_due(&inbound)) {
				told = snt__seq_inbound_credit(&inbound);
				snt__seq_inbound_credit_told(&inbound);
			}
		}
		end();
	}
}

static void a_credit_that_was_lost_is_due_again(void)
{
	begin();
	assert_false(snt__seq_inbound_credit_due(&inbound));
	snt__seq_inbound_credit_lost(&inbound);
	assert_true(snt__seq_inbound_credit_due(&inbound));
	snt__seq_inbound_credit_told(&inbound);
	assert_false(snt__seq_inbound_credit_due(&inbound));
	end();
}

static void no_more_than_16384_numbers_are_begun(void)
{
	static const unsigned channels[] = { ORDERED, RELIABLE };

	begin();
	for (size_t i = 0; i < 2; i++) {
		unsigned channel = channels[i];

		assert_int_equal(comes(channel, 16384, 10), -SNT_ELIMIT);
		assert_int_equal(comes(channel, 32767, 10), -SNT_ELIMIT);
		assert_int_equal(comes(channel, 16383, 10), 0);
		assert_int_equal(comes(channel, 32768, 10), 0); /* behind */
		assert_int_equal(comes(channel, 65535, 10), 0);
		assert_int_equal(comes(channel, 0, 10), 0);
		assert_int_equal(comes(channel, 16384, 10), 0);
		assert_int_equal(comes(channel, 16385, 10), -SNT_ELIMIT);
	}
	end();
}

/* It was late by more than a lap of numbers, in a DATA that is not too old. */
static void a_data_of_the_lap_before_is_not_taken_for_what_is_ahead(void)
{
	static const unsigned channels[] = { ORDERED, RELIABLE };

	for (size_t i = 0; i < 2; i++) {
		unsigned channel = channels[i];
		uint64_t old;

		begin();
		/* Message 5 is sent again, and its first DATA comes late. */
		old = data_number++;
		for (uint64_t n = 0; n < 65536 + 3; n++) {
			data_number += n % 64 == 0;
			if (n > 5)
				assert_int_equal(come_in(old, channel, 5, 77,
							 (uint32_t)n % 70, 7),
						 0);
			assert_int_equal(
				come_in(data_number, channel, n, 10, 0, 10), 0);
			must_take(channel, n, 10);
		}
		nothing_to_take();
		/* What is ahead by the most and sent the earliest is taken. */
		assert_int_equal(come_in(data_number + 1, channel,
					 65536 + 3 + 16383, 9, 0, 9),
				 0);
		end();
	}
}

static void holes_beyond_a_bound_are_not_taken_and_filling_ones_are(void)
{
	uint32_t taken = 0;

	begin();
	/* Every second byte, from behind. */
	for (uint32_t at = LARGEST - 1; at > 1; at -= 2) {
		int code = piece_comes(ORDERED, 0, LARGEST, at, 1);

		assert_true(code == 0 || code == -ENOMEM);
		taken += code == 0;
	}
	assert_int_equal(taken, SNT__SEQ_RANGES);
	nothing_to_take();
	assert_int_equal(piece_comes(ORDERED, 0, LARGEST, LARGEST - 4, 3), 0);
	assert_int_equal(piece_comes(ORDERED, 0, LARGEST, 2, 1), 0);
	assert_int_equal(piece_comes(ORDERED, 0, LARGEST, 4, 1), 0);
	assert_int_equal(piece_comes(ORDERED, 0, LARGEST, 6, 1), -ENOMEM);
	for (uint32_t at = 0; at < LARGEST; at += 500)
		assert_int_equal(piece_comes(ORDERED, 0, LARGEST, at, 500), 0);
	must_take(ORDERED, 0, LARGEST);
	end();
}

static void a_small_message_has_few_ranges(void)
{
	unsigned taken = 0;

	begin();
	for (uint32_t at = 199; at > 1; at -= 2)
		taken += piece_comes(RELIABLE, 0, 200, at, 1) == 0;
	assert_int_equal(taken, 200 / 64 + 4);
	/* On latest channels it is as if it had been lost. */
	for (uint32_t at = 199; at > 1; at -= 2)
		assert_int_equal(piece_comes(LATEST, 0, 200, at, 1), 0);
	assert_int_equal(piece_comes(LATEST, 0, 200, 0, 180), 0);
	nothing_to_take();
	end();
}

static void a_message_that_comes_whole_is_one_block(void)
{
	static const unsigned channels[] = { ORDERED, RELIABLE, LATEST };

	begin();
	for (size_t i = 0; i < 3; i++) {
		size_t before;

		assert_int_equal(comes(channels[i], 0, 10), 0);
		before = snt__alloc_live();
		assert_int_equal(comes(channels[i], 1, 1000), 0);
		assert_int_equal(snt__alloc_live(), before + 1);
	}
	end();
}

static int calls_until;

static int nth_fails(void)
{
	return calls_until-- == 0;
}

/* A little of everything, drawn by seed, in DATA that are sent until taken. */
static void talk(unsigned failing, uint64_t *failures)
{
	uint64_t random = 7;

	begin();
	calls_until = (int)failing;
	for (unsigned round = 0; round < 80; round++) {
		static const unsigned channels[] = { ORDERED, RELIABLE,
						     LATEST };
		unsigned channel = channels[draw(&random, 3)] +
				   (unsigned)draw(&random, 2) * 8;
		uint64_t message = draw(&random, 6);
		uint32_t total = (uint32_t)message * 300 + 10;
		uint32_t from = draw(&random, 2) == 0
					? (uint32_t)draw(&random, total)
					: 0;
		uint32_t size =
			from > 0 ? 1 + (uint32_t)draw(&random, total - from)
				 : total;
		uint64_t number = data_number++;
		int code;

		snt__alloc_fails = nth_fails;
		code = come_in(number, channel, message, total, from, size);
		snt__alloc_fails = NULL;
		if (code == -ENOMEM) {
			++*failures;
			code = come_in(number, channel, message, total, from,
				       size);
		}
		assert_int_equal(code, 0);
	}
}

/* Taken in the order that a talk without failures has it. */
static void a_piece_for_which_there_is_no_memory_can_come_again(void)
{
	static struct taken {
		unsigned channel, number;
	} taken[64];
	struct snt__seq_whole *got;
	uint64_t failures = 0;
	unsigned count = 0, failing = 0;

	talk(1000000, &failures);
	assert_int_equal(failures, 0);
	while ((got = snt__seq_inbound_take(&inbound)) != NULL) {
		assert_true(count < 64);
		taken[count++] = (struct taken){ got->channel, got->number };
		snt__seq_inbound_drop(&inbound, got);
	}
	end();
	assert_true(count > 3);
	do {
		failures = 0;
		talk(failing++, &failures);
		for (unsigned i = 0; i < count; i++)
			must_take(taken[i].channel, taken[i].number,
				  taken[i].number * 300 + 10);
		nothing_to_take();
		end();
	} while (failures > 0);
	assert_true(failing > 30);
}

static const struct test_case cases[] = {
	TEST(what_is_beyond_the_window_is_refused),
	TEST(a_message_in_pieces_counts_once_and_in_full),
	TEST(credit_rises_as_messages_are_dropped),
	TEST(a_quarter_of_the_window_is_worth_telling),
	TEST(nobody_waits_for_credit_that_is_not_told),
	TEST(a_credit_that_was_lost_is_due_again),
	TEST(no_more_than_16384_numbers_are_begun),
	TEST(a_data_of_the_lap_before_is_not_taken_for_what_is_ahead),
	TEST(holes_beyond_a_bound_are_not_taken_and_filling_ones_are),
	TEST(a_small_message_has_few_ranges),
	TEST(a_message_that_comes_whole_is_one_block),
	TEST(a_piece_for_which_there_is_no_memory_can_come_again),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
