/* SPDX-License-Identifier: MIT */
/* Messages of latest channels: at most once, never backwards. */
#include "pieces.h"

/* Taken next: that message of channel LATEST, after so many that are missing. */
static void must_take_after(uint64_t missed, uint64_t message, size_t size)
{
	struct snt__seq_whole *got = snt__seq_inbound_take(&inbound);

	must_hold(got, LATEST, message, size);
	assert_int_equal(got->missed, missed);
	snt__seq_inbound_drop(&inbound, got);
}

static void what_is_older_than_the_last_is_dropped(void)
{
	begin();
	assert_int_equal(come_in(10, LATEST, 5, 100, 0, 100), 0);
	assert_int_equal(come_in(9, LATEST, 4, 100, 0, 100), 0);
	assert_int_equal(come_in(11, LATEST, 6, 100, 0, 100), 0);
	assert_int_equal(come_in(1, LATEST, 0, 100, 0, 100), 0);
	must_take_after(5, 5, 100);
	must_take_after(0, 6, 100);
	nothing_to_take();
	end();
}

static void missed_counts_what_did_not_come(void)
{
	begin();
	assert_int_equal(comes(LATEST, 0, 1), 0);
	assert_int_equal(comes(LATEST, 1, 1), 0);
	assert_int_equal(comes(LATEST, 7, 1), 0);
	must_take_after(0, 0, 1);
	must_take_after(0, 1, 1);
	must_take_after(5, 7, 1);
	/* Each channel for itself. */
	assert_int_equal(comes(LATEST + 1, 3, 1), 0);
	must_take(LATEST + 1, 3, 1);
	assert_int_equal(comes(LATEST, 8 + 65534, 1), 0);
	must_take_after(65534, 8 + 65534, 1);
	end();
}

static void messages_in_one_data_are_in_the_order_of_their_numbers(void)
{
	begin();
	assert_int_equal(come_in(10, LATEST, 1, 100, 0, 100), 0);
	assert_int_equal(come_in(10, LATEST, 2, 100, 0, 100), 0);
	assert_int_equal(come_in(10, LATEST, 1, 100, 0, 100), 0);
	assert_int_equal(come_in(10, LATEST, 0, 100, 0, 100), 0);
	must_take_after(1, 1, 100);
	must_take_after(0, 2, 100);
	nothing_to_take();
	end();
}

static void numbers_may_leap_by_any_way(void)
{
	begin();
	assert_int_equal(comes(LATEST, 100, 1), 0);
	assert_int_equal(comes(LATEST, 100 + 40000, 1), 0);
	assert_int_equal(comes(LATEST, 99 + 65536 + 40000, 1), 0);
	must_take_after(100, 100, 1);
	must_take_after(39999, 40100, 1);
	must_take_after(65534, 105635, 1);
	end();
}

static void a_message_comes_at_most_once(void)
{
	begin();
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(comes(LATEST, 0, 100), 0);
	must_take_after(0, 0, 100);
	assert_int_equal(comes(LATEST, 0, 100), 0);
	assert_int_equal(piece_comes(LATEST, 0, 100, 0, 50), 0);
	assert_int_equal(piece_comes(LATEST, 0, 100, 50, 50), 0);
	nothing_to_take();
	end();
}

static void pieces_of_one_that_has_become_old_are_dropped(void)
{
	begin();
	assert_int_equal(come_in(10, LATEST, 0, 2000, 0, 1000), 0);
	assert_int_equal(come_in(12, LATEST, 1, 100, 0, 100), 0);
	assert_int_equal(come_in(11, LATEST, 0, 2000, 1000, 1000), 0);
	assert_int_equal(come_in(13, LATEST, 0, 2000, 1000, 1000), 0);
	assert_int_equal(come_in(10, LATEST, 0, 2000, 0, 1000), 0);
	must_take_after(1, 1, 100);
	nothing_to_take();
	end();
}

/* The age of one in pieces is that of the DATA with its beginning. */
static void where_it_began_tells_which_is_newer(void)
{
	begin();
	assert_int_equal(come_in(14, LATEST, 1, 2000, 1000, 1000), 0);
	assert_int_equal(come_in(12, LATEST, 2, 100, 0, 100), 0);
	must_take_after(2, 2, 100);
	assert_int_equal(come_in(11, LATEST, 1, 2000, 0, 1000), 0);
	nothing_to_take();
	assert_int_equal(come_in(15, LATEST, 3, 2000, 1000, 1000), 0);
	assert_int_equal(come_in(13, LATEST, 3, 2000, 0, 1000), 0);
	must_take_after(0, 3, 2000);
	assert_int_equal(come_in(14, LATEST, 4, 100, 0, 100), 0);
	must_take_after(0, 4, 100);
	/* One that began before the newest did, as its end tells. */
	assert_int_equal(come_in(13, LATEST, 5, 2000, 1000, 1000), 0);
	assert_int_equal(come_in(16, LATEST, 5, 2000, 0, 1000), 0);
	nothing_to_take();
	end();
}

