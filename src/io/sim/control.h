/* SPDX-License-Identifier: MIT */
/* Control data of messages, cmsg(3), read and written as Linux does. */
#ifndef SNT_IO_SIM_CONTROL_H
#define SNT_IO_SIM_CONTROL_H

#include <stddef.h>
#include <sys/socket.h>

/* One item that a program sends. Its data may be unaligned: copy it. */
struct snt__sim_item {
	int level, type;
	const void *data;
	size_t size;
};

/* The item at *at, which begins as 0 and moves on. 1: there is one. 0: no
 * more. -EINVAL: its length is none. */
int snt__sim_control_next(const struct msghdr *message, size_t *at,
			  struct snt__sim_item *item);

/* What a program is told: room for it, and how much has been used. */
struct snt__sim_told {
	struct msghdr *message;
	size_t room, used;
};

/* Begins; nothing has been told yet. */
struct snt__sim_told snt__sim_told(struct msghdr *message);
/* One more item; what there is no room for is cut, and told by MSG_CTRUNC. */
void snt__sim_tell(struct snt__sim_told *told, int level, int type,
		   const void *data, size_t size);
/* Writes down how much it was. */
void snt__sim_told_end(const struct snt__sim_told *told);

/* As recvmsg(2) gives a name: cut to the room for it, its true size told. */
void snt__sim_tell_name(struct msghdr *message, const void *name, size_t size);

#endif
