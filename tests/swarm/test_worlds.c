/* SPDX-License-Identifier: MIT */
/*
 * The same seed is the same world: in one process, in another whose memory is
 * laid out differently, and in each line of its trace. That builds of other
 * compilers and for other machines agree is scripts/compare-worlds' matter.
 */
#include "../runner.h"
#include "swarm.h"

#include <inttypes.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a world came to. */
struct print {
	uint64_t digest, events, packets;
	int64_t time;
};

static struct print run(const struct scenario *scenario, uint64_t seed,
			const char *trace)
{
	struct snt_sim_report report = { 0 };
	struct print print;

	if (run_world(scenario, seed, trace, NULL, &report) < 0)
		fail_msg("%s, seed %#" PRIx64 ": %s: %s", scenario->name, seed,
			 report.what, report.why);
	print = (struct print){ report.digest, report.events, report.packets,
				report.time };
	snt_sim_report_release(&report);
	return print;
}

static struct plan fresh_plan(void)
{
	struct plan plan = { 0 };

	assert_int_equal(getrandom(&plan.base, sizeof plan.base, 0),
			 sizeof plan.base);
	return plan;
}

static void compare(const struct scenario *scenario, uint64_t seed,
		    const struct print *a, const struct print *b)
{
	if (a->digest != b->digest || a->events != b->events ||
	    a->packets != b->packets || a->time != b->time)
		fail_msg("%s, seed %#" PRIx64 ": another world: digest "
			 "%016" PRIx64 " and %016" PRIx64,
			 scenario->name, seed, a->digest, b->digest);
}

static void a_seed_is_the_same_world_again(void)
{
	struct plan plan = fresh_plan();

	for (uint64_t i = 0; i < WORLDS; i++) {
		uint64_t seed = seed_of(&plan, i);
		const struct scenario *scenario =
			scenarios[scenario_of(&plan, seed)];
		struct print first = run(scenario, seed, "");
		struct print second = run(scenario, seed, "");

		compare(scenario, seed, &first, &second);
	}
}

/* Elsewhere in memory than its parent. */
static void run_elsewhere(const struct plan *plan, int fd)
{
	void *blocks[64];

	for (size_t i = 0; i < COUNT(blocks); i++)
		blocks[i] = malloc(1000 + 4096 * i);
	for (size_t i = 0; i < COUNT(blocks); i += 2)
		free(blocks[i]);
	for (uint64_t i = 0; i < WORLDS; i++) {
		uint64_t seed = seed_of(plan, i);
		struct print print =
			run(scenarios[scenario_of(plan, seed)], seed, "");

		if (write(fd, &print, sizeof print) != sizeof print)
			_exit(1);
	}
	for (size_t i = 1; i < COUNT(blocks); i += 2)
		free(blocks[i]);
	_exit(0);
}

static void a_seed_is_the_same_world_in_another_process(void)
{
	struct plan plan = fresh_plan();
	int ends[2], status;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		run_elsewhere(&plan, ends[1]);
	close(ends[1]);
	for (uint64_t i = 0; i < WORLDS; i++) {
		uint64_t seed = seed_of(&plan, i);
		const struct scenario *scenario =
			scenarios[scenario_of(&plan, seed)];
		struct print mine = run(scenario, seed, ""), theirs;

		assert_int_equal(read(ends[0], &theirs, sizeof theirs),
				 sizeof theirs);
		compare(scenario, seed, &mine, &theirs);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	close(ends[0]);
}

static FILE *open_trace(const char *path)
{
	FILE *file = fopen(path, "re");

	assert_non_null(file);
	return file;
}

static void compare_files(const char *const paths[2], uint64_t seed)
{
	FILE *files[2] = { open_trace(paths[0]), open_trace(paths[1]) };
	char lines[2][1024];
	unsigned number = 0;

	for (;;) {
		const char *first = fgets(lines[0], 1024, files[0]);
		const char *second = fgets(lines[1], 1024, files[1]);

		number++;
		assert_int_equal(first == NULL, second == NULL);
		if (first == NULL)
			break;
		if (strcmp(first, second) != 0)
			fail_msg("seed %#" PRIx64 ", line %u: %s and %s", seed,
				 number, first, second);
	}
	assert_true(number > 100);
	fclose(files[0]);
	fclose(files[1]);
}

static void a_trace_is_the_same_to_the_letter(void)
{
	char folder[] = "/tmp/sennit-traces-XXXXXX", names[2][64];
	const char *const paths[2] = { names[0], names[1] };
	struct plan plan = fresh_plan();

	assert_non_null(mkdtemp(folder));
	for (int i = 0; i < 2; i++)
		snprintf(names[i], sizeof names[i], "%s/%d", folder, i);
	for (size_t i = 0; i < scenario_count; i++) {
		uint64_t seed = seed_of(&plan, i);

		run(scenarios[i], seed, paths[0]);
		run(scenarios[i], seed, paths[1]);
		compare_files(paths, seed);
	}
	unlink(paths[0]);
	unlink(paths[1]);
	rmdir(folder);
}

/* What is written and what is not must make no difference. */
static void a_trace_changes_nothing(void)
{
	struct plan plan = fresh_plan();

	for (size_t i = 0; i < scenario_count; i++) {
		uint64_t seed = seed_of(&plan, i);
		struct print without = run(scenarios[i], seed, "");
		struct print with = run(scenarios[i], seed, "/dev/null");

		compare(scenarios[i], seed, &without, &with);
	}
}

static const struct test_case cases[] = {
	TEST_SLOW(a_seed_is_the_same_world_again, 120),
	TEST_SLOW(a_seed_is_the_same_world_in_another_process, 120),
	TEST_SLOW(a_trace_is_the_same_to_the_letter, 120),
	TEST_SLOW(a_trace_changes_nothing, 120),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
