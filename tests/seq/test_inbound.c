/* SPDX-License-Identifier: MIT */
/* Messages of ordered and reliable channels, put together and in order. */
#include "pieces.h"

static void a_message_that_comes_whole_is_there_at_once(void)
{
	begin();
	nothing_to_take();
	assert_int_equal(comes(ORDERED, 0, 100), 0);
	assert_int_equal(comes(RELIABLE, 0, 200), 0);
	assert_int_equal(comes(LATEST, 0, 300), 0);
	must_take(ORDERED, 0, 100);
	must_take(RELIABLE, 0, 200);
	must_take(LATEST, 0, 300);
	nothing_to_take();
	end();
}

static void messages_of_no_and_of_all_bytes_come(void)
{
	static const unsigned channels[] = { ORDERED, RELIABLE, LATEST };

	begin();
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(comes(channels[i], 0, 0), 0);
		assert_int_equal(comes(channels[i], 1, 65535), 0);
		assert_int_equal(comes(channels[i], 2, 1), 0);
		must_take(channels[i], 0, 0);
		must_take(channels[i], 1, 65535);
		must_take(channels[i], 2, 1);
	}
	end();
}

static void ordered_messages_wait_for_those_before_them(void)
{
	begin();
	assert_int_equal(comes(ORDERED, 2, 30), 0);
	assert_int_equal(comes(ORDERED, 1, 20), 0);
	assert_int_equal(comes(ORDERED, 4, 50), 0);
	nothing_to_take();
	assert_int_equal(comes(ORDERED, 0, 10), 0);
	must_take(ORDERED, 0, 10);
	must_take(ORDERED, 1, 20);
	must_take(ORDERED, 2, 30);
	nothing_to_take();
	assert_int_equal(comes(ORDERED, 3, 40), 0);
	must_take(ORDERED, 3, 40);
	must_take(ORDERED, 4, 50);
	end();
}

static void reliable_messages_wait_for_none(void)
{
	begin();
	assert_int_equal(comes(RELIABLE, 2, 30), 0);
	must_take(RELIABLE, 2, 30);
	assert_int_equal(comes(RELIABLE, 0, 10), 0);
	must_take(RELIABLE, 0, 10);
	assert_int_equal(comes(RELIABLE, 16383, 10), 0);
	must_take(RELIABLE, 16383, 10);
	assert_int_equal(comes(RELIABLE, 1, 20), 0);
	must_take(RELIABLE, 1, 20);
	end();
}

static void channels_do_not_wait_for_each_other(void)
{
	begin();
	for (unsigned channel = 0; channel < 64; channel++)
		assert_int_equal(comes(channel, channel % 2, channel), 0);
	for (unsigned channel = 0; channel < 64; channel += 2)
		must_take(channel, 0, channel);
	nothing_to_take();
	for (unsigned channel = 1; channel < 64; channel += 2)
		assert_int_equal(comes(channel, 0, 1), 0);
	for (unsigned channel = 1; channel < 64; channel += 2) {
		must_take(channel, 0, 1);
		must_take(channel, 1, channel);
	}
	end();
}

static void a_message_comes_once_however_often_it_is_sent(void)
{
	static const unsigned channels[] = { ORDERED, RELIABLE };

	begin();
	for (size_t i = 0; i < 2; i++) {
		unsigned channel = channels[i];

		for (unsigned n = 0; n < 3; n++) {
			assert_int_equal(comes(channel, 1, 20), 0);
			assert_int_equal(
				piece_comes(channel, 2, 20000, 500, 1000), 0);
		}
		for (unsigned n = 0; n < 3; n++)
			assert_int_equal(comes(channel, 0, 10), 0);
		must_take(channel, channel == ORDERED ? 0 : 1,
			  channel == ORDERED ? 10 : 20);
		must_take(channel, channel == ORDERED ? 1 : 0,
			  channel == ORDERED ? 20 : 10);
		for (unsigned n = 0; n < 3; n++) {
			assert_int_equal(comes(channel, 0, 10), 0);
			assert_int_equal(comes(channel, 1, 20), 0);
		}
		nothing_to_take();
	}
	end();
}

