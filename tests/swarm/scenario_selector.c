/* SPDX-License-Identifier: MIT */
/*
 * A server that is one loop around a selector, with sockets that never wait,
 * as it stands in every textbook: it echoes, keeps for each connection what it
 * could not send, and asks for room only then. Its clients wait for several
 * connections at once. An edge that got lost anywhere would leave one of them
 * waiting for ever.
 */
#include "scenarios.h"

#include <sennit/wait.h>

#define CLIENTS 3
#define LINES 3 /* connections of a client at a time */
#define ROUNDS 4
#define MOST 6000
#define MEMBERS 64

struct member {
	struct snt_socket *socket; /* NULL: this place is free */
	char held[512];
	size_t held_size;
	unsigned events; /* as registered */
};

struct loop {
	struct player *me;
	struct snt_socket *server;
	struct snt_selector *selector;
	bool greedy;
	struct member members[MEMBERS];
};

static void drop_member(struct loop *loop, struct member *member)
{
	snt_selector_unregister(loop->selector, member->socket);
	snt_close(member->socket);
	member->socket = NULL;
}

static int add_member(struct loop *loop)
{
	struct member *member = loop->members;
	struct snt_socket *conn;
	int code = TIMED(0, snt_accept(loop->server, &conn));

	if (code < 0)
		return code;
	while (member < loop->members + MEMBERS && member->socket != NULL)
		member++;
	if (member == loop->members + MEMBERS) {
		snt_close(conn);
		return 0;
	}
	snt_settimeout(conn, SNT_NOWAIT);
	*member = (struct member){ .socket = conn, .events = SNT_READABLE };
	code = snt_selector_register(loop->selector, conn, SNT_READABLE,
				     member);
	if (code < 0) {
		snt_close(conn);
		member->socket = NULL;
	}
	return 0;
}

/* Sends what is held; false: the connection is done. */
static bool flush(struct member *member)
{
	size_t sent = 0;

	while (sent < member->held_size) {
		ptrdiff_t n = snt_send(member->socket, member->held + sent,
				       member->held_size - sent);

		if (n == -EAGAIN)
			break;
		if (n < 0)
			return false;
		sent += (size_t)n;
	}
	memmove(member->held, member->held + sent, member->held_size - sent);
	member->held_size -= sent;
	return true;
}

static bool turn_member(struct loop *loop, struct member *member)
{
	bool reads = loop->greedy || member->events == SNT_READABLE;
	unsigned events;

	if (!flush(member))
		return false;
	/* All there is, or one piece: what is left is told again. */
	while (reads && member->held_size == 0) {
		ptrdiff_t n = snt_recv(member->socket, member->held,
				       sizeof member->held);

		if (n == -EAGAIN)
			break;
		if (n <= 0)
			return false;
		member->held_size = (size_t)n;
		if (!flush(member))
			return false;
		if (!loop->greedy)
			break;
	}
	events = member->held_size > 0 ? SNT_WRITABLE : SNT_READABLE;
	if (events == member->events)
		return true;
	member->events = events;
	return snt_selector_modify(loop->selector, member->socket, events,
				   member) == 0;
}

static int turn(struct loop *loop)
{
	struct snt_selected ready[5];
	int count = TIMED(
		0, snt_selector_select(loop->selector, ready, COUNT(ready), 0));

	for (int i = 0; i < count; i++) {
		struct member *member = ready[i].data;

		if (member == NULL) {
			int code = add_member(loop);

			if (code < 0 && code != -EAGAIN)
				return code;
		} else if (!turn_member(loop, member)) {
			drop_member(loop, member);
		}
	}
	return count;
}

static int loop_once(struct player *me)
{
	struct loop *loop = calloc(1, sizeof *loop);
	int code;

	if (loop == NULL)
		abort();
	loop->me = me;
	loop->greedy = draw(&me->dice, 2) == 0;
	code = TIMED(SNT_MINUTE,
		     snt_create_server(&loop->server, ":7000", NULL));
	if (code == 0)
		code = snt_selector_open(&loop->selector);
	if (code == 0) {
		snt_settimeout(loop->server, SNT_NOWAIT);
		code = snt_selector_register(loop->selector, loop->server,
					     SNT_READABLE, NULL);
	}
	while (code >= 0)
		code = turn(loop);
	for (size_t i = 0; i < MEMBERS; i++)
		snt_close(loop->members[i].socket);
	snt_selector_close(loop->selector);
	snt_close(loop->server);
	free(loop);
	return code;
}

