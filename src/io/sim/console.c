/* SPDX-License-Identifier: MIT */
/*
 * The console of a simulated host. Nobody types, so input is at its end; and
 * what is written is a line of the trace, unprintable bytes as dots, the longer
 * rest cut off. It is no terminal and no socket, and never in the way.
 */
#include "io/sim/poller.h"

#define LINE 200
/* For a host's first descriptors. */
#define ROOM 16

static ptrdiff_t console_recv(struct snt__sim_file *file,
			      struct msghdr *message, int flags)
{
	(void)file;
	(void)message;
	(void)flags;
	return 0;
}

/* Of all bytes, so that two runs that wrote another thing differ. */
static uint64_t digest(const struct msghdr *message)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < (size_t)message->msg_iovlen; i++) {
		const struct iovec *buffer = &message->msg_iov[i];

		for (size_t at = 0; at < buffer->iov_len; at++)
			hash = (hash ^
				((const uint8_t *)buffer->iov_base)[at]) *
			       UINT64_C(0x100000001b3);
	}
	return hash;
}

static ptrdiff_t console_send(struct snt__sim_file *file,
			      const struct msghdr *message, int flags)
{
	size_t size = snt__sim_message_size(message);
	char line[LINE];
	size_t length = snt__sim_gather(message, 0, line, sizeof line);

	(void)flags;
	if (length > 0 && line[length - 1] == '\n')
		length--;
	for (size_t i = 0; i < length; i++)
		if (line[i] < ' ' || line[i] > '~')
			line[i] = '.';
	snt__sim_trace(file->host, "write", (int64_t)size,
		       (int64_t)digest(message), "%.*s", (int)length, line);
	return (ptrdiff_t)size;
}

static unsigned console_ready(const struct snt__sim_file *file)
{
	(void)file;
	return SNT__READ | SNT__WRITE | SNT__ODD;
}

static const struct snt__sim_file_ops console_ops = {
	.kind = "console",
	.send = console_send,
	.recv = console_recv,
	.ready = console_ready,
};

/* One file for all three, which no close of theirs gives back. */
void snt__sim_console_begin(struct snt__sim_host *host)
{
	struct snt__sim_file *file = snt__sim_alloc(sizeof *file);

	file->host = host;
	snt__sim_file_init(file, &console_ops, AF_UNSPEC, 0, 0);
	file->refs = 1;
	host->console = file;
	host->file_room = ROOM;
	host->files = snt__sim_alloc(ROOM * sizeof(void *));
	for (int fd = 0; fd <= 2; fd++)
		host->files[fd] = file;
}

void snt__sim_console_end(struct snt__sim_host *host)
{
	snt__sim_file_unwatch(host->console);
	snt__sim_free(host->console);
	host->console = NULL;
}
