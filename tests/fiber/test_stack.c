/* SPDX-License-Identifier: MIT */
/* Stacks: sizes, guards, reuse, memory given back. */
#include "fibers.h"

#include "fiber/stack.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) ||           \
	__has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

/* Touches so much of the stack, from above. Each frame reads the one above
 * after its call, so that no compiler makes a loop of it. */
__attribute__((noinline)) static size_t touch(size_t bytes,
					      const volatile char *above)
{
	volatile char page[2048];
	size_t below = 0;

	page[0] = page[sizeof page - 1] = 1;
	if (bytes > sizeof page)
		below = touch(bytes - sizeof page, page);
	return below + (size_t)page[0] + (size_t)above[0];
}

static int touch_some(void *arg)
{
	volatile char first = 1;

	return touch(*(const size_t *)arg, &first) > 0 ? 0 : -EIO;
}

/* What the child printed on stderr; its wait status. */
static int in_child(void (*fn)(void), char *text, size_t size)
{
	int ends[2], status;
	size_t length = 0;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		close(ends[1]);
		fn();
		_exit(0);
	}
	close(ends[1]);
	while (length + 1 < size &&
	       (n = read(ends[0], text + length, size - length - 1)) > 0)
		length += (size_t)n;
	text[length] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void run_fiber(const char *name, size_t stack_size, size_t bytes)
{
	struct snt_group *group = group_with(NULL);

	OK(snt_spawn(group, touch_some, &bytes,
		     &(struct snt_spawn_opts){ .name = name,
					       .stack_size = stack_size }));
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
}

static void overflow_reported(void)
{
	OK(snt_report_overflow());
	run_fiber("parse", 0, 1024 * 1024);
}

static void overflow_of_own_size_reported(void)
{
	OK(snt_report_overflow());
	run_fiber("big", 256 * 1024, 1024 * 1024);
}

static void overflow_unreported(void)
{
	run_fiber("parse", 0, 1024 * 1024);
}

static void assert_died_of_segv(int status)
{
	if (SANITIZED) /* it has a handler, which reports and ends in its way */
		assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) != 0);
	else
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

static void deep_recursion_ends_at_the_guard_page(void)
{
	char text[4096];

	assert_died_of_segv(in_child(overflow_unreported, text, sizeof text));
	if (!SANITIZED)
		assert_string_equal(text, "");
}

static void an_overflow_is_told_with_the_fibers_name(void)
{
	char text[4096];

	assert_died_of_segv(in_child(overflow_reported, text, sizeof text));
	assert_non_null(strstr(
		text, "fiber 'parse' overflowed its stack of 65536 bytes\n"));
}

static void an_overflow_tells_the_stacks_own_size(void)
{
	char text[4096];

	assert_died_of_segv(
		in_child(overflow_of_own_size_reported, text, sizeof text));
	assert_non_null(strstr(
		text, "fiber 'big' overflowed its stack of 262144 bytes\n"));
}

static void handler_before(int number)
{
	static const char line[] = "the handler before\n";
	ssize_t ignored = write(STDERR_FILENO, line, sizeof line - 1);

	(void)ignored;
	(void)number;
	_exit(3);
}

static void touch_nothing_mapped(void)
{
	char *page =
		mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	*(char volatile *)page = 1;
}

static void other_fault(void)
{
	signal(SIGSEGV, handler_before);
	OK(snt_report_overflow());
	touch_nothing_mapped();
}

static void other_faults_go_to_the_handler_before(void)
{
	char text[4096];
	int status = in_child(other_fault, text, sizeof text);

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 3);
	assert_string_equal(text, "the handler before\n");
}

static int fault_in_fiber(void *arg)
{
	(void)arg;
	touch_nothing_mapped();
	return 0;
}

static void other_fault_in_a_fiber(void)
{
	struct snt_group *group = group_with(NULL);

	OK(snt_report_overflow());
	start(group, fault_in_fiber, NULL);
	snt_group_end(group);
}

static void a_fault_elsewhere_is_not_called_an_overflow(void)
{
	char text[4096];

	assert_died_of_segv(
		in_child(other_fault_in_a_fiber, text, sizeof text));
	assert_null(strstr(text, "overflowed"));
}

static void reporting_twice_is_as_once(void)
{
	OK(snt_report_overflow());
	OK(snt_report_overflow());
}

static void a_signal_stack_of_the_programs_stays(void)
{
	static char own[64 * 1024];
	stack_t stack = { .ss_sp = own, .ss_size = sizeof own }, now;

	assert_int_equal(sigaltstack(&stack, NULL), 0);
	OK(snt_report_overflow());
	assert_int_equal(sigaltstack(NULL, &now), 0);
	assert_ptr_equal(now.ss_sp, own);
	stack.ss_flags = SS_DISABLE;
	assert_int_equal(sigaltstack(&stack, NULL), 0);
}

static void most_of_a_stack_can_be_used(void)
{
	run_fiber("default", 0, SANITIZED ? 24 * 1024 : 48 * 1024);
	run_fiber("smallest", 16 * 1024, 6 * 1024);
	run_fiber("odd", 100001, 48 * 1024);
	run_fiber("large", 8 * 1024 * 1024, 4 * 1024 * 1024);
}

