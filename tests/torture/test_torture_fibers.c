/* SPDX-License-Identifier: MIT */
/* Torture without sockets: fibers and what they wait for. */
#include "together.h"

#include <sennit/signal.h>
#include <sennit/sync.h>
#include <sennit/workers.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static int nap(void *arg)
{
	(void)arg;
	return snt_sleep(SNT_MILLISECOND);
}

static int sleep_for_ever(void *arg)
{
	(void)arg;
	return snt_sleep(SNT_FOREVER);
}

static int spawn_some(struct snt_group *group)
{
	struct snt_fiber *kept;
	int result = WRONG;

	for (int i = 0; i < 5; i++)
		SNT_TRY(snt_spawn(group, nap, NULL, NULL));
	SNT_TRY(snt_spawn(group, nap, NULL,
			  &(struct snt_spawn_opts){ .stack_size = 100000,
						    .name = "own size" }));
	SNT_TRY(snt_spawn(group, nap, NULL,
			  &(struct snt_spawn_opts){ .fiber = &kept }));
	SNT_TRY(snt_join(kept, &result));
	return result;
}

static int spawning_and_joining(void)
{
	struct snt_group *group;
	int code;

	SNT_TRY(snt_group_open(&group, &(struct snt_group_opts){ .limit = 3 }));
	code = spawn_some(group);
	if (code == 0)
		code = snt_group_wait(group);
	snt_group_end(group);
	return code;
}

static int cancel_and_timeout(void)
{
	struct snt_group *group;
	int code;

	SNT_TRY(snt_group_open(&group, NULL));
	code = snt_spawn(group, sleep_for_ever, NULL, NULL);
	if (code == 0) {
		snt_timeout_scope(limit, SNT_MILLISECOND);
		code = snt_group_wait(group);
		if (code == -ETIMEDOUT && snt_scope_expired(&limit))
			code = 0;
		else if (code == 0)
			code = WRONG;
	}
	snt_group_cancel(group);
	if (code == 0)
		code = snt_group_wait(group);
	snt_group_end(group);
	return code;
}

struct tools {
	struct snt_channel *channel, *direct;
	struct snt_semaphore *semaphore;
	struct snt_mutex *mutex;
	struct snt_event *event;
	int sum;
};

static int produce(void *arg)
{
	struct tools *tools = arg;

	for (int i = 1; i <= 5; i++) {
		SNT_TRY(snt_semaphore_acquire(tools->semaphore));
		SNT_TRY(snt_channel_send(tools->channel, &i));
		SNT_TRY(snt_channel_send(tools->direct, &i));
	}
	snt_channel_shutdown(tools->channel);
	return 0;
}

static int consume(void *arg)
{
	struct tools *tools = arg;
	int item;

	for (int i = 0; i < 5; i++) {
		SNT_TRY(snt_channel_recv(tools->channel, &item));
		SNT_TRY(snt_channel_recv(tools->direct, &item));
		SNT_TRY(snt_mutex_lock(tools->mutex));
		tools->sum += item;
		SNT_TRY(snt_yield());
		snt_mutex_unlock(tools->mutex);
		snt_semaphore_release(tools->semaphore);
	}
	EXPECT(snt_channel_recv(tools->channel, &item), 0);
	snt_event_set(tools->event);
	return 0;
}

static int wait_for_both(void *arg)
{
	const struct tools *tools = arg;

	SNT_TRY(snt_event_wait(tools->event));
	return tools->sum == 15 ? 0 : -EPROTO;
}

static int channel_semaphore_mutex_event(void)
{
	snt_auto(channel) channel = NULL;
	snt_auto(channel) direct = NULL;
	snt_auto(semaphore) semaphore = NULL;
	snt_auto(mutex) mutex = NULL;
	snt_auto(event) event = NULL;
	struct tools tools = { 0 };
	int (*const fns[])(void *) = { produce, consume, wait_for_both };

	SNT_TRY(snt_channel_open(&channel, sizeof(int), 2));
	SNT_TRY(snt_channel_open(&direct, sizeof(int), 0));
	SNT_TRY(snt_semaphore_open(&semaphore, 1));
	SNT_TRY(snt_mutex_open(&mutex));
	SNT_TRY(snt_event_open(&event));
	tools.channel = channel;
	tools.direct = direct;
	tools.semaphore = semaphore;
	tools.mutex = mutex;
	tools.event = event;
	return run_together(fns, COUNT(fns), &tools);
}

