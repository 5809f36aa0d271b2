/* SPDX-License-Identifier: MIT */
/*
 * Which backend a thread begins on, and which it moves to: what SENNIT_IO asks
 * for. Unset, or a word that is none of ours, counts as auto. Where io_uring is
 * not allowed uring opens epoll instead; that is seen when it is opened, so a
 * thread that never spawns asks nothing of the kernel.
 */
#include "io/kernel.h"
#include "io/poller.h"
#include "io/ring.h"

#include <stdlib.h>
#include <string.h>

/* What auto moves to. docs/decisions.md has the reasons. */
#define AUTO snt__uring_poller

void snt__kernel_backends(const struct snt__poller_ops **begin,
			  const struct snt__poller_ops **spawn)
{
	const char *asked = getenv("SENNIT_IO");

	*begin = &snt__direct_poller;
	*spawn = &AUTO;
	if (asked == NULL)
		return;
	if (strcmp(asked, "direct") == 0)
		*spawn = &snt__direct_poller;
	else if (strcmp(asked, "epoll") == 0)
		*begin = *spawn = &snt__epoll_poller;
	else if (strcmp(asked, "uring") == 0)
		*begin = *spawn = &snt__uring_poller;
}

bool snt__kernel_has_backend(const char *name)
{
	if (strcmp(name, "uring") == 0)
		return snt__ring_works();
	return strcmp(name, "direct") == 0 || strcmp(name, "epoll") == 0;
}
