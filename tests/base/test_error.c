/* SPDX-License-Identifier: MIT */
/* Codes and their words, and the line of the last failure. */
#include "base/alloc.h"
#include "base/error.h"
#include "../runner.h"

#include <limits.h>
#include <sennit/fiber.h>
#include <sennit/sync.h>
#include <string.h>

static void every_code_has_words(void)
{
	for (int code = -70000; code <= 10; code++) {
		const char *words = snt_strerror(code);

		assert_non_null(words);
		assert_true(words[0] != '\0');
	}
	assert_string_equal(snt_strerror(INT_MIN), "unknown error");
	assert_string_equal(snt_strerror(INT_MAX), "no error");
	assert_string_equal(snt_strerror(0), "no error");
}

static void every_errno_of_linux_is_known(void)
{
	for (int code = 1; code <= EHWPOISON; code++) {
		if (code == 41 || code == 58) /* numbers never given out */
			continue;
#ifndef __GLIBC__
		/* Nor has musl words for some that no call of ours returns. */
		if (strcmp(strerror(code), strerror(65535)) == 0)
			continue;
#endif
		assert_string_not_equal(snt_strerror(-code), "unknown error");
	}
}

static void our_own_codes_are_known(void)
{
	assert_string_equal(snt_strerror(-SNT_EEND),
			    "stream ended inside a message");
	for (int code = SNT_EEND; code <= SNT_ETRUNCATED; code++)
		assert_string_not_equal(snt_strerror(-code), "unknown error");
	assert_string_equal(snt_strerror(-SNT_EFORK),
			    "the loop stayed with the parent process");
	assert_string_equal(snt_strerror(-SNT_ESIMULATION),
			    "the simulated world has failed");
	assert_string_equal(snt_strerror(-SNT_ECERTIFICATE),
			    "certificate refused");
	assert_string_equal(snt_strerror(-SNT_ETRUNCATED - 1), "unknown error");
}

static void common_codes_have_words_of_ours(void)
{
	assert_string_equal(snt_strerror(-ECONNREFUSED), "connection refused");
	assert_string_equal(snt_strerror(-ETIMEDOUT), "timed out");
	assert_string_equal(snt_strerror(-EBADF), "handle is closed");
}

static void before_a_failure_there_is_no_message(void)
{
	assert_string_equal(snt_errmsg(), "");
	assert_int_equal(snt_done(), 0);
}

static void a_failure_is_text_and_words(void)
{
	assert_int_equal(snt__fail(-EINVAL, "open %s %d", "door", 5), -EINVAL);
	assert_string_equal(snt_errmsg(), "open door 5: invalid argument");
}

static void a_failure_of_text_alone_adds_nothing(void)
{
	assert_int_equal(snt__fail_text(-EINVAL, "no %s", "door"), -EINVAL);
	assert_string_equal(snt_errmsg(), "no door");
}

static void done_is_the_last_failures(void)
{
	snt__fail_done(-EPIPE, 17, "send");
	assert_int_equal(snt_done(), 17);
	assert_string_equal(snt_errmsg(),
			    "send: peer takes no more (broken pipe)");
	snt__fail(-EIO, "read");
	assert_int_equal(snt_done(), 0);
}

static void the_message_itself_can_be_an_argument(void)
{
	snt__fail_text(-EIO, "inner");
	snt__fail_text(-EIO, "outer: %s", snt_errmsg());
	assert_string_equal(snt_errmsg(), "outer: inner");
}

static void a_long_message_is_cut(void)
{
	char text[2000];

	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	snt__fail(-EIO, "%s", text);
	assert_int_equal(strlen(snt_errmsg()), SNT__MESSAGE_MAX - 1);
	for (size_t length = SNT__MESSAGE_MAX - 40;
	     length < SNT__MESSAGE_MAX + 5; length++) {
		text[length] = '\0';
		snt__fail(-EIO, "%s", text);
		assert_in_range(strlen(snt_errmsg()),
				length < 511 ? length : 511,
				SNT__MESSAGE_MAX - 1);
		text[length] = 'x';
	}
}

