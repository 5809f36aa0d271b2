/* SPDX-License-Identifier: MIT */
/*
 * What looking for a while before going to sleep gains one connection whose
 * ends are two processes on two cores: a 64 B message goes to and fro, with
 * nobody spinning, with the server spinning, and with both, for 50 us.
 *
 * One connection serves all windows; they alternate, and the first byte of
 * each message tells the server which way it is to be. Every message has a
 * number and must come back as it was.
 */
#include <sennit.h>

#include "figures.h"
#include "twin.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SPIN (50 * SNT_MICROSECOND)
#define SIZE 64
#define WARMUP 200
#define SECONDS 300

enum way {
	NONE,
	SERVER,
	BOTH,
	WAYS
};
static const char *const names[WAYS] = { "none", "server", "both" };

struct measured {
	double *p50; /* us, of each window */
	double *p99;
	double *cpu; /* the server's, of a round trip */
};

struct client {
	struct twin twin;
	int core;
	int windows;
	long rounds;
	double *trips;
	struct measured ways[WAYS];
};

static int echo(void *arg)
{
	snt_auto(socket) conn = arg;
	char buffer[SIZE];
	char way = NONE;
	ptrdiff_t got;

	while ((got = snt_recv(conn, buffer, sizeof(buffer))) > 0) {
		if (buffer[0] != way) {
			way = buffer[0];
			snt_set_spin(way == NONE ? 0 : SPIN);
		}
		SNT_TRY(snt_sendall(conn, buffer, (size_t)got));
	}
	return (int)got;
}

static int nothing(void *arg)
{
	(void)arg;
	return 0;
}

static int serve(const struct twin_teller *teller, void *arg)
{
	snt_auto(socket) server = NULL;
	snt_auto(group) group = NULL;
	struct snt_socket *conn;
	struct snt_addr addr;

	figures_pin(*(int *)arg);
	SNT_TRY(snt_create_server(&server, "127.0.0.1:0", NULL));
	SNT_TRY(snt_getsockname(server, &addr));
	SNT_TRY(snt_group_open(&group, NULL));
	SNT_TRY(snt_spawn(group, nothing, NULL, NULL));
	SNT_TRY(snt_group_wait(group));
	twin_tell(teller, snt_addr_port(&addr), snt_backend());
	SNT_TRY(snt_accept(server, &conn));
	SNT_TRY(snt_spawn(group, echo, conn, NULL));
	return snt_sleep(SNT_FOREVER);
}

static int trip(struct snt_socket *conn, enum way way, uint64_t number)
{
	char out[SIZE] = { (char)way };
	char in[SIZE];

	memcpy(out + SIZE - sizeof(number), &number, sizeof(number));
	SNT_TRY(snt_sendall(conn, out, SIZE));
	SNT_TRY(snt_recv_exact(conn, in, SIZE));
	if (memcmp(in, out, SIZE) != 0)
		figures_die("wrong bytes came back");
	return 0;
}

static int window(struct client *client, struct snt_socket *conn, enum way way,
		  int at)
{
	struct measured *to = &client->ways[way];
	const size_t count = (size_t)client->rounds;
	clockid_t clock;
	double cpu;

	if (clock_getcpuclockid(client->twin.pid, &clock) != 0)
		figures_die("no CPU clock of the server");
	snt_set_spin(way == BOTH ? SPIN : 0);
	for (uint64_t i = 0; i < WARMUP; i++)
		SNT_TRY(trip(conn, way, i));
	cpu = figures_ns(clock);
	for (size_t i = 0; i < count; i++) {
		double from = figures_ns(CLOCK_MONOTONIC);

		SNT_TRY(trip(conn, way, i));
		client->trips[i] = figures_ns(CLOCK_MONOTONIC) - from;
	}
	to->cpu[at] = (figures_ns(clock) - cpu) / 1000 / (double)count;
	to->p50[at] = figures_quantile(client->trips, count, 0.5) / 1000;
	to->p99[at] = figures_quantile(client->trips, count, 0.99) / 1000;
	return 0;
}

static int play(void *arg)
{
	struct client *client = arg;
	snt_auto(socket) conn = NULL;
	char address[32];

	snprintf(address, sizeof(address), "127.0.0.1:%d", client->twin.port);
	SNT_TRY(snt_create_connection(&conn, address, NULL));
	for (int i = 0; i < client->windows; i++)
		for (int turn = 0; turn < WAYS; turn++)
			SNT_TRY(window(client, conn,
				       (enum way)((turn + i) % WAYS), i));
	return 0;
}

static double *room(long count)
{
	double *values = calloc((size_t)count, sizeof(*values));

	if (!values)
		figures_die("no memory");
	return values;
}

/* Ratios before the medians, for those sort. */
static void report(struct client *client)
{
	const size_t count = (size_t)client->windows;
	double *ratio = room(client->windows);

	putchar('{');
	for (int way = WAYS - 1; way >= 0; way--) {
		struct measured *of = &client->ways[way];

		for (size_t i = 0; i < count; i++)
			ratio[i] = of->p50[i] / client->ways[NONE].p50[i];
		printf("\"%s\": {\"ratio\": %.4f, \"low\": %.4f, "
		       "\"high\": %.4f, ",
		       names[way], figures_quantile(ratio, count, 0.5),
		       figures_quantile(ratio, count, 0),
		       figures_quantile(ratio, count, 1));
		printf("\"p50_us\": %.2f, \"p99_us\": %.2f, \"cpu_us\": "
		       "%.2f}, ",
		       figures_quantile(of->p50, count, 0.5),
		       figures_quantile(of->p99, count, 0.5),
		       figures_quantile(of->cpu, count, 0.5));
	}
	printf("\"backend\": \"%s\"}\n", client->twin.backend);
	free(ratio);
}

static int measure(struct client *client)
{
	snt_auto(group) group = NULL;

	figures_pin(client->core);
	SNT_TRY(snt_group_open(&group, NULL));
	SNT_TRY(snt_spawn(group, play, client, NULL));
	return snt_group_wait(group);
}

int main(int argc, char **argv)
{
	struct client client = { .windows = argc > 1 ? atoi(argv[1]) : 21,
				 .rounds = argc > 2 ? atol(argv[2]) : 3000 };
	int cores[2];
	int code;

	if (argc > 3 || client.windows < 1 || client.rounds < 1) {
		fputs("usage: spin [WINDOWS [ROUND-TRIPS]]\n", stderr);
		return 2;
	}
	alarm(SECONDS);
	figures_two_cores(cores);
	twin_start(&client.twin, serve, &cores[1]);
	client.core = cores[0];
	client.trips = room(client.rounds);
	for (int way = 0; way < WAYS; way++)
		client.ways[way] = (struct measured){ room(client.windows),
						      room(client.windows),
						      room(client.windows) };
	code = measure(&client);
	twin_stop(&client.twin);
	if (code < 0)
		figures_die("%d: %s", code, snt_errmsg());
	report(&client);
	return 0;
}
