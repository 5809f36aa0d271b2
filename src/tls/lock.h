/* SPDX-License-Identifier: MIT */
/*
 * A lock for what any thread may use, held for no longer than OpenSSL computes.
 * In a forked child nobody has it: whoever did is in the parent.
 */
#ifndef SNT_TLS_LOCK_H
#define SNT_TLS_LOCK_H

#include "io/fork.h"

#include <pthread.h>
#include <stdatomic.h>

struct snt__tls_lock {
	pthread_mutex_t mutex;
	atomic_uint forks; /* snt__forks where it is */
};

void snt__tls_lock_begin_anew(struct snt__tls_lock *lock);

static inline void snt__tls_lock_init(struct snt__tls_lock *lock)
{
	pthread_mutex_init(&lock->mutex, NULL);
	atomic_store_explicit(&lock->forks, snt__forks, memory_order_release);
}

static inline void snt__tls_lock(struct snt__tls_lock *lock)
{
	if (__builtin_expect(
		    atomic_load_explicit(&lock->forks, memory_order_acquire) !=
			    snt__forks,
		    0))
		snt__tls_lock_begin_anew(lock);
	pthread_mutex_lock(&lock->mutex);
}

static inline void snt__tls_unlock(struct snt__tls_lock *lock)
{
	pthread_mutex_unlock(&lock->mutex);
}

#endif