static int nothing_left(void)
{
	return 1;
}

static void without_memory_the_line_is_the_codes_words(void)
{
	snt__alloc_fails = nothing_left;
	assert_int_equal(snt__fail_done(-EPIPE, 9, "send to %s", "x"), -EPIPE);
	snt__alloc_fails = NULL;
	assert_string_equal(snt_errmsg(), "peer takes no more (broken pipe)");
	assert_int_equal(snt_done(), 9);
}

static void memory_once_had_serves_later_failures(void)
{
	snt__fail_text(-EIO, "first");
	snt__alloc_fails = nothing_left;
	snt__fail_text(-EIO, "second");
	snt__alloc_fails = NULL;
	assert_string_equal(snt_errmsg(), "second");
}

static void copying_takes_code_message_and_done(void)
{
	struct snt__context from = { 0 }, to = { 0 };
	struct snt__context *before = snt__context;

	snt__context = &from;
	snt__fail_done(-EIO, 5, "read");
	snt__context_copy(&to, &from);
	snt__context = &to;
	assert_string_equal(snt_errmsg(), "read: input or output error");
	assert_int_equal(snt_done(), 5);
	snt__context = before;
	snt__context_reset(&from);
	snt__context_reset(&to);
	assert_null(to.message);
}

/* An older line of the receiver must not stay behind. */
static void copying_without_memory_leaves_no_older_line(void)
{
	struct snt__context from = { .code = -EIO }, to = { 0 };
	struct snt__context *before = snt__context;

	snt__context = &to;
	snt__fail_text(-EINVAL, "older");
	snt__context_copy(&to, &from);
	assert_string_equal(snt_errmsg(), "input or output error");
	snt__context = before;
	snt__context_reset(&to);
}

static int fail_in_fiber(void *arg)
{
	assert_string_equal(snt_errmsg(), "");
	snt__fail_text(-EIO, "fiber %d", *(int *)arg);
	if (snt_yield() < 0)
		return -EIO;
	assert_int_equal(snt_errmsg()[6], '0' + *(int *)arg);
	return 0;
}

static void each_fiber_has_its_own_message(void)
{
	int numbers[] = { 1, 2 };
	struct snt_group *group;

	snt__fail_text(-EIO, "main");
	assert_int_equal(snt_group_open(&group, NULL), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(
			snt_spawn(group, fail_in_fiber, &numbers[i], NULL), 0);
	assert_int_equal(snt_group_wait(group), 0);
	assert_string_equal(snt_errmsg(), "main");
	assert_int_equal(snt_group_end(group), 0);
}

/* A failure before the fiber floor is set up is not forgotten by it. */
static void a_message_survives_the_first_call_of_the_fiber_floor(void)
{
	snt__fail_text(-EIO, "early");
	assert_string_equal(snt_fiber_name(), "main");
	assert_string_equal(snt_errmsg(), "early");
}

static const struct test_case cases[] = {
	TEST(every_code_has_words),
	TEST(every_errno_of_linux_is_known),
	TEST(our_own_codes_are_known),
	TEST(common_codes_have_words_of_ours),
	TEST(before_a_failure_there_is_no_message),
	TEST(a_failure_is_text_and_words),
	TEST(a_failure_of_text_alone_adds_nothing),
	TEST(done_is_the_last_failures),
	TEST(the_message_itself_can_be_an_argument),
	TEST(a_long_message_is_cut),
	TEST(without_memory_the_line_is_the_codes_words),
	TEST(memory_once_had_serves_later_failures),
	TEST(copying_takes_code_message_and_done),
	TEST(copying_without_memory_leaves_no_older_line),
	TEST(each_fiber_has_its_own_message),
	TEST(a_message_survives_the_first_call_of_the_fiber_floor),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
