/* SPDX-License-Identifier: MIT */
/* A line on stderr, where that is a terminal, that tells how things are now. */
#ifndef CLI_LIVE_H
#define CLI_LIVE_H

#include <sennit.h>

#define LIVE_TEXT 80

/* Between two drawings. */
#define LIVE_PAUSE (250 * SNT_MILLISECOND)

struct live {
	struct snt_socket *handle; /* NULL: no terminal, or not ours */
	bool drawn;
};

/* Whether there is to be one is found out here. Failures are snt_errmsg's. */
int live_open(struct live *live);

/* Draws it, in the place of the one before. Waits for the terminal. */
void live_draw(struct live *live, const char *text);

/* Before anything else goes to that terminal. */
void live_clear(struct live *live);

/* Leaves nothing of it. */
void live_close(struct live *live);

#endif