static void two_are_put_together_at_a_time(void)
{
	begin();
	assert_int_equal(come_in(10, LATEST, 0, 2000, 0, 1000), 0);
	assert_int_equal(come_in(12, LATEST, 1, 2000, 0, 1000), 0);
	assert_int_equal(come_in(11, LATEST, 0, 2000, 1000, 1000), 0);
	assert_int_equal(come_in(13, LATEST, 1, 2000, 1000, 1000), 0);
	must_take_after(0, 0, 2000);
	must_take_after(0, 1, 2000);
	nothing_to_take();
	end();
}

static void a_third_takes_the_place_of_the_oldest(void)
{
	begin();
	assert_int_equal(come_in(12, LATEST, 1, 2000, 0, 1000), 0);
	assert_int_equal(come_in(10, LATEST, 0, 2000, 0, 1000), 0);
	assert_int_equal(come_in(14, LATEST, 2, 2000, 0, 1000), 0);
	/* 0 had to go, and is too old to begin again. */
	assert_int_equal(come_in(11, LATEST, 0, 2000, 1000, 1000), 0);
	assert_int_equal(come_in(9, LATEST, 0, 2000, 0, 1000), 0);
	nothing_to_take();
	assert_int_equal(come_in(13, LATEST, 1, 2000, 1000, 1000), 0);
	must_take_after(1, 1, 2000);
	assert_int_equal(come_in(15, LATEST, 2, 2000, 1000, 1000), 0);
	must_take_after(0, 2, 2000);
	end();
}

static void which_is_the_oldest_does_not_depend_on_what_came_first(void)
{
	begin();
	assert_int_equal(come_in(10, LATEST, 0, 2000, 0, 1000), 0);
	assert_int_equal(come_in(12, LATEST, 1, 2000, 0, 1000), 0);
	assert_int_equal(come_in(14, LATEST, 2, 2000, 0, 1000), 0);
	assert_int_equal(come_in(13, LATEST, 1, 2000, 1000, 1000), 0);
	must_take_after(1, 1, 2000);
	/* Without its beginning, the earliest piece is what tells. */
	assert_int_equal(come_in(18, LATEST, 3, 3000, 2000, 1000), 0);
	assert_int_equal(come_in(16, LATEST, 3, 3000, 1000, 1000), 0);
	assert_int_equal(come_in(17, LATEST, 4, 2000, 0, 1000), 0);
	assert_int_equal(come_in(20, LATEST, 5, 2000, 0, 1000), 0);
	assert_int_equal(come_in(19, LATEST, 4, 2000, 1000, 1000), 0);
	must_take_after(2, 4, 2000);
	end();
}

static void the_rest_of_an_old_one_takes_no_place(void)
{
	begin();
	assert_int_equal(come_in(12, LATEST, 5, 100, 0, 100), 0);
	must_take_after(5, 5, 100);
	assert_int_equal(come_in(13, LATEST, 6, 2000, 0, 1000), 0);
	assert_int_equal(come_in(14, LATEST, 7, 2000, 0, 1000), 0);
	assert_int_equal(come_in(15, LATEST, 4, 2000, 1000, 1000), 0);
	assert_int_equal(come_in(16, LATEST, 6, 2000, 1000, 1000), 0);
	must_take_after(0, 6, 2000);
	end();
}

