/* SPDX-License-Identifier: MIT */
/*
 * io_uring as a source of readiness: polls, which report edges.
 *
 * Built for the same load as epoll.c, many connections of which few are active.
 * A direction is asked for by polls that report once, and from its third wait on
 * by one that stays; requests gather and go in with the next wait's one system
 * call. recv and send stay plain calls.
 *
 * forget cancels at once and sees it done, because an armed poll holds the
 * file: close(2) alone would send no FIN. Completions of others that it meets
 * are kept in their slots (slots.h) for the next wait. Between two waits a
 * whole batch is turned into ready fibers before any of them runs.
 */
#include "base/alloc.h"
#include "io/io.h"
#include "io/poller.h"
#include "io/ring.h"
#include "io/slots.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

/* Requests between two waits before they go in early. There is room for twice
 * as many completions; one wait brings about twenty. */
#define ENTRIES 128

/* How far ahead what an event needs is called into the cache. */
#define AHEAD_SLOT 12
#define AHEAD_HANDLE 8
#define AHEAD_READER 4

/* A direction's polls for a single event, before one that stays. */
#define FIRST_POLLS 2u

/* In each the kernel completes some twenty of what came before. */
#define CANCEL_TRIES 1000

/* In a handle's `registered`: the direction's poll failed; polls[] says how. */
#define FAILED(direction) ((direction) << 4)

struct snt__uring {
	struct snt__ring ring;
	struct snt__slots slots;
	pid_t process;
};

typedef void fire_fn(struct snt__handle *handle, unsigned directions);

static int uring_open(struct snt__poller *poller)
{
	struct snt__uring *uring = snt__alloc(sizeof *uring);

	if (uring == NULL)
		return -ENOMEM;
	if (snt__ring_open_tried(&uring->ring, ENTRIES) < 0) {
		snt__free(uring);
		/* epoll means the same, and asks for less. */
		poller->ops = &snt__epoll_poller;
		return poller->ops->open(poller);
	}
	snt__slots_init(&uring->slots);
	uring->process = getpid();
	poller->uring = uring;
	return 0;
}

static unsigned directions_of(unsigned events)
{
	unsigned directions = 0;

	if (events & POLLIN)
		directions |= SNT__READ;
	if (events & POLLOUT)
		directions |= SNT__WRITE;
	/* With POLLRDBAND these are the words of a wake-up, which says "urgent"
	 * of any data; without, what the socket answered when asked. */
	if ((events & POLLRDHUP) ||
	    (events & (POLLPRI | POLLRDBAND)) == POLLPRI)
		directions |= SNT__READ | SNT__ODD;
	if (events & (POLLERR | POLLHUP | POLLNVAL))
		directions |= SNT__READ | SNT__WRITE | SNT__ODD;
	return directions;
}

/* What the completion means; the slot learns of its end. */
static unsigned take_completion(struct snt__slot *slot,
				const struct snt__ring_cqe *cqe)
{
	struct snt__handle *handle = slot->handle;
	unsigned directions = 0;

	if (cqe->result >= 0)
		directions = directions_of((unsigned)cqe->result);
	if (!(cqe->flags & SNT__RING_CQE_MORE)) {
		slot->ended = true;
		slot->result = (int16_t)(cqe->result < 0 ? cqe->result : 0);
		/* Whoever waits must try, and arm it anew. */
		directions |= slot->direction;
	}
	/* Two events and no try between them: the first may have been of urgent
	 * data, where a read stops short. */
	if (handle != NULL && (directions & SNT__READ) &&
	    ((handle->ready | slot->directions) & SNT__READ))
		handle->odd |= SNT__DOUBT;
	return directions;
}

/* After its last completion. A failure is for the next arm to tell. */
static void end_slot(struct snt__uring *uring, struct snt__slot *slot)
{
	struct snt__handle *handle = slot->handle;
	unsigned direction = slot->direction;

	if (handle != NULL) {
		handle->registered &= (uint8_t)~direction;
		if (slot->result < 0) {
			handle->registered |= (uint8_t)FAILED(direction);
			handle->polls[direction - 1] = (uint32_t)-slot->result;
		}
	}
	snt__slot_free(&uring->slots, slot);
}

