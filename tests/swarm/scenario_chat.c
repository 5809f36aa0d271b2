/* SPDX-License-Identifier: MIT */
/*
 * A room in which everybody hears everybody: each connection has a fiber that
 * reads and one that writes, a bounded channel between them and the room, and
 * a mutex for the list of who is there. Whoever is too slow loses lines, but
 * never their order, and nobody hears what was not said.
 */
#include "scenarios.h"

#include <sennit/sync.h>

#define CLIENTS 4
#define SAYINGS 8
#define ROOM 3 /* lines that wait for a slow reader */

struct saying {
	uint32_t client, session; /* a connection of its */
	uint32_t number, unused;
	uint64_t check;
};

struct member {
	struct member *next;
	struct snt_channel *lines;
	struct snt_socket *conn;
	struct room *room;
	bool member; /* has said something: others hear of it then */
	bool leaves; /* has said its last */
};

struct room {
	struct player *me;
	struct snt_mutex *mutex; /* of the list */
	struct member *members;
};

struct chat {
	struct world world;
	unsigned said[CLIENTS]; /* ever */
	uint32_t sessions;
	unsigned heard[CLIENTS]; /* of its own, which come back */
};

static uint64_t check_of(const struct saying *saying)
{
	return ((saying->client * UINT64_C(7919) + saying->session) *
			UINT64_C(7919) +
		saying->number) *
	       UINT64_C(2654435761);
}

/* To all that have room for it. */
static int tell_all(struct room *room, const struct saying *saying)
{
	SNT_TRY(TIMED(SNT_MINUTE, snt_mutex_lock(room->mutex)));
	for (struct member *member = room->members; member != NULL;
	     member = member->next)
		if (!member->leaves && snt_channel_count(member->lines) < ROOM)
			(void)TIMED(SNT_SECOND,
				    snt_channel_send(member->lines, saying));
	return snt_mutex_unlock(room->mutex);
}

static int write_lines(void *arg)
{
	struct member *member = arg;
	int64_t limit = member->room->me->world->weather.limit;
	struct saying saying;
	int code;

	while ((code = TIMED(0, snt_channel_recv(member->lines, &saying))) == 1)
		SNT_TRY(TIMED(limit, snt_sendall(member->conn, &saying,
						 sizeof saying)));
	return code;
}

static int join(struct member *member)
{
	struct room *room = member->room;

	SNT_TRY(TIMED(SNT_MINUTE, snt_mutex_lock(room->mutex)));
	member->next = room->members;
	room->members = member;
	member->member = true;
	return snt_mutex_unlock(room->mutex);
}

static int read_lines(void *arg)
{
	struct member *member = arg;
	int64_t limit = 4 * member->room->me->world->weather.limit;
	struct saying saying;
	ptrdiff_t n;

	while ((n = TIMED(limit, snt_recv_exact(member->conn, &saying,
						sizeof saying))) > 0) {
		if (!EXPECT("bytes", saying.check == check_of(&saying),
			    "a line that nobody said"))
			return -EPROTO;
		if (!member->member)
			SNT_TRY(join(member));
		SNT_TRY(tell_all(member->room, &saying));
	}
	/* What is still to be told to it may be told. */
	member->leaves = true;
	snt_channel_shutdown(member->lines);
	return (int)n;
}

/* Also in a fiber that is told to end: the list is everybody's. */
static void leave(struct member *member)
{
	struct room *room = member->room;
	struct member **at = &room->members;
	int code;

	do {
		snt_cleanup_scope(SNT_MINUTE);
		code = snt_mutex_lock(room->mutex);
		EXPECT("mutex", code != -ETIMEDOUT, "it is never free");
	} while (code < 0 && code != -ETIMEDOUT);
	while (*at != member)
		at = &(*at)->next;
	*at = member->next;
	snt_mutex_unlock(room->mutex);
}

static int be_there(struct member *member)
{
	snt_auto(group) group = NULL;
	int code;

	SNT_TRY(snt_group_open(&group, NULL));
	SNT_TRY(TIMED(0, snt_spawn(group, write_lines, member, NULL)));
	SNT_TRY(TIMED(0, snt_spawn(group, read_lines, member, NULL)));
	code = TIMED(0, snt_group_wait(group));
	if (member->member)
		leave(member);
	return code;
}

