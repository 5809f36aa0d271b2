/* SPDX-License-Identifier: MIT */
#ifndef CLI_DELIVERY_H
#define CLI_DELIVERY_H

#include <sennit.h>

/* How many bytes the other side's kernel has acknowledged so far (the base is
 * arbitrary); -1: no TCP, so nobody can tell. */
int64_t delivery_count(const struct snt_socket *socket);

/* How many bytes the kernel has taken from a connection, those that TLS made
 * included; -1 as above. */
int64_t delivery_taken(const struct snt_socket *socket);

/* Waits until delivery_count() is at least count. 0, or the negative code of
 * what came instead. */
int delivery_wait(const struct snt_socket *socket, int64_t count);

#endif
