/* SPDX-License-Identifier: MIT */
/*
 * Whether two workers carry twice the work of one, and how evenly connections
 * are dealt to them.
 *
 * One server has one worker, the other two; a main fiber accepts and deals. A
 * request costs 10 ms of computing, whose result is in the answer and checked,
 * with the thread that computed it. Each of 16 connections makes 4 requests a
 * window, one at a time; windows alternate between the servers and with the
 * same work on one and on two bare threads, which says what the machine had
 * to give at that time.
 *
 * For evenness, 1,000 connections are opened to fresh servers of two and of
 * eight workers, and held until each has told its thread.
 */
#include <sennit.h>
#include <sennit/workers.h>

#include "figures.h"
#include "twin.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUEST_NS 10e6
#define CONNECTIONS 16
#define REQUESTS 4 /* of a connection in a window */
#define DEALT 1000
#define WORKERS_MAX 8
#define SECONDS 300

enum request {
	WORK = 'w',
	TELL = 't'
};

struct answer {
	uint64_t result;
	uint64_t thread;
};

struct window {
	int fds[CONNECTIONS];
};

static uint64_t steps;
static uint64_t expected;

static uint64_t work(void)
{
	uint64_t x = 1;

	for (uint64_t i = 0; i < steps; i++) {
		x = x * 6364136223846793005u + 1442695040888963407u;
		__asm__ volatile("" : "+r"(x)); /* no shortcuts */
	}
	return x;
}

/* The best of a few: interruptions only add. */
static double calibrate(void)
{
	double best = 1e18;

	steps = 1000000;
	for (int i = 0; i < 20; i++) {
		double from = figures_ns(CLOCK_THREAD_CPUTIME_ID);

		work();
		from = figures_ns(CLOCK_THREAD_CPUTIME_ID) - from;
		best = from < best ? from : best;
	}
	steps = (uint64_t)(1e6 * REQUEST_NS / best) + 1;
	best = figures_ns(CLOCK_THREAD_CPUTIME_ID);
	expected = work();
	return (figures_ns(CLOCK_THREAD_CPUTIME_ID) - best) / 1e6;
}

static int handle(void *arg)
{
	snt_auto(socket) conn = arg;
	char request;
	ptrdiff_t got;

	while ((got = snt_recv(conn, &request, 1)) > 0) {
		struct answer answer = { .thread = (uint64_t)gettid() };

		if (request == WORK)
			answer.result = work();
		SNT_TRY(snt_sendall(conn, &answer, sizeof(answer)));
	}
	return (int)got;
}

static int serve(const struct twin_teller *teller, void *arg)
{
	struct snt_workers_opts opts = { .count = *(int *)arg };
	snt_auto(socket) server = NULL;
	struct snt_workers *workers;
	struct snt_addr addr;

	SNT_TRY(snt_workers_open(&workers, &opts));
	SNT_TRY(snt_create_server(&server, "127.0.0.1:0", NULL));
	SNT_TRY(snt_getsockname(server, &addr));
	twin_tell(teller, snt_addr_port(&addr), snt_backend());
	for (;;) {
		struct snt_socket *conn;
		int code;

		SNT_TRY(snt_accept(server, &conn));
		code = snt_workers_spawn(workers, handle, conn, NULL);
		if (code < 0) {
			snt_close(conn);
			return code;
		}
	}
}

static void ask(int fd, char request)
{
	if (write(fd, &request, 1) != 1)
		figures_die("write: %s", strerror(errno));
}

static struct answer take(int fd)
{
	struct answer answer;

	if (recv(fd, &answer, sizeof(answer), MSG_WAITALL) != sizeof(answer))
		figures_die("the server ended a connection");
	return answer;
}

/* ns of a window */
static double run(struct window *window)
{
	struct pollfd polls[CONNECTIONS];
	int left[CONNECTIONS];
	int underway = CONNECTIONS;
	double from = figures_ns(CLOCK_MONOTONIC);

	for (int i = 0; i < CONNECTIONS; i++) {
		polls[i] = (struct pollfd){ window->fds[i], POLLIN, 0 };
		left[i] = REQUESTS - 1;
		ask(window->fds[i], WORK);
	}
	while (underway > 0) {
		if (poll(polls, CONNECTIONS, -1) < 0)
			figures_die("poll: %s", strerror(errno));
		for (int i = 0; i < CONNECTIONS; i++) {
			if (!polls[i].revents)
				continue;
			if (take(polls[i].fd).result != expected)
				figures_die("a wrong result came back");
			if (left[i]-- > 0)
				ask(polls[i].fd, WORK);
			else
				underway--;
		}
	}
	return figures_ns(CLOCK_MONOTONIC) - from;
}

