/* SPDX-License-Identifier: MIT */
/*
 * A thread's scheduler: its fibers, those ready to run, its timers, and how it
 * waits. Whoever parks picks the next fiber and switches straight to it; when
 * none is ready, the parking fiber asks the poller on its own stack. So a lone
 * main needs no second stack, and a resume is one switch.
 *
 * Invariants: a fiber is in the ready queue exactly when its state is READY;
 * its timer is in the heap exactly when timed; events are turned into ready
 * fibers as one batch before any of them runs.
 */
#ifndef SNT_FIBER_THREAD_H
#define SNT_FIBER_THREAD_H

#include "base/error.h"
#include "base/heap.h"
#include "base/list.h"
#include "fiber/sanitizer.h"
#include "fiber/stack.h"
#include "io/fork.h"
#include "io/io.h"
#include "io/mailbox.h"
#include "io/poller.h"

#include <sennit/fiber.h>
#include <sennit/inspect.h>

enum snt__fiber_state {
	SNT__RUNNING,
	SNT__READY,
	SNT__PARKED,
	SNT__ENDED, /* kept for snt_join */
};

#define SNT__FIBER_NAME 16

/* Lies at the top of its own stack (main's in its thread), beside the frames
 * it runs, so that an idle fiber is one page. What a switch and a wait touch
 * comes first: one line of the cache. */
struct snt_fiber {
	void *place;                  /* where its stack was left */
	struct snt_fiber *next;       /* in the ready queue */
	int64_t deadline;             /* of the scopes in force */
	int64_t parked_at;            /* by the thread's clock */
	const char *waits;            /* parked: a static word for what for, */
	struct snt__handle *waits_on; /* or the (first) handle */
	int wake_code;                /* why the last park ended */
	uint8_t state;
	bool alert;     /* the next waiting call must look closer */
	bool cancelled; /* its group is */
	bool timed;
	bool keep;      /* somebody holds its handle */
	unsigned forks; /* snt__forks where it was made: see fork.c */
	struct snt__context context; /* snt__context points at it */
	uint64_t number;             /* never another's, on whatever thread */
	struct snt_scope *scope;
	struct snt__heap_node timer;
	struct snt_group *group;
	struct snt__link in_group;
	struct snt__link in_thread; /* while it lives; not main */
	int (*fn)(void *arg);
	void *arg;
	struct snt_fiber *joiner;
	struct snt__stack stack;
	int result;
	char name[SNT__FIBER_NAME];
#ifdef SNT__SANITIZER
	struct snt__sanitizer sanitizer;
#endif
};

struct snt__thread {
	struct snt_fiber *current;
	uint64_t id; /* its own, never given again; not 0 */
	struct snt_fiber *ready;
	struct snt_fiber *ready_last;
	size_t ready_count;
	size_t turn; /* fibers to run before the poller is asked again */
	/* In a simulated world: asked before each fiber which is next. */
	void (*shuffle)(struct snt__thread *thread);
	unsigned budget; /* calls the current fiber may do without waiting */
	struct snt__heap timers;
	struct snt__poller poller;
	const struct snt__poller_ops *spawn_ops;
	bool poller_open;
	int64_t spin;         /* how long to look before sleeping */
	size_t fibers;        /* alive, besides main */
	uint64_t last_number; /* of those ever spawned here, and main */
	struct snt__link all; /* those */
	int64_t clock;        /* read once a turn, for parked_at */
	int64_t hog_limit;
	void (*hog_hook)(void *arg, const struct snt_hog *hog);
	void *hog_arg;
	int64_t resumed_at;       /* with a hook: when the current fiber was */
	bool captive;             /* in a hook, or aside: nothing can wait */
	struct snt__aside *aside; /* see aside.h; NULL until it is used */
	struct snt_fiber *ended; /* its stack goes back after the next switch */
	struct snt_fiber *left;  /* where the last switch came from */
	struct snt__stacks stacks;
	struct snt__link
		starved; /* the socket floor's: who lacks descriptors */
	struct snt__mailbox mailbox;
	bool reachable; /* a letter wakes it */
	struct snt__link in_registry;
	struct snt_fiber main;
};

extern _Thread_local struct snt__thread *snt__self
	__attribute__((tls_model("initial-exec")));

/* The slow half of snt__thread_now: sets the thread up. Cannot fail. */
struct snt__thread *snt__thread_begin(void);

/* What that does, and undoes at the thread's end, to one that lies elsewhere:
 * it is snt__self from then on, until nobody is. */
void snt__thread_set_up(struct snt__thread *thread);
void snt__thread_take_down(void);

static inline struct snt__thread *snt__thread_now(void)
{
	struct snt__thread *thread = snt__self;

	return __builtin_expect(thread != NULL, 1) ? thread
						   : snt__thread_begin();
}

static inline struct snt_fiber *snt__fiber_now(void)
{
	return snt__thread_now()->current;
}

/* Opens the backend to begin on, where that can fail. */
int snt__thread_open_poller(struct snt__thread *thread);
/* The slow half of snt__thread_reachable. */
int snt__thread_listen(struct snt__thread *thread);

/* Before a park that another thread may end, and to be asked each time: what
 * is posted to this thread will wake it. -EMFILE, -ENFILE, -ENOMEM, -ENOSPC. */
static inline int snt__thread_reachable(struct snt__thread *thread)
{
	return __builtin_expect(thread->reachable, 1)
		       ? 0
		       : snt__thread_listen(thread);
}

/* Moves to the backend for many fibers. -EMFILE, -ENFILE, -ENOMEM. */
int snt__thread_move(struct snt__thread *thread);

/*
 * Parks the running fiber until it is woken (the waker's code), the scopes'
 * deadline or the given one passes (-ETIMEDOUT), or it is cancelled
 * (-ECANCELED). The caller has seen to it that somebody will wake it.
 */
int snt__park(int64_t deadline);

/* Parks until a letter that is on its way has been opened, out of reach of
 * cancel and deadlines. */
void snt__await(const bool *arrived);

/* Turns what the poller knows by now into ready fibers; runs none. */
void snt__poll_now(struct snt__thread *thread);

/* What the next park is for, in a word. */
static inline void snt__park_for(const char *word)
{
	snt__self->current->waits = word;
}

/* With a hog hook: the current fiber is about to let others run. */
void snt__tell_hog(struct snt__thread *thread);

/* Makes a parked fiber ready; false when it was woken already. */
bool snt__wake(struct snt_fiber *fiber, int code);

/* Runs other fibers for ever: the running one has ended. */
_Noreturn void snt__leave(struct snt__thread *thread, bool release);

/* First and last steps of a fiber's life on its own stack. */
void snt__arrive(struct snt__thread *thread);

void snt__make_ready(struct snt__thread *thread, struct snt_fiber *fiber);

/* Whether cancellation shows here: not inside a clean-up scope. */
bool snt__cancel_shows(const struct snt_fiber *fiber);
/* Recomputes what the scopes and the cancel mean for the next call. */
void snt__fiber_refresh(struct snt_fiber *fiber);

/* In a forked child: the fiber stayed with the parent, and never runs here. */
static inline bool snt__fiber_lost(const struct snt_fiber *fiber)
{
	return __builtin_expect(fiber->forks != snt__forks, 0);
}

/* In a forked child, on the thread that forked. */
void snt__thread_forked(void);
/* A fiber's function has returned in a child where nobody waits for it. */
_Noreturn void snt__fiber_stranded(const struct snt_fiber *fiber);

#endif
