/* SPDX-License-Identifier: MIT */
/* Every call of a stream that waits, brought to where it has to. */
#ifndef TESTS_STREAM_CALLS_H
#define TESTS_STREAM_CALLS_H

#include "streams.h"

#define WRITE_LIMIT ((size_t)64)

struct scene {
	const struct call *row;
	struct snt_socket *socket; /* what the stream is over */
	struct snt_stream *stream;
	struct snt_socket *peer;
	size_t filled; /* bytes that are in the writer's way */
	ptrdiff_t result;
};

struct call {
	const char *name;
	ptrdiff_t (*run)(struct scene *scene);
	bool writes;
};

MAYBE static ptrdiff_t call_read(struct scene *scene)
{
	char got[8];

	return snt_read(scene->stream, got, sizeof got);
}

/* Past the buffer. */
MAYBE static ptrdiff_t call_read_large(struct scene *scene)
{
	static char got[65536];

	return snt_read(scene->stream, got, sizeof got);
}

MAYBE static ptrdiff_t call_read_exact(struct scene *scene)
{
	char got[4];

	return snt_read_exact(scene->stream, got, sizeof got);
}

MAYBE static ptrdiff_t call_readline(struct scene *scene)
{
	char *line;

	return snt_readline(scene->stream, &line);
}

MAYBE static ptrdiff_t call_read_until(struct scene *scene)
{
	char *data;

	return snt_read_until(scene->stream, "bc\n", 3, &data);
}

MAYBE static ptrdiff_t call_peek(struct scene *scene)
{
	char *data;

	return snt_stream_peek(scene->stream, 4, &data);
}

MAYBE static ptrdiff_t call_write(struct scene *scene)
{
	char bytes[WRITE_LIMIT + 1] = "";

	SNT_TRY(snt_write(scene->stream, bytes, WRITE_LIMIT - 1));
	return snt_write(scene->stream, bytes, 3);
}

MAYBE static ptrdiff_t call_write_large(struct scene *scene)
{
	char bytes[WRITE_LIMIT + 1] = "";

	return snt_write(scene->stream, bytes, sizeof bytes);
}

MAYBE static ptrdiff_t call_printf(struct scene *scene)
{
	SNT_TRY(snt_printf(scene->stream, "%*d", (int)WRITE_LIMIT - 1, 1));
	return snt_printf(scene->stream, "%d", 123);
}

MAYBE static ptrdiff_t call_printf_large(struct scene *scene)
{
	return snt_printf(scene->stream, "%*d", (int)WRITE_LIMIT + 1, 1);
}

MAYBE static ptrdiff_t call_flush(struct scene *scene)
{
	SNT_TRY(snt_write(scene->stream, "abc", 3));
	return snt_flush(scene->stream);
}

static const struct call calls[] = {
	{ "read", call_read, false },
	{ "read, large", call_read_large, false },
	{ "read_exact", call_read_exact, false },
	{ "readline", call_readline, false },
	{ "read_until", call_read_until, false },
	{ "peek", call_peek, false },
	{ "write", call_write, true },
	{ "write, large", call_write_large, true },
	{ "printf", call_printf, true },
	{ "printf, large", call_printf_large, true },
	{ "flush", call_flush, true },
};

#define EACH_CALL(row)                                                         \
	for (const struct call *row = calls; row < calls + COUNT(calls); row++)

/* The call of that row will have to wait. */
MAYBE static struct scene scene_of(const struct call *row, bool takes_socket)
{
	const struct snt_stream_opts opts = { .write_limit = WRITE_LIMIT,
					      .takes_socket = takes_socket };
	struct scene scene = { .row = row, .result = 99 };

	pair_on(row->writes ? exact_kind() : "127.0.0.1:0", &scene.socket,
		&scene.peer);
	OK(snt_makefile(&scene.stream, scene.socket, &opts));
	if (row->writes)
		scene.filled = fill(scene.socket);
	return scene;
}

/* It has no more to wait for. */
MAYBE static void let_go(struct scene *scene)
{
	static char gone[65536];

	if (!scene->row->writes)
		OK(snt_sendall(scene->peer, "abc\n", 4));
	while (scene->filled > 0) {
		size_t size = scene->filled < sizeof gone ? scene->filled
							  : sizeof gone;

		scene->filled -= (size_t)OK(snt_recv(scene->peer, gone, size));
	}
}

MAYBE static int run_call(void *arg)
{
	struct scene *scene = arg;

	scene->result = scene->row->run(scene);
	return 0;
}

MAYBE static void assert_result(const struct scene *scene, ptrdiff_t expected)
{
	if (scene->result != expected)
		fail_msg("%s: %td, expected %td", scene->row->name,
			 scene->result, expected);
}

#endif
