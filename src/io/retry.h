/* SPDX-License-Identifier: MIT */
/* EINTR stays below the table. */
#ifndef SNT_IO_RETRY_H
#define SNT_IO_RETRY_H

#include <errno.h>

/* For calls that can be interrupted only before they have done anything. The
 * result, or a negated errno. */
#define RETRY(call)                                                            \
	({                                                                     \
		__typeof__(call) retry_result;                                 \
		do                                                             \
			retry_result = (call);                                 \
		while (retry_result < 0 && errno == EINTR);                    \
		retry_result < 0 ? (__typeof__(call))-errno : retry_result;    \
	})

#endif