static int work(void *arg)
{
	usleep(2000);
	*(int *)arg = 5;
	return 7;
}

static int offload_and_wait(void *arg)
{
	int number = 0;

	(void)arg;
	EXPECT(snt_offload(work, &number, NULL), 7);
	return number == 5 ? 0 : -EPROTO;
}

static int offload_from_several(void)
{
	int (*const fns[])(void *) = { offload_and_wait, offload_and_wait,
				       nap };

	SNT_TRY(offload_and_wait(NULL)); /* a lone thread's */
	return run_together(fns, COUNT(fns), NULL);
}

static int slow_work(void *arg)
{
	usleep(20000);
	*(int *)arg = 5;
	return 7;
}

static int offload_given_up(void)
{
	int *number = malloc(sizeof *number), code;

	{
		snt_timeout_scope(limit, 5 * SNT_MILLISECOND);
		code = snt_offload(
			slow_work, number,
			&(struct snt_offload_opts){ .release = free });
		if (code == 7 ||
		    (code == -ETIMEDOUT && snt_scope_expired(&limit)))
			code = 0;
	}
	return code;
}

static int send_signal(void *arg)
{
	(void)arg;
	SNT_TRY(snt_sleep(SNT_MILLISECOND));
	return kill(getpid(), SIGUSR1) == 0 ? 0 : -errno;
}

static int wait_for_signal(void *arg)
{
	EXPECT(snt_signals_wait(arg), SIGUSR1);
	return 0;
}

static int signals(void)
{
	int numbers[] = { SIGUSR1, SIGUSR2 };
	snt_auto(signals) signals = NULL;
	int (*const fns[])(void *) = { wait_for_signal, send_signal };

	SNT_TRY(snt_signals_open(&signals, numbers, 2));
	return run_together(fns, COUNT(fns), signals);
}

static int send_five(void *arg)
{
	int item = 5;

	return snt_channel_send(arg, &item);
}

static int receive_from_workers(struct snt_workers *workers,
				struct snt_channel *channel)
{
	int sum = 0, item;

	for (int i = 0; i < 3; i++)
		SNT_TRY(snt_workers_spawn(workers, send_five, channel, NULL));
	SNT_TRY(snt_workers_spawn_each(workers, send_five, channel, NULL));
	for (int i = 0; i < 5; i++) {
		EXPECT(snt_channel_recv(channel, &item), 1);
		sum += item;
	}
	SNT_TRY(snt_workers_wait(workers));
	return sum == 25 ? 0 : -EPROTO;
}

static int workers(void)
{
	snt_auto(channel) channel = NULL;
	snt_auto(workers) workers = NULL;

	SNT_TRY(snt_channel_open(&channel, sizeof(int), 0));
	SNT_TRY(snt_workers_open(&workers, &(struct snt_workers_opts){
						   .count = 2, .limit = 2 }));
	return receive_from_workers(workers, channel);
}

static const struct scenario scenarios[] = {
	{ "spawning and joining", spawning_and_joining, 0 },
	{ "cancel and timeout", cancel_and_timeout, EXPECTS_FAILURE },
	{ "channel, semaphore, mutex, event", channel_semaphore_mutex_event,
	  0 },
	{ "offload", offload_from_several, 0 },
	{ "offload given up", offload_given_up, EXPECTS_FAILURE },
	{ "signals", signals, 0 },
	{ "workers", workers, 0 },
};

int main(int argc, char **argv)
{
	return torture_run(argc, argv, scenarios, COUNT(scenarios));
}
