/* SPDX-License-Identifier: MIT */
/*
 * A peer that keeps to docs/seq.md, a network that loses, doubles and delays by
 * seed, and a program that takes what came: what is taken is what was sent.
 * Numbers of both kinds go round. The peer learns at once what came, which is
 * the harshest for the numbers; it cuts anew what it sends again, and also
 * sends again what was only late.
 */
#include "pieces.h"
#include "random.h"

#include "seq/received.h"

#include <stdlib.h>

enum {
	CHANNELS = 5,
	MOST_ITEMS = 64,
	MOST_LATE = 4000,
	UNITS = 32,       /* a message is cut between these */
	LATEST_BY = 1900, /* less than what is remembered */
};

struct item {
	unsigned channel; /* index */
	uint64_t message;
	unsigned from, to; /* units */
};

struct data {
	uint64_t number;
	uint64_t due;
	unsigned count;
	struct item items[MOST_ITEMS];
};

struct sender {
	unsigned id; /* on the wire */
	uint64_t base, next, messages;
	uint32_t come[SNT__SEQ_BEGUN]; /* units, as bits; not of latest */
	unsigned at; /* units of a latest one that were sent */
	uint64_t taken, missed;
	unsigned char *was_taken; /* reliable */
};

static struct {
	uint64_t random;
	bool dense; /* tiny messages, many in a DATA */
	uint64_t now, number, told, begun;
	struct sender senders[CHANNELS];
	struct snt__seq_received received;
	struct item again[65536];
	size_t again_first, again_end;
	struct data *late[MOST_LATE];
	size_t late_count;
} world;

static uint64_t chance(uint64_t below)
{
	return draw(&world.random, below);
}

static uint32_t size_of(const struct sender *sender, uint64_t message)
{
	uint64_t seed = message * 256 + sender->id;
	uint64_t kind = draw(&seed, 400);

	if (world.dense)
		return (uint32_t)draw(&seed, 4);
	return (uint32_t)(kind == 0  ? draw(&seed, 20000)
			  : kind < 9 ? draw(&seed, 2000)
				     : draw(&seed, 60));
}

static uint32_t unit_of(uint32_t size)
{
	return size < 2 * UNITS ? 2 : (size + UNITS - 1) / UNITS;
}

static unsigned units_of(uint32_t size)
{
	return size == 0 ? 1 : (size + unit_of(size) - 1) / unit_of(size);
}

static bool is_latest(const struct sender *sender)
{
	return snt__seq_kind_of(sender->id) == SNT__SEQ_KIND_LATEST;
}

static uint32_t all_units(unsigned count)
{
	return count == 32 ? UINT32_MAX : (UINT32_C(1) << count) - 1;
}

static void push_again(const struct item *item)
{
	struct item whole = *item, half = *item;

	if (item->to - item->from > 1 && chance(2) == 0) {
		whole.to = item->from + 1 +
			   (unsigned)chance(item->to - item->from - 1);
		half.from = whole.to;
		world.again[world.again_end++ % 65536] = half;
	}
	world.again[world.again_end++ % 65536] = whole;
	assert_true(world.again_end - world.again_first < 65000);
}

/* What comes next on that channel, or false. */
static bool begin_item(struct sender *sender, struct item *item)
{
	uint32_t size = size_of(sender, sender->next);
	unsigned units = units_of(size);

	if (sender->next == sender->messages)
		return false;
	item->message = sender->next;
	item->channel = (unsigned)(sender - world.senders);
	if (is_latest(sender)) {
		item->from = sender->at;
		item->to = units - sender->at > 8 ? sender->at + 8 : units;
		sender->at = item->to;
		if (sender->at < units)
			return true;
		sender->at = 0;
		sender->next += 1 + (chance(50) == 0 ? chance(300) : 0);
		if (sender->next > sender->messages)
			sender->next = sender->messages;
		return true;
	}
	if (sender->next - sender->base == SNT__SEQ_BEGUN ||
	    world.begun + size + SNT__SEQ_CHARGE > world.told)
		return false;
	world.begun += size + SNT__SEQ_CHARGE;
	sender->come[sender->next % SNT__SEQ_BEGUN] = 0;
	sender->next++;
	item->from = 0;
	item->to = units;
	return true;
}