static void pieces_make_a_message_in_any_order(void)
{
	static const unsigned channels[] = { ORDERED, RELIABLE, LATEST };
	static const uint32_t orders[][4] = {
		{ 0, 1, 2, 3 }, { 3, 2, 1, 0 }, { 1, 3, 0, 2 },
		{ 2, 0, 3, 1 }, { 0, 3, 1, 2 }, { 1, 0, 2, 3 },
	};

	begin();
	for (size_t c = 0; c < 3; c++) {
		for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
			for (size_t k = 0; k < 4; k++) {
				nothing_to_take();
				assert_int_equal(
					piece_comes(channels[c], i, 4000,
						    orders[i][k] * 1000, 1000),
					0);
			}
			must_take(channels[c], i, 4000);
		}
	}
	end();
}

static void pieces_may_overlap_and_be_cut_anew(void)
{
	begin();
	assert_int_equal(piece_comes(ORDERED, 0, 1000, 300, 200), 0);
	assert_int_equal(piece_comes(ORDERED, 0, 1000, 600, 100), 0);
	assert_int_equal(piece_comes(ORDERED, 0, 1000, 300, 200), 0);
	assert_int_equal(piece_comes(ORDERED, 0, 1000, 350, 50), 0);
	assert_int_equal(piece_comes(ORDERED, 0, 1000, 450, 200), 0);
	assert_int_equal(piece_comes(ORDERED, 0, 1000, 999, 1), 0);
	assert_int_equal(piece_comes(ORDERED, 0, 1000, 0, 10), 0);
	assert_int_equal(piece_comes(ORDERED, 0, 1000, 5, 10), 0);
	assert_int_equal(piece_comes(ORDERED, 0, 1000, 0, 10), 0);
	assert_int_equal(piece_comes(ORDERED, 0, 1000, 200, 799), 0);
	nothing_to_take();
	assert_int_equal(piece_comes(ORDERED, 0, 1000, 14, 186), 0);
	must_take(ORDERED, 0, 1000);
	end();
}

static void a_message_may_come_byte_by_byte(void)
{
	begin();
	for (uint32_t offset = 0; offset < 300; offset++)
		assert_int_equal(piece_comes(ORDERED, 0, 300, offset, 1), 0);
	must_take(ORDERED, 0, 300);
	for (uint32_t offset = 300; offset-- > 0;)
		assert_int_equal(piece_comes(ORDERED, 1, 300, offset, 1), 0);
	must_take(ORDERED, 1, 300);
	end();
}

static void an_ordered_message_in_pieces_is_waited_for(void)
{
	begin();
	assert_int_equal(piece_comes(ORDERED, 0, 2000, 0, 1000), 0);
	assert_int_equal(comes(ORDERED, 1, 10), 0);
	assert_int_equal(piece_comes(ORDERED, 2, 2000, 1000, 1000), 0);
	assert_int_equal(comes(ORDERED, 3, 10), 0);
	nothing_to_take();
	assert_int_equal(piece_comes(ORDERED, 0, 2000, 1000, 1000), 0);
	must_take(ORDERED, 0, 2000);
	must_take(ORDERED, 1, 10);
	nothing_to_take();
	assert_int_equal(piece_comes(ORDERED, 2, 2000, 0, 1000), 0);
	must_take(ORDERED, 2, 2000);
	must_take(ORDERED, 3, 10);
	end();
}

