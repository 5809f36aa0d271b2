/* SPDX-License-Identifier: MIT */
/* To whom endpoints and sessions belong: the thread that opened them, in the
 * process that did. */
#include "seq/endpoint.h"

#include "fiber/registry.h"

int snt__seq_home_check(const struct snt__seq_home *home)
{
	if (home->forks != snt__forks)
		return -SNT_EFORK;
	return home->thread == snt__thread_now()->id ? 0 : -SNT_ETHREAD;
}

bool snt__seq_is_home(const struct snt__seq_home *home)
{
	return snt__seq_home_check(home) == 0;
}

bool snt__seq_close_elsewhere(struct snt__seq_home *home,
			      void (*open)(struct snt__letter *letter))
{
	if (snt__seq_home_check(home) != -SNT_ETHREAD)
		return false;
	home->closing.open = open;
	/* A thread that has ended has no use for it any more. */
	return snt__registry_post(home->thread, &home->closing, NULL);
}
