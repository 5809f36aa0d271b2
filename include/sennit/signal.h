/* SPDX-License-Identifier: MIT */
/*
 * Signals as something a fiber waits for. signal(7), sigaction(2).
 */
#ifndef SENNIT_SIGNAL_H
#define SENNIT_SIGNAL_H

#include <sennit/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct snt_signals;

/* Most signals that one handle keeps. */
#define SNT_SIGNALS_MAX 16

/*
 * From now on the numbered signals, sent to the process, are kept for
 * snt_signals_wait instead of acting; closing restores the former handlers.
 * One handle a signal: -EBUSY. -EINVAL (no such signal, SIGKILL, SIGSTOP and
 * the like, none or more than SNT_SIGNALS_MAX), -ENOMEM, -EMFILE, -ENFILE.
 */
SNT_API SNT_MUST_CHECK int snt_signals_open(struct snt_signals **signals,
					    const int *numbers, size_t count);

/*
 * Waits for one of them and returns its number. Signals of a kind that arrive
 * while nobody waits count once. -ECANCELED, -ETIMEDOUT, -EBADF (closed
 * meanwhile), -EBUSY (another fiber waits).
 */
SNT_API SNT_MUST_CHECK int snt_signals_wait(struct snt_signals *signals);

SNT_API void snt_signals_close(struct snt_signals *signals);
SNT_API void snt_auto_signals(struct snt_signals **signals);

#ifdef __cplusplus
}
#endif
#endif