/* Keeps what has completed, without telling anybody yet. */
static void keep_completions(struct snt__uring *uring)
{
	uint32_t at, end = snt__ring_completions(&uring->ring, &at);

	for (; at != end; at++) {
		const struct snt__ring_cqe *cqe =
			snt__ring_cqe(&uring->ring, at);
		struct snt__slot *slot =
			snt__slot_named(&uring->slots, cqe->user_data);

		if (slot == NULL)
			continue;
		slot->directions |= (uint8_t)take_completion(slot, cqe);
		if (slot->handle != NULL)
			snt__slot_keep(&uring->slots, slot);
		else if (slot->ended && !slot->kept)
			snt__slot_free(&uring->slots, slot);
	}
	snt__ring_walked(&uring->ring, end);
}

static bool tell_kept(struct snt__uring *uring, fire_fn *fire)
{
	struct snt__slot *slot;
	bool told = false;

	while ((slot = snt__slot_kept(&uring->slots)) != NULL) {
		struct snt__handle *handle = slot->handle;
		unsigned directions = slot->directions;

		slot->directions = 0;
		if (slot->ended)
			end_slot(uring, slot);
		if (handle != NULL) {
			fire(handle, directions);
			told = true;
		}
	}
	return told;
}

/* Hands over what is queued and keeps what that completes. */
static int turn_over(struct snt__uring *uring)
{
	int code = snt__ring_turn(&uring->ring, 0);

	keep_completions(uring);
	return code;
}

/* NULL and *code when there is no place for a request. */
static struct snt__ring_sqe *queue(struct snt__uring *uring, int *code)
{
	struct snt__ring_sqe *sqe = snt__ring_sqe(&uring->ring);

	*code = 0;
	if (sqe == NULL) {
		*code = turn_over(uring);
		sqe = snt__ring_sqe(&uring->ring);
	}
	return sqe;
}

/* Where poll(2) would do without it, memory is what is short. Not -EAGAIN,
 * which reads as "wait first". */
static int arm_error(int code)
{
	if (code == 0 || !snt__ring_is_lasting(code))
		return -ENOMEM;
	return code == -EBADF ? code : -EIO;
}

/*
 * A connection that is used once and closed should have no poll left to cancel,
 * which takes a call of its own: so the first polls are for one event each, and
 * only who comes back gets one that stays.
 */
static bool is_settled(struct snt__handle *handle, unsigned direction)
{
	/* READ counts in the lower half, WRITE in the upper. */
	unsigned count = direction == SNT__READ ? 0x01 : 0x10;
	unsigned mask = 0x0f * count;

	if ((handle->wanted & mask) == FIRST_POLLS * count)
		return true;
	handle->wanted += (uint8_t)count;
	return false;
}

static int add_poll(struct snt__uring *uring, struct snt__handle *handle,
		    unsigned direction)
{
	unsigned failed = FAILED(direction);
	struct snt__ring_sqe *sqe;
	uint32_t index;
	int code;

	if (handle->registered & failed) {
		handle->registered &= (uint8_t)~failed;
		return arm_error(-(int)handle->polls[direction - 1]);
	}
	if (snt__slots_reserve(&uring->slots) < 0)
		return -ENOMEM;
	sqe = queue(uring, &code);
	if (sqe == NULL)
		return code == -EBADF ? -EIO : arm_error(code);
	index = snt__slot_take(&uring->slots, handle, direction);
	snt__ring_fill_poll(sqe, handle->fd,
			    direction == SNT__READ
				    ? POLLIN | POLLRDHUP | POLLPRI | POLLRDBAND
				    : POLLOUT,
			    snt__slot_name(&uring->slots.table[index], index));
	if (is_settled(handle, direction))
		sqe->len = SNT__RING_POLL_MULTI;
	handle->polls[direction - 1] = index;
	handle->registered |= (uint8_t)direction;
	return 0;
}

