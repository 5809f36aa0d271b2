/* SPDX-License-Identifier: MIT */
/*
 * Errands between threads: what one thread waits for, another closes, cancels
 * or gives. The one that waits hears of it, once, and at once: nothing takes
 * time between threads.
 */
#include "relay.h"

enum errand_kind {
	CLOSE_SOCKET,
	CANCEL_GROUP,
	CLOSE_CHANNEL,
	GIVE,
	ERRANDS
};

struct errand {
	enum errand_kind kind;
	struct snt_socket *socket;
	struct snt_group *group;
	struct snt_channel *channel;
	struct snt_event *done; /* the other has no hand on it any more */
	bool begun;             /* to be waited for */
	bool taken;
};

void relay_serve(struct track *track, struct dice *dice)
{
	struct errand *errand;
	uint64_t item = 77;

	if (TIMED(some_ticks(track, dice),
		  snt_channel_recv(track->errands, &errand)) != 1)
		return;
	errand->taken = true;
	switch (errand->kind) {
	case CLOSE_SOCKET:
		snt_close(errand->socket);
		break;
	case CANCEL_GROUP:
		snt_group_cancel(errand->group);
		break;
	case CLOSE_CHANNEL:
		snt_channel_close(errand->channel);
		break;
	default: {
		/* It waits for this, whatever we are told meanwhile. */
		snt_cleanup_scope(SNT_SECOND);
		(void)TIMED(0, snt_channel_send(errand->channel, &item));
	}
	}
	snt_event_set(errand->done);
}

static int sleep_for_ever(void *arg)
{
	(void)arg;
	return snt_sleep(SNT_FOREVER);
}

/* Waits for what the errand ends. 0: it was ended. */
static int wait_here(struct errand *errand)
{
	uint64_t item = 0;
	int code;

	switch (errand->kind) {
	case CLOSE_SOCKET: {
		char byte;

		code = (int)snt_recv(errand->socket, &byte, 1);
		return code == -EBADF ? 0 : code;
	}
	case CANCEL_GROUP:
		return snt_group_wait(errand->group);
	case CLOSE_CHANNEL:
		code = snt_channel_recv(errand->channel, &item);
		return code == -EBADF ? 0 : code;
	default:
		code = snt_channel_recv(errand->channel, &item);
		EXPECT("item", code != 1 || item == 77, "it was given %llu",
		       (unsigned long long)item);
		return code == 1 ? 0 : code;
	}
}

static int open_errand(struct errand *errand, struct snt_socket **other)
{
	SNT_TRY(snt_event_open(&errand->done));
	switch (errand->kind) {
	case CLOSE_SOCKET:
		return snt_socketpair(&errand->socket, other, SOCK_STREAM);
	case CANCEL_GROUP:
		SNT_TRY(snt_group_open(&errand->group, NULL));
		return TIMED(0, snt_spawn(errand->group, sleep_for_ever, NULL,
					  NULL));
	default:
		return snt_channel_open(&errand->channel, sizeof(uint64_t), 0);
	}
}

/* The other thread uses it until it says that it does no more. */
static void settle(struct track *track, struct errand *errand)
{
	for (;;) {
		snt_cleanup_scope(SNT_MINUTE);
		int code = snt_event_wait(errand->done);

		if (code == 0)
			return;
		EXPECT("errand", code != -ETIMEDOUT,
		       "%s: an errand is not done", track->me->name);
		if (code == -ETIMEDOUT)
			return;
	}
}

static void close_errand(struct errand *errand, struct snt_socket *other)
{
	if (!errand->taken || errand->kind != CLOSE_SOCKET)
		snt_close(errand->socket);
	if (!errand->taken || errand->kind != CLOSE_CHANNEL)
		snt_channel_close(errand->channel);
	(void)snt_group_end(errand->group);
	snt_event_close(errand->done);
	snt_close(other);
}

static int wait_in_fiber(void *arg)
{
	struct errand *errand = arg;

	errand->begun = true;
	return wait_here(errand);
}

/* What has been asked for is done: who waits hears of it. */
static void look(struct track *track, const struct errand *errand,
		 struct snt_fiber *fiber)
{
	int result = 0, code = TIMED(SNT_SECOND, snt_join(fiber, &result));

	EXPECT("errand", code != -ETIMEDOUT,
	       "%s: an errand of kind %d is done, and who waits does not hear",
	       track->me->name, errand->kind);
	EXPECT("errand",
	       code < 0 || result == 0 || result == -ENOMEM ||
		       track->me->killed,
	       "%s: an errand of kind %d is done, and who waits hears %d",
	       track->me->name, errand->kind, result);
}

/* Somebody waits already when it is sent; what is ended is not begun with. */
static int send_errand(struct track *track, struct dice *dice,
		       struct errand *errand, struct snt_group *group)
{
	struct snt_fiber *fiber = NULL;
	struct snt_spawn_opts opts = { 0 };

	opts.fiber = &fiber;
	SNT_TRY(TIMED(0, snt_spawn(group, wait_in_fiber, errand, &opts)));
	SNT_TRY(TIMED(0, snt_sleep(some_ticks(track, dice))));
	if (!errand->begun || snt_group_count(group) == 0)
		return -ECANCELED;
	SNT_TRY(TIMED(some_ticks(track, dice),
		      snt_channel_send(track->errands, &errand)));
	settle(track, errand);
	if (!snt_cancelled())
		look(track, errand, fiber);
	return 0;
}

void relay_ask(struct track *track, struct dice *dice)
{
	const struct snt_group_opts opts = { .keep_going = true };
	/* Whoever takes it may come late to it. */
	struct errand *errand = keep(track->me->world, sizeof *errand);
	struct snt_socket *other = NULL;
	struct snt_group *group;

	if (snt_group_open(&group, &opts) < 0)
		return;
	errand->kind = (enum errand_kind)draw(dice, ERRANDS);
	if (open_errand(errand, &other) == 0)
		(void)send_errand(track, dice, errand, group);
	/* Nobody waits for it any more when it is closed. */
	(void)snt_group_end(group);
	close_errand(errand, other);
}
