/* SPDX-License-Identifier: MIT */
#include "tls/lock.h"

void snt__tls_lock_begin_anew(struct snt__tls_lock *lock)
{
	static pthread_mutex_t anew = PTHREAD_MUTEX_INITIALIZER;

	/* Two threads of the child may come at a time. */
	pthread_mutex_lock(&anew);
	if (atomic_load(&lock->forks) != snt__forks)
		snt__tls_lock_init(lock);
	pthread_mutex_unlock(&anew);
}
