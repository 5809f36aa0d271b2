/* SPDX-License-Identifier: MIT */
/*
 * A server in two halves, as programs with separate rights are: the front
 * accepts and hands each connection's descriptor over a Unix socket to the
 * back, which serves it. Clients send a stream and get its sum back. No
 * descriptor is lost, left over or another's, whatever breaks on the way.
 */
#include "scenarios.h"

/* For close alone: a descriptor of a simulated host is no number that close(2)
 * would know. */
#include "io/io.h"

#include <sennit/message.h>

#define CLIENTS 3
#define STREAMS 6
#define MOST 12000

struct passing {
	struct world world;
	unsigned done[CLIENTS];
};

struct greeting {
	uint64_t key;
	uint32_t size, client;
};

/* What goes with a descriptor. */
struct slip {
	uint64_t number;
};

/* The two halves of one life of the server. */
struct halves {
	struct player *me;
	struct snt_group *group;
	struct snt_socket *back; /* where the back is reached */
	uint64_t passed, taken;  /* descriptors */
};

static uint64_t sum_of(uint64_t sum, const char *buffer, size_t size)
{
	for (size_t i = 0; i < size; i++)
		sum = sum * 31 + (unsigned char)buffer[i];
	return sum;
}

static int serve_stream(struct player *me, struct snt_socket *conn)
{
	int64_t limit = 4 * me->world->weather.limit;
	struct greeting greeting;
	uint64_t sum = 0, at = 0;
	char buffer[1024];
	ptrdiff_t n;

	SNT_TRY(n = TIMED(limit,
			  snt_recv_exact(conn, &greeting, sizeof greeting)));
	while (n > 0 && at < greeting.size) {
		size_t size =
			MINIMUM(sizeof buffer, (size_t)(greeting.size - at));

		SNT_TRY(n = TIMED(limit, snt_recv(conn, buffer, size)));
		if (!flow_same(greeting.key, at, buffer, (size_t)n))
			return -EPROTO;
		sum = sum_of(sum, buffer, (size_t)n);
		at += (uint64_t)n;
	}
	if (n == 0)
		return 0;
	return TIMED(limit, snt_sendall(conn, &sum, sizeof sum));
}

struct charge {
	struct player *me;
	struct snt_socket *conn;
};

static int serve_charge(void *arg)
{
	struct charge charge = *(struct charge *)arg;
	snt_auto(socket) conn = charge.conn;

	free(arg);
	/* What becomes of it is its client's matter. */
	serve_stream(charge.me, conn);
	return 0;
}

/* Takes fd. */
static int take_charge(struct halves *halves, int fd)
{
	struct charge *charge = malloc(sizeof *charge);
	int code;

	if (charge == NULL)
		abort();
	charge->me = halves->me;
	code = snt_fromfd(&charge->conn, fd);
	snt__io->close(fd);
	if (code == 0) {
		code = TIMED(0, snt_spawn(halves->group, serve_charge, charge,
					  NULL));
		if (code < 0)
			snt_close(charge->conn);
	}
	if (code < 0)
		free(charge);
	return code;
}

static int take_from(struct halves *halves, struct snt_socket *link)
{
	for (;;) {
		int fds[2];
		size_t count = COUNT(fds);
		struct slip slip;
		ptrdiff_t n = TIMED(
			0, snt_recv_fds(link, &slip, sizeof slip, fds, &count));

		if (n <= 0)
			return (int)n;
		EXPECT("bytes", n == sizeof slip && count == 1,
		       "%td bytes and %zu descriptors came", n, count);
		EXPECT("bytes", slip.number == halves->taken,
		       "descriptor %llu came after %llu",
		       (unsigned long long)slip.number,
		       (unsigned long long)halves->taken);
		halves->taken++;
		for (size_t i = 0; i < count; i++)
			(void)take_charge(halves, fds[i]);
	}
}

static int run_back(void *arg)
{
	struct halves *halves = arg;

	for (;;) {
		snt_auto(socket) link = NULL;

		SNT_TRY(TIMED(0, snt_accept(halves->back, &link)));
		if (take_from(halves, link) < 0)
			return -ECONNRESET;
	}
}

