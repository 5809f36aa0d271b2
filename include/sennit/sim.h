/* SPDX-License-Identifier: MIT */
/*
 * A whole network in one thread of one process: hosts that run programs on
 * sennit, links between them, and a clock that jumps to whatever happens next.
 * The programs are the same object code as anywhere; one seed decides every
 * delay, loss, reset and turn, so what happened once happens again. sim_net.h
 * says what the network is like and what goes wrong in it.
 *
 *	static int world(struct snt_sim *sim, void *arg)
 *	{
 *		struct snt_sim_host *server, *client;
 *
 *		SNT_TRY(snt_sim_add(sim, &server, "server", NULL));
 *		SNT_TRY(snt_sim_add(sim, &client, "client", NULL));
 *		SNT_TRY(snt_sim_start(server, serve, NULL));
 *		SNT_TRY(snt_sim_start(client, ask, "server:7000"));
 *		return snt_sim_join(client, NULL);
 *	}
 *
 *	code = snt_sim_run(world, NULL, &opts, &report);
 *
 * Only in a world, and only on its thread, may these be called, but for
 * snt_sim_run and snt_sim_shrink. Hosts share the program's static variables:
 * what is a host's own goes by its start's arg. Processes (fork(2)) and files
 * are not simulated, nor is what a program asks of the kernel by itself.
 */
#ifndef SENNIT_SIM_H
#define SENNIT_SIM_H

#include <sennit/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct snt_sim;
struct snt_sim_host;

struct snt_sim_opts {
	/* 0: what SENNIT_SIM_SEED says (decimal, or hexadecimal after 0x), or
	 * else one drawn by chance, which the report tells. */
	uint64_t seed;
	/* The only faults that may happen, as a report names them; NULL: what
	 * SENNIT_SIM_ONLY says, or else any. */
	const char *only;
	/* Where the trace is written, a line an event. NULL: what
	 * SENNIT_SIM_TRACE says, or else nowhere. */
	const char *trace;
	/* The world has failed when it goes on for longer (0: a day of its
	 * time) or has had more events (0: 10,000,000). */
	int64_t time_limit;
	uint64_t event_limit;
	/* Ready fibers run in the order they became ready, not in any. */
	bool in_order;
};

/* How often something of a kind happened. */
struct snt_sim_count {
	char kind[16];
	uint64_t count;
};

#define SNT_SIM_KINDS 32

struct snt_sim_report {
	uint64_t seed;
	uint64_t digest; /* of the trace: equal worlds have equal ones */
	int64_t time;    /* of the world's clock */
	uint64_t events;
	uint64_t packets; /* that began their way over a link */
	int code;         /* what snt_sim_run returned */
	/* Why it failed: "deadlock", "leak", "time limit", the name of a
	 * check ...; and the same in a line that names the culprit. */
	char what[32];
	char why[512];
	/* Faults that happened, by kind; the first kinds, 0 past the last. */
	struct snt_sim_count faults[SNT_SIM_KINDS];
	/* All of them, in the manner of opts.only: with it the world is the
	 * same again. snt_sim_report_release gives it back. */
	char *only;
};

/*
 * Runs a world: director(sim, arg) adds hosts, starts programs on them, and may
 * then sleep, change the network and look on; it runs on a host without a
 * network. When it returns, programs that still run are stopped as by
 * snt_sim_stop. 0: all went well. -SNT_ESIMULATION: it did not, and
 * snt_errmsg() says why, with the seed. Else the director's own failure.
 * -ENOMEM; -EDEADLK: called in a world. opts may be NULL, report too.
 */
SNT_API SNT_MUST_CHECK int
snt_sim_run(int (*director)(struct snt_sim *sim, void *arg), void *arg,
	    const struct snt_sim_opts *opts, struct snt_sim_report *report);

/*
 * The same for a world known to fail, again and again with fewer of its
 * faults, until no fewer make it fail with the same report.what; at most `runs`
 * times (0: 1,000). Then report is that of the smallest, and its .only replays
 * it. -EINVAL: the world did not fail. -ENOMEM.
 */
SNT_API SNT_MUST_CHECK int
snt_sim_shrink(int (*director)(struct snt_sim *sim, void *arg), void *arg,
	       const struct snt_sim_opts *opts, unsigned runs,
	       struct snt_sim_report *report);

