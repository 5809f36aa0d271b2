/* SPDX-License-Identifier: MIT */
/*
 * The world's calls that are about no socket: its clock, its files (there are
 * none but those of Unix sockets), what there is to wait with, and the doors
 * that lead out of it, which are shut.
 */
#include "io/sim/calls.h"

/* A program that looks at the clock and does nothing else waits for it to move:
 * past so many looks each one takes a while. */
#define LOOKS 1000
#define LOOK SNT_MICROSECOND

/* When every world begins: 2026-01-01 00:00 UTC. */
#define BEGIN (INT64_C(1767225600) * SNT_SECOND)

/* A file of the process itself would answer otherwise at another time. */
ptrdiff_t snt__sim_pread(int fd, void *buffer, size_t size, int64_t offset)
{
	(void)fd;
	(void)buffer;
	(void)size;
	(void)offset;
	return snt__sim_escape("pread");
}

int64_t snt__sim_seek(int fd, int64_t offset, int whence)
{
	struct snt__sim_file *file;
	int code = snt__sim_begin_fd("seek", fd, &file);

	(void)offset;
	(void)whence;
	return code == 0 ? -ESPIPE : code;
}

ptrdiff_t snt__sim_sendfile(int out, int in, int64_t offset, size_t size)
{
	(void)out;
	(void)in;
	(void)offset;
	(void)size;
	return snt__sim_escape("sendfile");
}

ptrdiff_t snt__sim_load(const char *path, char **text)
{
	(void)path;
	(void)text;
	return snt__sim_escape("load");
}

int snt__sim_append(const char *path, const void *bytes, size_t size)
{
	(void)path;
	(void)bytes;
	(void)size;
	return snt__sim_escape("append");
}

int snt__sim_file_id(const char *path, struct snt__file_id *id)
{
	int code = snt__sim_begin("file_id");

	return code < 0 ? code : snt__sim_unix_file_id(path, id);
}

int snt__sim_chmod(const char *path, mode_t mode)
{
	int code = snt__sim_begin("chmod");

	if (code == 0)
		code = snt__sim_unix_chmod(path, mode);
	return (int)snt__sim_traced("chmod", (int)mode, code);
}

int snt__sim_unlink(const char *path)
{
	int code = snt__sim_begin("unlink");

	if (code == 0)
		code = snt__sim_unix_unlink(path);
	return (int)snt__sim_traced("unlink", 0, code);
}

int64_t snt__sim_now(void)
{
	struct snt__sim_world *world = snt__sim_world;

	if (++world->calls_now > LOOKS)
		world->now += LOOK;
	return world->now;
}

int64_t snt__sim_wall(void)
{
	return BEGIN + snt__sim_now();
}

int snt__sim_random(void *buffer, size_t size)
{
	struct snt__sim_dice *dice = &snt__sim_host_now()->dice;
	unsigned char *bytes = buffer;

	for (size_t i = 0; i < size; i++)
		bytes[i] = (unsigned char)snt__sim_draw(dice);
	return 0;
}

void snt__sim_backends(const struct snt__poller_ops **begin,
		       const struct snt__poller_ops **spawn)
{
	*begin = *spawn = &snt__sim_poller;
}

bool snt__sim_has_backend(const char *name)
{
	return name[0] == 's' && name[1] == 'i' && name[2] == 'm' &&
	       name[3] == '\0';
}

/* A last word is for whoever runs the world. */
void snt__sim_complain(const char *line, size_t size)
{
	snt__kernel_io.complain(line, size);
}

/* Nothing is guarded, for nothing can fork: what a child of the process would
 * find is no simulated process. */
void snt__sim_at_fork(void (*child)(void))
{
	(void)child;
}

void snt__sim_exit(int status)
{
	(void)status;
	snt__sim_escape("exit");
}