static int pass_on(struct halves *halves, struct snt_socket *link,
		   struct snt_socket *taken)
{
	struct slip slip = { halves->passed };
	snt_auto(socket) conn = taken;
	int fd = snt_fileno(conn);
	ptrdiff_t n = TIMED(SNT_MINUTE,
			    snt_send_fds(link, &slip, sizeof slip, &fd, 1));

	halves->passed += n > 0;
	return (int)n;
}

static int run_front(void *arg)
{
	const struct snt_connection_opts opts = { .type = SOCK_SEQPACKET };
	struct halves *halves = arg;
	snt_auto(socket) server = NULL;
	snt_auto(socket) link = NULL;

	SNT_TRY(TIMED(SNT_SECOND,
		      snt_create_connection(&link, "unix:@back", &opts)));
	SNT_TRY(TIMED(SNT_MINUTE, snt_create_server(&server, ":7000", NULL)));
	for (;;) {
		struct snt_socket *conn;

		SNT_TRY(TIMED(0, snt_accept(server, &conn)));
		SNT_TRY(pass_on(halves, link, conn));
	}
}

/* Either half's failure ends both. */
static int live_once(struct player *me)
{
	const struct snt_server_opts opts = { .type = SOCK_SEQPACKET };
	struct halves halves = { .me = me };
	snt_auto(socket) back = NULL;
	snt_auto(group) group = NULL;

	SNT_TRY(snt_group_open(&group, NULL));
	halves.group = group;
	SNT_TRY(TIMED(SNT_SECOND,
		      snt_create_server(&back, "unix:@back", &opts)));
	halves.back = back;
	SNT_TRY(TIMED(0, snt_spawn(group, run_back, &halves, NULL)));
	SNT_TRY(TIMED(0, snt_spawn(group, run_front, &halves, NULL)));
	return TIMED(0, snt_group_wait(group));
}

static int server(struct player *me)
{
	unsigned attempt = 0;

	do
		live_once(me);
	while (again(me, &attempt));
	return 0;
}

static int send_stream(struct player *me)
{
	int64_t limit = me->world->weather.limit;
	const struct snt_connection_opts opts = { .timeout = limit };
	struct flow out = { .key = draw(&me->dice, UINT64_MAX) };
	struct greeting greeting = {
		.key = out.key,
		.size = (uint32_t)draw_wide(&me->dice, 1, MOST),
		.client = me->number - 1,
	};
	snt_auto(socket) conn = NULL;
	uint64_t sum, mine = 0;
	ptrdiff_t n;

	SNT_TRY(TIMED(limit,
		      snt_create_connection(&conn, "server:7000", &opts)));
	SNT_TRY(TIMED(limit, snt_sendall(conn, &greeting, sizeof greeting)));
	SNT_TRY(flow_send(&out, conn, greeting.size,
			  1 + (size_t)draw(&me->dice, 2048), limit));
	SNT_TRY(n = TIMED(limit, snt_recv_exact(conn, &sum, sizeof sum)));
	if (n == 0)
		return -SNT_EEND;
	for (uint32_t at = 0; at < greeting.size; at++) {
		char byte;

		flow_fill(out.key, at, &byte, 1);
		mine = sum_of(mine, &byte, 1);
	}
	EXPECT("bytes", sum == mine, "%s: a wrong sum", me->name);
	return 0;
}

static int client(struct player *me)
{
	struct passing *all = (struct passing *)me->world;
	unsigned *done = &all->done[me->number - 1], attempt = 0;

	while (*done < STREAMS) {
		int code = send_stream(me);

		*done += code == 0;
		if (code < 0 ? !again(me, &attempt)
			     : !think(&me->dice, me->world->weather.pace))
			return -ECANCELED;
	}
	return 0;
}

static void set_up(struct world *world)
{
	add_player(world, "server", server)->serves = true;
	for (unsigned i = 0; i < CLIENTS; i++) {
		char name[16];

		snprintf(name, sizeof name, "client%u", i);
		add_player(world, name, client);
	}
}

const struct scenario scenario_passing = {
	.name = "passing",
	.about = "connections handed on over a Unix socket",
	.size = sizeof(struct passing),
	.set_up = set_up,
};
