/* SPDX-License-Identifier: MIT */
/*
 * What fibers use to wait for each other, on one thread or on several: each of
 * these calls may be made on any thread. Waiters are served in order. Closing
 * releases the thing; whoever still waits on it gets -EBADF, and nobody may
 * begin another call on it.
 * All waiting calls: -ECANCELED, -ETIMEDOUT, and then nothing was taken or
 * given; at a thread's first wait also -EMFILE, -ENFILE, -ENOMEM (what other
 * threads wake it with could not be made).
 */
#ifndef SENNIT_SYNC_H
#define SENNIT_SYNC_H

#include <sennit/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct snt_event;
struct snt_semaphore;
struct snt_mutex;
struct snt_channel;

/* A flag that can be waited for; born clear. -ENOMEM. */
SNT_API SNT_MUST_CHECK int snt_event_open(struct snt_event **event);
SNT_API void snt_event_set(struct snt_event *event); /* wakes all waiters */
SNT_API void snt_event_clear(struct snt_event *event);
SNT_API bool snt_event_is_set(const struct snt_event *event);
/* Waits until it is set. */
SNT_API SNT_MUST_CHECK int snt_event_wait(struct snt_event *event);
SNT_API void snt_event_close(struct snt_event *event);
SNT_API void snt_auto_event(struct snt_event **event);

/* A count of permits. -ENOMEM. */
SNT_API SNT_MUST_CHECK int snt_semaphore_open(struct snt_semaphore **semaphore,
					      size_t permits);
/* Takes one permit, or waits for one. */
SNT_API SNT_MUST_CHECK int
snt_semaphore_acquire(struct snt_semaphore *semaphore);
/* Gives one back; the longest waiter gets it. */
SNT_API void snt_semaphore_release(struct snt_semaphore *semaphore);
SNT_API size_t snt_semaphore_value(const struct snt_semaphore *semaphore);
SNT_API void snt_semaphore_close(struct snt_semaphore *semaphore);
SNT_API void snt_auto_semaphore(struct snt_semaphore **semaphore);

/* A lock held across waits; not recursive. A fiber that ends while it holds one
 * leaves it locked. -ENOMEM. */
SNT_API SNT_MUST_CHECK int snt_mutex_open(struct snt_mutex **mutex);
/* Waits until it is ours. -EDEADLK: the caller holds it already. */
SNT_API SNT_MUST_CHECK int snt_mutex_lock(struct snt_mutex *mutex);
/* -EPERM: the caller does not hold it. */
SNT_API int snt_mutex_unlock(struct snt_mutex *mutex);
SNT_API void snt_mutex_close(struct snt_mutex *mutex);
SNT_API void snt_auto_mutex(struct snt_mutex **mutex);

/*
 * A queue of values of item_size bytes each, copied in and out. capacity 0: a
 * sender waits until a receiver has taken its item. -ENOMEM, -EINVAL
 * (item_size 0).
 */
SNT_API SNT_MUST_CHECK int snt_channel_open(struct snt_channel **channel,
					    size_t item_size, size_t capacity);
/* Copies *item in, or waits for room. -EPIPE: after snt_channel_shutdown. */
SNT_API SNT_MUST_CHECK int snt_channel_send(struct snt_channel *channel,
					    const void *item);
/*
 * Copies the oldest item out, or waits for one. Returns 1, or 0 at the end:
 * after snt_channel_shutdown, once all that was sent has been received.
 */
SNT_API SNT_MUST_CHECK int snt_channel_recv(struct snt_channel *channel,
					    void *item);
/* No more sends. What is queued can still be received. */
SNT_API void snt_channel_shutdown(struct snt_channel *channel);
SNT_API size_t snt_channel_count(const struct snt_channel *channel);
SNT_API void snt_channel_close(struct snt_channel *channel);
SNT_API void snt_auto_channel(struct snt_channel **channel);

#ifdef __cplusplus
}
#endif
#endif