static bool begin_any(struct item *item)
{
	size_t first = chance(CHANNELS);

	for (size_t i = 0; i < CHANNELS; i++)
		if (begin_item(&world.senders[(first + i) % CHANNELS], item))
			return true;
	return false;
}

static uint32_t size_of_item(const struct item *item)
{
	const struct sender *sender = &world.senders[item->channel];
	uint32_t size = size_of(sender, item->message), unit = unit_of(size);
	uint32_t end = item->to * unit < size ? item->to * unit : size;

	return end - item->from * unit;
}

/* The next DATA, on the heap; NULL: there is nothing to send. */
static struct data *next_data(void)
{
	struct data *data = calloc(1, sizeof *data);
	unsigned most = world.dense ? MOST_ITEMS : 8;

	assert_non_null(data);
	while (data->count < most) {
		struct item *item = &data->items[data->count];

		if (world.again_first < world.again_end)
			*item = world.again[world.again_first++ % 65536];
		else if (!begin_any(item))
			break;
		else if (!is_latest(&world.senders[item->channel]) &&
			 chance(4) == 0) {
			push_again(item); /* in a DATA of its own */
			continue;
		}
		data->count++;
	}
	if (data->count == 0) {
		free(data);
		return NULL;
	}
	data->number = world.number++;
	return data;
}

static void comes_to_be_known(const struct item *item)
{
	struct sender *sender = &world.senders[item->channel];

	if (is_latest(sender) || item->message < sender->base)
		return;
	for (unsigned i = item->from; i < item->to; i++)
		sender->come[item->message % SNT__SEQ_BEGUN] |= UINT32_C(1)
								<< i;
	while (sender->base < sender->next &&
	       sender->come[sender->base % SNT__SEQ_BEGUN] ==
		       all_units(units_of(size_of(sender, sender->base))))
		sender->base++;
}

/* As a session does it: through the wire's frames. */
static void item_comes(uint64_t number, const struct item *item)
{
	const struct sender *sender = &world.senders[item->channel];
	uint32_t size = size_of(sender, item->message);
	struct snt__seq_frame frame = frame_of(
		sender->id, &(struct bytes){ item->message, size,
					     item->from * unit_of(size),
					     size_of_item(item) });
	unsigned char body[32768];
	size_t written = snt__seq_frame_write(body, sizeof body, &frame);

	assert_true(written > 0);
	assert_int_equal(snt__seq_frame_read(body, written, &frame), written);
	assert_int_equal(snt__seq_inbound_piece(&inbound, number, &frame), 0);
}

static void arrives(const struct data *data)
{
	uint64_t number = snt__seq_received_widen(&world.received,
						  (uint32_t)data->number);

	assert_int_equal(number, data->number);
	if (snt__seq_received_is_new(&world.received, number)) {
		for (unsigned i = 0; i < data->count; i++)
			item_comes(number, &data->items[i]);
		snt__seq_received_note(&world.received, number, true, 0);
		for (unsigned i = 0; i < data->count; i++)
			comes_to_be_known(&data->items[i]);
	}
}

static void put_off(const struct data *data, uint64_t by)
{
	struct data *copy = malloc(sizeof *copy);

	assert_true(copy != NULL && world.late_count < MOST_LATE);
	*copy = *data;
	copy->due = world.now + by;
	world.late[world.late_count++] = copy;
}

static void goes_again(const struct data *data)
{
	for (unsigned i = 0; i < data->count; i++)
		if (!is_latest(&world.senders[data->items[i].channel]))
			push_again(&data->items[i]);
}

static void goes(struct data *data)
{
	uint64_t fate = chance(100);

	if (fate < 20) {
		goes_again(data);
	} else if (fate < 25) {
		put_off(data, chance(LATEST_BY));
		goes_again(data);
	} else if (fate < 45) {
		put_off(data, 1 + chance(20));
	} else {
		arrives(data);
		if (fate < 60)
			put_off(data, chance(LATEST_BY));
	}
	free(data);
}

static void late_ones_arrive(void)
{
	for (size_t i = 0; i < world.late_count;) {
		struct data *data = world.late[i];

		if (data->due > world.now) {
			i++;
			continue;
		}
		world.late[i] = world.late[--world.late_count];
		arrives(data);
		free(data);
	}
}

