/* SPDX-License-Identifier: MIT */
/*
 * Control data of messages: a walk over what a program sends, with the checks
 * that Linux makes, and items for what it is told. Built for one or two items a
 * message. A program's bytes may be unaligned, so headers are copied.
 */
#include "io/sim/control.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

int snt__sim_control_next(const struct msghdr *message, size_t *at,
			  struct snt__sim_item *item)
{
	size_t room =
		message->msg_control != NULL ? message->msg_controllen : 0;
	const uint8_t *bytes = message->msg_control;
	struct cmsghdr head;
	size_t length;

	if (*at > room || room - *at < sizeof head)
		return 0;
	memcpy(&head, bytes + *at, sizeof head);
	length = head.cmsg_len;
	if (length < sizeof head || length > room - *at)
		return -EINVAL;
	*item = (struct snt__sim_item){
		.level = head.cmsg_level,
		.type = head.cmsg_type,
		.data = bytes + *at + CMSG_LEN(0),
		.size = length - CMSG_LEN(0),
	};
	*at += CMSG_ALIGN(length);
	return 1;
}

struct snt__sim_told snt__sim_told(struct msghdr *message)
{
	size_t room =
		message->msg_control != NULL ? message->msg_controllen : 0;

	return (struct snt__sim_told){ .message = message, .room = room };
}

void snt__sim_tell(struct snt__sim_told *told, int level, int type,
		   const void *data, size_t size)
{
	size_t room = told->room - told->used;
	struct cmsghdr head;
	size_t space = CMSG_SPACE(size);
	uint8_t *at;

	if (room < sizeof head) {
		told->message->msg_flags |= MSG_CTRUNC;
		return;
	}
	at = (uint8_t *)told->message->msg_control + told->used;
	if (room < CMSG_LEN(size)) {
		told->message->msg_flags |= MSG_CTRUNC;
		size = room - CMSG_LEN(0);
	}
	memset(&head, 0, sizeof head);
	head.cmsg_level = level;
	head.cmsg_type = type;
	head.cmsg_len = (__typeof__(head.cmsg_len))CMSG_LEN(size);
	memcpy(at, &head, sizeof head);
	memcpy(at + CMSG_LEN(0), data, size);
	told->used += space < room ? space : room;
}

void snt__sim_told_end(const struct snt__sim_told *told)
{
	struct msghdr *message = told->message;

	message->msg_controllen =
		(__typeof__(message->msg_controllen))told->used;
}

void snt__sim_tell_name(struct msghdr *message, const void *name, size_t size)
{
	size_t room = message->msg_namelen;

	if (message->msg_name == NULL)
		return;
	if (size > 0)
		memcpy(message->msg_name, name, size < room ? size : room);
	message->msg_namelen = (socklen_t)size;
}
