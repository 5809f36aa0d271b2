/* SPDX-License-Identifier: MIT */
/* All that a fiber in a storm may be in the midst of when it is told to end. */
#include "storm.h"

#include <sennit/resolve.h>
#include <sennit/wait.h>

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
	EXPECT("semaphore", ground->permits <= STORM_PERMITS,
	       "%u of %u permits", ground->permits, STORM_PERMITS);
	stop = !think(dice, ground->me->world->weather.pace);
	ground->permits--;
	snt_semaphore_release(ground->semaphore);
	return stop ? -ECANCELED : 0;
}

static int use_event(struct ground *ground, struct dice *dice)
{
	int64_t began = snt_now();
	int code;

	switch (draw(dice, 3)) {
	case 0:
		ground->set_at = snt_now();
		snt_event_set(ground->event);
		return 0;
	case 1:
		snt_event_clear(ground->event);
		return 0;
	}
	code = TIMED(SNT_SECOND, snt_event_wait(ground->event));
	/* A limit may pass in the instant in which it is set. */
	EXPECT("event",
	       code != -ETIMEDOUT || ground->set_at <= began ||
		       ground->set_at == snt_now() || ground->me->resumed_at,
	       "it was set, and who waited was not told");
	return code;
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
		code = draw(dice, 2) == 0
			       ? flow_recv(&ground->pair, ground->in, size,
					   size, SNT_SECOND)
			       : flow_take(&ground->pair, ground->in,
					   1 + size % 2048, SNT_SECOND);
		ground->reading = false;
	} else if (!ground->writing) {
		ground->writing = true;
		code = draw(dice, 2) == 0
			       ? flow_send(&ground->pair, ground->out, size,
					   size, SNT_SECOND)
			       : flow_gather(&ground->pair, ground->out,
					     1 + size % 2048, SNT_SECOND);
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
		 (unsigned long long)draw(dice, STORM_HOSTS));
	SNT_TRY(TIMED(limit, snt_create_connection(&conn, name, &opts)));
	for (unsigned i = 0; i < 4; i++) {
		uint64_t size = 1 + draw(dice, 1500);

		SNT_TRY(flow_send(&up, conn, size, (size_t)size, limit));
		/* The server may have given up. */
		if (flow_recv(&down, conn, size, (size_t)size, limit) != 0)
			return snt_fail(-SNT_EEND, "%s ended", name);
	}
	return 0;
}

static int use_names(struct ground *ground, struct dice *dice)
{
	struct snt_addr addrs[4];
	char name[16];

	snprintf(name, sizeof name, "host%llu",
		 (unsigned long long)draw(dice, STORM_HOSTS));
	return TIMED(ground->me->world->weather.limit,
		     snt_getaddrinfo(name, "7000", addrs, COUNT(addrs), NULL));
}

struct work {
	int value;
	int64_t time;
	bool ran;
};

static int work_hard(void *arg)
{
	struct work *work = arg;

	/* Code takes no time in a world; this stands for work that does. */
	(void)TIMED(0, snt_sleep(work->time));
	work->ran = true;
	return work->value * 2;
}

