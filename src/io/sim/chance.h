/* SPDX-License-Identifier: MIT */
/* The faults of a world: which may happen, which did. */
#ifndef SNT_IO_SIM_CHANCE_H
#define SNT_IO_SIM_CHANCE_H

#include "io/sim/world.h"

/* Sites are hosts' numbers, or of a link both: from << 16 | to. */
struct snt__sim_fault_name {
	char kind[16];
	uint32_t site;
	uint32_t count;
};

/* only: see struct snt_sim_opts. -EINVAL: not a list of faults. */
int snt__sim_faults_begin(const char *only);
void snt__sim_faults_end(void);

/* The room that the text of all faults needs; that text (none into NULL), and
 * their counts. */
size_t snt__sim_faults_size(void);
void snt__sim_faults_tell(struct snt_sim_report *report, char *text,
			  size_t size);

/* The longest name of a fault as text, two hosts' names included. */
#define SNT__SIM_FAULT 192

#endif
