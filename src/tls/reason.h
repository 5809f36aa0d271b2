/* SPDX-License-Identifier: MIT */
/* OpenSSL's own words for a failure: its queue of errors, which is the
 * thread's, read and emptied. */
#ifndef SNT_TLS_REASON_H
#define SNT_TLS_REASON_H

#include <sennit/base.h>

/* Before calls whose failure is to be told. */
void snt__tls_forget(void);

/* Records "what: reason", by the oldest error of the queue, and empties it.
 * -ENOMEM, -SNT_ETLS. */
int snt__tls_fail(const char *format, ...)
	__attribute__((format(printf, 1, 2), cold));

#endif
