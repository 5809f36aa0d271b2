/* SPDX-License-Identifier: MIT */
/* Torture of streams, and of copies between handles. */
#include "together.h"

#include <sennit/stream.h>
#include <string.h>

/* More than a buffer, and than a socket takes at once. */
#define LARGE 300000

static int serve(struct snt_stream *stream)
{
	char *line = NULL, four[4];
	ptrdiff_t n;

	EXPECT(snt_stream_peek(stream, 13, &line), 13);
	EXPECT(snt_readline(stream, &line), 4);
	SNT_TRY(snt_unread(stream, "more than it was\n", 17));
	EXPECT(snt_readline(stream, &line), 17);
	EXPECT(snt_read_until(stream, "\r\n", 2, &line), 4);
	EXPECT(snt_read_exact(stream, four, 4), 4);
	SNT_TRY(snt_printf(stream, "%.4s and %s", four, "an answer\n"));
	SNT_TRY(snt_write(stream, "one more\n", 9));
	SNT_TRY(snt_flush(stream));
	/* Something to drop, or to send, for the close. */
	SNT_TRY(snt_printf(stream, "%s", "bye\n"));
	SNT_TRY(n = snt_readline(stream, &line));
	return n == 0 ? 0 : WRONG;
}

static int serving(void *arg)
{
	const struct snt_stream_opts opts = { .takes_socket = true };
	struct snt_socket **ends = arg;
	snt_auto(stream) stream = NULL;

	SNT_TRY(snt_makefile(&stream, ends[0], &opts));
	ends[0] = NULL;
	return serve(stream);
}

static int asking(void *arg)
{
	struct snt_socket *socket = ((struct snt_socket **)arg)[1];
	snt_auto(stream) stream = NULL;
	char *line = NULL;

	SNT_TRY(snt_sendall(socket, "one\ntwo\r\nfou", 12));
	SNT_TRY(snt_makefile(&stream, socket, NULL));
	SNT_TRY(snt_write(stream, "r", 1));
	SNT_TRY(snt_flush(stream));
	EXPECT(snt_readline(stream, &line), 19);
	EXPECT(snt_readline(stream, &line), 9);
	SNT_TRY(snt_shutdown(socket, SHUT_WR));
	EXPECT(snt_readline(stream, &line), 4);
	return memcmp(line, "bye\n", 5) == 0 ? 0 : WRONG;
}

static int conversation(void)
{
	int (*const fns[])(void *) = { serving, asking };
	struct snt_socket *ends[2];
	int code;

	SNT_TRY(snt_socketpair(&ends[0], &ends[1], SOCK_STREAM));
	code = run_together(fns, COUNT(fns), ends);
	snt_close(ends[0]);
	snt_close(ends[1]);
	return code;
}

static char bytes[LARGE], got[LARGE];

static int put_large(void *arg)
{
	struct snt_socket *socket = ((struct snt_socket **)arg)[0];
	const struct snt_stream_opts opts = { .write_limit = 1000 };
	snt_auto(stream) stream = NULL;
	size_t half = LARGE / 2;

	SNT_TRY(snt_makefile(&stream, socket, &opts));
	SNT_TRY(snt_write(stream, bytes, half));
	SNT_TRY(snt_printf(stream, "%*s", 2000, ""));
	SNT_TRY(snt_write(stream, bytes, LARGE - half - 2000));
	SNT_TRY(snt_flush(stream));
	return snt_shutdown(socket, SHUT_WR);
}

static int get_large(void *arg)
{
	struct snt_socket *socket = ((struct snt_socket **)arg)[3];
	const struct snt_stream_opts opts = { .read_limit = 100000 };
	snt_auto(stream) stream = NULL;
	char *data = NULL;
	ptrdiff_t n;

	SNT_TRY(snt_makefile(&stream, socket, &opts));
	SNT_TRY(n = snt_stream_peek(stream, 100000, &data));
	if (n < 100000)
		return WRONG;
	EXPECT(snt_read_exact(stream, got, LARGE), LARGE);
	EXPECT(snt_read(stream, got, 1), 0);
	return 0;
}

static int relay(void *arg)
{
	struct snt_socket **ends = arg;
	const struct snt_copy_opts opts = { .end = true };

	EXPECT(snt_copy(ends[2], ends[1], &opts), LARGE);
	return 0;
}

/* What is large, through a relay. */
static int large(void)
{
	int (*const fns[])(void *) = { get_large, relay, put_large };
	snt_auto(socket) a = NULL;
	snt_auto(socket) b = NULL;
	snt_auto(socket) c = NULL;
	snt_auto(socket) d = NULL;

	SNT_TRY(snt_socketpair(&a, &b, SOCK_STREAM));
	SNT_TRY(snt_socketpair(&c, &d, SOCK_STREAM));
	return run_together(fns, COUNT(fns),
			    (struct snt_socket *[]){ a, b, c, d });
}

static const struct scenario scenarios[] = {
	{ "conversation", conversation, 0 },
	{ "large", large, 0 },
};

int main(int argc, char **argv)
{
	return torture_run(argc, argv, scenarios, COUNT(scenarios));
}
