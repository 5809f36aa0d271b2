/* SPDX-License-Identifier: MIT */
/* Who is told of a file's edges; for file.c and the driver. */
#ifndef SNT_IO_SIM_POLLER_H
#define SNT_IO_SIM_POLLER_H

#include "io/sim/file.h"

/* The file is gone: nobody is told of it any more. */
void snt__sim_file_unwatch(struct snt__sim_file *file);

/* A thread's beginning, as world.h has it; the driver made it. At its end it is
 * told of nothing any more. */
void snt__sim_thread_init(struct snt__sim_thread *thread,
			  struct snt__sim_host *host);
void snt__sim_thread_unwatch(struct snt__sim_thread *thread);

#endif
