/* SPDX-License-Identifier: MIT */
/*
 * Ctrl-C as a cancel: every wait of the verb ends, it cleans up behind itself
 * (the file of a Unix socket, say), and the status tells which signal it was.
 */
#include "interrupt.h"

#include "exit_code.h"

#include <sennit.h>
#include <signal.h>

struct verb_run {
	int (*run)(void *arg);
	bool (*hangup)(void *arg); /* NULL: SIGHUP is not ours */
	void *arg;
	struct snt_signals *signals;
	struct snt_group *group;
	int status;
};

static int run_verb(void *arg)
{
	struct verb_run *verb = arg;
	int status = verb->run(verb->arg);

	/* A signal's verdict stands. */
	if (verb->status == STATUS_OK)
		verb->status = status;
	snt_group_cancel(verb->group);
	return 0;
}

static int watch_signals(void *arg)
{
	struct verb_run *verb = arg;
	int number;

	do
		number = snt_signals_wait(verb->signals);
	while (number == SIGHUP && verb->hangup(verb->arg));
	if (number > 0) {
		verb->status = STATUS_SIGNAL + number;
		snt_group_cancel(verb->group);
	}
	return 0;
}

static int start(struct verb_run *verb)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };

	SNT_TRY(snt_signals_open(&verb->signals, numbers,
				 verb->hangup != NULL ? 3 : 2));
	SNT_TRY(snt_group_open(&verb->group, NULL));
	SNT_TRY(snt_spawn(verb->group, watch_signals, verb,
			  &(struct snt_spawn_opts){ .name = "signals" }));
	return snt_spawn(verb->group, run_verb, verb,
			 &(struct snt_spawn_opts){ .name = "verb" });
}

int run_interruptible(int (*run)(void *arg), bool (*hangup)(void *arg),
		      void *arg)
{
	struct verb_run verb = { .run = run, .hangup = hangup, .arg = arg };
	int code = start(&verb);

	if (code == 0)
		code = snt_group_wait(verb.group);
	if (code < 0)
		verb.status = report(PHASE_CONNECT, code);
	snt_group_end(verb.group);
	snt_signals_close(verb.signals);
	return verb.status;
}
