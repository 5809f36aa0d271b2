/* SPDX-License-Identifier: MIT */
/* Waiting for a descriptor: the bridge between fibers and the poller. */
#ifndef SNT_FIBER_WAIT_H
#define SNT_FIBER_WAIT_H

#include "fiber/thread.h"

/*
 * Parks the running fiber until the handle may go on in that direction
 * (SNT__READ or SNT__WRITE). -ECANCELED, -ETIMEDOUT; -EBADF: closed meanwhile,
 * the handle is gone; -EBUSY: another fiber waits for the same; -EPERM: the
 * handle waits on another thread; -ENOMEM, -ENOSPC.
 */
int snt__wait(struct snt__handle *handle, unsigned direction, int64_t deadline);

/*
 * The same for any of several handles in one direction. None may have a
 * waiter. On -EBADF all of them are gone.
 */
int snt__wait_any(struct snt__handle *const *handles, size_t count,
		  unsigned direction, int64_t deadline);

/* Whoever waits gets -EBADF; the poller forgets the handle. The descriptor is
 * the caller's to close or keep. */
void snt__handle_end(struct snt__handle *handle);

#endif
