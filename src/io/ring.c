/* SPDX-License-Identifier: MIT */
/*
 * The ring that ring.h describes.
 *
 * Raw system calls, because the liburing of Debian 12 is older than
 * NO_SQARRAY, and because polling needs three operations of it. The calls go
 * through a table: a call is made once for some twenty messages, so that costs
 * nothing measurable. Never with a kernel thread that polls (SQPOLL).
 */
#include "io/ring.h"

#include "io/system_call.h"

#include <sennit/base.h>
#include <sys/mman.h>

#define FLAGS                                                                  \
	(SNT__RING_SETUP_SINGLE_ISSUER | SNT__RING_SETUP_DEFER_TASKRUN |       \
	 SNT__RING_SETUP_SUBMIT_ALL | SNT__RING_SETUP_TASKRUN_FLAG |           \
	 SNT__RING_SETUP_CLAMP)

#define FEATURES                                                               \
	(SNT__RING_FEATURE_SINGLE_MMAP | SNT__RING_FEATURE_NODROP |            \
	 SNT__RING_FEATURE_EXT_ARG | SNT__RING_FEATURE_CQE_SKIP)

/* Of REGISTER_RING_FDS: any number that is free. */
#define ANY_NUMBER UINT32_MAX

static int kernel_setup(uint32_t entries, struct snt__ring_params *params)
{
	return (int)SNT__CALL(SYS_io_uring_setup,
			      syscall(SYS_io_uring_setup, entries, params),
			      entries, params, 0, 0, 0, 0);
}

static int kernel_enter(int fd, uint32_t submit, uint32_t wanted,
			uint32_t flags, const struct snt__ring_enter_arg *arg)
{
	size_t size = arg != NULL ? sizeof *arg : 0;

	return (int)SNT__CALL(SYS_io_uring_enter,
			      syscall(SYS_io_uring_enter, fd, submit, wanted,
				      flags, arg, size),
			      fd, submit, wanted, flags, arg, size);
}

static int kernel_control(int fd, uint32_t opcode, struct snt__ring_update *arg)
{
	return (int)SNT__CALL(
		SYS_io_uring_register,
		syscall(SYS_io_uring_register, fd, opcode, arg, 1), fd, opcode,
		arg, 1, 0, 0);
}

static int kernel_map(void **memory, size_t size, int fd, uint32_t offset)
{
	void *mapped = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_POPULATE, fd, (off_t)offset);

	if (mapped == MAP_FAILED)
		return -errno;
	*memory = mapped;
	return 0;
}

const struct snt__ring_calls snt__kernel_ring_calls = {
	.setup = kernel_setup,
	.enter = kernel_enter,
	.control = kernel_control,
	.map = kernel_map,
};

_Thread_local const struct snt__ring_calls *snt__ring_calls =
	&snt__kernel_ring_calls;

/* Before 6.6 a request went by an index, always the same for us. */
static void fill_indices(const struct snt__ring_params *params, char *memory)
{
	uint32_t *array = (uint32_t *)(void *)(memory + params->sq.array);

	if (params->flags & SNT__RING_SETUP_NO_SQARRAY)
		return;
	for (uint32_t i = 0; i < params->sq_entries; i++)
		array[i] = i;
}

static void find_parts(struct snt__ring *ring,
		       const struct snt__ring_params *params)
{
	char *memory = ring->memory;

#define PART(offset) ((_Atomic uint32_t *)(void *)(memory + (offset)))
	ring->sq_head = PART(params->sq.head);
	ring->sq_tail_shared = PART(params->sq.tail);
	ring->sq_flags = PART(params->sq.flags);
	ring->cq_head = PART(params->cq.head);
	ring->cq_tail = PART(params->cq.tail);
#undef PART
	ring->cqes = (const void *)(memory + params->cq.cqes);
	ring->sq_mask = params->sq_entries - 1;
	ring->cq_mask = params->cq_entries - 1;
}

static size_t sqes_size(const struct snt__ring *ring)
{
	return (ring->sq_mask + (size_t)1) * sizeof ring->sqes[0];
}

static int map(struct snt__ring *ring, const struct snt__ring_params *params)
{
	size_t queue = params->sq.array + params->sq_entries * sizeof(uint32_t);
	size_t completions =
		params->cq.cqes + params->cq_entries * sizeof ring->cqes[0];
	void *sqes;
	int code;

	ring->memory_size = queue > completions ? queue : completions;
	code = snt__ring_calls->map(&ring->memory, ring->memory_size, ring->fd,
				    0);
	if (code < 0)
		return code;
	find_parts(ring, params);
	code = snt__ring_calls->map(&sqes, sqes_size(ring), ring->fd,
				    SNT__RING_AT_SQES);
	if (code < 0) {
		munmap(ring->memory, ring->memory_size);
		return code;
	}
	ring->sqes = sqes;
	fill_indices(params, ring->memory);
	return 0;
}

