/* SPDX-License-Identifier: MIT */
/* Torture of frames over streams. */
#include "together.h"

#include <sennit/frame.h>
#include <sennit/stream.h>
#include <string.h>

#define LARGE 100000

static const struct snt_frame_format lines = { .max = 100, .text = true };
static const struct snt_frame_format counted = { .kind = SNT_FRAME_U32_BE,
						 .max = LARGE };

static char zeros[LARGE];

static int put(void *arg)
{
	struct snt_socket *socket = ((struct snt_socket **)arg)[0];
	snt_auto(stream) stream = NULL;

	SNT_TRY(snt_makefile(&stream, socket, NULL));
	SNT_TRY(snt_write_frame(stream, &lines, "a line", 6));
	SNT_TRY(snt_write(stream, "raw", 3));
	SNT_TRY(snt_send_frame(stream, &counted, zeros, LARGE));
	SNT_TRY(snt_send_frame(stream, &lines, "", 0));
	return snt_shutdown(socket, SHUT_WR);
}

static int get(void *arg)
{
	const struct snt_stream_opts opts = { .read_limit = 1000 };
	snt_auto(stream) stream = NULL;
	struct snt_frame frame;
	char raw[3];

	SNT_TRY(snt_makefile(&stream, ((struct snt_socket **)arg)[1], &opts));
	EXPECT(snt_recv_frame(stream, &lines, &frame), 1);
	if (strcmp(frame.data, "a line") != 0)
		return WRONG;
	EXPECT(snt_read_exact(stream, raw, 3), 3);
	EXPECT(snt_recv_frame(stream, &counted, &frame), 1);
	if (frame.size != LARGE || memcmp(frame.data, zeros, LARGE) != 0)
		return WRONG;
	EXPECT(snt_recv_frame(stream, &lines, &frame), 1);
	if (frame.size != 0)
		return WRONG;
	EXPECT(snt_recv_frame(stream, &lines, &frame), 0);
	return 0;
}

static int talk(void)
{
	int (*const fns[])(void *) = { get, put };
	snt_auto(socket) a = NULL;
	snt_auto(socket) b = NULL;

	SNT_TRY(snt_socketpair(&a, &b, SOCK_STREAM));
	return run_together(fns, COUNT(fns), (struct snt_socket *[]){ a, b });
}

/* What is no frame is read as bytes, and what cannot be sent is not. */
static int refused(void)
{
	snt_auto(socket) a = NULL;
	snt_auto(socket) b = NULL;
	snt_auto(stream) in = NULL;
	snt_auto(stream) out = NULL;
	struct snt_frame frame;
	char raw[5];

	SNT_TRY(snt_socketpair(&a, &b, SOCK_STREAM));
	SNT_TRY(snt_makefile(&in, a, NULL));
	SNT_TRY(snt_makefile(&out, b, NULL));
	if (snt_send_frame(out, &lines, "two\nlines", 9) != -EINVAL)
		return WRONG;
	SNT_TRY(snt_write(out, "caf\xe9\n", 5));
	SNT_TRY(snt_flush(out));
	EXPECT(snt_recv_frame(in, &lines, &frame), -EILSEQ);
	EXPECT(snt_read_exact(in, raw, 5), 5);
	return memcmp(raw, "caf\xe9\n", 5) == 0 ? 0 : WRONG;
}

static const struct scenario scenarios[] = {
	{ "talk", talk, 0 },
	{ "refused", refused, EXPECTS_FAILURE },
};

int main(int argc, char **argv)
{
	return torture_run(argc, argv, scenarios, COUNT(scenarios));
}
