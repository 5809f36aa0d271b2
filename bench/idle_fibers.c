/* SPDX-License-Identifier: MIT */
/*
 * How many fibers can sleep in one process, what each of them costs, and
 * whether each stack has its guard page.
 *
 * Every fiber leaves the address of a local and sleeps for ever. The guard is
 * then looked for from outside: the kernel is asked to read one byte of each
 * page from there downwards (write(2) to a pipe) and must answer EFAULT
 * within the stack's size. Memory is read before that, since the asking maps
 * pages.
 */
#include <sennit.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAGE 4096
#define STACK (64 * 1024) /* the default */

static const char **locals;

struct memory {
	long rss_kib;
	long tables_kib;
	long mappings;
};

static int sleeper(void *arg)
{
	volatile char local = 0;

	*(const char **)arg = (const char *)&local;
	SNT_TRY(snt_sleep(SNT_FOREVER));
	return local;
}

static int read_memory(struct memory *memory)
{
	FILE *file = fopen("/proc/self/status", "r");
	char line[256];
	int c;

	*memory = (struct memory){ 0, 0, 0 };
	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, "VmRSS:", 6) == 0)
			memory->rss_kib = atol(line + 6);
		else if (strncmp(line, "VmPTE:", 6) == 0)
			memory->tables_kib = atol(line + 6);
	}
	fclose(file);
	file = fopen("/proc/self/maps", "r");
	if (!file)
		return -errno;
	while ((c = getc(file)) != EOF)
		memory->mappings += c == '\n';
	fclose(file);
	return 0;
}

/* How many bytes below local can be read before the guard; -1: no guard. */
static long room_below(int pipe_in, int pipe_out, const char *local)
{
	const char *page = local - (uintptr_t)local % PAGE;
	char byte;

	for (long room = 0; room <= STACK; room += PAGE) {
		if (write(pipe_in, page - room, 1) < 0)
			return errno == EFAULT ? room : -1;
		if (read(pipe_out, &byte, 1) != 1)
			return -1;
	}
	return -1;
}

static int measure(size_t count)
{
	struct memory before, after;
	size_t unguarded = 0;
	snt_auto(group) group = NULL;
	int64_t from;
	int pipes[2];

	SNT_TRY(snt_group_open(&group, NULL));
	SNT_TRY(read_memory(&before));
	from = snt_now();
	for (size_t i = 0; i < count; i++)
		SNT_TRY(snt_spawn(group, sleeper, &locals[i], NULL));
	SNT_TRY(snt_yield());
	from = snt_now() - from;
	SNT_TRY(read_memory(&after));
	if (pipe(pipes) < 0)
		return -errno;
	for (size_t i = 0; i < count; i++)
		unguarded += !locals[i] ||
			     room_below(pipes[1], pipes[0], locals[i]) < 0;
	printf("{\"fibers\": %zu, \"unguarded\": %zu, \"bytes_each\": %.1f, "
	       "\"rss_each\": %.1f, \"tables_each\": %.1f, \"mappings\": %ld, "
	       "\"spawn_ns\": %.0f}\n",
	       snt_group_count(group), unguarded,
	       1024.0 *
		       (double)(after.rss_kib - before.rss_kib +
				after.tables_kib - before.tables_kib) /
		       (double)count,
	       1024.0 * (double)(after.rss_kib - before.rss_kib) /
		       (double)count,
	       1024.0 * (double)(after.tables_kib - before.tables_kib) /
		       (double)count,
	       after.mappings - before.mappings, (double)from / (double)count);
	return unguarded ? -SNT_ELIMIT : 0;
}

int main(int argc, char **argv)
{
	size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 200000;
	int code;

	locals = malloc((count + 1) * sizeof(*locals));
	if (!locals || !count)
		return 2;
	memset(locals, 0, (count + 1) * sizeof(*locals)); /* before measuring */
	code = measure(count);
	if (code < 0)
		fprintf(stderr, "idle_fibers: %d: %s\n", code, snt_errmsg());
	free(locals);
	return code < 0;
}