/* Gives back what a report holds; it may be used again. NULL is fine. */
SNT_API void snt_sim_report_release(struct snt_sim_report *report);

struct snt_sim_host_opts {
	/* Literals. NULL: 10.0.0.n and fd00::n for the n-th host; "": none. */
	const char *ipv4;
	const char *ipv6;
	int cores;       /* of snt_workers and the offload pool; 0: 2 */
	int descriptors; /* most that are open; 0: 1,024 */
	int backlog;     /* net.core.somaxconn; 0: 4,096 */
	uint16_t port_first, port_last; /* ephemeral; 0: 32768 to 60999 */
	/* What sockets are born with; 0: 131,072 and 16,384. */
	size_t rcvbuf, sndbuf;
};

/*
 * A host of that name (also for look-ups; copied), which runs nothing yet.
 * Lends it for the time of the world. opts may be NULL. -EINVAL: no name, one
 * that is taken, or an address that is none or taken. -ENOMEM.
 */
SNT_API SNT_MUST_CHECK int snt_sim_add(struct snt_sim *sim,
				       struct snt_sim_host **host,
				       const char *name,
				       const struct snt_sim_host_opts *opts);

/*
 * Starts the host's program: fn(arg) is a fiber on a thread of its own, and may
 * do all that a program's main may. When it has returned, everything of it must
 * be closed and ended, else the world has failed; as it has when fn fails,
 * unless the host was killed, or fn was stopped and says -ECANCELED.
 * -EBUSY: a program still runs there. -ENOMEM.
 */
SNT_API SNT_MUST_CHECK int snt_sim_start(struct snt_sim_host *host,
					 int (*fn)(void *arg), void *arg);

/* Waits until the host's program has ended, and gives its result. -EINVAL: none
 * was started. -ECANCELED, -ETIMEDOUT. result may be NULL. */
SNT_API SNT_MUST_CHECK int snt_sim_join(struct snt_sim_host *host, int *result);

/* Cancels the program's fiber, as a server is told to end. Does not wait. */
SNT_API void snt_sim_stop(struct snt_sim_host *host);
/*
 * Sends it a signal, which it may have caught (signal.h). One that it has not
 * ends the program as a crash does: its kernel closes what it had open, so that
 * peers see an end or a reset, and its fiber is cancelled and unwinds while all
 * calls on sockets give -ENETDOWN. Does not wait.
 */
SNT_API void snt_sim_signal(struct snt_sim_host *host, int number);
/*
 * Its network is gone at once, without a goodbye: peers hear nothing, until
 * they send to it after it was started again, and are reset. Then its fiber is
 * cancelled, and unwinds against -ENETDOWN. Does not wait: join it before it
 * is started again.
 */
SNT_API void snt_sim_kill(struct snt_sim_host *host);
/* Nothing runs there any more, but its kernel goes on answering; and goes on
 * where it was. */
SNT_API void snt_sim_pause(struct snt_sim_host *host);
SNT_API void snt_sim_resume(struct snt_sim_host *host);

/* The host whose program calls this; NULL in the director. And its name. */
SNT_API struct snt_sim_host *snt_sim_here(void);
SNT_API const char *snt_sim_name(const struct snt_sim_host *host);

/*
 * check(arg) is called after each event, between all programs' steps; when it
 * returns false the world has failed with that name (copied). It may look at
 * memory and make no call that waits. -ENOMEM.
 */
SNT_API SNT_MUST_CHECK int snt_sim_check(struct snt_sim *sim, const char *name,
					 bool (*check)(void *arg), void *arg);

/* The world has failed, with that name, and for that reason; it is ended soon
 * after the call has returned. For any program in it. */
SNT_API void snt_sim_fail(const char *name, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* A line of the program's own in the trace. Outside of a world, nothing. */
SNT_API void snt_sim_note(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/* A number below that limit (of at least 1), from the seed. Outside of a
 * world: 0. */
SNT_API uint64_t snt_sim_random(uint64_t limit);
/*
 * Whether a fault of the program's own making happens now, so many times in a
 * million: it is counted, told and replayed like the network's own, and is what
 * snt_sim_shrink leaves out. kind: a word of at most 15 letters. Outside of a
 * world: no.
 */
SNT_API bool snt_sim_chance(const char *kind, unsigned per_million);

#ifdef __cplusplus
}
#endif
#endif
