/* SPDX-License-Identifier: MIT */
/*
 * Cancel storms: groups of fibers that do all that fibers do, cancelled in the
 * midst of it, by the group, by a deadline, by a sibling's failure or by a
 * close. Whatever comes of a round, afterwards the group is gone, its locks
 * are free, permits are back, and what was sent through channels and pairs was
 * received, once and in order, or is still to be.
 */
#include "scenarios.h"

#include <sennit/resolve.h>
#include <sennit/sync.h>
#include <sennit/wait.h>

#define HOSTS 3
#define ROUNDS 5
#define FIBERS 8
#define PERMITS 3

/* What a round's fibers share. */
struct ground {
	struct player *me;
	struct snt_group *group;
	struct snt_mutex *mutex;
	struct snt_semaphore *semaphore;
	struct snt_event *event;
	struct snt_channel *channel;
	struct snt_socket *in, *out; /* a pair; what goes through survives */
	struct flow pair;
	bool reading, writing;                 /* the pair is in use */
	bool holding;                          /* the mutex */
	uint64_t sent, got, sum_sent, sum_got; /* of the channel */
	unsigned permits;                      /* in use */
	unsigned began, ended;
	struct dice dice;
};

static int use_mutex(struct ground *ground, struct dice *dice)
{
	bool stop;

	SNT_TRY(TIMED(0, snt_mutex_lock(ground->mutex)));
	EXPECT("mutex", !ground->holding, "two fibers hold it");
	ground->holding = true;
	stop = !think(dice, ground->me->world->weather.pace);
	ground->holding = false;
	SNT_TRY(snt_mutex_unlock(ground->mutex));
	return stop ? -ECANCELED : 0;
}

static int use_semaphore(struct ground *ground, struct dice *dice)
{
	bool stop;

	SNT_TRY(TIMED(0, snt_semaphore_acquire(ground->semaphore)));
	ground->permits++;
	EXPECT("semaphore", ground->permits <= PERMITS, "%u of %u permits",
	       ground->permits, PERMITS);
	stop = !think(dice, ground->me->world->weather.pace);
	ground->permits--;
	snt_semaphore_release(ground->semaphore);
	return stop ? -ECANCELED : 0;
}

static int use_event(struct ground *ground, struct dice *dice)
{
	switch (draw(dice, 3)) {
	case 0:
		snt_event_set(ground->event);
		return 0;
	case 1:
		snt_event_clear(ground->event);
		return 0;
	}
	return TIMED(SNT_SECOND, snt_event_wait(ground->event));
}

static int use_channel(struct ground *ground, struct dice *dice)
{
	uint64_t item = draw(dice, UINT64_MAX);
	int code;

	if (draw(dice, 2) == 0) {
		code = TIMED(SNT_SECOND,
			     snt_channel_send(ground->channel, &item));
		ground->sent += code == 0;
		ground->sum_sent += code == 0 ? item : 0;
		return code;
	}
	code = TIMED(SNT_SECOND, snt_channel_recv(ground->channel, &item));
	ground->got += code == 1;
	ground->sum_got += code == 1 ? item : 0;
	return code;
}

/* Whoever comes goes on where the one before was stopped. */
static int use_pair(struct ground *ground, struct dice *dice)
{
	size_t size = 1 + (size_t)draw(dice, 8192);
	int code = 0;

	if (draw(dice, 2) == 0 && !ground->reading) {
		ground->reading = true;
		code = flow_recv(&ground->pair, ground->in, size, size,
				 SNT_SECOND);
		ground->reading = false;
	} else if (!ground->writing) {
		ground->writing = true;
		code = flow_send(&ground->pair, ground->out, size, size,
				 SNT_SECOND);
		ground->writing = false;
	}
	return code;
}

