/* SPDX-License-Identifier: MIT */
/* What must survive a switch: registers, floating values, alignment. */
#include "fibers.h"

#include <signal.h>
#include <stdio.h>

/*
 * Many values live across every switch, so that a compiler that optimizes
 * keeps them in the registers a called function must preserve, and the rest
 * of them on the stack.
 */
static int keep_many_values(void *arg)
{
	unsigned long n = *(const unsigned long *)arg;
	unsigned long a = n + 1, b = n * 3, c = n ^ 0x55, d = n << 7, e = ~n,
		      f = n * n, g = n + 77;
	double x = (double)n * 1.5, y = 1.0 / (double)(n + 1);

	for (unsigned long i = 0; i < 50; i++) {
		SNT_TRY(snt_yield());
		a += i;
		b ^= i;
		c += b;
		d += 2 * i;
		e -= i;
		f ^= d;
		g += 1;
		x += 0.25;
		y *= 2;
	}
	assert_int_equal(a, n + 1 + 1225);
	assert_int_equal(d, (n << 7) + 2450);
	assert_int_equal(e, ~n - 1225);
	assert_int_equal(g, n + 77 + 50);
	assert_true(x == (double)n * 1.5 + 12.5);
	assert_true(y == 1.0 / (double)(n + 1) * 0x1p50);
	return b + c + f == 0 ? -EIO : 0;
}

static void values_survive_switches(void)
{
	struct snt_group *group = group_with(NULL);
	unsigned long numbers[20];

	for (unsigned long i = 0; i < 20; i++) {
		numbers[i] = i * 1000003;
		start(group, keep_many_values, &numbers[i]);
	}
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
}

#ifdef __x86_64__
/* Fills rbx and r12 to r15 with the number, yields, and tells how many of
 * them came back changed. rbp holds the frame. */
static unsigned long registers_changed(unsigned long number)
{
	unsigned long changed;

	__asm__ volatile("mov %[n], %%rbx\n\t"
			 "mov %[n], %%r12\n\t"
			 "mov %[n], %%r13\n\t"
			 "mov %[n], %%r14\n\t"
			 "mov %[n], %%r15\n\t"
			 "push %[n]\n\t"
			 "push %[n]\n\t"
			 "call *%[yield]\n\t"
			 "pop %%rcx\n\t"
			 "pop %%rcx\n\t"
			 "xor %%rcx, %%rbx\n\t"
			 "xor %%rcx, %%r12\n\t"
			 "xor %%rcx, %%r13\n\t"
			 "xor %%rcx, %%r14\n\t"
			 "xor %%rcx, %%r15\n\t"
			 "or %%r12, %%rbx\n\t"
			 "or %%r13, %%rbx\n\t"
			 "or %%r14, %%rbx\n\t"
			 "or %%r15, %%rbx\n\t"
			 "mov %%rbx, %[changed]"
			 : [changed] "=&a"(changed)
			 : [n] "d"(number), [yield] "S"(snt_yield)
			 : "rbx", "r12", "r13", "r14", "r15", "rcx", "rdi",
			   "r8", "r9", "r10", "r11", "memory", "cc");
	return changed;
}

static int check_registers(void *arg)
{
	for (int i = 0; i < 10; i++)
		assert_int_equal(registers_changed(*(unsigned long *)arg), 0);
	return 0;
}
#endif

static void the_abis_registers_survive_switches(void)
{
#ifdef __x86_64__
	struct snt_group *group = group_with(NULL);
	unsigned long numbers[] = { 0x1111, 0x2222, 0x3333 };

	for (int i = 0; i < 3; i++)
		start(group, check_registers, &numbers[i]);
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
#endif
}

/* The frame of a called function lies at a multiple of 16 bytes; code that
 * saves vector registers relies on it. */
static int check_alignment(void *arg)
{
	_Alignas(16) char volatile here[16];

	(void)arg;
	here[0] = 1;
	assert_int_equal((uintptr_t)__builtin_frame_address(0) % 16, 0);
	assert_int_equal((uintptr_t)here % 16, 0);
	return 0;
}

static void a_fibers_stack_is_aligned_at_entry(void)
{
	struct snt_group *group = group_with(NULL);

	start(group, check_alignment, NULL);
	OK(snt_spawn(group, check_alignment, NULL,
		     &(struct snt_spawn_opts){ .stack_size = 50000 }));
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
}

static int print_floats(void *arg)
{
	char text[64];

	(void)arg;
	/* printf of a double saves vector registers by aligned moves. */
	assert_true(snprintf(text, sizeof text, "%.3f %Lg", 3.14159, 2.5L) > 0);
	assert_string_equal(text, "3.142 2.5");
	return 0;
}

static void a_fiber_can_print_floating_values(void)
{
	struct snt_group *group = group_with(NULL);

	start(group, print_floats, NULL);
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
}

static bool usr1_is_blocked(void)
{
	sigset_t mask;

	pthread_sigmask(SIG_BLOCK, NULL, &mask);
	return sigismember(&mask, SIGUSR1) == 1;
}

static int see_the_signal_blocked(void *arg)
{
	(void)arg;
	assert_true(usr1_is_blocked());
	SNT_TRY(snt_yield());
	assert_false(usr1_is_blocked());
	return 0;
}

static void the_signal_mask_is_the_threads_not_the_fibers(void)
{
	struct snt_group *group = group_with(NULL);
	sigset_t usr1;

	start(group, see_the_signal_blocked, NULL);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &usr1, NULL);
	OK(snt_yield());
	assert_true(usr1_is_blocked());
	pthread_sigmask(SIG_UNBLOCK, &usr1, NULL);
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
}

static const struct test_case cases[] = {
	TEST(values_survive_switches),
	TEST(the_abis_registers_survive_switches),
	TEST(a_fibers_stack_is_aligned_at_entry),
	TEST(a_fiber_can_print_floating_values),
	TEST(the_signal_mask_is_the_threads_not_the_fibers),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
