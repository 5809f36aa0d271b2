/* SPDX-License-Identifier: MIT */
/*
 * What others wait for, ended under them: each of them is told so at once, once,
 * and nobody else is.
 */
#include "storm.h"

#include "io/io.h"

#include <sennit/wait.h>

enum what {
	CHANNEL_IN,
	CHANNEL_OUT,
	EVENT,
	SEMAPHORE,
	MUTEX,
	SELECTOR,
	WHATS
};

struct thing {
	struct player *me;
	enum what what;
	struct snt_channel *channel;
	struct snt_event *event;
	struct snt_semaphore *semaphore;
	struct snt_mutex *mutex;
	struct snt_selector *selector;
	struct snt_socket *a, *b; /* for the selector */
	unsigned begun, told;
};

static int wait_for(struct thing *thing)
{
	struct snt_selected ready;
	uint64_t item = 0;

	switch (thing->what) {
	case CHANNEL_IN:
		return snt_channel_recv(thing->channel, &item);
	case CHANNEL_OUT:
		return snt_channel_send(thing->channel, &item);
	case EVENT:
		return snt_event_wait(thing->event);
	case SEMAPHORE:
		return snt_semaphore_acquire(thing->semaphore);
	case MUTEX:
		return snt_mutex_lock(thing->mutex);
	default:
		return snt_selector_select(thing->selector, &ready, 1, 0);
	}
}

static int wait_until_ended(void *arg)
{
	struct thing *thing = arg;
	int code;

	thing->begun++;
	code = wait_for(thing);
	thing->told += code == -EBADF;
	/* The files of a dead host are ready, to tell so. */
	EXPECT("end", code < 0 || thing->me->killed,
	       "%s: a thing's end is %d to who waits for it", thing->me->name,
	       code);
	return code == -EBADF ? 0 : code;
}

static int open_thing(struct thing *thing)
{
	switch (thing->what) {
	case CHANNEL_IN:
	case CHANNEL_OUT:
		return snt_channel_open(&thing->channel, sizeof(uint64_t), 0);
	case EVENT:
		return snt_event_open(&thing->event);
	case SEMAPHORE:
		return snt_semaphore_open(&thing->semaphore, 0);
	case MUTEX:
		SNT_TRY(snt_mutex_open(&thing->mutex));
		return TIMED(0, snt_mutex_lock(thing->mutex));
	default:
		SNT_TRY(snt_selector_open(&thing->selector));
		SNT_TRY(snt_socketpair(&thing->a, &thing->b, SOCK_STREAM));
		return snt_selector_register(thing->selector, thing->a,
					     SNT_READABLE, NULL);
	}
}

static void end_thing(struct thing *thing)
{
	snt_channel_close(thing->channel);
	snt_event_close(thing->event);
	snt_semaphore_close(thing->semaphore);
	snt_mutex_close(thing->mutex);
	snt_selector_close(thing->selector);
	snt_close(thing->a);
	snt_close(thing->b);
}

/* Three wait, or one where only one may; all that were waiting are told. */
static int end_under(struct thing *thing, struct snt_group *group)
{
	unsigned count = thing->what == SELECTOR ? 1 : 3;
	int code = 0;

	for (unsigned i = 0; i < count && code == 0; i++)
		code = TIMED(0,
			     snt_spawn(group, wait_until_ended, thing, NULL));
	if (code == 0 &&
	    !think(&thing->me->dice, thing->me->world->weather.pace))
		code = -ECANCELED;
	/* Those that have not begun must not begin any more. */
	if (code < 0 || thing->begun < count) {
		snt_group_cancel(group);
		(void)snt_group_end(group);
		return -ECANCELED;
	}
	return 0;
}

int storm_end_thing(struct ground *ground, struct dice *dice)
{
	const struct snt_group_opts opts = { .keep_going = true };
	struct thing thing = { .me = ground->me,
			       .what = (enum what)draw(dice, WHATS) };
	struct snt_group *group;
	int code;

	SNT_TRY(snt_group_open(&group, &opts));
	code = open_thing(&thing);
	if (code == 0)
		code = end_under(&thing, group);
	else
		(void)snt_group_end(group);
	end_thing(&thing);
	if (code < 0)
		return 0;
	code = TIMED(SNT_SECOND, snt_group_wait(group));
	EXPECT("end", snt_cancelled() || snt_group_count(group) == 0,
	       "%s: %zu fibers still wait for what has ended (%d)",
	       ground->me->name, snt_group_count(group), thing.what);
	(void)snt_group_end(group);
	return 0;
}