static void what_makes_no_sense_is_refused(void)
{
	begin();
	assert_int_equal(comes(192, 0, 10), -EBADMSG);
	assert_int_equal(comes(255, 0, 10), -EBADMSG);
	for (unsigned channel = 0; channel < 192; channel += 64) {
		assert_int_equal(piece_comes(channel, 0, 100, 0, 101),
				 -EBADMSG);
		assert_int_equal(piece_comes(channel, 0, 100, 100, 1),
				 -EBADMSG);
		assert_int_equal(piece_comes(channel, 0, 100, 99, 2), -EBADMSG);
		assert_int_equal(piece_comes(channel, 0, 100, UINT32_MAX, 2),
				 -EBADMSG);
		assert_int_equal(piece_comes(channel, 0, 100, 50, 0), -EBADMSG);
		assert_int_equal(piece_comes(channel, 0, 0, 1, 0), -EBADMSG);
		assert_int_equal(piece_comes(channel, 0, LARGEST + 1, 0, 1),
				 -SNT_ELIMIT);
		assert_int_equal(piece_comes(channel, 0, UINT32_MAX, 0, 1),
				 -SNT_ELIMIT);
		assert_int_equal(piece_comes(channel, 0, LARGEST, 0, 1), 0);
	}
	nothing_to_take();
	end();
}

static void a_total_that_changes_is_refused(void)
{
	begin();
	assert_int_equal(piece_comes(ORDERED, 0, 100, 0, 50), 0);
	assert_int_equal(piece_comes(ORDERED, 0, 101, 50, 51), -EBADMSG);
	assert_int_equal(comes(ORDERED, 0, 50), -EBADMSG);
	assert_int_equal(comes(ORDERED, 1, 50), 0);
	assert_int_equal(comes(ORDERED, 1, 51), -EBADMSG);
	assert_int_equal(piece_comes(ORDERED, 0, 100, 50, 50), 0);
	must_take(ORDERED, 0, 100);
	must_take(ORDERED, 1, 50);
	end();
}

static void what_is_lent_stays_until_it_is_dropped(void)
{
	struct snt__seq_whole *first, *second;

	begin();
	assert_int_equal(comes(ORDERED, 0, 1000), 0);
	assert_int_equal(comes(LATEST, 0, 1000), 0);
	first = snt__seq_inbound_take(&inbound);
	second = snt__seq_inbound_take(&inbound);
	assert_int_equal(comes(ORDERED, 1, 2000), 0);
	assert_int_equal(comes(LATEST, 1, 2000), 0);
	must_take(ORDERED, 1, 2000);
	must_hold(second, LATEST, 0, 1000);
	snt__seq_inbound_drop(&inbound, second);
	must_hold(first, ORDERED, 0, 1000);
	snt__seq_inbound_drop(&inbound, first);
	must_take(LATEST, 1, 2000);
	end();
}

static void the_end_frees_what_is_whole_in_pieces_waiting_and_lent(void)
{
	begin();
	for (unsigned channel = 0; channel < 192; channel += 32) {
		assert_int_equal(comes(channel, 0, 100), 0);
		assert_int_equal(comes(channel, 1, 100), 0);
		assert_int_equal(comes(channel, 3, 100), 0);
		assert_int_equal(piece_comes(channel, 4, 1000, 500, 100), 0);
		assert_int_equal(piece_comes(channel, 5, 1000, 0, 100), 0);
		assert_non_null(snt__seq_inbound_take(&inbound));
	}
	end();
	nothing_to_take();
	end();
}

static const struct test_case cases[] = {
	TEST(a_message_that_comes_whole_is_there_at_once),
	TEST(messages_of_no_and_of_all_bytes_come),
	TEST(ordered_messages_wait_for_those_before_them),
	TEST(reliable_messages_wait_for_none),
	TEST(channels_do_not_wait_for_each_other),
	TEST(a_message_comes_once_however_often_it_is_sent),
	TEST(pieces_make_a_message_in_any_order),
	TEST(pieces_may_overlap_and_be_cut_anew),
	TEST(a_message_may_come_byte_by_byte),
	TEST(an_ordered_message_in_pieces_is_waited_for),
	TEST(what_makes_no_sense_is_refused),
	TEST(a_total_that_changes_is_refused),
	TEST(what_is_lent_stays_until_it_is_dropped),
	TEST(the_end_frees_what_is_whole_in_pieces_waiting_and_lent),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
