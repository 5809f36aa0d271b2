/* SPDX-License-Identifier: MIT */
/*
 * An io_uring on bare system calls, as little as the raw loop needs, all of it
 * in line. Debian 12's liburing (2.3) and headers (6.1) know neither rings
 * without an index array nor what else newer kernels have, hence the numbers.
 *
 * The completions are read and the submissions written without a function
 * call; one enter does whatever there is to do. Not here: timeouts, SQPOLL,
 * a full completion ring (the kernel keeps what does not fit until an enter).
 */
#ifndef BENCH_RAWRING_H
#define BENCH_RAWRING_H

#include "rawcall.h"

#include <linux/io_uring.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef IORING_SETUP_NO_SQARRAY
#define IORING_SETUP_NO_SQARRAY (1U << 16)
#endif

struct ring {
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
	unsigned *sq_tail; /* shared with the kernel */
	unsigned *cq_head;
	unsigned *cq_tail;
	unsigned sq_mask, cq_mask;
	unsigned tail;   /* of what is written */
	unsigned told;   /* of what the kernel was told */
	unsigned number; /* of the registered ring */
};

/* A ring's descriptor or a negated errno. */
static int ring_create(unsigned sq, struct io_uring_params *params)
{
	int fd = (int)syscall(SYS_io_uring_setup, sq, params);

	if (fd < 0 && errno == EINVAL) { /* older than 6.6 */
		params->flags &= ~IORING_SETUP_NO_SQARRAY;
		fd = (int)syscall(SYS_io_uring_setup, sq, params);
	}
	return fd < 0 ? -errno : fd;
}

/* 0 or a negated errno. */
static int ring_open(struct ring *ring, unsigned sq, unsigned cq,
		     unsigned flags)
{
	struct io_uring_params params = { .cq_entries = cq };
	struct io_uring_rsrc_update update;
	size_t size;
	char *map;
	int fd;

	params.flags = flags | IORING_SETUP_CQSIZE | IORING_SETUP_SUBMIT_ALL |
		       IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_NO_SQARRAY;
	fd = ring_create(sq, &params);
	if (fd < 0)
		return fd;
	size = params.cq_off.cqes + params.cq_entries * sizeof(*ring->cqes);
	if (!(params.flags & IORING_SETUP_NO_SQARRAY))
		size += params.sq_entries * sizeof(uint32_t);
	map = mmap(NULL, size, PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_POPULATE, fd, IORING_OFF_SQ_RING);
	ring->sqes = mmap(NULL, params.sq_entries * sizeof(*ring->sqes),
			  PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd,
			  IORING_OFF_SQES);
	if (map == MAP_FAILED || ring->sqes == MAP_FAILED)
		return -errno;
	if (!(params.flags & IORING_SETUP_NO_SQARRAY))
		for (uint32_t i = 0; i < params.sq_entries; i++)
			((uint32_t *)(void *)(map + params.sq_off.array))[i] =
				i;
	ring->cqes = (void *)(map + params.cq_off.cqes);
	ring->sq_tail = (void *)(map + params.sq_off.tail);
	ring->cq_head = (void *)(map + params.cq_off.head);
	ring->cq_tail = (void *)(map + params.cq_off.tail);
	ring->sq_mask = params.sq_entries - 1;
	ring->cq_mask = params.cq_entries - 1;
	ring->tail = ring->told = 0;
	/* The kernel then need not look the ring up by descriptor. */
	update = (struct io_uring_rsrc_update){ -1U, 0, (unsigned)fd };
	if (syscall(SYS_io_uring_register, fd, IORING_REGISTER_RING_FDS,
		    &update, 1) != 1)
		return -errno;
	ring->number = update.offset;
	return 0;
}

/* Submits what is written and waits for that many completions. */
static inline long ring_enter(struct ring *ring, unsigned wanted)
{
	long took;

	__atomic_store_n(ring->sq_tail, ring->tail, __ATOMIC_RELEASE);
	took = raw_enter(ring->number, ring->tail - ring->told, wanted,
			 IORING_ENTER_GETEVENTS | IORING_ENTER_REGISTERED_RING);
	if (took > 0)
		ring->told += (unsigned)took;
	return took;
}

/* The next submission, all zero. */
static inline struct io_uring_sqe *ring_next(struct ring *ring)
{
	struct io_uring_sqe *sqe;

	while (__builtin_expect(ring->tail - ring->told > ring->sq_mask, 0))
		ring_enter(ring, 0);
	sqe = &ring->sqes[ring->tail++ & ring->sq_mask];
	memset(sqe, 0, sizeof(*sqe));
	return sqe;
}

#endif