static void impossible_sizes_are_refused(void)
{
	static const size_t sizes[] = { 1, 16 * 1024 - 1,
					(size_t)1024 * 1024 * 1024 + 1,
					SIZE_MAX };
	struct snt_group *group = group_with(NULL);

	for (size_t i = 0; i < 4; i++)
		FAILS(snt_spawn(group, touch_some, NULL,
				&(struct snt_spawn_opts){ .stack_size =
								  sizes[i] }),
		      -EINVAL);
	assert_int_equal(snt_group_count(group), 0);
	OK(snt_group_end(group));
}

static void the_last_stack_given_back_is_the_next_taken(void)
{
	struct snt__stacks stacks;
	struct snt__stack a, b, c;

	snt__stacks_init(&stacks);
	OK(snt__stack_take(&stacks, 0, &a));
	OK(snt__stack_take(&stacks, 0, &b));
	snt__stack_give(&stacks, &a);
	snt__stack_give(&stacks, &b);
	OK(snt__stack_take(&stacks, 0, &c));
	assert_ptr_equal(c.low, b.low);
	snt__stack_give(&stacks, &c);
	snt__stacks_release(&stacks);
}

/* How many pages of these stacks are in memory. */
static size_t resident(const struct snt__stack *all, size_t count)
{
	unsigned char pages[SNT__STACK_SIZE / 4096];
	size_t held = 0;

	for (size_t i = 0; i < count; i++) {
		/* What is not even mapped is not held. */
		if (mincore(all[i].low, SNT__STACK_SIZE, pages) < 0)
			continue;
		for (size_t j = 0; j < sizeof pages; j++)
			held += pages[j] & 1;
	}
	return held;
}

/* In any order, with slabs emptied and filled again. */
static void past_the_warm_ones_memory_is_given_back(void)
{
	size_t count = 3000, most = SNT__STACKS_WARM * SNT__STACK_SIZE / 4096;
	struct snt__stack *all = calloc(count, sizeof *all);
	struct snt__stacks stacks;

	assert_int_equal(sysconf(_SC_PAGESIZE), 4096);
	snt__stacks_init(&stacks);
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < count; i++) {
			OK(snt__stack_take(&stacks, 0, &all[i]));
			memset(all[i].low + 4096, 1, SNT__STACK_SIZE - 4096);
		}
		assert_int_equal(resident(all, count), count * 15);
		for (size_t i = 0; i < count; i++)
			snt__stack_give(&stacks, &all[i * 7 % count]);
		assert_in_range(resident(all, count), 1, most);
	}
	snt__stacks_release(&stacks);
	assert_true(resident(all, count) < 500);
	free(all);
}

static void every_stack_of_a_slab_is_its_own(void)
{
	struct snt__stacks stacks;
	struct snt__stack all[200];

	snt__stacks_init(&stacks);
	for (size_t i = 0; i < 200; i++) {
		OK(snt__stack_take(&stacks, 0, &all[i]));
		for (size_t j = 0; j < i; j++)
			assert_true(all[j].low >= snt__stack_top(&all[i]) ||
				    all[i].low >= snt__stack_top(&all[j]));
	}
	for (size_t i = 0; i < 200; i++)
		snt__stack_give(&stacks, &all[i]);
	snt__stacks_release(&stacks);
}

static void no_address_space_is_told(void)
{
	struct rlimit limit = { 0 };
	struct snt_group *group = group_with(NULL);

	start(group, return_at_once, NULL);
	OK(snt_group_wait(group));
	limit.rlim_cur = limit.rlim_max = (size_t)256 * 1024 * 1024;
	if (test_slowness() > 1) /* these need much of it themselves */
		limit.rlim_cur = limit.rlim_max = RLIM_INFINITY;
	assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
	if (limit.rlim_cur != RLIM_INFINITY) {
		FAILS(snt_spawn(group, touch_some, NULL,
				&(struct snt_spawn_opts){
					.stack_size = 1024 * 1024 * 1024 }),
		      -ENOMEM);
		assert_string_equal(
			snt_errmsg(),
			"spawn: stack of 1073741824 bytes: out of memory");
	}
	OK(snt_group_end(group));
}

static const struct test_case cases[] = {
	/* In processes of their own. */
	TEST_KERNEL(deep_recursion_ends_at_the_guard_page),
	TEST_KERNEL(an_overflow_is_told_with_the_fibers_name),
	TEST_KERNEL(an_overflow_tells_the_stacks_own_size),
	TEST_KERNEL(other_faults_go_to_the_handler_before),
	TEST_KERNEL(a_fault_elsewhere_is_not_called_an_overflow),
	TEST(reporting_twice_is_as_once),
	TEST_KERNEL(a_signal_stack_of_the_programs_stays),
	TEST(most_of_a_stack_can_be_used),
	TEST(impossible_sizes_are_refused),
	TEST(the_last_stack_given_back_is_the_next_taken),
	TEST_SLOW(past_the_warm_ones_memory_is_given_back, 60),
	TEST(every_stack_of_a_slab_is_its_own),
	TEST(no_address_space_is_told),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
