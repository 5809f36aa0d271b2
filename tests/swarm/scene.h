/* SPDX-License-Identifier: MIT */
/*
 * What a scenario of the swarm is made of: players, each a program on a host of
 * its own, a weather that the seed decides, and calls that are looked at. A
 * scenario adds its players and says what must have come about at the end;
 * scene.c starts them, makes trouble, ends the trouble, and sees that everybody
 * gets done then.
 */
#ifndef TESTS_SWARM_SCENE_H
#define TESTS_SWARM_SCENE_H

#include <sennit/fiber.h>
#include <sennit/sim_net.h>
#include <sennit/socket.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MINIMUM(a, b) ((a) < (b) ? (a) : (b))

/* Chance of one's own: what a program draws does not hang on what others did
 * before, so a world with a fault fewer is the same world otherwise. */
struct dice {
	uint64_t state;
};
/* Below limit, which is at least 1. */
uint64_t draw(struct dice *dice, uint64_t limit);
/* From least to most, each magnitude as likely as another. */
int64_t draw_wide(struct dice *dice, int64_t least, int64_t most);
struct dice dice_of(uint64_t seed, uint64_t row);

struct world;
struct player;

struct scenario {
	const char *name;
	const char *about;
	size_t size; /* of its state, which begins with a struct world */
	void (*set_up)(struct world *world);
	/* When all have ended: false, and snt_sim_fail was called. May be
	 * NULL, as the next. */
	void (*check)(struct world *world);
	/* Something of its own that goes wrong, at each turn of the trouble;
	 * and the end of it. */
	void (*meddle)(struct world *world, bool calm);
	/* Calls may fail in it even where nothing goes wrong. */
	bool rough;
};

/* What may go wrong in a world; drawn by weather.c. */
struct weather {
	bool calm; /* nothing does */
	/* Nor anything that a call could fail of: a packet may be lost or late,
	 * a host may sleep, but there is time enough. */
	bool sound;
	bool in_order;   /* fibers run in the order they became ready */
	int64_t pace;    /* of programs: about how long they think */
	int64_t limit;   /* that programs give a call */
	int64_t trouble; /* how long it lasts */
	int64_t turn;    /* between two troubles, about */
	struct snt_sim_link link;
	struct snt_sim_resolver resolver;
	unsigned partition, kill, pause; /* of a million turns */
	struct snt_sim_failure failures[4];
	unsigned failure_count;
	struct snt_sim_host_opts host;
};

#define PLAYERS 24

/* A program and its host. */
struct player {
	struct world *world;
	struct snt_sim_host *host;
	char name[16];
	int (*fn)(struct player *me);
	unsigned number;
	unsigned lives; /* how often it was started */
	bool serves;    /* runs until it is told to end; else it gets done */
	bool done;
	bool safe;                     /* no kill, no pause */
	bool killed;                   /* and not yet started again */
	int64_t resume_at, restart_at; /* 0: it runs */
	int64_t resumed_at;            /* last */
	struct dice dice;
	void *state; /* the scenario's */
};

struct world {
	const struct scenario *scenario;
	struct snt_sim *sim;
	uint64_t seed;
	struct weather weather;
	struct dice dice; /* the director's */
	struct player players[PLAYERS];
	unsigned player_count;
	bool rough;        /* at first, as the scenario says */
	int64_t healed_at; /* 0: not yet */
	struct kept *kept;
};

/* Zeroed memory until the world's end: for what several programs look at,
 * whoever of them ends first. */
void *keep(struct world *world, size_t size);
void free_kept(struct world *world);

/* The world that runs now. */
extern struct world *world_now;

/* Runs it: what snt_sim_run calls. arg: its struct world. */
int direct(struct snt_sim *sim, void *arg);

/* In set_up. opts: NULL, or what this host shall not have from the weather. */
struct player *add_player(struct world *world, const char *name,
			  int (*fn)(struct player *me));
struct player *add_player_with(struct world *world, const char *name,
			       int (*fn)(struct player *me),
			       const struct snt_sim_host_opts *opts);
/* The player whose program calls this. */
struct player *player_here(void);

void weather_draw(struct weather *weather, uint64_t seed);
void weather_begin(struct world *world);
void weather_end(struct world *world);

/* Lasts until its time is over or all are done; leaves hosts dead and paused,
 * which trouble_end starts and resumes. Both -ECANCELED. */
int trouble(struct world *world);
int trouble_end(struct world *world);
bool all_done(const struct world *world);

/*
 * A call that may wait, with a limit for it, looked at when it returns: that it
 * did so in time, not before its time, with a code that such a call may have,
 * and with words for it. 0: no limit of its own.
 */
struct timed {
	struct snt_scope scope;
	const char *call;
	int64_t began, until;
	bool cancelled; /* already when it began */
};
void timed_begin(struct timed *timed, const char *call, int64_t limit);
ptrdiff_t timed_end(struct timed *timed, ptrdiff_t code);

#define TIMED(limit, call)                                                     \
	__extension__({                                                        \
		struct timed timed_;                                           \
		__typeof__(call) timed_code_;                                  \
		timed_begin(&timed_, #call, (limit));                          \
		timed_code_ = (call);                                          \
		timed_end(&timed_, timed_code_);                               \
		timed_code_;                                                   \
	})

/* Something must hold; else the world has failed with that name. */
#define EXPECT(name, holds, ...)                                               \
	((holds) ? true : (snt_sim_fail(name, __VA_ARGS__), false))

/* Thinks for about that long. Whether to go on: false when told to end. */
bool think(struct dice *dice, int64_t pace);
/* After a failure: whether to try again, after a moment. */
bool again(struct player *me, unsigned *attempt);

/*
 * A direction of a stream, as both its ends see it. Its bytes are told by key
 * and place, so each is worth looking at.
 */
struct flow {
	uint64_t key;
	uint64_t sent; /* taken by the kernel */
	uint64_t got;
	bool loose;  /* its sender is not (or not yet) known */
	bool ending; /* was shut down, or closed */
	bool ended;  /* the receiver has seen the end */
};
void flow_fill(uint64_t key, uint64_t at, void *buffer, size_t size);
/* Fails the world when it is not what was sent there. */
bool flow_same(uint64_t key, uint64_t at, const void *buffer, size_t size);
/* The next bytes of it, at most size a piece; count them. 0, or an error. */
int flow_send(struct flow *flow, struct snt_socket *socket, uint64_t size,
	      size_t piece, int64_t limit);
/* The same at once, from two buffers. At most 2,048 bytes. */
int flow_gather(struct flow *flow, struct snt_socket *socket, size_t size,
		int64_t limit);
/* Receives that many or none, at most 2,048; what a call that failed has taken
 * counts. 1, 0 or an error, as flow_recv. */
int flow_take(struct flow *flow, struct snt_socket *socket, size_t size,
	      int64_t limit);
/* Receives that many, or with UINT64_MAX until the end, and looks at all of
 * them. 1: the end was seen; 0: that many; or an error. */
int flow_recv(struct flow *flow, struct snt_socket *socket, uint64_t size,
	      size_t piece, int64_t limit);

/* Accepts until told to end, and gives each connection to handle(conn, me) in
 * a fiber of its own, which takes it. */
struct service {
	struct player *me;
	const char *address;
	int (*handle)(struct player *me, struct snt_socket *conn);
	struct snt_server_opts opts;
	size_t limit; /* of connections at a time; 0: none */
};
int serve(struct service *service);

#endif
