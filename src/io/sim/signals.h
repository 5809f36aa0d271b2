/* SPDX-License-Identifier: MIT */
/* Signals of simulated hosts, and the descriptor that tells a thread of
 * something. As the functions of io.h; delivery stands in host.h. */
#ifndef SNT_IO_SIM_SIGNALS_H
#define SNT_IO_SIM_SIGNALS_H

#include "io/sim/file.h"

int snt__sim_signal_catch(int number, int notify_fd);
void snt__sim_signal_release(int number);
int snt__sim_signal_take(int number);

int snt__sim_notifier(void);
void snt__sim_notify(int fd);
void snt__sim_notify_clear(int fd);

#endif
