/* SPDX-License-Identifier: MIT */
/* Letters to a thread: all are opened, in order, and a sleeper is woken. */
#include "../runner.h"

#include "base/list.h"
#include "io/mailbox.h"

#include <poll.h>
#include <pthread.h>

struct note {
	struct snt__letter letter;
	int from;
	int number;
};

static struct snt__mailbox box;
static int last[8], opened;

static void open_note(struct snt__letter *letter)
{
	const struct note *note = SNT__CONTAINER(letter, struct note, letter);

	assert_int_equal(note->number, last[note->from] + 1);
	last[note->from] = note->number;
	opened++;
}

static struct note note_of(int from, int number)
{
	return (struct note){ .letter.open = open_note,
			      .from = from,
			      .number = number };
}

static bool post(struct note *note)
{
	return snt__mailbox_post(&box, &note->letter);
}

static bool is_told(void)
{
	struct pollfd slot = { .fd = box.handle.fd, .events = POLLIN };

	return poll(&slot, 1, 0) == 1;
}

static void letters_are_opened_in_the_order_they_came(void)
{
	struct note notes[5];

	snt__mailbox_init(&box);
	assert_true(snt__mailbox_empty(&box));
	for (int i = 0; i < 5; i++) {
		notes[i] = note_of(0, i + 1);
		assert_true(post(&notes[i]));
	}
	assert_false(snt__mailbox_empty(&box));
	snt__mailbox_read(&box);
	assert_int_equal(opened, 5);
	assert_true(snt__mailbox_empty(&box));
	snt__mailbox_close(&box);
}

static void only_a_sleeper_is_told(void)
{
	struct note first = note_of(0, 1), second = note_of(0, 2);

	snt__mailbox_init(&box);
	assert_int_equal(snt__mailbox_open(&box), 0);
	assert_true(post(&first));
	assert_false(is_told());
	snt__mailbox_read(&box);
	assert_true(snt__mailbox_sleep(&box));
	assert_true(post(&second));
	assert_true(is_told());
	snt__mailbox_close(&box);
}

static void nobody_goes_to_sleep_on_a_letter(void)
{
	struct note note = note_of(0, 1);

	snt__mailbox_init(&box);
	assert_true(post(&note));
	assert_false(snt__mailbox_sleep(&box));
	snt__mailbox_read(&box);
	assert_true(snt__mailbox_sleep(&box));
	snt__mailbox_close(&box);
}

static void whoever_posts_learns_that_a_sleeper_cannot_hear(void)
{
	struct note note = note_of(0, 1);

	snt__mailbox_init(&box);
	assert_true(snt__mailbox_sleep(&box));
	assert_false(post(&note));
	snt__mailbox_close(&box);
}

static void closing_opens_what_is_left(void)
{
	struct note note = note_of(0, 1);

	snt__mailbox_init(&box);
	assert_true(post(&note));
	snt__mailbox_close(&box);
	assert_int_equal(opened, 1);
}

static int no_notifier(void)
{
	return -EMFILE;
}

static void a_notifier_that_is_not_to_be_had_is_told(void)
{
	struct snt__io table = snt__kernel_io;

	table.notifier = no_notifier;
	snt__io = &table;
	snt__mailbox_init(&box);
	assert_int_equal(snt__mailbox_open(&box), -EMFILE);
	snt__mailbox_close(&box);
	snt__io = &snt__kernel_io;
}

#define POSTERS 4
#define EACH 2000

static struct note many[POSTERS][EACH];

static void *post_many(void *arg)
{
	int from = (int)(intptr_t)arg;

	for (int i = 0; i < EACH; i++) {
		many[from][i] = note_of(from, i + 1);
		post(&many[from][i]);
	}
	return NULL;
}

/* The owner sleeps as often as it can. */
static void letters_of_many_threads_all_come_each_ones_in_order(void)
{
	pthread_t threads[POSTERS];
	struct pollfd slot;

	snt__mailbox_init(&box);
	assert_int_equal(snt__mailbox_open(&box), 0);
	slot = (struct pollfd){ .fd = box.handle.fd, .events = POLLIN };
	for (intptr_t i = 0; i < POSTERS; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, post_many, (void *)i),
			0);
	while (opened < POSTERS * EACH) {
		if (snt__mailbox_sleep(&box)) {
			assert_int_equal(poll(&slot, 1, -1), 1);
			snt__mailbox_awake(&box);
			snt__io->notify_clear(box.handle.fd);
		}
		snt__mailbox_read(&box);
	}
	for (int i = 0; i < POSTERS; i++)
		pthread_join(threads[i], NULL);
	snt__mailbox_close(&box);
}

static const struct test_case cases[] = {
	TEST(letters_are_opened_in_the_order_they_came),
	TEST(only_a_sleeper_is_told),
	TEST(nobody_goes_to_sleep_on_a_letter),
	TEST(whoever_posts_learns_that_a_sleeper_cannot_hear),
	TEST(closing_opens_what_is_left),
	TEST(a_notifier_that_is_not_to_be_had_is_told),
	TEST(letters_of_many_threads_all_come_each_ones_in_order),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
