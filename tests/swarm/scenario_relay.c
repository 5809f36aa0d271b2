/* SPDX-License-Identifier: MIT */
/*
 * Tokens that threads hand to each other, in a clock of coarse ticks: limits
 * run out, cancels come and things are handed over in the very same instants.
 * Whatever comes of a wait, a token is in one place, a permit is held or free,
 * and a lock has one holder. Each host sends the sum of what it saw to another
 * that checks it, so there is a network, too.
 */
#include "relay.h"
#include "scenarios.h"

#include <sennit/workers.h>

#define HOSTS 3
#define THREADS 3
#define STEPS 12 /* of each runner */
#define ROUNDS 5

/* A time of so many ticks, which end when others' do. */
static int64_t ticks(const struct track *track, struct dice *dice)
{
	int64_t until = snt_now() + (int64_t)(1 + draw(dice, 4)) * track->tick;

	return until - until % track->tick - snt_now();
}

/* A time of 0 would be none at all. */
int64_t some_ticks(const struct track *track, struct dice *dice)
{
	int64_t time = ticks(track, dice);

	return time > 0 ? time : track->tick;
}

static void rest(struct track *track, struct dice *dice)
{
	(void)TIMED(0, snt_sleep(some_ticks(track, dice)));
}

static int use_permit(struct track *track, struct dice *dice)
{
	SNT_TRY(TIMED(some_ticks(track, dice),
		      snt_semaphore_acquire(track->permits)));
	track->inside++;
	EXPECT("semaphore", track->inside <= RELAY_PERMITS, "%u of %u permits",
	       track->inside, RELAY_PERMITS);
	rest(track, dice);
	track->inside--;
	snt_semaphore_release(track->permits);
	return 0;
}

static int use_lock(struct track *track, struct dice *dice)
{
	SNT_TRY(TIMED(some_ticks(track, dice), snt_mutex_lock(track->mutex)));
	EXPECT("mutex", !track->held, "two threads hold it");
	track->held = true;
	rest(track, dice);
	track->held = false;
	return snt_mutex_unlock(track->mutex);
}

static int use_event(struct track *track, struct dice *dice)
{
	if (draw(dice, 3) == 0)
		return TIMED(some_ticks(track, dice),
			     snt_event_wait(track->event));
	if (draw(dice, 2) == 0)
		snt_event_set(track->event);
	else
		snt_event_clear(track->event);
	return 0;
}

/* Takes one here and puts it there; or keeps it, when it is told to end. */
static void carry(struct track *track, struct dice *dice)
{
	size_t from = (size_t)draw(dice, 2);
	uint64_t token;

	if (TIMED(some_ticks(track, dice),
		  snt_channel_recv(track->lanes[from], &token)) != 1)
		return;
	track->sum += token;
	if (draw(dice, 2) == 0)
		rest(track, dice);
	while (TIMED(some_ticks(track, dice),
		     snt_channel_send(track->lanes[1 - from], &token)) < 0) {
		if (!snt_cancelled())
			continue;
		track->in_hand[track->in_hand_count++] = token;
		return;
	}
}

static int run(void *arg)
{
	struct track *track = arg;
	struct dice dice = dice_of(track->me->dice.state, track->runners++);

	for (unsigned i = 0; i < STEPS && !snt_cancelled(); i++) {
		if (draw(&dice, 64) == 0) {
			track->failed_at = snt_now();
			return snt_fail(-EPROTO, "a runner stumbles");
		}
		switch (draw(&dice, 7)) {
		case 0:
			(void)use_permit(track, &dice);
			break;
		case 1:
			(void)use_lock(track, &dice);
			break;
		case 2:
			(void)use_event(track, &dice);
			break;
		case 3:
			relay_ask(track, &dice);
			break;
		case 4:
			relay_serve(track, &dice);
			break;
		default:
			carry(track, &dice);
		}
	}
	return 0;
}

static int open_track(struct track *track)
{
	SNT_TRY(snt_semaphore_open(&track->permits, RELAY_PERMITS));
	SNT_TRY(snt_mutex_open(&track->mutex));
	SNT_TRY(snt_event_open(&track->event));
	SNT_TRY(snt_channel_open(&track->errands, sizeof(void *), 0));
	for (size_t i = 0; i < 2; i++)
		SNT_TRY(snt_channel_open(
			&track->lanes[i], sizeof(uint64_t),
			RELAY_TOKENS * (size_t)draw(&track->me->dice, 2)));
	return 0;
}

static void close_track(struct track *track)
{
	snt_semaphore_close(track->permits);
	snt_mutex_close(track->mutex);
	snt_event_close(track->event);
	snt_channel_close(track->errands);
	snt_channel_close(track->lanes[0]);
	snt_channel_close(track->lanes[1]);
}

/* Those that start the tokens, and take them from a lane without room. */
static int put_tokens(void *arg)
{
	struct track *track = arg;
	uint64_t token;

	for (token = 1; token <= RELAY_TOKENS; token++) {
		while (TIMED(4 * track->tick,
			     snt_channel_send(track->lanes[0], &token)) < 0) {
			if (!snt_cancelled())
				continue;
			for (; token <= RELAY_TOKENS; token++)
				track->in_hand[track->in_hand_count++] = token;
			return 0;
		}
	}
	return 0;
}

