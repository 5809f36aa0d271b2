/* SPDX-License-Identifier: MIT */
/*
 * The line stands below the one where the cursor is, and the cursor goes back:
 * so whoever types on that terminal, and what the tool writes there, have their
 * own line, and need not know of it. Once they are done with theirs the cursor
 * is on this one, of which the next drawing clears the rest first.
 *
 * It goes through a handle: a terminal that was stopped (Ctrl-S) holds the fiber
 * that draws, and not the sessions.
 */
#include "live.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* To the end of the screen. */
#define CLEAR "\033[J"
/* One down, with what is there moved up if need be, and up again. */
#define MAKE_ROOM "\033D\033[A"
#define SAVE "\0337"
#define DOWN "\033[B\r"
#define RESTORE "\0338"
/* What is too long for the terminal is cut. */
#define NO_WRAP "\033[?7l"
#define WRAP "\033[?7h"

#define BEFORE CLEAR MAKE_ROOM SAVE DOWN NO_WRAP
#define BEHIND WRAP RESTORE

int live_open(struct live *live)
{
	const char *kind = getenv("TERM");

	*live = (struct live){ 0 };
	if (!isatty(STDERR_FILENO) || kind == NULL || kind[0] == '\0' ||
	    strcmp(kind, "dumb") == 0)
		return 0;
	return snt_fromfd(&live->handle, STDERR_FILENO);
}

/* A shell has us in the background: somebody else is at work there. */
static bool in_background(void)
{
	pid_t group = tcgetpgrp(STDERR_FILENO);

	return group >= 0 && group != getpgrp();
}

void live_draw(struct live *live, const char *text)
{
	char line[LIVE_TEXT + sizeof BEFORE BEHIND];
	int length;

	if (live->handle == NULL || in_background())
		return;
	length = snprintf(line, sizeof line, BEFORE "%.*s" BEHIND, LIVE_TEXT,
			  text);
	live->drawn = true;
	/* The next one comes soon. */
	(void)!snt_sendall(live->handle, line, (size_t)length);
}

void live_clear(struct live *live)
{
	if (!live->drawn)
		return;
	snt_cleanup_scope(SNT_SECOND);
	live->drawn = false;
	(void)!snt_sendall(live->handle, CLEAR, strlen(CLEAR));
}

void live_close(struct live *live)
{
	live_clear(live);
	snt_close(live->handle);
	live->handle = NULL;
}
