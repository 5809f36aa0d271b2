/* SPDX-License-Identifier: MIT */
/* Interfaces as people name them. */
#ifndef SNT_SOCKET_INTERFACE_H
#define SNT_SOCKET_INTERFACE_H

/*
 * The index of the interface with that name or index (digits), or that has that
 * address: "eth0", "2", "192.0.2.1", "fe80::1". NULL or "": 0, which stands for
 * the system's choice. That an index is anybody's is not checked. -ENODEV, or
 * what asking failed with; what begins the failure's line.
 */
int snt__interface_index(const char *text, const char *what);

#endif
