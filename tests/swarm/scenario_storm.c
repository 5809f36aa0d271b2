/* SPDX-License-Identifier: MIT */
/*
 * Cancel storms: groups of fibers that do all that fibers do, cancelled in the
 * midst of it, by the group, by a deadline, by a sibling's failure or by a
 * close. Whatever comes of a round, afterwards the group is gone, its locks
 * are free, permits are back, and what was sent through channels and pairs was
 * received, once and in order, or is still to be.
 */
#include "scenarios.h"
#include "storm.h"

#define ROUNDS 5
#define FIBERS 8

static int run_fiber(void *arg)
{
	struct ground *ground = arg;
	struct dice dice = { draw(&ground->dice, UINT64_MAX) };
	int code = 0;

	ground->began++;
	while (!snt_cancelled() && !ground->enough) {
		code = storm_act(ground, &dice);
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
	EXPECT("semaphore",
	       snt_semaphore_value(ground->semaphore) == STORM_PERMITS,
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

/* Nobody is told to end: all end by themselves, once none begins anew. */
static int drain(struct ground *ground)
{
	const struct weather *weather = &ground->me->world->weather;
	int code;

	ground->enough = true;
	code = TIMED(30 * weather->limit, snt_group_wait(ground->group));
	EXPECT("drain", snt_cancelled() || snt_group_count(ground->group) == 0,
	       "%zu fibers wait for what does not come",
	       snt_group_count(ground->group));
	return code;
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
	switch (draw(&ground->dice, 3)) {
	case 0:
		snt_group_cancel(ground->group);
		break;
	case 1:
		if (!snt_cancelled() && opts.keep_going)
			code = drain(ground);
		break;
	}
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
	SNT_TRY(snt_semaphore_open(&ground->semaphore, STORM_PERMITS));
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
	for (unsigned i = 0; i < STORM_HOSTS; i++) {
		char name[16];

		snprintf(name, sizeof name, "host%u", i);
		add_player(world, name, play_storm)->state =
			keep(world, sizeof(unsigned));
	}
}

static void check(struct world *world)
{
	storm_check_promises((struct storm *)world);
}

const struct scenario scenario_storm = {
	.name = "storm",
	.about = "groups cancelled in the midst of everything",
	.size = sizeof(struct storm),
	.set_up = set_up,
	.check = check,
	.rough = true,
};
