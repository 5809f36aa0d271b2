/* SPDX-License-Identifier: MIT */
/* Sockets for mcast:// addresses. */
#ifndef CLI_GROUP_H
#define CLI_GROUP_H

#include "address.h"
#include "options.h"

/* One that hears the group and nothing else; others of this host may do so
 * beside it. Failures are snt_errmsg's. */
int group_hear(struct snt_socket **socket, const struct address *address);

/* One to send to the group and hear who answers; *to is where to. */
int group_ask(struct snt_socket **socket, const struct address *address,
	      const struct options *options, struct snt_addr *to);

/* The same for an address of all hosts of a network, by name or number. */
int broadcast_ask(struct snt_socket **socket, const struct address *address,
		  struct snt_addr *to);

#endif
