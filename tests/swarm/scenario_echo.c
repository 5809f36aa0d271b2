/* SPDX-License-Identifier: MIT */
/*
 * Four clients and a server that gives back what it gets. A client sends its
 * frames one by one, or as fast as they go with another fiber that takes what
 * comes back; every byte of them is looked at. What a connection lost, it sends
 * again over the next.
 */
#include "scene.h"
#include "scenarios.h"

#define CLIENTS 4
#define FRAMES 12
#define FRAME_MOST 3000

/* Bytes of a frame before the rest, which are told by key and place. */
struct head {
	uint32_t size, client;
	uint64_t key;
};

struct echo_client {
	unsigned done; /* frames, which survive whatever becomes of the host */
	uint64_t tries;
};

struct echo {
	struct world world;
	struct echo_client clients[CLIENTS];
};

static int handle(struct player *me, struct snt_socket *taken)
{
	/* One that fell silent may be gone. */
	int64_t patience = 4 * me->world->weather.limit;
	snt_auto(socket) conn = taken;
	char buffer[1024];
	ptrdiff_t n;

	while ((n = TIMED(patience, snt_recv(conn, buffer, sizeof buffer))) > 0)
		SNT_TRY(TIMED(patience, snt_sendall(conn, buffer, (size_t)n)));
	return (int)n;
}

static int server(struct player *me)
{
	struct service service = { .me = me,
				   .address = ":7000",
				   .handle = handle };

	return serve(&service);
}

static uint32_t size_of(struct dice *dice)
{
	return (uint32_t)draw_wide(dice, sizeof(struct head), FRAME_MOST);
}

static void write_frame(char *buffer, uint32_t size, unsigned client,
			uint64_t key)
{
	struct head head = { size, client, key };

	memcpy(buffer, &head, sizeof head);
	flow_fill(key, 0, buffer + sizeof head, size - sizeof head);
}

/* In one piece or in several. */
static int send_frame(struct dice *dice, struct snt_socket *conn,
		      const char *buffer, size_t size, int64_t limit)
{
	while (size > 0) {
		size_t piece = draw(dice, 2) == 0 ? size : 1 + draw(dice, size);

		SNT_TRY(TIMED(limit, snt_sendall(conn, buffer, piece)));
		buffer += piece;
		size -= piece;
	}
	return 0;
}

/* The next frame that comes back is that one. 0: the end instead. */
static int take_frame(struct snt_socket *conn, unsigned client, uint64_t key,
		      int64_t limit)
{
	char buffer[FRAME_MOST];
	struct head head;
	ptrdiff_t n;

	SNT_TRY(n = TIMED(limit, snt_recv_exact(conn, &head, sizeof head)));
	if (n == 0)
		return 0;
	if (!EXPECT("bytes",
		    head.client == client && head.key == key &&
			    head.size >= sizeof head && head.size <= FRAME_MOST,
		    "%s: not the frame that was sent", snt_fiber_name()))
		return -EPROTO;
	if (head.size == sizeof head)
		return 1;
	SNT_TRY(n = TIMED(limit, snt_recv_exact(conn, buffer,
						head.size - sizeof head)));
	return n > 0 && flow_same(key, 0, buffer, head.size - sizeof head) ? 1
									   : 0;
}

/* A connection's frames and where they come back. */
struct talk {
	struct player *me;
	struct snt_socket *conn;
	uint64_t keys[FRAMES];
	unsigned count, back;
};

static int take_back(void *arg)
{
	struct talk *talk = arg;
	int64_t limit = talk->me->world->weather.limit;

	while (talk->back < talk->count) {
		int code =
			take_frame(talk->conn, talk->me->number,
				   talk->keys[talk->back], limit + SNT_SECOND);

		if (code <= 0)
			return code < 0 ? code : -SNT_EEND;
		talk->back++;
	}
	return 0;
}

static int send_all(struct talk *talk)
{
	struct player *me = talk->me;
	int64_t limit = me->world->weather.limit;
	char buffer[FRAME_MOST];

	for (unsigned i = 0; i < talk->count; i++) {
		uint32_t size = size_of(&me->dice);

		write_frame(buffer, size, me->number, talk->keys[i]);
		SNT_TRY(send_frame(&me->dice, talk->conn, buffer, size, limit));
		if (draw(&me->dice, 2) == 0 &&
		    !think(&me->dice, MINIMUM(me->world->weather.pace, limit)))
			return -ECANCELED;
	}
	return 0;
}

/* As fast as they go. */
static int talk_at_once(struct talk *talk)
{
	snt_auto(group) group = NULL;
	int code;

	SNT_TRY(snt_group_open(&group, NULL));
	SNT_TRY(TIMED(0, snt_spawn(group, take_back, talk, NULL)));
	code = send_all(talk);
	return code < 0 ? code
			: TIMED(4 * talk->me->world->weather.limit,
				snt_group_wait(group));
}

static int talk_in_turn(struct talk *talk)
{
	struct player *me = talk->me;
	int64_t limit = me->world->weather.limit;
	char buffer[FRAME_MOST];
	int code;

	while (talk->back < talk->count) {
		uint64_t key = talk->keys[talk->back];
		uint32_t size = size_of(&me->dice);

		write_frame(buffer, size, me->number, key);
		SNT_TRY(send_frame(&me->dice, talk->conn, buffer, size, limit));
		code = take_frame(talk->conn, me->number, key, limit);
		if (code <= 0)
			return code < 0 ? code : -SNT_EEND;
		talk->back++;
		if (!think(&me->dice, me->world->weather.pace))
			return -ECANCELED;
	}
	return 0;
}

/* It ends the stream, and so does the server then, and nothing comes before. */
static void say_goodbye(struct snt_socket *conn, int64_t limit)
{
	ptrdiff_t n;
	char byte;

	if (snt_shutdown(conn, SHUT_WR) < 0)
		return;
	n = TIMED(limit, snt_recv(conn, &byte, 1));
	EXPECT("bytes", n <= 0, "%s: bytes that nobody sent", snt_fiber_name());
}

static int talk_once(struct player *me, struct echo_client *client)
{
	const struct snt_connection_opts opts = {
		.timeout = me->world->weather.limit
	};
	snt_auto(socket) conn = NULL;
	struct talk talk = { .me = me };
	int code;

	SNT_TRY(TIMED(opts.timeout,
		      snt_create_connection(&conn, "server:7000", &opts)));
	talk.conn = conn;
	talk.count = 1 + (unsigned)draw(&me->dice, FRAMES - client->done);
	for (unsigned i = 0; i < talk.count; i++)
		talk.keys[i] = draw(&me->dice, UINT64_MAX);
	code = draw(&me->dice, 2) == 0 ? talk_in_turn(&talk)
				       : talk_at_once(&talk);
	client->done += talk.back;
	if (code == 0)
		say_goodbye(conn, opts.timeout);
	return code;
}

static int client(struct player *me)
{
	struct echo_client *client = me->state;
	unsigned attempt = 0;

	while (client->done < FRAMES) {
		if (talk_once(me, client) < 0 && !again(me, &attempt))
			return -ECANCELED;
	}
	return 0;
}

static void set_up(struct world *world)
{
	struct echo *echo = (struct echo *)world;

	add_player(world, "server", server)->serves = true;
	for (unsigned i = 0; i < CLIENTS; i++) {
		char name[16];

		snprintf(name, sizeof name, "client%u", i);
		add_player(world, name, client)->state = &echo->clients[i];
	}
}

const struct scenario scenario_echo = {
	.name = "echo",
	.about = "frames there and back, every byte looked at",
	.size = sizeof(struct echo),
	.set_up = set_up,
};