static void pieces_that_contradict_each_other_begin_anew(void)
{
	begin();
	/* A lap of numbers went by without a DATA. */
	assert_int_equal(come_in(10, LATEST, 3, 2000, 0, 1000), 0);
	assert_int_equal(come_in(12, LATEST, 3 + 65536, 2000, 0, 1000), 0);
	assert_int_equal(come_in(13, LATEST, 3 + 65536, 2000, 1000, 1000), 0);
	must_take_after(3, 3 + 65536, 2000);
	assert_int_equal(come_in(14, LATEST, 4, 2000, 0, 1000), 0);
	assert_int_equal(come_in(15, LATEST, 4 + 65536, 50, 0, 50), 0);
	assert_int_equal(come_in(16, LATEST, 4, 2000, 1000, 1000), 0);
	must_take_after(0, 4 + 65536, 50);
	nothing_to_take();
	/* What came of the one before does not end up in it. */
	assert_int_equal(come_in(16, LATEST, 6, 3000, 0, 1000), 0);
	assert_int_equal(come_in(17, LATEST, 6, 3000, 1000, 1000), 0);
	assert_int_equal(come_in(18, LATEST, 6 + 65536, 3000, 0, 1000), 0);
	assert_int_equal(come_in(19, LATEST, 6 + 65536, 3000, 2000, 1000), 0);
	nothing_to_take();
	assert_int_equal(come_in(20, LATEST, 7, 10, 0, 10), 0);
	must_take_after(2, 7, 10);
	/* And what is late does not undo it. */
	assert_int_equal(come_in(24, LATEST, 8 + 65536, 3000, 0, 1000), 0);
	assert_int_equal(come_in(22, LATEST, 8, 2000, 0, 1000), 0);
	assert_int_equal(come_in(23, LATEST, 8, 2000, 1000, 1000), 0);
	assert_int_equal(come_in(25, LATEST, 8 + 65536, 3000, 1000, 2000), 0);
	must_take_after(0, 8 + 65536, 3000);
	end();
}

static void when_there_is_no_room_the_oldest_go(void)
{
	begin_with(LARGEST, 10 * (100 + SNT__SEQ_CHARGE));
	for (uint64_t i = 0; i < 25; i++)
		assert_int_equal(comes(LATEST, i, 100), 0);
	must_take_after(15, 15, 100);
	for (uint64_t i = 16; i < 25; i++)
		must_take_after(0, i, 100);
	nothing_to_take();
	end();
}

static void what_is_in_pieces_goes_as_well(void)
{
	begin_with(LARGEST, 2 * (2000 + SNT__SEQ_CHARGE));
	assert_int_equal(piece_comes(LATEST, 0, 2000, 0, 1000), 0);
	assert_int_equal(piece_comes(LATEST + 1, 0, 2000, 0, 1000), 0);
	assert_int_equal(piece_comes(LATEST + 2, 0, 2000, 0, 1000), 0);
	assert_int_equal(piece_comes(LATEST, 0, 2000, 1000, 1000), 0);
	nothing_to_take(); /* that was all new */
	assert_int_equal(piece_comes(LATEST + 2, 0, 2000, 1000, 1000), 0);
	must_take(LATEST + 2, 0, 2000);
	end();
}

static void what_is_lent_does_not_go_and_counts(void)
{
	struct snt__seq_whole *lent;

	begin_with(LARGEST, 2 * (1000 + SNT__SEQ_CHARGE));
	assert_int_equal(comes(LATEST, 0, 1000), 0);
	lent = snt__seq_inbound_take(&inbound);
	assert_int_equal(comes(LATEST, 1, 1000), 0);
	assert_int_equal(comes(LATEST, 2, 1000), 0);
	assert_int_equal(comes(LATEST, 3, 1001), 0); /* never fits */
	must_hold(lent, LATEST, 0, 1000);
	must_take_after(1, 2, 1000);
	nothing_to_take();
	snt__seq_inbound_drop(&inbound, lent);
	assert_int_equal(comes(LATEST, 4, 1001), 0);
	must_take_after(1, 4, 1001);
	end();
}

static void one_beyond_the_limit_never_comes_and_nothing_goes_for_it(void)
{
	begin_with(LARGEST, 1000 + SNT__SEQ_CHARGE);
	assert_int_equal(comes(LATEST, 0, 900), 0);
	assert_int_equal(comes(LATEST, 1, 1001), 0);
	must_take_after(0, 0, 900);
	assert_int_equal(comes(LATEST, 2, 1000), 0);
	must_take_after(1, 2, 1000);
	end();
}

static const struct test_case cases[] = {
	TEST(what_is_older_than_the_last_is_dropped),
	TEST(missed_counts_what_did_not_come),
	TEST(messages_in_one_data_are_in_the_order_of_their_numbers),
	TEST(numbers_may_leap_by_any_way),
	TEST(a_message_comes_at_most_once),
	TEST(pieces_of_one_that_has_become_old_are_dropped),
	TEST(where_it_began_tells_which_is_newer),
	TEST(two_are_put_together_at_a_time),
	TEST(a_third_takes_the_place_of_the_oldest),
	TEST(which_is_the_oldest_does_not_depend_on_what_came_first),
	TEST(the_rest_of_an_old_one_takes_no_place),
	TEST(pieces_that_contradict_each_other_begin_anew),
	TEST(when_there_is_no_room_the_oldest_go),
	TEST(what_is_in_pieces_goes_as_well),
	TEST(what_is_lent_does_not_go_and_counts),
	TEST(one_beyond_the_limit_never_comes_and_nothing_goes_for_it),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