/* A socket handed out from under who waits for it. */
struct owner {
	struct snt_socket *socket;
	bool begun;
};

static int recv_in_vain(void *arg)
{
	struct owner *owner = arg;
	char byte;

	owner->begun = true;
	return (int)snt_recv(owner->socket, &byte, 1);
}

/* The descriptor goes on as another handle. */
static int use_detached(int fd, struct snt_socket *other)
{
	snt_auto(socket) again = NULL;
	char byte = 0;
	int code = snt_fromfd(&again, fd);

	snt__io->close(fd);
	SNT_TRY(code);
	SNT_TRY(TIMED(SNT_SECOND, snt_sendall(other, "x", 1)));
	code = (int)TIMED(SNT_SECOND, snt_recv(again, &byte, 1));
	EXPECT("bytes", code < 0 || byte == 'x', "a byte that was not sent");
	return code < 0 ? code : 0;
}

int storm_detach(struct ground *ground, struct dice *dice)
{
	struct owner owner = { NULL, false };
	struct snt_fiber *fiber = NULL;
	struct snt_spawn_opts opts = { 0 };
	snt_auto(socket) other = NULL;
	snt_auto(group) group = NULL;
	int result = 0, fd, code;

	opts.fiber = &fiber;
	SNT_TRY(snt_group_open(&group, NULL));
	SNT_TRY(snt_socketpair(&owner.socket, &other, SOCK_STREAM));
	code = TIMED(0, snt_spawn(group, recv_in_vain, &owner, &opts));
	if (code == 0)
		(void)think(dice, ground->me->world->weather.pace);
	if (code < 0 || !owner.begun || snt_cancelled() ||
	    snt_group_count(group) == 0) {
		(void)snt_group_end(group);
		group = NULL;
		snt_close(owner.socket);
		return code;
	}
	fd = snt_detach(owner.socket);
	if (fd < 0) {
		(void)snt_group_end(group);
		group = NULL;
		snt_close(owner.socket);
		return fd;
	}
	code = TIMED(SNT_SECOND, snt_join(fiber, &result));
	EXPECT("detach", code < 0 || result < 0, "who waits is told %d",
	       result);
	EXPECT("detach", code != -ETIMEDOUT, "who waits is not told");
	return use_detached(fd, other);
}

/* Jobs that may be left behind: whatever becomes of one, what it owns is given
 * back once. */
struct job {
	struct player *me;
	unsigned *released;
	int64_t time;
};

static int run_job(void *arg)
{
	struct job *job = arg;

	EXPECT("release", *job->released == 0, "a job runs after its release");
	/* Code takes no time in a world; this stands for work that does. */
	(void)TIMED(0, snt_sleep(job->time));
	EXPECT("release", *job->released == 0, "a job is released as it runs");
	return 7;
}

static void release_job(void *arg)
{
	struct job *job = arg;

	++*job->released;
}

int storm_leave(struct ground *ground, struct dice *dice)
{
	const struct snt_offload_opts opts = { .release = release_job };
	struct storm *storm = (struct storm *)ground->me->world;
	struct promise *promise = keep(ground->me->world, sizeof *promise);
	struct job *job = keep(ground->me->world, sizeof *job);
	int64_t limit = 1 + (int64_t)draw(dice, SNT_MILLISECOND);
	int code;

	promise->next = storm->promises;
	storm->promises = promise;
	*job = (struct job){ ground->me, &promise->released,
			     1 + (int64_t)draw(dice, SNT_MILLISECOND) };
	code = TIMED(limit, snt_offload(run_job, job, &opts));
	EXPECT("offload", code < 0 || code == 7, "a job's result is %d", code);
	return code < 0 ? code : 0;
}

void storm_check_promises(const struct storm *storm)
{
	for (const struct promise *promise = storm->promises; promise != NULL;
	     promise = promise->next)
		EXPECT("release", promise->released == 1,
		       "what a job owned was given back %u times",
		       promise->released);
}
