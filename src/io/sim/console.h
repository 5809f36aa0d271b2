/* SPDX-License-Identifier: MIT */
/* Standard input and output of simulated hosts. */
#ifndef SNT_IO_SIM_CONSOLE_H
#define SNT_IO_SIM_CONSOLE_H

#include "io/sim/file.h"

/* The one file behind a host's descriptors 0 to 2, with no reference yet;
 * whoever has opened and closed all of them has given it back. */
struct snt__sim_file *snt__sim_console(struct snt__sim_host *host);

#endif
