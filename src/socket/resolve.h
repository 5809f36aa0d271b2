/* SPDX-License-Identifier: MIT */
#ifndef SNT_SOCKET_RESOLVE_H
#define SNT_SOCKET_RESOLVE_H

#include "io/io.h"

/* Most addresses of one name that are looked at. */
#define SNT__ADDRS_MAX 32

/*
 * As snt_getaddrinfo, for a host that is known to be no literal. Writes at
 * most SNT__ADDRS_MAX and returns how many.
 */
int snt__resolve_name(const struct snt__lookup *lookup, struct snt_addr *addrs);

#endif
