/* SPDX-License-Identifier: MIT */
/* Cases that go wrong, each in its own way, for test_runner.c to look at. */
#include "runner.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Stands in for the library: test_runner.c tells it what to claim. */
const char *snt_backend(void)
{
	const char *lie = getenv("RUNNER_SAMPLES_BACKEND");

	return lie ? lie : getenv("SENNIT_IO");
}

bool snt_has_backend(const char *name)
{
	const char *without = getenv("RUNNER_SAMPLES_WITHOUT");

	return !without || strcmp(name, without) != 0;
}

static size_t live;

size_t snt__alloc_live(void);
size_t snt__alloc_live(void)
{
	return live;
}

static void passes(void)
{
	assert_int_equal(2 + 2, 4);
}

static void fails_an_assertion(void)
{
	puts("printed by the test");
	assert_int_equal(2 + 2, 5);
}

static void *compare(void *arg)
{
	assert_string_equal(arg, "apple");
	return NULL;
}

static void fails_in_a_thread(void)
{
	char pear[] = "pear";
	pthread_t thread;

	pthread_create(&thread, NULL, compare, pear);
	pthread_join(thread, NULL);
}

static void hangs(void)
{
	fork(); /* and what it started hangs, too */
	for (;;)
		pause();
}

static void crashes(void)
{
	raise(SIGSEGV);
}

static void exits_early(void)
{
	exit(0);
}

static void leaks_a_descriptor(void)
{
	assert_true(open("/dev/zero", O_RDONLY | O_CLOEXEC) >= 0);
}

static void leaks_an_allowed_descriptor(void)
{
	test_allow_descriptors(1);
	leaks_a_descriptor();
}

static void leaks_memory(void)
{
	live++;
}

static void leaks_a_zombie(void)
{
	if (fork() == 0)
		_exit(0);
}

static void changes_the_backend(void)
{
	setenv("SENNIT_IO", "other", 1);
}

static void skips(void)
{
	skip();
}

static const struct test_case cases[] = {
	TEST(passes),
	TEST(fails_an_assertion),
	TEST(fails_in_a_thread),
	TEST_SLOW(hangs, 1),
	TEST(crashes),
	TEST(exits_early),
	TEST(leaks_a_descriptor),
	TEST(leaks_an_allowed_descriptor),
	TEST(leaks_memory),
	TEST(leaks_a_zombie),
	TEST(changes_the_backend),
	TEST(skips),
};

int main(int argc, char **argv)
{
	return RUN_TESTS(cases);
}