/* Saves the kernel the look-up of the descriptor at each call. A thread may
 * register 16; without, it works as well. */
static void register_ring(struct snt__ring *ring)
{
	struct snt__ring_update update = { .offset = ANY_NUMBER,
					   .data = (uint64_t)ring->fd };

	ring->enter_fd = ring->fd;
	ring->enter_flags = SNT__RING_ENTER_GETEVENTS;
	if (snt__ring_calls->control(ring->fd, SNT__RING_REGISTER_RING_FDS,
				     &update) != 1)
		return;
	ring->enter_fd = (int)update.offset;
	ring->enter_flags |= SNT__RING_ENTER_REGISTERED;
}

int snt__ring_open(struct snt__ring *ring, uint32_t entries)
{
	struct snt__ring_params params = {
		.flags = FLAGS | SNT__RING_SETUP_NO_SQARRAY
	};
	int code;

	*ring = (struct snt__ring){ .fd = -1 };
	ring->fd = snt__ring_calls->setup(entries, &params);
	if (ring->fd == -EINVAL) {
		params = (struct snt__ring_params){ .flags = FLAGS };
		ring->fd = snt__ring_calls->setup(entries, &params);
	}
	if (ring->fd < 0)
		return ring->fd;
	code = (params.features & FEATURES) == FEATURES ? map(ring, &params)
							: -EINVAL;
	if (code < 0) {
		close(ring->fd);
		return code;
	}
	register_ring(ring);
	return 0;
}

void snt__ring_close(struct snt__ring *ring)
{
	struct snt__ring_update update = { .offset = (uint32_t)ring->enter_fd };

	/* As long as it is registered the ring lives on. */
	if (ring->enter_flags & SNT__RING_ENTER_REGISTERED)
		snt__ring_calls->control(
			ring->fd, SNT__RING_UNREGISTER_RING_FDS, &update);
	munmap(ring->sqes, sqes_size(ring));
	munmap(ring->memory, ring->memory_size);
	close(ring->fd);
}

struct snt__ring_sqe *snt__ring_sqe(struct snt__ring *ring)
{
	struct snt__ring_sqe *sqe = &ring->sqes[ring->sq_tail & ring->sq_mask];

	if (snt__ring_queue_length(ring) > ring->sq_mask)
		return NULL;
	ring->sq_tail++;
	*sqe = (struct snt__ring_sqe){ 0 };
	return sqe;
}

void snt__ring_fill_poll(struct snt__ring_sqe *sqe, int fd, uint32_t events,
			 uint64_t user_data)
{
	sqe->opcode = SNT__RING_OP_POLL_ADD;
	sqe->fd = fd;
	sqe->op_flags = events;
	sqe->user_data = user_data;
}

void snt__ring_fill_cancel(struct snt__ring_sqe *sqe, uint64_t user_data)
{
	sqe->opcode = SNT__RING_OP_ASYNC_CANCEL;
	sqe->fd = -1;
	sqe->flags = SNT__RING_SKIP_SUCCESS;
	sqe->addr = user_data;
	sqe->user_data = SNT__RING_NOTHING;
}

struct snt__ring_sqe *snt__ring_queued(struct snt__ring *ring,
				       uint64_t user_data)
{
	uint32_t length = snt__ring_queue_length(ring);

	for (uint32_t i = 1; i <= length; i++) {
		struct snt__ring_sqe *sqe =
			&ring->sqes[(ring->sq_tail - i) & ring->sq_mask];

		if (sqe->user_data == user_data)
			return sqe;
	}
	return NULL;
}

static int enter(struct snt__ring *ring, uint32_t submit, int64_t time)
{
	struct snt__ring_timespec left = { time / SNT_SECOND,
					   time % SNT_SECOND };
	struct snt__ring_enter_arg arg = { .timespec =
						   (uint64_t)(uintptr_t)&left };
	bool timed = time != 0 && time != SNT_FOREVER;
	int code = snt__ring_calls->enter(
		ring->enter_fd, submit, time != 0,
		ring->enter_flags | (timed ? SNT__RING_ENTER_EXT_ARG : 0),
		timed ? &arg : NULL);

	return code == -EINTR || code == -ETIME ? 0 : code;
}

int snt__ring_enter(struct snt__ring *ring, int64_t time)
{
	int code;

	atomic_store_explicit(ring->sq_tail_shared, ring->sq_tail,
			      memory_order_release);
	code = enter(ring, snt__ring_queue_length(ring), time);
	if (code < 0)
		return code;
	/* Short of memory it takes a part, looks no further and counts it. */
	return code == 0 && snt__ring_queue_length(ring) > 0 ? -EAGAIN : 0;
}

int snt__ring_look(struct snt__ring *ring)
{
	return enter(ring, 0, 0);
}

int snt__ring_turn(struct snt__ring *ring, int64_t time)
{
	int code = snt__ring_enter(ring, time);

	if (code < 0)
		snt__ring_look(ring);
	return code;
}
