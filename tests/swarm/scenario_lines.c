/* SPDX-License-Identifier: MIT */
/*
 * Mail, as it was read by eye: lines up to a delimiter, bodies gathered from
 * several buffers and scattered into several, a peek at what comes before it
 * is taken, and a server that ends a connection politely when it is signalled,
 * after it has answered what was asked.
 */
#include "scenarios.h"

#include <sennit/message.h>
#include <sennit/signal.h>
#include <signal.h>

#define CLIENTS 3
#define LETTERS 10
#define BODY 9000
#define AT_ONCE 3

struct lines {
	struct world world;
	unsigned done[CLIENTS];
	bool catches; /* the server; else a signal would end it */
};

/* "LETTER <size> <key>\r\n" and the body; the answer: "OK <size> <key>\r\n". */
struct line {
	unsigned size;
	unsigned long long key;
};

static int read_line(struct snt_socket *conn, const char *word,
		     struct line *line, int64_t limit)
{
	char text[64], end[3] = "", first[8] = "";
	ptrdiff_t n;

	SNT_TRY(n = TIMED(limit, snt_recv_until(conn, "\r\n", 2, text,
						sizeof text - 1)));
	if (n == 0)
		return 0;
	text[n] = '\0';
	if (!EXPECT("bytes",
		    sscanf(text, "%7s %u %llx%2c", first, &line->size,
			   &line->key, end) == 4 &&
			    strcmp(first, word) == 0 && line->size <= BODY &&
			    strcmp(end, "\r\n") == 0,
		    "%s: a line that nobody wrote", snt_fiber_name()))
		return -EPROTO;
	return 1;
}

/* Into two buffers, however little comes at a time. */
static int read_body(struct player *me, struct snt_socket *conn,
		     const struct line *line)
{
	int64_t limit = 4 * me->world->weather.limit;
	char head[100], *rest = keep(me->world, BODY);
	struct flow body = { .key = line->key, .loose = true };

	while (body.got < line->size) {
		size_t left = (size_t)(line->size - body.got);
		size_t first = 1 + (size_t)draw(&me->dice, sizeof head);
		const struct iovec buffers[2] = {
			{ head, MINIMUM(first, left) },
			{ rest, (size_t)draw(&me->dice,
					     left - MINIMUM(first, left) + 1) },
		};
		struct snt_message message = { .buffers = buffers,
					       .buffer_count = 2 };
		ptrdiff_t n;
		size_t count;

		SNT_TRY(n = TIMED(limit, snt_recvmsg(conn, &message)));
		if (n == 0)
			return -SNT_EEND;
		count = MINIMUM((size_t)n, buffers[0].iov_len);
		if (!flow_same(line->key, body.got, head, count) ||
		    !flow_same(line->key, body.got + count, rest,
			       (size_t)n - count))
			return -EPROTO;
		body.got += (uint64_t)n;
	}
	return 1;
}

static int answer(struct snt_socket *conn, const struct line *line,
		  int64_t limit)
{
	char text[64];
	int length = snprintf(text, sizeof text, "OK %u %llx\r\n", line->size,
			      line->key);

	return TIMED(limit, snt_sendall(conn, text, (size_t)length));
}

static int handle(struct player *me, struct snt_socket *taken)
{
	int64_t limit = 4 * me->world->weather.limit;
	snt_auto(socket) conn = taken;
	struct line line;
	int code;

	while ((code = read_line(conn, "LETTER", &line, limit)) > 0) {
		code = read_body(me, conn, &line);
		if (code > 0)
			code = answer(conn, &line, limit);
		if (code < 0)
			break;
	}
	return code;
}

static int keep_serving(void *arg)
{
	struct service service = { .me = arg,
				   .address = ":7000",
				   .handle = handle };

	return serve(&service);
}

/* Until it is told to begin anew (SIGHUP), or to end. */
static int serve_until_signal(struct player *me)
{
	struct lines *all = (struct lines *)me->world;
	const int numbers[] = { SIGHUP };
	struct snt_signals *signals = NULL;
	snt_auto(group) group = NULL;
	int code;

	SNT_TRY(snt_group_open(&group, NULL));
	SNT_TRY(TIMED(0, snt_spawn(group, keep_serving, me, NULL)));
	SNT_TRY(snt_signals_open(&signals, numbers, 1));
	all->catches = true;
	code = TIMED(0, snt_signals_wait(signals));
	all->catches = false;
	snt_signals_close(signals);
	return code;
}

