/* SPDX-License-Identifier: MIT */
/* What most tests of simulated worlds share: a world of the default kind that
 * must go well or go wrong, and a place for what programs leave behind. */
#ifndef TESTS_SIM_WORLDS_H
#define TESTS_SIM_WORLDS_H

#include "../runner.h"

#include <sennit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAYBE __attribute__((unused))
#define MS SNT_MILLISECOND

/* Evaluates the call once; on failure shows what it says about itself. */
#define OK(call)                                                               \
	do {                                                                   \
		ptrdiff_t ok_code_ = (call);                                   \
		if (ok_code_ < 0)                                              \
			fail_msg("%s: %td, %s", #call, ok_code_,               \
				 snt_errmsg());                                \
	} while (0)

#define FAILS(call, code) assert_int_equal((call), (code))

typedef int director_fn(struct snt_sim *sim, void *arg);

/* It goes well; the report's list is given back. */
MAYBE static struct snt_sim_report goes_well(director_fn *director, void *arg,
					     uint64_t seed)
{
	struct snt_sim_report report;

	OK(snt_sim_run(director, arg, &(struct snt_sim_opts){ .seed = seed },
		       &report));
	snt_sim_report_release(&report);
	return report;
}

/* It fails, and says so by that name and with that text in its reason. */
MAYBE static struct snt_sim_report goes_wrong(director_fn *director, void *arg,
					      const char *what, const char *why)
{
	struct snt_sim_report report;

	FAILS(snt_sim_run(director, arg, &(struct snt_sim_opts){ .seed = 1 },
			  &report),
	      -SNT_ESIMULATION);
	assert_string_equal(report.what, what);
	if (strstr(report.why, why) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", why, report.why);
	snt_sim_report_release(&report);
	return report;
}

/* Starts a program on a new host of that name. */
MAYBE static struct snt_sim_host *host_with(struct snt_sim *sim,
					    const char *name,
					    int (*fn)(void *arg), void *arg)
{
	struct snt_sim_host *host;

	OK(snt_sim_add(sim, &host, name, NULL));
	OK(snt_sim_start(host, fn, arg));
	return host;
}

/* Programs that many tests need. */
MAYBE static int return_at_once(void *arg)
{
	return arg != NULL ? *(const int *)arg : 0;
}

MAYBE static int sleep_until_cancelled(void *arg)
{
	(void)arg;
	return snt_sleep(SNT_FOREVER);
}

MAYBE static int sleep_a_second(void *arg)
{
	(void)arg;
	return snt_sleep(SNT_SECOND);
}

/* The text of a file; the caller frees it. */
MAYBE static char *text_of(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = calloc(1, 1 << 20);

	assert_non_null(file);
	assert_non_null(text);
	assert_in_range(fread(text, 1, (1 << 20) - 1, file), 0, (1 << 20) - 2);
	fclose(file);
	return text;
}

/* A file of the test's own, which does not exist yet. */
MAYBE static void own_path(char path[32], const char *name)
{
	snprintf(path, 32, "/tmp/%s.XXXXXX", name);
	assert_non_null(mkdtemp(path));
	OK(rmdir(path));
}

#endif