static int use_offload(struct ground *ground, struct dice *dice)
{
	struct work work = { .value = 1 + (int)draw(dice, 1000),
			     .time = 1 + (int64_t)draw(dice, SNT_MILLISECOND) };
	int code = TIMED(0, snt_offload(work_hard, &work, NULL));

	(void)ground;
	EXPECT("offload", work.ran ? code == 2 * work.value : code < 0,
	       "2 x %d is %d, %s", work.value, code,
	       work.ran ? "done" : "not done");
	return code < 0 ? code : 0;
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

/* Waits for what never comes, until the socket is closed under it. */
struct victim {
	struct snt_socket *socket;
	bool writes, waits;
	bool begun; /* its last call */
};

static int wait_in_vain(void *arg)
{
	struct victim *victim = arg;
	struct snt_wait wait = { .socket = victim->socket,
				 .events = victim->writes ? SNT_WRITABLE
							  : SNT_READABLE };
	char buffer[4096] = "";
	ptrdiff_t n = 0;

	snt_settimeout(victim->socket, SNT_NOWAIT);
	while (victim->writes && n >= 0)
		n = snt_send(victim->socket, buffer, sizeof buffer);
	if (n < 0 && n != -EAGAIN)
		return (int)n;
	snt_settimeout(victim->socket, 0);
	victim->begun = true;
	n = victim->waits    ? snt_wait_any(&wait, 1)
	    : victim->writes ? snt_send(victim->socket, buffer, sizeof buffer)
			     : snt_recv(victim->socket, buffer, sizeof buffer);
	return (int)n;
}

/* Whoever waits for it is told so at once; a copy of it goes on. */
static int close_under(struct victim *victim, struct snt_fiber *fiber,
		       struct snt_socket *copy, struct snt_socket *other)
{
	int result = 0, code;
	char byte;

	snt_close(victim->socket);
	victim->socket = NULL;
	code = TIMED(SNT_SECOND, snt_join(fiber, &result));
	EXPECT("close", code < 0 || result < 0,
	       "a fiber does not hear that its socket is closed: %d", result);
	EXPECT("close", code != -ETIMEDOUT,
	       "a fiber still waits for a closed socket");
	if (code == 0 && copy != NULL)
		code = TIMED(SNT_SECOND, snt_sendall(other, "x", 1));
	if (code == 0 && copy != NULL)
		code = (int)TIMED(SNT_SECOND, snt_recv(copy, &byte, 1));
	return code < 0 ? code : 0;
}

static int use_close(struct ground *ground, struct dice *dice)
{
	struct snt_socket *other = NULL, *copy = NULL;
	struct victim victim = { .writes = draw(dice, 2) == 0,
				 .waits = draw(dice, 2) == 0 };
	struct snt_fiber *fiber = NULL;
	struct snt_spawn_opts opts = { 0 };
	snt_auto(group) group = NULL;
	int code;

	opts.fiber = &fiber;
	SNT_TRY(snt_group_open(&group, NULL));
	SNT_TRY(snt_socketpair(&victim.socket, &other, SOCK_STREAM));
	code = TIMED(0, snt_spawn(group, wait_in_vain, &victim, &opts));
	if (code == 0 && draw(dice, 2) == 0)
		code = snt_dup(victim.socket, &copy);
	if (code == 0 && !think(dice, ground->me->world->weather.pace))
		code = -ECANCELED;
	if (code == 0 && victim.begun)
		code = close_under(&victim, fiber, copy, other);
	/* Nobody may still use what is closed now. */
	snt_group_end(group);
	group = NULL;
	snt_close(victim.socket);
	snt_close(copy);
	snt_close(other);
	return code;
}

struct inner {
	struct ground *ground;
	struct dice dice;
};

/* As a program does that knows the address. */
static int use_connect(struct ground *ground, struct dice *dice)
{
	int64_t limit = ground->me->world->weather.limit;
	snt_auto(socket) conn = NULL;
	struct snt_addr addrs[4];
	char name[16], byte = 'x';
	struct timed timed;
	int count;

	snprintf(name, sizeof name, "host%llu",
		 (unsigned long long)draw(dice, STORM_HOSTS));
	SNT_TRY(count = TIMED(limit, snt_getaddrinfo(name, "7000", addrs,
						     COUNT(addrs), NULL)));
	addrs[0] = addrs[draw(dice, MINIMUM((uint64_t)count, COUNT(addrs)))];
	SNT_TRY(snt_socket(&conn, addrs[0].sa.any.sa_family, SOCK_STREAM, 0));
	timed_begin(&timed, "snt_connect", limit);
	if (draw(dice, 2) == 0) {
		int64_t mine = 1 + (int64_t)draw(dice, SNT_SECOND);

		snt_settimeout(conn, mine);
		timed.until = MINIMUM(timed.until, timed.began + mine);
	}
	count = snt_connect(conn, &addrs[0]);
	SNT_TRY(timed_end(&timed, count));
	snt_settimeout(conn, 0);
	SNT_TRY(TIMED(limit, snt_sendall(conn, &byte, 1)));
	SNT_TRY(TIMED(limit, snt_wait_readable(conn)));
	return (int)TIMED(limit, snt_recv(conn, &byte, 1));
}

/* As a program does whose descriptor is another library's. */
static int use_fd_wait(struct ground *ground, struct dice *dice)
{
	(void)dice;
	return TIMED(SNT_SECOND,
		     snt_fd_wait(snt_fileno(ground->in), SNT_READABLE));
}

/* Limits within limits: the nearest counts. */
static int use_limit(struct ground *ground, struct dice *dice)
{
	static int (*const all[])(struct ground * ground,
				  struct dice * dice) = {
		use_mutex, use_semaphore, use_event, use_channel,
		use_pair,  use_network,   use_names, wait_for_both,
	};
	int64_t limit =
		1 +
		(int64_t)draw(dice, (uint64_t)ground->me->world->weather.pace);
	int code;

	if (snt_cancelled())
		return -ECANCELED;
	code = TIMED(limit, all[draw(dice, COUNT(all))](ground, dice));

	return code == -ETIMEDOUT ? 0 : code;
}

static int run_inner(void *arg)
{
	struct inner *inner = arg;

	return storm_act(inner->ground, &inner->dice);
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

int storm_act(struct ground *ground, struct dice *dice)
{
	static int (*const all[])(struct ground * ground,
				  struct dice * dice) = {
		use_mutex,    use_semaphore, use_event,       use_channel,
		use_pair,     use_network,   use_network,     use_names,
		use_offload,  use_close,     use_limit,       use_limit,
		use_listener, wait_for_both, use_group,       clean_up,
		use_connect,  use_fd_wait,   storm_end_thing, storm_detach,
		storm_leave,
	};

	return all[draw(dice, COUNT(all))](ground, dice);
}