static void count_tokens(struct track *track)
{
	bool seen[RELAY_TOKENS + 1] = { false };
	uint64_t token, count = 0;

	for (size_t i = 0; i < 2; i++) {
		int code;

		snt_channel_shutdown(track->lanes[i]);
		while ((code = TIMED(SNT_SECOND,
				     snt_channel_recv(track->lanes[i],
						      &token))) == 1) {
			EXPECT("tokens", token <= RELAY_TOKENS && !seen[token],
			       "token %llu twice", (unsigned long long)token);
			seen[MINIMUM(token, (uint64_t)RELAY_TOKENS)] = true;
			count++;
		}
		/* Without memory, or told to end: it cannot be known. */
		if (code < 0)
			return;
	}
	for (size_t i = 0; i < track->in_hand_count; i++) {
		EXPECT("tokens", !seen[track->in_hand[i]], "token %llu twice",
		       (unsigned long long)track->in_hand[i]);
		count++;
	}
	EXPECT("tokens", count == RELAY_TOKENS, "%llu of %u tokens are left",
	       (unsigned long long)count, RELAY_TOKENS);
	EXPECT("semaphore",
	       snt_semaphore_value(track->permits) == RELAY_PERMITS,
	       "%zu of %u permits are left",
	       snt_semaphore_value(track->permits), RELAY_PERMITS);
}

/* Some more, while there are places; one that failed may have ended it. */
static void deal_some(struct track *track, struct snt_workers *workers)
{
	for (unsigned i = 0; i < 4; i++) {
		snt_timeout_scope(wait, some_ticks(track, &track->me->dice));

		if (snt_workers_spawn(workers, run, track, NULL) < 0)
			break;
	}
}

/* A round, ended by all its steps or in the midst of them. */
static int run_round(struct track *track, struct snt_workers **workers)
{
	const struct snt_workers_opts opts = {
		.count = THREADS,
		.limit = (size_t)draw(&track->me->dice, 3),
		.keep_going = track->keep_going
	};
	int64_t limit = some_ticks(track, &track->me->dice) *
			(int64_t)(1 + draw(&track->me->dice, 10));
	int code;

	SNT_TRY(snt_workers_open(workers, &opts));
	SNT_TRY(TIMED(SNT_SECOND,
		      snt_workers_spawn(*workers, put_tokens, track, NULL)));
	for (unsigned i = 0; i < 2; i++)
		SNT_TRY(snt_workers_spawn_each(*workers, run, track, NULL));
	deal_some(track, *workers);
	code = TIMED(limit, snt_workers_wait(*workers));
	EXPECT("workers",
	       track->keep_going || track->failed_at == 0 ||
		       code != -ETIMEDOUT ||
		       track->failed_at + SNT_SECOND > snt_now() ||
		       track->me->resumed_at > 0,
	       "one has failed, and the others go on");
	if (code < 0)
		snt_workers_cancel(*workers);
	return 0;
}

static int relay(struct player *me, uint64_t *sum)
{
	struct track track = {
		.me = me,
		.tick = draw_wide(&me->dice, SNT_MICROSECOND, SNT_SECOND),
	};
	struct snt_workers *workers = NULL;
	bool all;
	int code;

	track.keep_going = draw(&me->dice, 2) == 0;
	code = open_track(&track);

	if (code == 0)
		code = run_round(&track, &workers);
	all = code == 0;
	snt_workers_end(workers);
	if (all)
		count_tokens(&track);
	close_track(&track);
	*sum = track.sum;
	draw(&me->dice, 2);
	return code;
}

/* Says what came of a round, twice over, and hears the same. */
static int report(struct player *me, uint64_t sum)
{
	int64_t limit = me->world->weather.limit;
	const struct snt_connection_opts opts = { .timeout = limit };
	snt_auto(socket) conn = NULL;
	uint64_t back;
	ptrdiff_t n;

	SNT_TRY(TIMED(limit,
		      snt_create_connection(&conn, "server:7000", &opts)));
	for (unsigned i = 0; i < 4; i++) {
		uint64_t sent = sum + i;

		SNT_TRY(TIMED(limit, snt_sendall(conn, &sent, sizeof sent)));
		SNT_TRY(n = TIMED(limit,
				  snt_recv_exact(conn, &back, sizeof back)));
		if (n == 0)
			return -SNT_EEND;
		EXPECT("bytes", back == ~sent, "%s: not what it said",
		       me->name);
	}
	return 0;
}

static int client(struct player *me)
{
	unsigned *done = me->state, attempt = 0;
	uint64_t sum = 0;

	while (*done < ROUNDS) {
		int code = relay(me, &sum);

		while (code == 0 && (code = report(me, sum)) < 0)
			if (!again(me, &attempt))
				return -ECANCELED;
			else
				code = 0;
		*done += code == 0;
		if (snt_cancelled() || (code < 0 && !again(me, &attempt)))
			return -ECANCELED;
	}
	return 0;
}

static int handle(struct player *me, struct snt_socket *taken)
{
	int64_t limit = 4 * me->world->weather.limit;
	snt_auto(socket) conn = taken;
	uint64_t sum;
	ptrdiff_t n;

	while ((n = TIMED(limit, snt_recv_exact(conn, &sum, sizeof sum))) > 0) {
		sum = ~sum;
		SNT_TRY(TIMED(limit, snt_sendall(conn, &sum, sizeof sum)));
	}
	return (int)n;
}

static int server(struct player *me)
{
	struct service service = { .me = me,
				   .address = ":7000",
				   .handle = handle };

	return serve(&service);
}

static void set_up(struct world *world)
{
	add_player(world, "server", server)->serves = true;
	for (unsigned i = 0; i < HOSTS; i++) {
		char name[16];

		snprintf(name, sizeof name, "client%u", i);
		add_player(world, name, client)->state =
			keep(world, sizeof(unsigned));
	}
}

const struct scenario scenario_relay = {
	.name = "relay",
	.about = "tokens between threads, in a clock of coarse ticks",
	.size = sizeof(struct world),
	.set_up = set_up,
	.rough = true,
};
