/* SPDX-License-Identifier: MIT */
/* One option, set on each descriptor of a handle, or asked of the first. All
 * word their failure with the option's name. */
#ifndef SNT_SOCKET_OPTION_H
#define SNT_SOCKET_OPTION_H

#include "socket/socket.h"

int snt__option_set(struct snt_socket *socket, int level, int option,
		    const void *value, socklen_t size, const char *name);
int snt__option_set_int(struct snt_socket *socket, int level, int option,
			int value, const char *name);
/*
 * What IPv4 and IPv6 each have an option for. An IPv6 socket that carries IPv4
 * too obeys both; on one that does not, the second is without effect.
 */
int snt__option_set_both(struct snt_socket *socket, int v4, int v6, int value,
			 const char *name);
int snt__option_get_int(const struct snt_socket *socket, int level, int option,
			int *value, const char *name);
int snt__option_get_bool(const struct snt_socket *socket, int level, int option,
			 bool *on, const char *name);
/* A short name, such as an interface's; returns its length. */
int snt__option_get_text(const struct snt_socket *socket, int level, int option,
			 char *text, size_t size, const char *name);

/* Whole units, rounded up, since 0 would mean the default; -1: no int. */
int snt__units(int64_t duration, int64_t unit);

#endif