static int use_network(struct ground *ground, struct dice *dice)
{
	int64_t limit = ground->me->world->weather.limit;
	const struct snt_connection_opts opts = { .timeout = limit };
	snt_auto(socket) conn = NULL;
	struct flow up = { .key = draw(dice, UINT64_MAX), .loose = true };
	struct flow down = up;
	char name[16];

	snprintf(name, sizeof name, "host%llu:7000",
		 (unsigned long long)draw(dice, HOSTS));
	SNT_TRY(TIMED(limit, snt_create_connection(&conn, name, &opts)));
	for (unsigned i = 0; i < 4; i++) {
		uint64_t size = 1 + draw(dice, 1500);

		SNT_TRY(flow_send(&up, conn, size, (size_t)size, limit));
		/* The server may have given up. */
		if (flow_recv(&down, conn, size, (size_t)size, limit) != 0)
			return -SNT_EEND;
	}
	return 0;
}

static int use_names(struct ground *ground, struct dice *dice)
{
	struct snt_addr addrs[4];
	char name[16];

	snprintf(name, sizeof name, "host%llu",
		 (unsigned long long)draw(dice, HOSTS));
	return TIMED(ground->me->world->weather.limit,
		     snt_getaddrinfo(name, "7000", addrs, COUNT(addrs), NULL));
}

static int work_hard(void *arg)
{
	int *value = arg;

	return *value * 2;
}

static int use_offload(struct ground *ground, struct dice *dice)
{
	int value = 1 + (int)draw(dice, 1000);
	int code = TIMED(0, snt_offload(work_hard, &value, NULL));

	(void)ground;
	EXPECT("offload", code < 0 || code == 2 * value, "2 x %d is %d", value,
	       code);
	return code;
}

static int use_listener(struct ground *ground, struct dice *dice)
{
	snt_auto(socket) server = NULL;
	struct snt_socket *conn = NULL;
	int code;

	SNT_TRY(TIMED(SNT_SECOND, snt_create_server(&server, ":0", NULL)));
	code = TIMED(ground->me->world->weather.pace,
		     snt_accept(server, &conn));
	snt_close(conn);
	(void)dice;
	return code;
}

static int wait_for_both(struct ground *ground, struct dice *dice)
{
	struct snt_wait waits[2] = {
		{ .socket = ground->in, .events = SNT_READABLE },
		{ .socket = ground->out, .events = SNT_WRITABLE },
	};
	int code;

	if (ground->reading || ground->writing)
		return 0;
	(void)dice;
	ground->reading = ground->writing = true;
	code = TIMED(SNT_SECOND, snt_wait_any(waits, 2));
	ground->reading = ground->writing = false;
	return code;
}

static int one_of(struct ground *ground, struct dice *dice);

/* Waits for what never comes, until the socket is closed under it. */
struct victim {
	struct snt_socket *socket;
	bool writes, waits;
};

static int wait_in_vain(void *arg)
{
	struct victim *victim = arg;
	struct snt_wait wait = { .socket = victim->socket,
				 .events = victim->writes ? SNT_WRITABLE
							  : SNT_READABLE };
	char buffer[4096] = "";
	ptrdiff_t n = 0;

	while (n >= 0) {
		if (victim->waits)
			n = snt_wait_any(&wait, 1);
		if (n >= 0 && victim->writes)
			n = snt_send(victim->socket, buffer, sizeof buffer);
		else if (n >= 0)
			n = snt_recv(victim->socket, buffer, sizeof buffer);
	}
	return (int)n;
}

/* Whoever waits for it is told so at once; a copy of it goes on. */
static int use_close(struct ground *ground, struct dice *dice)
{
	struct snt_spawn_opts opts = { 0 };
	struct snt_fiber *fiber = NULL;
	struct snt_socket *other = NULL, *copy = NULL;
	struct victim victim = { .writes = draw(dice, 2) == 0,
				 .waits = draw(dice, 2) == 0 };
	snt_auto(group) group = NULL;
	int result = 0, code;

	opts.fiber = &fiber;
	SNT_TRY(snt_group_open(&group, NULL));
	SNT_TRY(snt_socketpair(&victim.socket, &other, SOCK_STREAM));
	code = TIMED(0, snt_spawn(group, wait_in_vain, &victim, &opts));
	if (code == 0 && draw(dice, 2) == 0)
		code = snt_dup(victim.socket, &copy);
	if (code == 0 && !think(dice, ground->me->world->weather.pace))
		code = -ECANCELED;
	snt_close(victim.socket);
	if (code == 0)
		code = TIMED(SNT_SECOND, snt_join(fiber, &result));
	EXPECT("close", code < 0 || result < 0,
	       "a fiber does not hear that its socket is closed: %d", result);
	EXPECT("close", code != -ETIMEDOUT || snt_cancelled(),
	       "a fiber still waits for a closed socket");
	if (code == 0 && copy != NULL && !victim.writes)
		code = TIMED(SNT_SECOND, snt_sendall(copy, "x", 1));
	snt_close(copy);
	snt_close(other);
	return code;
}