static int server(struct player *me)
{
	unsigned attempt = 0;

	do
		loop_once(me);
	while (again(me, &attempt));
	return 0;
}

/* Some connections, each with a stream there and back. */
struct line {
	struct snt_socket *conn;
	struct flow up, down;
	uint64_t size;
};

static int push(struct line *line)
{
	char buffer[700];
	size_t size = (size_t)MINIMUM(line->size - line->up.sent,
				      (uint64_t)sizeof buffer);
	ptrdiff_t n;

	flow_fill(line->up.key, line->up.sent, buffer, size);
	n = snt_send(line->conn, buffer, size);
	if (n > 0)
		line->up.sent += (uint64_t)n;
	return n == -EAGAIN ? 0 : (int)n;
}

static int pull(struct line *line)
{
	char buffer[700];
	ptrdiff_t n = snt_recv(line->conn, buffer, sizeof buffer);

	if (n > 0) {
		if (!flow_same(line->down.key, line->down.got, buffer,
			       (size_t)n))
			return -EPROTO;
		line->down.got += (uint64_t)n;
		EXPECT("bytes", line->down.got <= line->up.sent,
		       "more comes back than was sent");
	}
	return n == 0 ? -SNT_EEND : n == -EAGAIN ? 0 : (int)n;
}

static int pump(struct player *me, struct line *lines, unsigned count)
{
	struct snt_wait waits[LINES];

	for (;;) {
		unsigned left = 0;

		for (unsigned i = 0; i < count; i++) {
			struct line *line = &lines[i];

			if (line->down.got == line->size)
				continue;
			waits[left++] = (struct snt_wait){
				.socket = line->conn,
				.events = SNT_READABLE |
					  (line->up.sent < line->size
						   ? SNT_WRITABLE
						   : 0),
			};
		}
		if (left == 0)
			return 0;
		SNT_TRY(TIMED(me->world->weather.limit,
			      snt_wait_any(waits, left)));
		for (unsigned i = 0, at = 0; i < count; i++) {
			struct line *line = &lines[i];
			unsigned ready;

			if (line->down.got == line->size)
				continue;
			ready = waits[at++].ready;
			if (ready & SNT_WRITABLE && line->up.sent < line->size)
				SNT_TRY(push(line));
			if (ready & SNT_READABLE)
				SNT_TRY(pull(line));
		}
	}
}

static int one_round(struct player *me)
{
	const struct snt_connection_opts opts = {
		.timeout = me->world->weather.limit
	};
	struct line lines[LINES] = { 0 };
	unsigned count = 1 + (unsigned)draw(&me->dice, LINES);
	int code = 0;

	for (unsigned i = 0; i < count && code == 0; i++) {
		struct line *line = &lines[i];

		line->up.key = line->down.key = draw(&me->dice, UINT64_MAX);
		line->size = 1 + draw(&me->dice,
				      (uint64_t)draw_wide(&me->dice, 1, MOST));
		code = TIMED(opts.timeout,
			     snt_create_connection(&line->conn, "server:7000",
						   &opts));
		if (code == 0)
			snt_settimeout(line->conn, SNT_NOWAIT);
	}
	if (code == 0)
		code = pump(me, lines, count);
	for (unsigned i = 0; i < count; i++)
		snt_close(lines[i].conn);
	return code;
}

static int client(struct player *me)
{
	unsigned *done = me->state, attempt = 0;

	while (*done < ROUNDS) {
		int code = one_round(me);

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
		add_player(world, name, client)->state =
			keep(world, sizeof(unsigned));
	}
}

const struct scenario scenario_selector = {
	.name = "selector",
	.about = "a textbook's loop around a selector",
	.size = sizeof(struct world),
	.set_up = set_up,
};
