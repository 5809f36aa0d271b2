/* SPDX-License-Identifier: MIT */
/*
 * An io_uring by raw system calls: set up, fill the queue, enter, walk what
 * came back. It knows nothing of polls; uring.c does. Belongs to the thread
 * that opened it: no other may enter, nor a forked child.
 *
 * Deferred task work: nothing completes but inside snt__ring_enter, and about
 * 20 of what is ready complete in one.
 */
#ifndef SNT_IO_RING_H
#define SNT_IO_RING_H

#include "io/ring_abi.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct snt__ring {
	int fd;
	int enter_fd;         /* what enter is given: its registered number */
	uint32_t enter_flags; /* and how that is told */
	uint32_t sq_tail;     /* ours; the kernel learns of it when we enter */
	uint32_t sq_mask;
	uint32_t cq_mask;
	_Atomic uint32_t *sq_head;
	_Atomic uint32_t *sq_tail_shared;
	_Atomic uint32_t *sq_flags;
	_Atomic uint32_t *cq_head;
	_Atomic uint32_t *cq_tail;
	struct snt__ring_sqe *sqes;
	const struct snt__ring_cqe *cqes;
	void *memory;
	size_t memory_size;
};

/* The kernel's side, replaceable by tests. Failures are negated errnos. */
struct snt__ring_calls {
	int (*setup)(uint32_t entries, struct snt__ring_params *params);
	int (*enter)(int fd, uint32_t submit, uint32_t wanted, uint32_t flags,
		     const struct snt__ring_enter_arg *arg);
	int (*control)(int fd, uint32_t opcode, struct snt__ring_update *arg);
	int (*map)(void **memory, size_t size, int fd, uint32_t offset);
};

extern const struct snt__ring_calls snt__kernel_ring_calls;
extern _Thread_local const struct snt__ring_calls *snt__ring_calls
	__attribute__((tls_model("initial-exec")));

/* -ENOSYS, -EPERM: not allowed here; -EINVAL: the kernel is older than 6.1;
 * -EMFILE, -ENFILE, -ENOMEM. */
int snt__ring_open(struct snt__ring *ring, uint32_t entries);
void snt__ring_close(struct snt__ring *ring);

/*
 * The same, and the process's first is tried out with a poll: a filter may let
 * the set-up pass and forbid the rest. A lasting refusal is remembered.
 */
int snt__ring_open_tried(struct snt__ring *ring, uint32_t entries);
/* Whether that is possible here; tries when it is not known yet. */
bool snt__ring_works(void);
/* Whether a failure will be the same the next time. */
bool snt__ring_is_lasting(int code);

/* A request to fill in, all zero; it goes with the next enter. NULL: the queue
 * is full. */
struct snt__ring_sqe *snt__ring_sqe(struct snt__ring *ring);

/* A request for a poll of one event (with SNT__RING_POLL_MULTI as its len: of
 * each edge); and one that ends the request with that user_data, itself named so
 * that it tells nothing. */
void snt__ring_fill_poll(struct snt__ring_sqe *sqe, int fd, uint32_t events,
			 uint64_t user_data);
void snt__ring_fill_cancel(struct snt__ring_sqe *sqe, uint64_t user_data);
/* user_data of requests whose completion tells nothing. */
#define SNT__RING_NOTHING UINT64_MAX

/* The request with that user_data, if it has not been taken by the kernel yet;
 * NULL otherwise. */
struct snt__ring_sqe *snt__ring_queued(struct snt__ring *ring,
				       uint64_t user_data);

/*
 * Hands over what is queued, completes what is ready, and waits until there is
 * a completion or the time (nanoseconds, SNT_FOREVER; 0: only looks) is over.
 * Interrupted or late, it has done well: 0; also when it took only a part.
 * Otherwise a negative code. What was not taken stays queued.
 */
int snt__ring_enter(struct snt__ring *ring, int64_t time);

/* The same without handing over: what is ready completes even when the kernel
 * takes nothing more just now. Does not wait. */
int snt__ring_look(struct snt__ring *ring);

/* Enters, and looks where that fails: that the kernel takes nothing more must
 * not make us deaf. The code of the first. */
int snt__ring_turn(struct snt__ring *ring, int64_t time);

static inline uint32_t snt__ring_queue_length(const struct snt__ring *ring)
{
	return ring->sq_tail -
	       atomic_load_explicit(ring->sq_head, memory_order_acquire);
}

/* Completions that wait to be walked: [*head, end). */
static inline uint32_t snt__ring_completions(const struct snt__ring *ring,
					     uint32_t *head)
{
	*head = atomic_load_explicit(ring->cq_head, memory_order_relaxed);
	return atomic_load_explicit(ring->cq_tail, memory_order_acquire);
}

static inline const struct snt__ring_cqe *
snt__ring_cqe(const struct snt__ring *ring, uint32_t at)
{
	return &ring->cqes[at & ring->cq_mask];
}

/* They have been walked up to there. */
static inline void snt__ring_walked(struct snt__ring *ring, uint32_t end)
{
	atomic_store_explicit(ring->cq_head, end, memory_order_release);
}

/* Whether entering would do anything, told by the shared memory alone. */
static inline bool snt__ring_stirs(const struct snt__ring *ring)
{
	uint32_t head, end = snt__ring_completions(ring, &head);

	return head != end || snt__ring_queue_length(ring) > 0 ||
	       (atomic_load_explicit(ring->sq_flags, memory_order_relaxed) &
		(SNT__RING_SQ_TASKRUN | SNT__RING_SQ_CQ_OVERFLOW)) != 0;
}

#endif