struct inner {
	struct ground *ground;
	struct dice dice;
};

static int run_inner(void *arg)
{
	struct inner *inner = arg;

	return one_of(inner->ground, &inner->dice);
}

static int use_group(struct ground *ground, struct dice *dice)
{
	const struct snt_group_opts opts = { .keep_going = true,
					     .limit = 1 + draw(dice, 2) };
	struct inner inners[3];
	snt_auto(group) group = NULL;
	int code;

	SNT_TRY(snt_group_open(&group, &opts));
	for (size_t i = 0; i < COUNT(inners); i++) {
		inners[i] =
			(struct inner){ ground, { draw(dice, UINT64_MAX) } };
		SNT_TRY(TIMED(0,
			      snt_spawn(group, run_inner, &inners[i], NULL)));
	}
	code = TIMED(SNT_SECOND, snt_group_wait(group));
	return code == -ETIMEDOUT ? 0 : code;
}

static int clean_up(struct ground *ground, struct dice *dice)
{
	snt_cleanup_scope(100 * SNT_MILLISECOND);
	(void)ground;
	return think(dice, 200 * SNT_MILLISECOND) ? 0 : -ECANCELED;
}

static int one_of(struct ground *ground, struct dice *dice)
{
	static int (*const all[])(struct ground * ground,
				  struct dice * dice) = {
		use_mutex,    use_semaphore, use_event, use_channel, use_pair,
		use_network,  use_network,   use_names, use_offload, use_close,
		use_listener, wait_for_both, use_group, clean_up,
	};

	return all[draw(dice, COUNT(all))](ground, dice);
}

static int run_fiber(void *arg)
{
	struct ground *ground = arg;
	struct dice dice = { draw(&ground->dice, UINT64_MAX) };
	int code = 0;

	ground->began++;
	while (!snt_cancelled()) {
		code = one_of(ground, &dice);
		if (code < 0 && draw(&dice, 8) == 0)
			break;
		if (!think(&dice, ground->me->world->weather.pace))
			break;
	}
	ground->ended++;
	return code < 0 ? code : 0;
}

static void look_at_channel(struct ground *ground)
{
	uint64_t item;
	int code;

	snt_channel_shutdown(ground->channel);
	while ((code = TIMED(SNT_SECOND,
			     snt_channel_recv(ground->channel, &item))) == 1) {
		ground->got++;
		ground->sum_got += item;
	}
	EXPECT("channel",
	       code < 0 || (ground->sent == ground->got &&
			    ground->sum_sent == ground->sum_got),
	       "%llu items in, %llu out (or others)",
	       (unsigned long long)ground->sent,
	       (unsigned long long)ground->got);
}

/* Whether a call waited in vain; a call that is made to fail says the same, but
 * at once. */
static bool in_vain(int code, int64_t began)
{
	return code == -ETIMEDOUT && snt_now() - began >= SNT_SECOND;
}

static void look_around(struct ground *ground)
{
	int64_t began = snt_now();
	int code;

	EXPECT("group", ground->began == ground->ended,
	       "%u fibers began, %u have ended", ground->began, ground->ended);
	code = TIMED(SNT_SECOND, snt_mutex_lock(ground->mutex));
	EXPECT("mutex", !in_vain(code, began), "it is still locked");
	if (code == 0)
		snt_mutex_unlock(ground->mutex);
	EXPECT("semaphore", snt_semaphore_value(ground->semaphore) == PERMITS,
	       "%zu permits are left", snt_semaphore_value(ground->semaphore));
	look_at_channel(ground);
	snt_close(ground->out);
	ground->out = NULL;
	ground->pair.ending = true;
	began = snt_now();
	code = flow_recv(&ground->pair, ground->in, UINT64_MAX, 2048,
			 SNT_SECOND);
	EXPECT("bytes", !in_vain(code, began), "a pair's end is lost");
}

