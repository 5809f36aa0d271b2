/* SPDX-License-Identifier: MIT */
/*
 * What goes with a message over a Unix socket: descriptors, and who sent it,
 * unix(7). A descriptor under way is a reference to its file. All programs of a
 * host are one process of its superuser, whose number is the host's and one.
 */
#include "io/sim/unix_message.h"

#include <string.h>

/* SCM_MAX_FD. */
#define FILES_MAX 253
/* Whom Linux names where it did not ask. */
#define NOBODY 65534

static int take_files(struct snt__sim_unix_control *control,
		      const struct snt__sim_item *item)
{
	size_t count = item->size / sizeof(int);

	if (count == 0)
		return 0;
	if (control->count + count > FILES_MAX)
		return -EINVAL;
	if (control->files == NULL)
		control->files =
			snt__sim_alloc(FILES_MAX * sizeof control->files[0]);
	for (size_t i = 0; i < count; i++) {
		struct snt__sim_file *file;
		int fd;

		memcpy(&fd, (const char *)item->data + i * sizeof fd,
		       sizeof fd);
		file = snt__sim_fd_file(fd);
		if (file == NULL)
			return -EBADF;
		file->refs++;
		control->files[control->count++] = file;
	}
	return 0;
}

static int take_credentials(struct snt__sim_unix_control *control,
			    const struct snt__sim_host *host,
			    const struct snt__sim_item *item)
{
	struct ucred given;

	if (item->size != sizeof given)
		return -EINVAL;
	memcpy(&given, item->data, sizeof given);
	if (given.pid != (pid_t)host->number + 1)
		return -ESRCH;
	control->credentials = true;
	return 0;
}

int snt__sim_unix_take_control(struct snt__sim_unix_control *control,
			       const struct snt__sim_unix *sock,
			       const struct msghdr *message)
{
	struct snt__sim_item item;
	size_t at = 0;
	int code = 0;

	while (code == 0) {
		code = snt__sim_control_next(message, &at, &item);
		if (code == 0)
			return 0;
		if (code < 0)
			break;
		code = 0;
		if (item.level != SOL_SOCKET)
			continue;
		if (item.type == SCM_RIGHTS)
			code = take_files(control, &item);
		else if (item.type == SCM_CREDENTIALS)
			code = take_credentials(control, sock->file.host,
						&item);
		else
			code = -EINVAL;
	}
	snt__sim_unix_drop_control(control);
	return code;
}

void snt__sim_unix_drop_control(struct snt__sim_unix_control *control)
{
	for (size_t i = 0; i < control->count; i++)
		snt__sim_file_drop(control->files[i]);
	snt__sim_free(control->files);
	*control = (struct snt__sim_unix_control){ .count = 0 };
}

void snt__sim_unix_attach(struct snt__sim_unix_message *message,
			  struct snt__sim_unix_control *control,
			  const struct snt__sim_unix *receiver)
{
	message->has_credentials = control->credentials ||
				   message->sender->passes_credentials ||
				   receiver->passes_credentials;
	message->files = control->files;
	message->file_count = control->count;
	control->files = NULL;
	control->count = 0;
}

void snt__sim_unix_tell_sender(struct snt__sim_told *told,
			       const struct snt__sim_unix *sock,
			       const struct snt__sim_unix_message *from)
{
	struct ucred sender = { 0, NOBODY, NOBODY };

	if (!sock->passes_credentials)
		return;
	if (from->has_credentials)
		sender = (struct ucred){
			(pid_t)from->sender->file.host->number + 1, 0, 0
		};
	snt__sim_tell(told, SOL_SOCKET, SCM_CREDENTIALS, &sender,
		      sizeof sender);
}

void snt__sim_unix_tell_files(struct snt__sim_told *told,
			      struct snt__sim_unix_message *from, bool peek)
{
	size_t room = told->room - told->used, most = 0, placed = 0;
	int fds[FILES_MAX];

	if (room > CMSG_LEN(0))
		most = (room - CMSG_LEN(0)) / sizeof fds[0];
	while (placed < from->file_count && placed < most) {
		fds[placed] = snt__sim_fd_place(from->files[placed]);
		if (fds[placed] < 0)
			break;
		placed++;
	}
	if (placed > 0)
		snt__sim_tell(told, SOL_SOCKET, SCM_RIGHTS, fds,
			      placed * sizeof fds[0]);
	if (placed < from->file_count)
		told->message->msg_flags |= MSG_CTRUNC;
	if (peek)
		return;
	for (size_t i = 0; i < from->file_count; i++)
		snt__sim_file_drop(from->files[i]);
	snt__sim_free(from->files);
	from->files = NULL;
	from->file_count = 0;
}

void snt__sim_unix_tell_name(struct msghdr *message,
			     const struct snt__sim_unix *sender)
{
	if (sender->name != NULL)
		snt__sim_tell_name(message, &sender->name->addr.sa,
				   sender->name->addr.size);
	else
		message->msg_namelen = 0;
}

void snt__sim_unix_tell_nothing(struct msghdr *message)
{
	message->msg_flags = 0;
	message->msg_namelen = 0;
	message->msg_controllen = 0;
}
