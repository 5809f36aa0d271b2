/* SPDX-License-Identifier: MIT */
/*
 * How many simulated worlds one core goes through: four clients that each send
 * twelve frames to an echo server and check what comes back, on five hosts; and
 * how far the clock of an idle world gets, in which a hundred hosts each have a
 * timer of a second.
 */
#include <sennit.h>

#include "figures.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLIENTS 4
#define FRAMES 12
#define FRAME 100
#define IDLE_HOSTS 100
#define IDLE_SECONDS 2000

static int echo(void *arg)
{
	snt_auto(socket) conn = arg;
	char buffer[1024];
	ptrdiff_t n;

	while ((n = snt_recv(conn, buffer, sizeof(buffer))) > 0)
		SNT_TRY(snt_sendall(conn, buffer, (size_t)n));
	return (int)n;
}

static int serve(void *arg)
{
	snt_auto(socket) server = NULL;
	snt_auto(group) group = NULL;

	(void)arg;
	SNT_TRY(snt_group_open(&group, NULL));
	SNT_TRY(snt_create_server(&server, "*:7000", NULL));
	for (int i = 0; i < CLIENTS; i++) {
		struct snt_socket *conn;

		SNT_TRY(snt_accept(server, &conn));
		SNT_TRY(snt_spawn(group, echo, conn, NULL));
	}
	return snt_group_wait(group);
}

static int ask(void *arg)
{
	snt_auto(socket) conn = NULL;
	char out[FRAME], in[FRAME];
	int code;

	(void)arg;
	/* The server may not listen yet; nothing else may be wrong. */
	while ((code = snt_create_connection(&conn, "server:7000", NULL)) ==
	       -ECONNREFUSED)
		SNT_TRY(snt_sleep(SNT_MILLISECOND));
	SNT_TRY(code);
	for (int i = 0; i < FRAMES; i++) {
		memset(out, i, sizeof(out));
		SNT_TRY(snt_sendall(conn, out, sizeof(out)));
		SNT_TRY(snt_recv_exact(conn, in, sizeof(in)));
		if (memcmp(in, out, sizeof(in)) != 0)
			return snt_fail(-EIO, "frame %d came back changed", i);
	}
	return 0;
}

static int echo_world(struct snt_sim *sim, void *arg)
{
	struct snt_sim_host *server, *clients[CLIENTS];
	char name[16];

	(void)arg;
	SNT_TRY(snt_sim_add(sim, &server, "server", NULL));
	SNT_TRY(snt_sim_start(server, serve, NULL));
	for (int i = 0; i < CLIENTS; i++) {
		snprintf(name, sizeof(name), "client%d", i);
		SNT_TRY(snt_sim_add(sim, &clients[i], name, NULL));
		SNT_TRY(snt_sim_start(clients[i], ask, NULL));
	}
	return snt_sim_join(server, NULL);
}

static int tick(void *arg)
{
	(void)arg;
	for (;;)
		SNT_TRY(snt_sleep(SNT_SECOND));
}

static int idle_world(struct snt_sim *sim, void *arg)
{
	(void)arg;
	for (int i = 0; i < IDLE_HOSTS; i++) {
		struct snt_sim_host *host;
		char name[16];

		snprintf(name, sizeof(name), "host%d", i);
		SNT_TRY(snt_sim_add(sim, &host, name, NULL));
		SNT_TRY(snt_sim_start(host, tick, NULL));
	}
	return snt_sleep(IDLE_SECONDS * SNT_SECOND);
}

static void run(int (*world)(struct snt_sim *sim, void *arg), uint64_t seed,
		struct snt_sim_report *report)
{
	const struct snt_sim_opts opts = { .seed = seed };

	if (snt_sim_run(world, NULL, &opts, report) < 0)
		figures_die("%s", snt_errmsg());
	snt_sim_report_release(report);
}

static void measure_echo(int windows, int worlds)
{
	double *rates = calloc((size_t)windows, sizeof(*rates));
	struct snt_sim_report report;
	uint64_t packets = 0, events = 0;
	double begin;

	if (rates == NULL)
		figures_die("no memory");
	for (int i = 0; i < windows; i++) {
		begin = figures_ns(CLOCK_PROCESS_CPUTIME_ID);
		for (int n = 0; n < worlds; n++) {
			run(echo_world, (uint64_t)i * 1000000 + (uint64_t)n + 1,
			    &report);
			packets += report.packets;
			events += report.events;
		}
		rates[i] = worlds * 1e9 /
			   (figures_ns(CLOCK_PROCESS_CPUTIME_ID) - begin);
	}
	printf("{\"echo\": {\"rate\": %.1f, \"low\": %.1f, \"high\": %.1f, "
	       "\"packets\": %.1f, \"events\": %.1f}, ",
	       figures_quantile(rates, (size_t)windows, 0.5),
	       figures_quantile(rates, (size_t)windows, 0),
	       figures_quantile(rates, (size_t)windows, 1),
	       (double)packets / windows / worlds,
	       (double)events / windows / worlds);
	free(rates);
}

static void measure_idle(int windows)
{
	double *rates = calloc((size_t)windows, sizeof(*rates));
	struct snt_sim_report report;
	double begin;

	if (rates == NULL)
		figures_die("no memory");
	for (int i = 0; i < windows; i++) {
		begin = figures_ns(CLOCK_PROCESS_CPUTIME_ID);
		run(idle_world, (uint64_t)i + 1, &report);
		rates[i] = IDLE_SECONDS * 1e9 /
			   (figures_ns(CLOCK_PROCESS_CPUTIME_ID) - begin);
	}
	printf("\"idle\": {\"rate\": %.1f, \"low\": %.1f, \"high\": %.1f}}\n",
	       figures_quantile(rates, (size_t)windows, 0.5),
	       figures_quantile(rates, (size_t)windows, 0),
	       figures_quantile(rates, (size_t)windows, 1));
	free(rates);
}

int main(int argc, char **argv)
{
	int windows = argc > 1 ? atoi(argv[1]) : 7;
	int worlds = argc > 2 ? atoi(argv[2]) : 1000;
	int cores[2];

	if (argc > 3 || windows < 1 || worlds < 1) {
		fputs("usage: worlds [WINDOWS [WORLDS]]\n", stderr);
		return 2;
	}
	figures_two_cores(cores);
	figures_pin(cores[0]);
	measure_echo(windows, worlds);
	measure_idle(windows);
	return 0;
}
