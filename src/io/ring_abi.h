/* SPDX-License-Identifier: MIT */
/*
 * The part of the kernel's io_uring interface that ring.c and uring.c use, by
 * numbers that never change. Not <linux/io_uring.h>: Debian 12's lacks half of
 * this, and not every C library comes with the kernel's headers. Fields that
 * are not used have no name of their own. See io_uring_enter(2).
 */
#ifndef SNT_IO_RING_ABI_H
#define SNT_IO_RING_ABI_H

#include <stdint.h>

/* A request. */
struct snt__ring_sqe {
	uint8_t opcode;
	uint8_t flags;
	uint16_t priority;
	int32_t fd;
	uint64_t offset;
	uint64_t addr;     /* cancel: whose user_data */
	uint32_t len;      /* poll: POLL_ flags */
	uint32_t op_flags; /* poll: events; cancel: CANCEL_ flags */
	uint64_t user_data;
	uint64_t unused[3];
};

/* What became of one. */
struct snt__ring_cqe {
	uint64_t user_data;
	int32_t result;
	uint32_t flags;
};

/* Where things lie in the shared memory. */
struct snt__ring_sq_offsets {
	uint32_t head, tail, mask, entries, flags, dropped, array, unused;
	uint64_t user_addr;
};

struct snt__ring_cq_offsets {
	uint32_t head, tail, mask, entries, overflow, cqes, flags, unused;
	uint64_t user_addr;
};

struct snt__ring_params {
	uint32_t sq_entries, cq_entries, flags, thread_cpu, thread_idle;
	uint32_t features, wq_fd, unused[3];
	struct snt__ring_sq_offsets sq;
	struct snt__ring_cq_offsets cq;
};

struct snt__ring_timespec {
	int64_t seconds, nanoseconds;
};

/* With ENTER_EXT_ARG. */
struct snt__ring_enter_arg {
	uint64_t sigmask;
	uint32_t sigmask_size, unused;
	uint64_t timespec;
};

/* Of REGISTER_RING_FDS. */
struct snt__ring_update {
	uint32_t offset, unused;
	uint64_t data;
};

_Static_assert(sizeof(struct snt__ring_sqe) == 64, "kernel's");
_Static_assert(sizeof(struct snt__ring_cqe) == 16, "kernel's");
_Static_assert(sizeof(struct snt__ring_params) == 120, "kernel's");

#define SNT__RING_SETUP_CQSIZE (1u << 3)
#define SNT__RING_SETUP_CLAMP (1u << 4)
#define SNT__RING_SETUP_SUBMIT_ALL (1u << 7)
#define SNT__RING_SETUP_TASKRUN_FLAG (1u << 9)
#define SNT__RING_SETUP_SINGLE_ISSUER (1u << 12)
#define SNT__RING_SETUP_DEFER_TASKRUN (1u << 13)
#define SNT__RING_SETUP_NO_SQARRAY (1u << 16)

#define SNT__RING_FEATURE_SINGLE_MMAP (1u << 0)
#define SNT__RING_FEATURE_NODROP (1u << 1)
#define SNT__RING_FEATURE_EXT_ARG (1u << 8)
#define SNT__RING_FEATURE_CQE_SKIP (1u << 11)

#define SNT__RING_AT_SQES 0x10000000

#define SNT__RING_SQ_CQ_OVERFLOW (1u << 1)
#define SNT__RING_SQ_TASKRUN (1u << 2)

#define SNT__RING_ENTER_GETEVENTS (1u << 0)
#define SNT__RING_ENTER_EXT_ARG (1u << 3)
#define SNT__RING_ENTER_REGISTERED (1u << 4)

#define SNT__RING_REGISTER_RING_FDS 20
#define SNT__RING_UNREGISTER_RING_FDS 21

#define SNT__RING_OP_NOP 0
#define SNT__RING_OP_POLL_ADD 6
#define SNT__RING_OP_ASYNC_CANCEL 14

#define SNT__RING_SKIP_SUCCESS (1u << 6)
#define SNT__RING_POLL_MULTI (1u << 0)
#define SNT__RING_CANCEL_ALL (1u << 0)
#define SNT__RING_CANCEL_ANY (1u << 2)
#define SNT__RING_CQE_MORE (1u << 1)

#endif
