/* SPDX-License-Identifier: MIT */
/*
 * Many simulated worlds, each from its seed: how they fared, and how to run one
 * that failed again. See `swarm --help`, and scene.h for what a world is.
 */
#include "swarm.h"

#include <getopt.h>
#include <inttypes.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

/* Worlds of each scenario in a file of digests. */
#define DIGESTS 2

static const char help[] =
	"Usage: swarm [options]\n"
	"\n"
	"  --scenario NAME  this one only, instead of any\n"
	"  --worlds N       so many (1000, if no --seconds)\n"
	"  --seconds S      for so long\n"
	"  --from SEED      where seeds begin (drawn by chance, and told)\n"
	"  --first          until one fails\n"
	"  --jobs N         processes (one for each processor)\n"
	"  --seed SEED      the one world of that seed, again\n"
	"  --trace FILE     and what happens in it, a line an event\n"
	"  --only FAULTS    and only these of its faults\n"
	"  --shrink         and which faults it needs to fail\n"
	"  --digests FILE   some worlds of each scenario: their digests\n"
	"  --list           the scenarios\n";

struct wish {
	struct plan plan;
	uint64_t seed; /* 0: many worlds */
	const char *trace, *only, *digests;
	bool shrink;
	const char *program;
};

static uint64_t number(const char *option, const char *text)
{
	char *end;
	uint64_t value = strtoull(text, &end, 0);

	if (*text == '\0' || *text == '-' || *end != '\0') {
		fprintf(stderr, "swarm: --%s %s: no number\n", option, text);
		exit(2);
	}
	return value;
}

static void list(void)
{
	for (size_t i = 0; i < scenario_count; i++)
		printf("%-12s %s\n", scenarios[i]->name, scenarios[i]->about);
	exit(0);
}

static void choose(struct wish *wish, const char *name)
{
	wish->plan.only = find_scenario(name);
	if (wish->plan.only != NULL)
		return;
	fprintf(stderr, "swarm: no scenario %s; --list says which there are\n",
		name);
	exit(2);
}

static void read_option(struct wish *wish, int letter, const char *name,
			const char *value)
{
	switch (letter) {
	case 'c':
		choose(wish, value);
		break;
	case 'w':
		wish->plan.worlds = number(name, value);
		break;
	case 's':
		wish->plan.seconds = (unsigned)number(name, value);
		break;
	case 'f':
		wish->plan.base = number(name, value);
		break;
	case '1':
		wish->plan.first = true;
		break;
	case 'j':
		wish->plan.jobs = (unsigned)number(name, value);
		break;
	case 'S':
		wish->seed = number(name, value);
		break;
	case 't':
		wish->trace = value;
		break;
	case 'o':
		wish->only = value;
		break;
	case 'd':
		wish->digests = value;
		break;
	case 'k':
		wish->shrink = true;
		break;
	case 'l':
		list();
		break;
	case 'h':
		fputs(help, stdout);
		exit(0);
	default:
		fputs(help, stderr);
		exit(2);
	}
}

