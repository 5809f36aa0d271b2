/* SPDX-License-Identifier: MIT */
/*
 * Clocks, cores, medians. Nothing here runs while something is measured,
 * except reading a clock.
 */
#include "figures.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void figures_die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "%s: ", program_invocation_short_name);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

double figures_ns(clockid_t clock)
{
	struct timespec time;

	if (clock_gettime(clock, &time) < 0)
		figures_die("clock: %s", strerror(errno));
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

void figures_two_cores(int cores[2])
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		figures_die("sched_getaffinity: %s", strerror(errno));
	cores[0] = -1;
	for (int core = 0; core < CPU_SETSIZE; core++) {
		if (!CPU_ISSET((size_t)core, &set))
			continue;
		if (cores[0] < 0)
			cores[0] = core;
		cores[1] = core;
	}
	if (cores[0] < 0 || cores[0] == cores[1])
		figures_die("needs two cores");
}

void figures_pin(int core)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)core, &set);
	if (sched_setaffinity(0, sizeof(set), &set) < 0)
		figures_die("core %d: %s", core, strerror(errno));
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

double figures_quantile(double *values, size_t count, double share)
{
	double place = share * (double)(count - 1);
	size_t below = (size_t)place;

	qsort(values, count, sizeof(*values), compare);
	if (below + 1 >= count)
		return values[count - 1];
	return values[below] +
	       (place - (double)below) * (values[below + 1] - values[below]);
}
