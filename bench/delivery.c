/* SPDX-License-Identifier: MIT */
/* What both ends of a measured delivery share. */
#include "delivery.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECOND 1000000000
#define MOST ((uint64_t)1 << 20)

struct mark {
	uint64_t number;
	int64_t due;
};

static int64_t *latencies; /* by the order they came in */
static bool *seen;
static uint64_t count, disordered, highest;

void delivery_die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static int64_t clock_ns(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return now.tv_sec * (int64_t)SECOND + now.tv_nsec;
}

int64_t delivery_now(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

void delivery_parse(struct delivery_opts *opts, int argc, char **argv)
{
	*opts = (struct delivery_opts){
		.host = "127.0.0.1", .size = 100, .rate = 1000, .messages = 1000
	};
	for (int i = 2; i + 1 < argc; i += 2) {
		uint64_t value = strtoull(argv[i + 1], NULL, 10);

		if (strcmp(argv[i], "--host") == 0)
			opts->host = argv[i + 1];
		else if (strcmp(argv[i], "--port") == 0)
			opts->port = (int)value;
		else if (strcmp(argv[i], "--size") == 0)
			opts->size = value;
		else if (strcmp(argv[i], "--rate") == 0)
			opts->rate = value;
		else if (strcmp(argv[i], "--messages") == 0)
			opts->messages = value;
	}
	opts->serve = argc > 1 && strcmp(argv[1], "serve") == 0;
	if (opts->serve)
		return;
	if (argc < 2 || strcmp(argv[1], "send") != 0 || opts->port == 0 ||
	    opts->size < sizeof(struct mark) || opts->rate == 0 ||
	    opts->messages > MOST)
		delivery_die("usage: %s serve | send [--host ADDR] --port N "
			     "[--size BYTES] "
			     "[--rate N] [--messages N]",
			     argv[0]);
}

int64_t delivery_due(const struct delivery_opts *opts, int64_t begin,
		     uint64_t number)
{
	return begin + (int64_t)(number * SECOND / opts->rate);
}

static char pattern(size_t at, uint64_t number)
{
	return (char)(at * 131 + number * 7);
}

const void *delivery_message(const struct delivery_opts *opts, int64_t begin,
			     uint64_t number)
{
	static char *bytes;
	struct mark mark = { number, delivery_due(opts, begin, number) };

	if (bytes == NULL)
		bytes = calloc(1, opts->size);
	if (bytes == NULL)
		delivery_die("no memory");
	memcpy(bytes, &mark, sizeof mark);
	/* A few of them, so that checking costs little. */
	for (size_t i = sizeof mark; i < opts->size; i += 61)
		bytes[i] = pattern(i, number);
	return bytes;
}

void delivery_tell_sent(uint64_t sent)
{
	printf("{\"sent\": %" PRIu64 ", \"cpu_ns\": %" PRId64 "}\n", sent,
	       clock_ns(CLOCK_PROCESS_CPUTIME_ID));
	fflush(stdout);
}

void delivery_arrived(const void *bytes, size_t size)
{
	int64_t now = delivery_now();
	const char *text = bytes;
	struct mark mark;

	if (latencies == NULL) {
		latencies = calloc(MOST, sizeof *latencies);
		seen = calloc(MOST, sizeof *seen);
		if (latencies == NULL || seen == NULL)
			delivery_die("no memory");
	}
	if (size < sizeof mark)
		delivery_die("a message of %zu bytes", size);
	memcpy(&mark, bytes, sizeof mark);
	for (size_t i = sizeof mark; i < size; i += 61)
		if (text[i] != pattern(i, mark.number))
			delivery_die("wrong byte in message %" PRIu64,
				     mark.number);
	if (mark.number >= MOST || seen[mark.number])
		delivery_die("message %" PRIu64 " twice", mark.number);
	seen[mark.number] = true;
	if (count > 0 && mark.number < highest)
		disordered++;
	else
		highest = mark.number;
	latencies[count++] = now - mark.due;
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int64_t percentile(uint64_t hundredths)
{
	return count == 0 ? 0 : latencies[(count - 1) * hundredths / 100];
}

void delivery_tell_arrived(void)
{
	if (count > 0)
		qsort(latencies, count, sizeof *latencies, by_value);
	printf("{\"delivered\": %" PRIu64 ", \"disordered\": %" PRIu64
	       ", \"p50_ns\": %" PRId64 ", \"p99_ns\": %" PRId64
	       ", \"most_ns\": %" PRId64 ", \"cpu_ns\": %" PRId64 "}\n",
	       count, disordered, percentile(50), percentile(99),
	       percentile(100), clock_ns(CLOCK_PROCESS_CPUTIME_ID));
	fflush(stdout);
}
