/* SPDX-License-Identifier: MIT */
/* Clocks, cores, medians: for the programs that measure by themselves. */
#ifndef BENCH_FIGURES_H
#define BENCH_FIGURES_H

#include <stddef.h>
#include <time.h>

/* Says it on standard error and ends the process with status 1. */
__attribute__((noreturn, format(printf, 1, 2))) void
figures_die(const char *format, ...);

double figures_ns(clockid_t clock);

/* Two different cores that may be used; dies when there is only one. */
void figures_two_cores(int cores[2]);

/* The calling thread stays on that core. */
void figures_pin(int core);

/* Sorts values; share 0.5 is the median, 0 and 1 are the ends. */
double figures_quantile(double *values, size_t count, double share);

#endif
