/* SPDX-License-Identifier: MIT */
/*
 * Which backend a thread begins on, and which it moves to: what SENNIT_IO asks
 * for. Unset, or a word that is none of ours, counts as auto.
 */
#include "io/io.h"
#include "io/poller.h"

#include <stdlib.h>
#include <string.h>

void snt__kernel_backends(const struct snt__poller_ops **begin,
			  const struct snt__poller_ops **spawn)
{
	const char *asked = getenv("SENNIT_IO");

	*begin = &snt__direct_poller;
	*spawn = &snt__epoll_poller;
	if (asked == NULL)
		return;
	if (strcmp(asked, "direct") == 0)
		*spawn = &snt__direct_poller;
	else if (strcmp(asked, "epoll") == 0)
		*begin = &snt__epoll_poller;
}