static void is_taken(struct snt__seq_whole *got)
{
	struct sender *sender = world.senders;
	uint64_t message;

	while (sender->id != got->channel)
		sender++;
	message = sender->taken;
	if (is_latest(sender)) {
		message += got->missed;
		sender->missed += got->missed;
		sender->taken = message + 1;
	} else if (snt__seq_kind_of(sender->id) == SNT__SEQ_KIND_ORDERED) {
		sender->taken++;
	} else {
		/* Any that is not acknowledged, or was now. */
		message = sender->next - 1;
		message -= (uint16_t)(message - got->number);
		assert_int_equal(sender->was_taken[message], 0);
		sender->was_taken[message] = 1;
		sender->taken++;
	}
	assert_true(message < sender->messages);
	must_hold(got, sender->id, message, size_of(sender, message));
	snt__seq_inbound_drop(&inbound, got);
}

static void program_takes(size_t most)
{
	while (most-- > 0 && snt__seq_inbound_ready(&inbound))
		is_taken(snt__seq_inbound_take(&inbound));
	if (snt__seq_inbound_credit_due(&inbound)) {
		world.told = snt__seq_inbound_credit(&inbound);
		snt__seq_inbound_credit_told(&inbound);
	}
}

static bool all_taken(void)
{
	for (unsigned i = 0; i < CHANNELS; i++)
		if (!is_latest(&world.senders[i]) &&
		    world.senders[i].taken < world.senders[i].messages)
			return false;
	return true;
}

static void settle(void)
{
	while (world.late_count > 0) {
		world.now++;
		late_ones_arrive();
	}
	program_takes(SIZE_MAX);
	nothing_to_take();
	for (unsigned i = 0; i < CHANNELS; i++) {
		struct sender *sender = &world.senders[i];

		if (is_latest(sender))
			assert_true((sender->taken - sender->missed) * 100 >=
				    sender->messages);
		else
			assert_int_equal(sender->taken, sender->messages);
		free(sender->was_taken);
	}
	assert_int_equal(inbound.begun, inbound.released);
	assert_int_equal(inbound.latest_lent, 0);
	end();
}

static void live(uint64_t seed, uint64_t messages, bool dense)
{
	static const unsigned ids[CHANNELS] = { ORDERED, ORDERED + 63, RELIABLE,
						LATEST, LATEST + 63 };

	memset(&world, 0, sizeof world);
	world.random = seed;
	world.dense = dense;
	world.number = UINT32_MAX - chance(2000);
	world.told = 64 * 1024;
	begin_with(64 * 1024, 64 * 1024);
	snt__seq_received_init(&world.received, (uint32_t)world.number);
	for (unsigned i = 0; i < CHANNELS; i++) {
		struct sender *sender = &world.senders[i];

		sender->id = ids[i];
		/* Dense ones: all numbers of one kind, for the laps. */
		sender->messages = !dense || i == 2 * (seed % 2) ? messages : 0;
		sender->was_taken = calloc(1, messages);
		assert_non_null(sender->was_taken);
	}
	for (uint64_t steps = 0; !all_taken(); steps++) {
		struct data *data = next_data();

		assert_true(steps < 100 * messages);
		world.now++;
		if (data != NULL)
			goes(data);
		late_ones_arrive();
		program_takes(chance(10) == 0 ? 1000 : chance(dense ? 150 : 8));
	}
	settle();
}

static void what_is_taken_is_what_was_sent(void)
{
	for (uint64_t seed = 1; seed <= 12; seed++)
		live(seed, 3000, false);
}

static void message_numbers_go_round(void)
{
	for (uint64_t seed = 21; seed <= 22; seed++)
		live(seed, 140000, false);
}

/* A DATA may be late by more than a lap of them. */
static void many_messages_in_each_data_go_round(void)
{
	for (uint64_t seed = 31; seed <= 34; seed++)
		live(seed, 400000, true);
}

static const struct test_case cases[] = {
	TEST_SLOW(what_is_taken_is_what_was_sent, 120),
	TEST_SLOW(message_numbers_go_round, 240),
	TEST_SLOW(many_messages_in_each_data_go_round, 240),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