static void read_options(struct wish *wish, int argc, char **argv)
{
	static const struct option options[] = {
		{ "scenario", required_argument, NULL, 'c' },
		{ "worlds", required_argument, NULL, 'w' },
		{ "seconds", required_argument, NULL, 's' },
		{ "from", required_argument, NULL, 'f' },
		{ "first", no_argument, NULL, '1' },
		{ "jobs", required_argument, NULL, 'j' },
		{ "seed", required_argument, NULL, 'S' },
		{ "trace", required_argument, NULL, 't' },
		{ "only", required_argument, NULL, 'o' },
		{ "digests", required_argument, NULL, 'd' },
		{ "shrink", no_argument, NULL, 'k' },
		{ "list", no_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int letter, which = 0;

	while ((letter = getopt_long(argc, argv, "", options, &which)) != -1)
		read_option(wish, letter, options[which].name, optarg);
	if (optind < argc)
		read_option(wish, '?', NULL, NULL);
	if (wish->plan.worlds == 0 && wish->plan.seconds == 0)
		wish->plan.worlds = 1000;
	if (wish->plan.jobs < 1)
		wish->plan.jobs = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
	if (wish->plan.jobs > 64)
		wish->plan.jobs = 64;
	if (wish->plan.base == 0 &&
	    getrandom(&wish->plan.base, sizeof wish->plan.base, 0) < 0)
		abort();
	wish->plan.progress = isatty(STDERR_FILENO) != 0;
}

static void print_report(const struct snt_sim_report *report)
{
	printf("seed %#" PRIx64 ": %" PRIu64 " events, %" PRIu64
	       " packets, %.3f s, digest %016" PRIx64 "\n",
	       report->seed, report->events, report->packets,
	       (double)report->time / (double)SNT_SECOND, report->digest);
	if (report->only != NULL)
		printf("faults: %s\n", report->only);
	if (report->code < 0)
		printf("failed: %s: %s\n", report->what, report->why);
}

/* 1: it fails. */
static int run_again(const struct wish *wish)
{
	const struct scenario *scenario =
		scenarios[scenario_of(&wish->plan, wish->seed)];
	struct snt_sim_report report = { 0 };
	int code;

	code = wish->shrink ? shrink_world(scenario, wish->seed, wish->trace,
					   &report)
			    : run_world(scenario, wish->seed, wish->trace,
					wish->only, &report);
	if (code < 0 && report.what[0] == '\0')
		fprintf(stderr, "swarm: %s\n", snt_errmsg());
	else
		print_report(&report);
	snt_sim_report_release(&report);
	return code < 0;
}

/* The same worlds wherever it runs, to be compared with those elsewhere. */
static int write_digests(const char *path)
{
	struct plan plan = { .base = 1 };
	FILE *file = fopen(path, "we");
	int status = 0;

	if (file == NULL) {
		perror(path);
		return 1;
	}
	for (size_t i = 0; i < scenario_count; i++) {
		for (uint64_t index = 0; index < DIGESTS; index++) {
			uint64_t seed = seed_of(&plan, DIGESTS * i + index);
			struct snt_sim_report report = { 0 };

			if (run_world(scenarios[i], seed, "", NULL, &report) <
			    0) {
				print_report(&report);
				status = 1;
			}
			fprintf(file, "%s %#" PRIx64 " %016" PRIx64 "\n",
				scenarios[i]->name, seed, report.digest);
			snt_sim_report_release(&report);
		}
	}
	return fclose(file) == 0 ? status : 1;
}

static double seconds_now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void shrink_first(struct wish *wish, const struct outcome *failed)
{
	/* A process that dies of it cannot tell. */
	if (strcmp(failed->report.what, "crash") == 0 ||
	    strcmp(failed->report.what, "stuck") == 0)
		return;
	printf("\nThe first with as few faults as it needs:\n");
	wish->seed = failed->report.seed;
	wish->plan.only = scenarios[failed->scenario];
	wish->shrink = true;
	run_again(wish);
}

static int run_many(struct wish *wish)
{
	struct tally *tally = tally_new();
	double begin = seconds_now();
	unsigned good = 0, bad = 0;
	bool stopped;

	printf("seeds from %#" PRIx64 "\n", wish->plan.base);
	stopped = run_plan(&wish->plan, tally);
	if (stopped)
		printf("stopped\n");
	tally_print(tally, wish->program, seconds_now() - begin);
	if (tally_first(tally) != NULL && !stopped)
		shrink_first(wish, tally_first(tally));
	tally_verdict(tally, &good, &bad);
	printf("%u passed, %u failed\n", good, bad);
	tally_free(tally);
	return bad > 0 || good == 0;
}

int main(int argc, char **argv)
{
	struct wish wish = { .program = argv[0] };

	read_options(&wish, argc, argv);
	if (wish.digests != NULL)
		return write_digests(wish.digests);
	if (wish.seed != 0)
		return run_again(&wish);
	return run_many(&wish);
}