static int uring_arm(struct snt__poller *poller, struct snt__handle *handle,
		     unsigned directions)
{
	unsigned missing = directions & ~(unsigned)handle->registered;
	int code = 0;

	if (missing == 0)
		return 0;
	if (missing & SNT__READ)
		code = add_poll(poller->uring, handle, SNT__READ);
	if (code == 0 && (missing & SNT__WRITE))
		code = add_poll(poller->uring, handle, SNT__WRITE);
	return code;
}

/* Edges cost nothing while nobody waits. */
static void uring_disarm(struct snt__poller *poller, struct snt__handle *handle,
			 unsigned directions)
{
	(void)poller;
	(void)handle;
	(void)directions;
}

/* The poll's name; SNT__RING_NOTHING: the kernel never saw it. A slot that has
 * ended is kept, and freed when its turn comes. */
static uint64_t leave_slot(struct snt__uring *uring, uint32_t index)
{
	struct snt__slot *slot = &uring->slots.table[index];
	uint64_t name = snt__slot_name(slot, index);
	struct snt__ring_sqe *sqe;

	slot->handle = NULL;
	sqe = snt__ring_queued(&uring->ring, name);
	if (sqe == NULL)
		return name;
	*sqe = (struct snt__ring_sqe){ .opcode = SNT__RING_OP_NOP,
				       .flags = SNT__RING_SKIP_SUCCESS,
				       .user_data = SNT__RING_NOTHING };
	snt__slot_free(&uring->slots, slot);
	return SNT__RING_NOTHING;
}

static bool is_gone(const struct snt__uring *uring, uint64_t name)
{
	const struct snt__slot *slot = snt__slot_named(&uring->slots, name);

	return slot == NULL || slot->ended;
}

/* Not POLL_REMOVE, which answers -EALREADY to a poll that is just waking up.
 * false: there is no place for the request. */
static bool ask_cancel(struct snt__uring *uring, uint64_t name)
{
	struct snt__ring_sqe *sqe;
	int code;

	if (is_gone(uring, name))
		return true;
	sqe = queue(uring, &code);
	if (sqe != NULL)
		snt__ring_fill_cancel(sqe, name);
	return sqe != NULL;
}

static void cancel(struct snt__uring *uring, const uint64_t names[2])
{
	bool asked[2] = { false, false };

	for (int i = 0; i < CANCEL_TRIES; i++) {
		int code;

		for (int n = 0; n < 2; n++)
			asked[n] = asked[n] || ask_cancel(uring, names[n]);
		code = turn_over(uring);
		if (is_gone(uring, names[0]) && is_gone(uring, names[1]))
			break;
		if (code < 0 && snt__ring_is_lasting(code))
			break;
	}
}

static void uring_forget(struct snt__poller *poller, struct snt__handle *handle)
{
	struct snt__uring *uring = poller->uring;
	uint64_t names[2] = { SNT__RING_NOTHING, SNT__RING_NOTHING };

	handle->wanted = 0;
	/* The poller may not even be open. */
	if (handle->registered == 0)
		return;
	for (unsigned i = 0; i < 2; i++)
		if (handle->registered & (SNT__READ << i))
			names[i] = leave_slot(uring, handle->polls[i]);
	handle->registered = 0;
	if (!is_gone(uring, names[0]) || !is_gone(uring, names[1]))
		cancel(uring, names);
}

static void prefetch_slot(const struct snt__uring *uring, uint32_t at)
{
	uint32_t index = (uint32_t)snt__ring_cqe(&uring->ring, at)->user_data;

	if (index < uring->slots.capacity)
		__builtin_prefetch(&uring->slots.table[index], 1);
}

/* NULL: there is none. */
static const struct snt__handle *handle_at(const struct snt__uring *uring,
					   uint32_t at)
{
	const struct snt__slot *slot = snt__slot_named(
		&uring->slots, snt__ring_cqe(&uring->ring, at)->user_data);

	return slot != NULL ? slot->handle : NULL;
}

