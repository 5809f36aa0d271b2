/* SPDX-License-Identifier: MIT */
/*
 * What waking a sleeping thread costs: a number goes to and fro between two
 * threads, each of which sleeps until it comes back.
 *   bare   two eventfds, blocking read and write
 *   ours   two channels, a fiber on each thread
 * on two cores, where a wake-up crosses, and on one, where it is a switch.
 *
 * Each window is one game of each, with a thread made for it, in an order that
 * alternates; what is timed begins when both have played a while. Every number
 * must come back one larger.
 */
#include <sennit.h>

#include "figures.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define WARMUP 200
#define SECONDS 300

struct game {
	long rounds;
	int cores[2];
	bool ours;
	struct snt_channel *there;
	struct snt_channel *back;
	int fds[2];
	double wall; /* ns of a round trip */
	double cpu;  /* of both threads */
};

struct figure {
	double *ratio;
	double *wall[2]; /* bare, ours */
	double *cpu[2];
};

static char backend[16];

static void put(int fd, uint64_t value)
{
	if (write(fd, &value, sizeof(value)) != sizeof(value))
		figures_die("write: %s", strerror(errno));
}

static uint64_t take(int fd)
{
	uint64_t value;

	if (read(fd, &value, sizeof(value)) != sizeof(value))
		figures_die("read: %s", strerror(errno));
	return value;
}

/* A round trip; the number grows by one on its way. */
static int trip(struct game *game, uint64_t number)
{
	uint64_t got = 0;

	if (game->ours) {
		SNT_TRY(snt_channel_send(game->there, &number));
		SNT_TRY(snt_channel_recv(game->back, &got));
	} else {
		put(game->fds[0], number);
		got = take(game->fds[1]);
	}
	if (got != number + 1)
		figures_die("%llu came back for %llu", (unsigned long long)got,
			    (unsigned long long)number);
	return 0;
}

static int serve(void *arg)
{
	struct game *game = arg;

	snprintf(backend, sizeof(backend), "%s", snt_backend());
	for (uint64_t i = 1; i <= WARMUP; i++)
		SNT_TRY(trip(game, i));
	game->wall = figures_ns(CLOCK_MONOTONIC);
	game->cpu = figures_ns(CLOCK_PROCESS_CPUTIME_ID);
	for (long i = 1; i <= game->rounds; i++)
		SNT_TRY(trip(game, (uint64_t)i));
	game->wall = figures_ns(CLOCK_MONOTONIC) - game->wall;
	game->cpu = figures_ns(CLOCK_PROCESS_CPUTIME_ID) - game->cpu;
	return 0;
}

static int answer(void *arg)
{
	struct game *game = arg;

	for (long i = 0; i < WARMUP + game->rounds; i++) {
		uint64_t number = 0;

		if (!game->ours) {
			put(game->fds[1], take(game->fds[0]) + 1);
			continue;
		}
		SNT_TRY(snt_channel_recv(game->there, &number));
		number++;
		SNT_TRY(snt_channel_send(game->back, &number));
	}
	return 0;
}

/* As a fiber, for a thread moves to its backend at the first one. */
static void play(struct game *game, int core, int (*part)(void *arg))
{
	struct snt_group *group;
	int code;

	figures_pin(core);
	code = snt_group_open(&group, NULL);
	if (code == 0)
		code = snt_spawn(group, part, game, NULL);
	if (code == 0)
		code = snt_group_wait(group);
	if (code < 0)
		figures_die("%s", snt_errmsg());
	snt_group_end(group);
}

static void *other_thread(void *arg)
{
	struct game *game = arg;

	play(game, game->cores[1], answer);
	return NULL;
}

static void run(struct game *game)
{
	pthread_t thread;

	game->fds[0] = eventfd(0, EFD_CLOEXEC);
	game->fds[1] = eventfd(0, EFD_CLOEXEC);
	if (game->fds[0] < 0 || game->fds[1] < 0)
		figures_die("eventfd: %s", strerror(errno));
	if (snt_channel_open(&game->there, sizeof(uint64_t), 1) < 0 ||
	    snt_channel_open(&game->back, sizeof(uint64_t), 1) < 0)
		figures_die("%s", snt_errmsg());
	if (pthread_create(&thread, NULL, other_thread, game) != 0)
		figures_die("no thread");
	play(game, game->cores[0], serve);
	pthread_join(thread, NULL);
	snt_channel_close(game->there);
	snt_channel_close(game->back);
	close(game->fds[0]);
	close(game->fds[1]);
	game->wall /= (double)game->rounds;
	game->cpu /= (double)game->rounds;
}

static double *room(int windows)
{
	double *values = calloc((size_t)windows, sizeof(*values));

	if (!values)
		figures_die("no memory");
	return values;
}

static void measure(const char *name, const int cores[2], int windows,
		    long rounds)
{
	struct figure at = { room(windows),
			     { room(windows), room(windows) },
			     { room(windows), room(windows) } };
	const size_t count = (size_t)windows;

	for (int i = 0; i < windows; i++) {
		for (int turn = 0; turn < 2; turn++) {
			struct game game = { .rounds = rounds,
					     .cores = { cores[0], cores[1] },
					     .ours = (turn + i) % 2 };

			run(&game);
			at.wall[game.ours][i] = game.wall / 1000;
			at.cpu[game.ours][i] = game.cpu / 1000;
		}
		at.ratio[i] = at.wall[1][i] / at.wall[0][i];
	}
	printf("\"%s\": {\"ratio\": %.4f, \"low\": %.4f, \"high\": %.4f, "
	       "\"bare_us\": %.3f, \"ours_us\": %.3f, \"bare_cpu_us\": %.3f, "
	       "\"ours_cpu_us\": %.3f}, ",
	       name, figures_quantile(at.ratio, count, 0.5),
	       figures_quantile(at.ratio, count, 0),
	       figures_quantile(at.ratio, count, 1),
	       figures_quantile(at.wall[0], count, 0.5),
	       figures_quantile(at.wall[1], count, 0.5),
	       figures_quantile(at.cpu[0], count, 0.5),
	       figures_quantile(at.cpu[1], count, 0.5));
	for (int i = 0; i < 2; i++) {
		free(at.wall[i]);
		free(at.cpu[i]);
	}
	free(at.ratio);
}

int main(int argc, char **argv)
{
	int windows = argc > 1 ? atoi(argv[1]) : 21;
	long rounds = argc > 2 ? atol(argv[2]) : 3000;
	int cores[2];

	if (argc > 3 || windows < 1 || rounds < 1) {
		fputs("usage: wake [WINDOWS [ROUND-TRIPS]]\n", stderr);
		return 2;
	}
	alarm(SECONDS);
	figures_two_cores(cores);
	putchar('{');
	measure("two_cores", cores, windows, rounds);
	cores[1] = cores[0];
	measure("one_core", cores, windows, rounds);
	printf("\"backend\": \"%s\"}\n", backend);
	return 0;
}
