/* SPDX-License-Identifier: MIT */
/*
 * The ground of a simulated world: its clock and what is to happen when, its
 * chance, its trace, its faults. One world a thread at a time; everything in it
 * runs on that thread. Integers only, and no order that hangs on an address:
 * the same seed gives the same world on every machine.
 */
#ifndef SNT_IO_SIM_WORLD_H
#define SNT_IO_SIM_WORLD_H

#include "base/heap.h"
#include "base/list.h"

#include <sennit/sim_net.h>
#include <stdio.h>

struct snt__sim_host;
struct snt__sim_thread;

/* Something that will happen; inside whatever it is about. All zero at first. */
struct snt__sim_event {
	struct snt__heap_node node;
	void (*happen)(struct snt__sim_event *event);
	bool due; /* in the queue */
};

/* Puts it into the queue, or at another time; not before now. Events of one
 * time happen in the order in which they were put there. */
void snt__sim_at(struct snt__sim_event *event, int64_t time,
		 void (*happen)(struct snt__sim_event *event));
/* Takes it out, if it is there. */
void snt__sim_not(struct snt__sim_event *event);

/* A row of chance of its own, so that what one part draws does not change what
 * another will (splitmix64). */
struct snt__sim_dice {
	uint64_t state;
};

uint64_t snt__sim_draw(struct snt__sim_dice *dice);
/* Below limit, which is at least 1. */
uint64_t snt__sim_below(struct snt__sim_dice *dice, uint64_t limit);

struct snt__sim_faults; /* chance.c */
struct snt__sim_net;    /* net.c */
struct snt__sim_names;  /* names.c */

/* What src/sim, above, does for this floor: the threads are its own. */
struct snt__sim_driver {
	/* The running thread stands still until it is woken, or deadline. */
	void (*wait)(int64_t deadline);
	/* A thread of that host that runs fn(arg), soon. -ENOMEM. */
	int (*start)(struct snt__sim_host *host,
		     struct snt__sim_thread **thread, void (*fn)(void *arg),
		     void *arg, const char *name);
	/* Waits until it has ended, and gives it back. */
	void (*join)(struct snt__sim_thread *thread);
	/* Nobody will: it gives itself back. */
	void (*detach)(struct snt__sim_thread *thread);
	/* The fiber that runs now: its number on its thread, and name. */
	uint64_t (*fiber)(const char **name);
};

struct snt__sim_world {
	uint64_t seed;
	int64_t now;
	uint64_t calls_now; /* of the clock since it last moved */
	struct snt__heap events;
	uint64_t event_count, packet_count;
	const struct snt__sim_driver *driver;
	struct snt__sim_thread *thread; /* runs now; NULL: none does */
	struct snt__link threads;       /* all, in the order of their making */
	struct snt__link awake;         /* those that may run */
	size_t awake_count;
	unsigned thread_count; /* ever made */
	struct snt__link hosts;
	unsigned host_count;
	struct snt__sim_net *net;
	struct snt__sim_names *names;
	struct snt__sim_faults *faults;
	struct snt_sim_resolver resolver; /* of hosts to come */
	size_t blocks;   /* the world's own, not the programs' */
	uint64_t digest; /* of the trace */
	FILE *trace;     /* NULL: only the digest is kept */
	bool failed;
	char what[32];
	char why[512];
};

extern _Thread_local struct snt__sim_world *snt__sim_world
	__attribute__((tls_model("initial-exec")));

/* What src/io/sim knows of a thread; the driver's own lies around it. */
struct snt__sim_thread {
	struct snt__sim_host *host;
	unsigned number;
	struct snt__link in_world;
	struct snt__link registrations; /* what it is told of */
	struct snt__link pending;       /* those with something to tell */
	struct snt__sim_event alarm;    /* the end of its wait */
	bool awake;                     /* may run */
	bool immune; /* its calls are the driver's: none fails on demand */
	struct snt__link in_awake; /* then, unless its host is paused */
};

/* It may run: it has something to look at. */
void snt__sim_wake(struct snt__sim_thread *thread);

/*
 * A line of the trace, and its part of the digest: who did or met what. Each
 * number counts for the digest, as does the word, which is a static string; the
 * text is made only where a trace is written. host may be NULL.
 */
void snt__sim_trace(const struct snt__sim_host *host, const char *word,
		    int64_t a, int64_t b, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* Where its text goes; a negated errno. */
int snt__sim_trace_open(const char *path);
void snt__sim_trace_close(void);

/* The world has failed; the first failure counts. */
void snt__sim_fail(const char *what, const char *format, ...)
	__attribute__((format(printf, 2, 3), cold));
/* Somebody would have left the world, by that call. Returns -ENOSYS. */
int snt__sim_escape(const char *call) __attribute__((cold));

/*
 * Whether a fault of that kind (a static word) happens at that site, the n-th
 * time that it could: told by the seed, those three and the chance, counted and
 * listed. Each site (a link's or a host's number ...) has a row of its own.
 */
bool snt__sim_fault(const char *kind, uint32_t site, unsigned per_million);
/* A row of chance that belongs to a kind and site. */
struct snt__sim_dice snt__sim_dice(const char *kind, uint32_t site);

/* The world's own memory, zeroed, which is no program's leak. There is always
 * some: without, the world has failed and the process ends with a word. */
void *snt__sim_alloc(size_t size);
void snt__sim_free(void *block);
/* The array with room for at least `wanted` things of that size, of which so
 * many are in use; it may have moved, and new places are zero. */
void *snt__sim_grow(void *array, size_t used, size_t *room, size_t wanted,
		    size_t size);

/* FNV-1a, the same everywhere. */
uint64_t snt__sim_hash(const void *bytes, size_t size);

#endif