static void call_ahead(const struct snt__uring *uring, uint32_t at,
		       uint32_t end)
{
	const struct snt__handle *handle;

	if (end - at > AHEAD_SLOT)
		prefetch_slot(uring, at + AHEAD_SLOT);
	if (end - at > AHEAD_HANDLE) {
		handle = handle_at(uring, at + AHEAD_HANDLE);
		if (handle != NULL)
			__builtin_prefetch(handle, 1);
	}
	if (end - at > AHEAD_READER) {
		handle = handle_at(uring, at + AHEAD_READER);
		if (handle != NULL)
			__builtin_prefetch(handle->reader, 1);
	}
}

/* Turns what has completed into ready fibers; whether there was anything. */
static bool tell_completions(struct snt__uring *uring, fire_fn *fire)
{
	uint32_t at, end = snt__ring_completions(&uring->ring, &at);
	bool told = false;

	for (uint32_t i = at; i != end && i != at + AHEAD_SLOT; i++)
		prefetch_slot(uring, i);
	for (uint32_t i = at; i != end && i != at + AHEAD_HANDLE; i++)
		__builtin_prefetch(handle_at(uring, i), 1);
	for (; at != end; at++) {
		const struct snt__ring_cqe *cqe =
			snt__ring_cqe(&uring->ring, at);
		struct snt__slot *slot =
			snt__slot_named(&uring->slots, cqe->user_data);
		struct snt__handle *handle;
		unsigned directions;

		call_ahead(uring, at, end);
		if (slot == NULL)
			continue;
		handle = slot->handle;
		directions = take_completion(slot, cqe);
		if (slot->ended)
			end_slot(uring, slot);
		if (handle != NULL)
			fire(handle, directions);
		told = true;
	}
	snt__ring_walked(&uring->ring, end);
	return told;
}

static int enter_until(struct snt__ring *ring, int64_t deadline)
{
	int64_t time = deadline;

	if (deadline != SNT_FOREVER && deadline > 0)
		time = deadline - snt__io->now();
	if (time <= 0 && !snt__ring_stirs(ring))
		return 0;
	return snt__ring_turn(ring, time > 0 ? time : 0);
}

static int uring_wait(struct snt__poller *poller, int64_t deadline,
		      fire_fn *fire)
{
	struct snt__uring *uring = poller->uring;
	bool told = tell_kept(uring, fire);
	int code = enter_until(&uring->ring, told ? 0 : deadline);

	if (tell_completions(uring, fire))
		told = true;
	return told ? 0 : code;
}

static bool uring_stirs(const struct snt__poller *poller)
{
	const struct snt__uring *uring = poller->uring;

	return uring->slots.kept_first != SNT__NO_SLOT ||
	       snt__ring_stirs(&uring->ring);
}

static void tell_nobody(struct snt__handle *handle, unsigned directions)
{
	(void)handle;
	(void)directions;
}

/* The kernel takes a ring down some time after its close, and its polls hold
 * the files until then. */
static void cancel_all(struct snt__uring *uring)
{
	struct snt__ring_sqe *sqe;
	int code;

	for (uint32_t i = 0; i < uring->slots.capacity; i++)
		uring->slots.table[i].handle = NULL;
	tell_kept(uring, tell_nobody);
	sqe = queue(uring, &code);
	if (sqe == NULL)
		return;
	snt__ring_fill_cancel(sqe, 0);
	sqe->op_flags = SNT__RING_CANCEL_ALL | SNT__RING_CANCEL_ANY;
	for (int i = 0; i < CANCEL_TRIES && uring->slots.used > 0; i++)
		if (turn_over(uring) < 0)
			break;
}

static void uring_close(struct snt__poller *poller)
{
	struct snt__uring *uring = poller->uring;

	/* A forked child must not write to the memory that it shares. */
	if (uring->slots.used > 0 && uring->process == getpid())
		cancel_all(uring);
	snt__ring_close(&uring->ring);
	snt__slots_release(&uring->slots);
	snt__free(uring);
	poller->uring = NULL;
}

const struct snt__poller_ops snt__uring_poller = {
	.name = "uring",
	.open = uring_open,
	.arm = uring_arm,
	.disarm = uring_disarm,
	.forget = uring_forget,
	.wait = uring_wait,
	.stirs = uring_stirs,
	.close = uring_close,
	.abandon = uring_close,
};