static void *compute(void *arg)
{
	for (int i = 0; i < *(int *)arg; i++)
		if (work() != expected)
			figures_die("a wrong result");
	return NULL;
}

/* The same work on bare threads; ns. */
static double run_bare(int threads)
{
	int each = CONNECTIONS * REQUESTS / threads;
	double from = figures_ns(CLOCK_MONOTONIC);
	pthread_t ids[2];

	for (int i = 0; i < threads; i++)
		if (pthread_create(&ids[i], NULL, compute, &each) != 0)
			figures_die("no thread");
	for (int i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
	return figures_ns(CLOCK_MONOTONIC) - from;
}

static void open_window(struct window *window, struct twin *twin)
{
	for (int i = 0; i < CONNECTIONS; i++)
		window->fds[i] = twin_connect(twin);
	run(window); /* the warm-up */
}

static void measure_work(int windows, double request_ms)
{
	double *ratio = calloc(2 * (size_t)windows, sizeof(*ratio));
	double *bare = ratio + windows;
	const size_t count = (size_t)windows;
	struct window window[2];
	struct twin twins[2];

	if (!ratio)
		figures_die("no memory");
	for (int i = 0; i < 2; i++) {
		int workers = i + 1;

		twin_start(&twins[i], serve, &workers);
		open_window(&window[i], &twins[i]);
	}
	for (int i = 0; i < windows; i++) {
		double one = i % 2 ? run(&window[0]) : 0;
		double two = run(&window[1]);

		one = one > 0 ? one : run(&window[0]);
		ratio[i] = one / two;
		bare[i] = run_bare(1) / run_bare(2);
	}
	for (int i = 0; i < 2; i++)
		twin_stop(&twins[i]);
	printf("{\"ratio\": %.4f, \"low\": %.4f, \"high\": %.4f, "
	       "\"bare_ratio\": %.4f, \"request_ms\": %.2f, \"backend\": "
	       "\"%s\", \"dealt\": {",
	       figures_quantile(ratio, count, 0.5),
	       figures_quantile(ratio, count, 0),
	       figures_quantile(ratio, count, 1),
	       figures_quantile(bare, count, 0.5), request_ms,
	       twins[1].backend);
	free(ratio);
}

/* How many connections each thread has; no thread is counted twice. */
static void measure_dealing(int workers)
{
	uint64_t threads[WORKERS_MAX];
	int counts[WORKERS_MAX] = { 0 };
	int fds[DEALT];
	struct twin twin;
	int seen = 0;

	twin_start(&twin, serve, &workers);
	for (int i = 0; i < DEALT; i++) {
		uint64_t thread;
		int at = 0;

		fds[i] = twin_connect(&twin);
		ask(fds[i], TELL);
		thread = take(fds[i]).thread;
		while (at < seen && threads[at] != thread)
			at++;
		if (at == workers)
			figures_die("more threads than %d workers", workers);
		if (at == seen)
			threads[seen++] = thread;
		counts[at]++;
	}
	for (int i = 0; i < DEALT; i++)
		close(fds[i]);
	twin_stop(&twin);
	printf("\"%d\": [%d", workers, counts[0]);
	for (int i = 1; i < seen; i++)
		printf(", %d", counts[i]);
	putchar(']');
}

int main(int argc, char **argv)
{
	int windows = argc > 1 ? atoi(argv[1]) : 11;
	double request_ms;

	if (argc > 2 || windows < 1) {
		fputs("usage: workers [WINDOWS]\n", stderr);
		return 2;
	}
	alarm(SECONDS);
	request_ms = calibrate();
	measure_work(windows, request_ms);
	measure_dealing(2);
	printf(", ");
	measure_dealing(8);
	printf("}}\n");
	return 0;
}
