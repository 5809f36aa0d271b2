/* SPDX-License-Identifier: MIT */
/* From the options of tls:// addresses to the library's. */
#ifndef CLI_TLS_CONTEXT_H
#define CLI_TLS_CONTEXT_H

#include "address.h"
#include "options.h"

/* Refuses options of TLS where no address is tls://. 0, or a status. */
int tls_check_needed(const struct options *options, const char *verb,
		     const struct address *addresses, size_t count);

/* What a client asks for; texts are lent by the options. */
void tls_client_opts(struct snt_tls_opts *opts, const struct options *options);

/* The same on a server. */
void tls_server_opts(struct snt_tls_opts *opts, const struct options *options);

/* A client's context; NULL for an address without TLS. Warns of --insecure.
 * 0, or a status. */
int tls_client_open(struct snt_tls_context **context,
		    const struct options *options,
		    const struct address *address);

/* For printing: the day (UTC) of seconds since 1970, "2026-11-21". */
void tls_day(char *text, size_t size, int64_t seconds);

#endif