static int storm(struct ground *ground)
{
	const struct snt_group_opts opts = { .keep_going = draw(&ground->dice,
								2) == 0 };
	int64_t calm = (int64_t)draw(
		&ground->dice, (uint64_t)ground->me->world->weather.pace * 16);
	struct timed timed;
	int code;

	SNT_TRY(snt_group_open(&ground->group, &opts));
	for (unsigned i = 0; i < FIBERS; i++)
		if (TIMED(0, snt_spawn(ground->group, run_fiber, ground,
				       NULL)) < 0)
			break;
	code = TIMED(calm + 1, snt_group_wait(ground->group));
	if (code == -ETIMEDOUT && draw(&ground->dice, 2) == 0)
		snt_group_cancel(ground->group);
	/* What may go on is behind the door for clean-up. */
	timed_begin(&timed, "group_end", 0);
	timed.until = snt_now() + SNT_SECOND;
	timed.cancelled = false;
	snt_group_end(ground->group);
	timed_end(&timed, 0);
	return code;
}

static int open_ground(struct ground *ground)
{
	SNT_TRY(snt_mutex_open(&ground->mutex));
	SNT_TRY(snt_semaphore_open(&ground->semaphore, PERMITS));
	SNT_TRY(snt_event_open(&ground->event));
	SNT_TRY(snt_channel_open(&ground->channel, sizeof(uint64_t),
				 (size_t)draw(&ground->dice, 4)));
	return snt_socketpair(&ground->in, &ground->out, SOCK_STREAM);
}

static void close_ground(struct ground *ground)
{
	snt_mutex_close(ground->mutex);
	snt_semaphore_close(ground->semaphore);
	snt_event_close(ground->event);
	snt_channel_close(ground->channel);
	snt_close(ground->in);
	snt_close(ground->out);
}

static int echo_back(struct player *me, struct snt_socket *taken)
{
	int64_t limit = 4 * me->world->weather.limit;
	snt_auto(socket) conn = taken;
	char buffer[1500];
	ptrdiff_t n;

	while ((n = TIMED(limit, snt_recv(conn, buffer, sizeof buffer))) > 0)
		SNT_TRY(TIMED(limit, snt_sendall(conn, buffer, (size_t)n)));
	return (int)n;
}

static int keep_serving(void *arg)
{
	struct service service = { .me = arg,
				   .address = ":7000",
				   .handle = echo_back };

	return serve(&service);
}

static int run_rounds(struct player *me)
{
	unsigned *done = me->state, attempt = 0;

	while (*done < ROUNDS) {
		struct ground ground = {
			.me = me,
			.pair.key = draw(&me->dice, UINT64_MAX),
			.dice = { draw(&me->dice, UINT64_MAX) },
		};
		int code = open_ground(&ground);

		if (code == 0) {
			code = storm(&ground);
			look_around(&ground);
			++*done;
		}
		close_ground(&ground);
		if (snt_cancelled() || (code < 0 && !again(me, &attempt)))
			return -ECANCELED;
	}
	return 0;
}

static int play_storm(struct player *me)
{
	snt_auto(group) group = NULL;
	unsigned attempt = 0;

	while (snt_group_open(&group, NULL) < 0 ||
	       TIMED(0, snt_spawn(group, keep_serving, me, NULL)) < 0) {
		snt_group_end(group);
		group = NULL;
		if (!again(me, &attempt))
			return -ECANCELED;
	}
	return run_rounds(me);
}

static void set_up(struct world *world)
{
	for (unsigned i = 0; i < HOSTS; i++) {
		char name[16];

		snprintf(name, sizeof name, "host%u", i);
		add_player(world, name, play_storm)->state =
			keep(world, sizeof(unsigned));
	}
}

const struct scenario scenario_storm = {
	.name = "storm",
	.about = "groups cancelled in the midst of everything",
	.size = sizeof(struct world),
	.set_up = set_up,
	.rough = true,
};
