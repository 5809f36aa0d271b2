/* SPDX-License-Identifier: MIT */
/* Descriptors of simulated hosts, and bytes in and out of messages. */
#include "io/sim/file.h"

#include "io/sim/poller.h"

#include <string.h>

/* 0 to 2 are the console's. */
#define FIRST 3

struct snt__sim_host *snt__sim_host_now(void)
{
	return snt__sim_world->thread->host;
}

void snt__sim_file_init(struct snt__sim_file *file,
			const struct snt__sim_file_ops *ops, int family,
			int type, int protocol)
{
	file->ops = ops;
	if (file->host == NULL)
		file->host = snt__sim_host_now();
	file->family = family;
	file->type = type;
	file->protocol = protocol;
	file->nonblocking = true;
	snt__list_init(&file->registrations);
	file->options.rcvbuf = (int)file->host->limits.rcvbuf;
	file->options.sndbuf = (int)file->host->limits.sndbuf;
}

int snt__sim_fd_place(struct snt__sim_file *file)
{
	struct snt__sim_host *host = snt__sim_host_now();
	size_t at = host->file_hint > FIRST ? host->file_hint : FIRST;

	while (at < host->file_room && host->files[at] != NULL)
		at++;
	if (at >= (size_t)host->limits.descriptors)
		return -EMFILE;
	host->files = snt__sim_grow(host->files, host->file_room,
				    &host->file_room, at + 1, sizeof(void *));
	host->files[at] = file;
	host->file_hint = at + 1;
	host->file_count++;
	file->refs++;
	return SNT__SIM_FD + (int)host->number * SNT__SIM_FDS + (int)at;
}

static struct snt__sim_file **place_of(const struct snt__sim_host *host, int fd)
{
	size_t at = (size_t)snt__sim_fd_index(fd);

	if (fd < 0 || (fd >= FIRST && fd < SNT__SIM_FD))
		return NULL;
	if (fd >= SNT__SIM_FD &&
	    (uint32_t)(fd - SNT__SIM_FD) / SNT__SIM_FDS != host->number)
		return NULL;
	return at < host->file_room ? &host->files[at] : NULL;
}

struct snt__sim_file *snt__sim_fd_file(int fd)
{
	struct snt__sim_file **place = place_of(snt__sim_host_now(), fd);

	return place != NULL ? *place : NULL;
}

struct snt__sim_file *snt__sim_fd_anywhere(int fd)
{
	for (struct snt__link *link = snt__sim_world->hosts.next;
	     link != &snt__sim_world->hosts; link = link->next) {
		struct snt__sim_file **place = place_of(
			SNT__CONTAINER(link, struct snt__sim_host, in_world),
			fd);

		if (place != NULL)
			return *place;
	}
	return NULL;
}

int snt__sim_fd_close(int fd)
{
	struct snt__sim_host *host = snt__sim_host_now();
	struct snt__sim_file **place = place_of(host, fd), *file;
	size_t at;

	if (place == NULL || *place == NULL)
		return -EBADF;
	file = *place;
	*place = NULL;
	at = (size_t)(place - host->files);
	if (at < FIRST)
		return 0;
	host->file_count--;
	if (at < host->file_hint)
		host->file_hint = at;
	snt__sim_file_drop(file);
	return 0;
}

void snt__sim_file_drop(struct snt__sim_file *file)
{
	if (--file->refs > 0)
		return;
	snt__sim_file_unwatch(file);
	file->ops->close(file);
}

void snt__sim_fd_close_all(struct snt__sim_host *host)
{
	for (size_t at = FIRST; at < host->file_room; at++) {
		struct snt__sim_file *file = host->files[at];

		host->files[at] = NULL;
		if (file != NULL)
			snt__sim_file_drop(file);
	}
	host->file_count = 0;
	host->file_hint = FIRST;
}

static unsigned dead_ready(const struct snt__sim_file *file)
{
	(void)file;
	return SNT__READ | SNT__WRITE | SNT__ODD;
}

static void dead_close(struct snt__sim_file *file)
{
	snt__sim_free(file);
}

static const struct snt__sim_file_ops dead_ops = { .kind = "dead",
						   .ready = dead_ready,
						   .close = dead_close };

static void kill_file(struct snt__sim_host *host, struct snt__sim_file *file)
{
	struct snt__sim_file *dead = snt__sim_alloc(sizeof *dead);
	struct snt__link *link;

	dead->host = host;
	snt__sim_file_init(dead, &dead_ops, file->family, file->type,
			   file->protocol);
	while ((link = snt__list_first(&file->registrations)) != NULL) {
		snt__list_remove(link);
		snt__list_append(&dead->registrations, link);
	}
	for (size_t at = FIRST; at < host->file_room; at++) {
		if (host->files[at] != file)
			continue;
		host->files[at] = dead;
		dead->refs++;
		snt__sim_file_drop(file);
	}
	snt__sim_file_stir(dead, SNT__READ | SNT__WRITE | SNT__ODD);
}

void snt__sim_fd_kill_all(struct snt__sim_host *host)
{
	for (size_t at = FIRST; at < host->file_room; at++) {
		struct snt__sim_file *file = host->files[at];

		if (file != NULL && file->family != AF_UNSPEC)
			kill_file(host, file);
	}
}

size_t snt__sim_message_size(const struct msghdr *message)
{
	size_t size = 0;

	for (size_t i = 0; i < (size_t)message->msg_iovlen; i++)
		size += message->msg_iov[i].iov_len;
	return size;
}

/* Between a message's buffers, from that byte on, and a block. */
static size_t walk(const struct msghdr *message, size_t skip, char *block,
		   size_t size, bool gather)
{
	size_t done = 0;

	for (size_t i = 0; i < (size_t)message->msg_iovlen && done < size;
	     i++) {
		const struct iovec *buffer = &message->msg_iov[i];
		size_t count;
		char *bytes;

		if (skip >= buffer->iov_len) {
			skip -= buffer->iov_len;
			continue;
		}
		bytes = (char *)buffer->iov_base + skip;
		count = buffer->iov_len - skip;
		if (count > size - done)
			count = size - done;
		if (gather)
			memcpy(block + done, bytes, count);
		else
			memcpy(bytes, block + done, count);
		done += count;
		skip = 0;
	}
	return done;
}

size_t snt__sim_gather(const struct msghdr *message, size_t skip, void *block,
		       size_t size)
{
	return walk(message, skip, block, size, true);
}

/* The block is only read, then. */
size_t snt__sim_scatter(const struct msghdr *message, size_t skip,
			const void *block, size_t size)
{
	return walk(message, skip, (char *)(uintptr_t)block, size, false);
}