static int handle(struct player *me, struct snt_socket *taken)
{
	snt_auto(socket) conn = taken;
	snt_auto(channel) lines = NULL;
	struct member member = { .room = me->state, .conn = conn };

	SNT_TRY(snt_channel_open(&lines, sizeof(struct saying), ROOM));
	member.lines = lines;
	return be_there(&member);
}

static int server(struct player *me)
{
	struct service service = { .me = me,
				   .address = ":7000",
				   .handle = handle };
	struct room room = { .me = me };
	unsigned attempt = 0;

	while (snt_mutex_open(&room.mutex) < 0)
		if (!again(me, &attempt))
			return -ECANCELED;
	me->state = &room;
	serve(&service);
	EXPECT("room", room.members == NULL, "somebody is still there");
	snt_mutex_close(room.mutex);
	return 0;
}

/* What was last heard from a connection; what its client says over the next
 * may overtake it. */
struct heard {
	struct heard *next;
	uint32_t session, number;
};

/* What one client hears over one connection. */
struct ears {
	struct player *me;
	struct snt_socket *conn;
	uint32_t session;
	struct heard *heard;
};

static struct heard *last_of(struct ears *ears, uint32_t session)
{
	struct heard *heard = ears->heard;

	while (heard != NULL && heard->session != session)
		heard = heard->next;
	if (heard == NULL) {
		heard = keep(ears->me->world, sizeof *heard);
		heard->session = session;
		heard->next = ears->heard;
		ears->heard = heard;
	}
	return heard;
}

static int hear(void *arg)
{
	struct ears *ears = arg;
	struct chat *all = (struct chat *)ears->me->world;
	struct saying saying;
	ptrdiff_t n;

	while ((n = TIMED(0, snt_recv_exact(ears->conn, &saying,
					    sizeof saying))) > 0) {
		uint32_t who = saying.client;
		struct heard *last = last_of(ears, saying.session);

		if (!EXPECT("bytes",
			    saying.check == check_of(&saying) &&
				    who < CLIENTS &&
				    saying.number <= all->said[who],
			    "%s hears what nobody said", ears->me->name))
			return -EPROTO;
		EXPECT("order", saying.number > last->number,
		       "%s hears %u of client%u after %u", ears->me->name,
		       saying.number, who, last->number);
		last->number = saying.number;
		if (who == ears->me->number - 1)
			all->heard[who]++;
	}
	return (int)n;
}

static int say_some(struct player *me, struct ears *ears)
{
	struct chat *all = (struct chat *)me->world;
	const struct weather *weather = &me->world->weather;
	uint32_t which = me->number - 1;
	/* One does not shout at who is far away. */
	int64_t pace = weather->pace + weather->link.latency;

	while (all->heard[which] < SAYINGS) {
		struct saying saying = { .client = which,
					 .session = ears->session,
					 .number = ++all->said[which] };

		saying.check = check_of(&saying);
		SNT_TRY(TIMED(weather->limit,
			      snt_sendall(ears->conn, &saying, sizeof saying)));
		if (!think(&me->dice, 2 * pace))
			return -ECANCELED;
		/* Whoever listens may have failed meanwhile. */
		if (draw(&me->dice, 32) == 0)
			break;
	}
	return 0;
}

static int chat_once(struct player *me)
{
	const struct snt_connection_opts opts = {
		.timeout = me->world->weather.limit
	};
	struct chat *all = (struct chat *)me->world;
	struct ears ears = { .me = me, .session = ++all->sessions };
	snt_auto(socket) conn = NULL;
	snt_auto(group) group = NULL;

	SNT_TRY(TIMED(opts.timeout,
		      snt_create_connection(&conn, "server:7000", &opts)));
	ears.conn = conn;
	SNT_TRY(snt_group_open(&group, NULL));
	SNT_TRY(TIMED(0, snt_spawn(group, hear, &ears, NULL)));
	SNT_TRY(say_some(me, &ears));
	SNT_TRY(snt_shutdown(conn, SHUT_WR));
	return TIMED(4 * me->world->weather.limit, snt_group_wait(group));
}

static int client(struct player *me)
{
	struct chat *all = (struct chat *)me->world;
	unsigned attempt = 0;

	while (all->heard[me->number - 1] < SAYINGS)
		if (chat_once(me) < 0 && !again(me, &attempt))
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

const struct scenario scenario_chat = {
	.name = "chat",
	.about = "everybody hears everybody; mutex and channels",
	.size = sizeof(struct chat),
	.set_up = set_up,
};