static int server(struct player *me)
{
	unsigned attempt = 0;

	do
		serve_until_signal(me);
	while (again(me, &attempt));
	return 0;
}

struct letter {
	uint64_t key;
	unsigned size;
};

/* Its first line whole or torn anywhere, with the rest or before it. */
static int send_letter(struct player *me, struct snt_socket *conn,
		       struct letter *letter)
{
	int64_t limit = me->world->weather.limit;
	char head[64], *body = keep(me->world, BODY);
	struct iovec buffers[3];
	struct snt_message message = { .buffers = buffers, .buffer_count = 3 };
	size_t first, length, torn;

	letter->key = draw(&me->dice, UINT64_MAX);
	letter->size = (unsigned)draw(
		&me->dice, (uint64_t)draw_wide(&me->dice, 1, BODY) + 1);
	first = (size_t)draw(&me->dice, letter->size + 1);
	length =
		(size_t)snprintf(head, sizeof head, "LETTER %u %llx\r\n",
				 letter->size, (unsigned long long)letter->key);
	torn = draw(&me->dice, 2) == 0 ? (size_t)draw(&me->dice, length)
				       : length - 1;
	if (draw(&me->dice, 2) == 0)
		torn = 0;
	flow_fill(letter->key, 0, body, letter->size);
	if (torn > 0) {
		SNT_TRY(TIMED(limit, snt_sendall(conn, head, torn)));
		if (!think(&me->dice, me->world->weather.pace))
			return -ECANCELED;
	}
	buffers[0] = (struct iovec){ head + torn, length - torn };
	buffers[1] = (struct iovec){ body, first };
	buffers[2] = (struct iovec){ body + first, letter->size - first };
	return TIMED(limit, snt_sendmsg_all(conn, &message));
}

static int take_answer(struct player *me, struct snt_socket *conn,
		       const struct letter *letter)
{
	int64_t limit = me->world->weather.limit;
	struct line told;
	ptrdiff_t n;
	char seen;

	SNT_TRY(n = TIMED(limit, snt_peek(conn, &seen, 1)));
	EXPECT("bytes", n == 0 || seen == 'O', "a peek sees %d", seen);
	SNT_TRY(n = read_line(conn, "OK", &told, limit));
	if (n == 0)
		return -SNT_EEND;
	EXPECT("bytes", told.size == letter->size && told.key == letter->key,
	       "%s: another's answer", me->name);
	return 0;
}

/* Some at once, before the first is answered. */
static int send_some(struct player *me, unsigned *done)
{
	const struct snt_connection_opts opts = {
		.timeout = me->world->weather.limit
	};
	snt_auto(socket) conn = NULL;

	SNT_TRY(TIMED(opts.timeout,
		      snt_create_connection(&conn, "server:7000", &opts)));
	while (*done < LETTERS && draw(&me->dice, 6) > 0) {
		unsigned count = 1 + (unsigned)draw(&me->dice, AT_ONCE);
		struct letter letters[AT_ONCE];

		for (unsigned i = 0; i < count; i++)
			SNT_TRY(send_letter(me, conn, &letters[i]));
		for (unsigned i = 0; i < count; i++)
			SNT_TRY(take_answer(me, conn, &letters[i]));
		*done += count;
		if (!think(&me->dice, me->world->weather.pace))
			return -ECANCELED;
	}
	return 0;
}

static int client(struct player *me)
{
	struct lines *all = (struct lines *)me->world;
	unsigned *done = &all->done[me->number - 1], attempt = 0;

	while (*done < LETTERS)
		if (send_some(me, done) < 0 && !again(me, &attempt))
			return -ECANCELED;
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

/* Now and then the server is told to begin anew. */
static void meddle(struct world *world, bool calm)
{
	const struct lines *all = (const struct lines *)world;
	const struct player *server = &world->players[0];

	if (!calm && all->catches && !server->killed && !world->weather.sound &&
	    snt_sim_chance("signal", 100000))
		snt_sim_signal(server->host, SIGHUP);
}

const struct scenario scenario_lines = {
	.name = "lines",
	.about = "lines and bodies in several buffers; signals",
	.size = sizeof(struct lines),
	.set_up = set_up,
	.meddle = meddle,
};
