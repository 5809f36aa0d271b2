/* SPDX-License-Identifier: MIT */
/* Torture of waiting for several: sockets, foreign descriptors, selectors. */
#include "together.h"

#include <sennit/socket.h>
#include <sennit/wait.h>
#include <unistd.h>

#define FEW 3
#define MANY 20 /* more than a lone thread polls */

struct world {
	struct snt_socket *mine[MANY], *theirs[MANY];
	struct snt_selector *selector;
	size_t count;
};

static void close_world(struct world *world)
{
	for (size_t i = 0; i < world->count; i++) {
		snt_close(world->mine[i]);
		snt_close(world->theirs[i]);
	}
	snt_selector_close(world->selector);
}

static int open_world(struct world *world, size_t count)
{
	*world = (struct world){ .count = 0 };
	while (world->count < count) {
		size_t i = world->count;

		SNT_TRY(snt_socketpair(&world->mine[i], &world->theirs[i],
				       SOCK_STREAM));
		world->count++;
	}
	return 0;
}

static int send_to_each(void *arg)
{
	const struct world *world = arg;

	for (size_t i = 0; i < world->count; i++) {
		SNT_TRY(snt_yield());
		SNT_TRY(snt_sendall(world->theirs[i], "x", 1));
	}
	return 0;
}

static int take(struct snt_socket *socket)
{
	char byte;

	EXPECT(snt_recv(socket, &byte, 1), 1);
	return 0;
}

static int wait_for_each(void *arg)
{
	const struct world *world = arg;
	struct snt_wait waits[MANY];
	size_t taken = 0;

	for (size_t i = 0; i < world->count; i++)
		waits[i] = (struct snt_wait){ world->mine[i], SNT_READABLE, 0 };
	while (taken < world->count) {
		SNT_TRY(snt_wait_any(waits, world->count));
		for (size_t i = 0; i < world->count; i++) {
			if (waits[i].ready == 0)
				continue;
			SNT_TRY(take(waits[i].socket));
			taken++;
		}
	}
	return 0;
}

static int select_each(void *arg)
{
	const struct world *world = arg;
	struct snt_selected ready[2];
	size_t taken = 0;

	while (taken < world->count) {
		int count;

		SNT_TRY(count = snt_selector_select(world->selector, ready, 2,
						    0));
		for (int i = 0; i < count; i++) {
			SNT_TRY(take(ready[i].socket));
			taken++;
		}
	}
	return 0;
}

static int in_world(size_t count, int (*body)(struct world *world))
{
	struct world world;
	int code = open_world(&world, count);

	if (code == 0)
		code = body(&world);
	close_world(&world);
	return code;
}

static int wait_body(struct world *world)
{
	int (*const fns[])(void *) = { wait_for_each, send_to_each };

	return run_together(fns, COUNT(fns), world);
}

static int wait_for_any_of_a_few(void)
{
	return in_world(FEW, wait_body);
}

static int wait_for_any_of_many(void)
{
	return in_world(MANY, wait_body);
}

static int register_all(struct world *world)
{
	SNT_TRY(snt_selector_open(&world->selector));
	for (size_t i = 0; i < world->count; i++)
		SNT_TRY(snt_selector_register(world->selector, world->mine[i],
					      SNT_READABLE, NULL));
	return 0;
}

static int select_body(struct world *world)
{
	int (*const fns[])(void *) = { select_each, send_to_each };

	SNT_TRY(register_all(world));
	return run_together(fns, COUNT(fns), world);
}

static int select_in_a_fiber(void)
{
	return in_world(FEW, select_body);
}

static int select_alone(struct world *world)
{
	struct snt_selected key;

	SNT_TRY(register_all(world));
	for (size_t i = 0; i < world->count; i++) {
		int code =
			snt_selector_modify(world->selector, world->mine[i],
					    SNT_READABLE | SNT_WRITABLE, NULL);

		/* A change that failed has changed nothing. */
		EXPECT(snt_selector_get_key(world->selector, world->mine[i],
					    &key),
		       0);
		if (code < 0)
			return key.events == SNT_READABLE ? code : WRONG;
		SNT_TRY(snt_selector_modify(world->selector, world->mine[i],
					    SNT_READABLE, NULL));
		SNT_TRY(snt_sendall(world->theirs[i], "x", 1));
	}
	SNT_TRY(select_each(world));
	EXPECT(snt_selector_get_map(world->selector, NULL, 0),
	       (ptrdiff_t)world->count);
	return snt_selector_unregister(world->selector, world->mine[0]);
}

static int select_many_alone(void)
{
	return in_world(MANY, select_alone);
}

static int wait_for_pipe(void *arg)
{
	const int *ends = arg;

	EXPECT(snt_fd_wait(ends[0], SNT_READABLE), (ptrdiff_t)SNT_READABLE);
	return 0;
}

static int write_to_pipe(void *arg)
{
	const int *ends = arg;

	/* Both others wait by now, the second on a duplicate. */
	SNT_TRY(snt_yield());
	EXPECT(snt_fd_wait(ends[1], SNT_READABLE | SNT_WRITABLE),
	       (ptrdiff_t)SNT_WRITABLE);
	return write(ends[1], "x", 1) == 1 ? 0 : WRONG;
}

static int foreign_descriptor(void)
{
	int (*const fns[])(void *) = { wait_for_pipe, wait_for_pipe,
				       write_to_pipe };
	int ends[2], code;

	if (pipe(ends) < 0)
		return WRONG;
	code = run_together(fns, COUNT(fns), ends);
	close(ends[0]);
	close(ends[1]);
	return code;
}

static const struct scenario scenarios[] = {
	{ "wait for any of a few", wait_for_any_of_a_few, 0 },
	{ "wait for any of many", wait_for_any_of_many, 0 },
	{ "select in a fiber", select_in_a_fiber, 0 },
	{ "select many alone", select_many_alone, 0 },
	{ "foreign descriptor", foreign_descriptor, 0 },
};

int main(int argc, char **argv)
{
	return torture_run(argc, argv, scenarios, COUNT(scenarios));
}
