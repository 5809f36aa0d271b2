/* SPDX-License-Identifier: MIT */
/* The clock, the queue of events, the trace and the world's end; see world.h. */
#include "io/sim/world.h"

#include "base/alloc.h"
#include "io/sim/host.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Arrays begin with. */
#define ROOM_LEAST 16

_Thread_local struct snt__sim_world *snt__sim_world;

void snt__sim_at(struct snt__sim_event *event, int64_t time,
		 void (*happen)(struct snt__sim_event *event))
{
	struct snt__sim_world *world = snt__sim_world;

	snt__sim_not(event);
	event->happen = happen;
	event->due = true;
	snt__heap_insert(&world->events, &event->node,
			 time > world->now ? time : world->now);
}

void snt__sim_not(struct snt__sim_event *event)
{
	if (event->due)
		snt__heap_remove(&snt__sim_world->events, &event->node);
	event->due = false;
}

/* FNV-1a over words. */
static void digest(struct snt__sim_world *world, uint64_t word)
{
	world->digest = (world->digest ^ word) * UINT64_C(0x100000001b3);
	world->digest ^= world->digest >> 29;
}

void snt__sim_trace(const struct snt__sim_host *host, const char *word,
		    int64_t a, int64_t b, const char *format, ...)
{
	struct snt__sim_world *world = snt__sim_world;
	va_list args;

	if (world->failed)
		return;
	digest(world, (uint64_t)world->now);
	digest(world, host != NULL ? host->number + 1 : 0);
	for (const char *at = word; *at != '\0'; at++)
		digest(world, (unsigned char)*at);
	digest(world, (uint64_t)a);
	digest(world, (uint64_t)b);
	if (world->trace == NULL)
		return;
	fprintf(world->trace, "%lld.%09lld %-10s ",
		(long long)(world->now / SNT_SECOND),
		(long long)(world->now % SNT_SECOND),
		host != NULL ? host->name : "-");
	/* Nothing more to say: no blanks at the end of the line. */
	fprintf(world->trace, strcmp(format, " ") == 0 ? "%s" : "%-8s ", word);
	va_start(args, format);
	if (strcmp(format, " ") != 0)
		vfprintf(world->trace, format, args);
	va_end(args);
	fputc('\n', world->trace);
}

int snt__sim_trace_open(const char *path)
{
	FILE *trace = fopen(path, "we");

	if (trace == NULL)
		return -errno;
	/* A program that fails an assertion ends the process in mid-world. */
	setvbuf(trace, NULL, _IOLBF, BUFSIZ);
	snt__sim_world->trace = trace;
	return 0;
}

void snt__sim_trace_close(void)
{
	if (snt__sim_world->trace != NULL)
		fclose(snt__sim_world->trace);
	snt__sim_world->trace = NULL;
}

__attribute__((format(printf, 2, 0))) static void
fail(const char *what, const char *format, va_list args)
{
	struct snt__sim_world *world = snt__sim_world;

	if (world->failed)
		return;
	snprintf(world->what, sizeof world->what, "%s", what);
	vsnprintf(world->why, sizeof world->why, format, args);
	snt__sim_trace(NULL, "failed", 0, 0, "%s: %s", what, world->why);
	world->failed = true;
}

void snt__sim_fail(const char *what, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fail(what, format, args);
	va_end(args);
}

int snt__sim_escape(const char *call)
{
	const struct snt__sim_host *host = snt__sim_host_now();

	snt__sim_fail("escape", "%s would leave the simulation: %s", host->name,
		      call);
	return -ENOSYS;
}

/*
 * The programs' failures of memory are not the world's; it has none to tell of
 * its own, so when there really is no memory the process ends here, as it would
 * by the kernel's hand a moment later.
 */
void *snt__sim_alloc(size_t size)
{
	int (*fails)(void) = snt__alloc_fails;
	void *block;

	snt__alloc_fails = NULL;
	block = snt__alloc(size);
	snt__alloc_fails = fails;
	if (block == NULL) {
		fputs("sennit: no memory for the simulated world\n", stderr);
		exit(EXIT_FAILURE);
	}
	snt__sim_world->blocks++;
	return block;
}

void snt__sim_free(void *block)
{
	if (block == NULL)
		return;
	snt__sim_world->blocks--;
	snt__free(block);
}

void *snt__sim_grow(void *array, size_t used, size_t *room, size_t wanted,
		    size_t size)
{
	void *grown;

	if (wanted <= *room)
		return array;
	*room = wanted > 2 * *room ? wanted : 2 * *room;
	*room = *room > ROOM_LEAST ? *room : ROOM_LEAST;
	grown = snt__sim_alloc(*room * size);
	if (used > 0)
		memcpy(grown, array, used * size);
	snt__sim_free(array);
	return grown;
}

uint64_t snt__sim_hash(const void *bytes, size_t size)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	const uint8_t *at = bytes;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
	return hash;
}
