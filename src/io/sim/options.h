/* SPDX-License-Identifier: MIT */
/* The options that are nothing but numbers: what they may be, and where in a
 * file's they are kept. For
 * option_set.c and option_get.c. */
#ifndef SNT_IO_SIM_OPTIONS_H
#define SNT_IO_SIM_OPTIONS_H

#include "io/sim/file.h"

/* Of snt__sim_options.other. What is kept is the difference from the option's
 * first value, so that all zero is how a socket is born. */
enum snt__sim_slot {
	SNT__SIM_FLAGS, /* a bit each */
	SNT__SIM_PRIORITY,
	SNT__SIM_MARK,
	SNT__SIM_RCVLOWAT,
	SNT__SIM_DEVICE,
	SNT__SIM_STAMP, /* the option that is on; 0: none */
	SNT__SIM_TIMESTAMPING,
	SNT__SIM_RCVTIMEO_SECONDS,
	SNT__SIM_RCVTIMEO_MICROSECONDS,
	SNT__SIM_SNDTIMEO_SECONDS,
	SNT__SIM_SNDTIMEO_MICROSECONDS,
	SNT__SIM_BUSY_POLL,
	SNT__SIM_PACING,
	SNT__SIM_INCOMING_CPU,
	SNT__SIM_COOKIE,
	SNT__SIM_TTL,
	SNT__SIM_TOS,
	SNT__SIM_MTU_DISCOVER,
	SNT__SIM_MINTTL,
	SNT__SIM_HOPS,
	SNT__SIM_TCLASS,
	SNT__SIM_MTU_DISCOVER6,
};

/* Those of SO_TIMESTAMP and SO_TIMESTAMPNS that count in 64 bits. */
#define SNT__SIM_TIMESTAMP_NEW 63
#define SNT__SIM_TIMESTAMPNS_NEW 64

enum snt__sim_rule {
	SNT__SIM_BIT,    /* on or off; place: number of a bit */
	SNT__SIM_MEMBER, /* on or off; place: of an int in snt__sim_options */
	SNT__SIM_NUMBER, /* place: a slot */
};

struct snt__sim_row {
	int level;
	int name;
	enum snt__sim_rule rule;
	unsigned place;
	int first;     /* what a socket is born with */
	int low, high; /* else -EINVAL */
	bool resets;   /* -1 means the first value */
	bool has_byte; /* of IPPROTO_IP: no value at all is -EINVAL */
};

/* NULL: none, or no plain number. */
const struct snt__sim_row *snt__sim_row(int level, int name);

int snt__sim_row_value(const struct snt__sim_file *file,
		       const struct snt__sim_row *row);
/* -EINVAL. */
int snt__sim_row_set(struct snt__sim_file *file, const struct snt__sim_row *row,
		     int value);

#endif
