/* SPDX-License-Identifier: MIT */
/*
 * What may be believed of a struct snt_addr that came from anywhere: its size
 * may be smaller than its family needs, or larger than the struct.
 */
#ifndef SNT_ADDR_VALUE_H
#define SNT_ADDR_VALUE_H

#include <sennit/addr.h>

/* What Linux has room for: a path and its NUL, or a NUL and a name. */
#define SNT__UNIX_NAME_MAX (sizeof(((struct sockaddr_un *)0)->sun_path) - 1)

/* AF_UNSPEC also when size does not even reach the family. */
int snt__addr_family(const struct snt_addr *addr);

/* Whether it is of that family and size covers all its fields. For AF_UNIX:
 * unnamed and abstract sockets, too. */
bool snt__addr_is(const struct snt_addr *addr, int family);

/*
 * The name of a Unix address and its length: 0 for an unnamed one; first byte
 * NUL for an abstract one, where further NULs may follow; else a path, without
 * its NUL, which may be missing. Only if snt__addr_is(addr, AF_UNIX).
 */
size_t snt__addr_unix_name(const struct snt_addr *addr, const char **name);

#endif
