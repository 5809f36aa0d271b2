/* SPDX-License-Identifier: MIT */
/* Torture of messages, descriptors and files. */
#include "together.h"

#include <fcntl.h>
#include <sennit/file.h>
#include <sennit/message.h>
#include <sennit/peer.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int put_messages(void *arg)
{
	struct snt_socket *socket = ((struct snt_socket **)arg)[0];
	char one[] = "one", two[] = "two";
	const struct iovec buffers[] = { { one, 3 }, { two, 3 } };
	const struct snt_message message = { buffers, 2, .flags = 0 };

	EXPECT(snt_sendmsg(socket, &message), 6);
	return snt_sendmsg_all(socket, &message);
}

static int get_messages(void *arg)
{
	struct snt_socket *socket = ((struct snt_socket **)arg)[1];
	char in[6];
	const struct iovec buffer = { in, sizeof in };
	struct snt_message message = { &buffer, 1, .flags = 0 };

	EXPECT(snt_peek(socket, in, 3), 3);
	EXPECT(snt_recvmsg(socket, &message), 6);
	EXPECT(snt_recv_exact(socket, in, 6), 6);
	return memcmp(in, "onetwo", 6) == 0 ? 0 : -EPROTO;
}

static int messages(void)
{
	int (*const fns[])(void *) = { get_messages, put_messages };
	snt_auto(socket) a = NULL;
	snt_auto(socket) b = NULL;

	SNT_TRY(snt_socketpair(&a, &b, SOCK_STREAM));
	return run_together(fns, COUNT(fns), (struct snt_socket *[]){ a, b });
}

static int put_descriptors(void *arg)
{
	struct snt_socket *socket = ((struct snt_socket **)arg)[0];
	const int fds[] = { 0, 1 };

	EXPECT(snt_send_fds(socket, "two", 3, fds, 2), 3);
	return 0;
}

static int get_descriptors(void *arg)
{
	struct snt_socket *socket = ((struct snt_socket **)arg)[1];
	size_t count = 2;
	int fds[2];
	char in[4];

	EXPECT(snt_recv_fds(socket, in, sizeof in, fds, &count), 3);
	if (count != 2)
		return WRONG;
	close(fds[0]);
	close(fds[1]);
	return 0;
}

static int descriptors(void)
{
	int (*const fns[])(void *) = { get_descriptors, put_descriptors };
	snt_auto(socket) a = NULL;
	snt_auto(socket) b = NULL;

	SNT_TRY(snt_socketpair(&a, &b, SOCK_SEQPACKET));
	return run_together(fns, COUNT(fns), (struct snt_socket *[]){ a, b });
}

struct transfer {
	struct snt_socket *to, *from;
	int fd;
};

static int put_file(void *arg)
{
	const struct transfer *transfer = arg;
	const struct snt_sendfile_opts opts = { .offset = SNT_FILE_POSITION };

	EXPECT(snt_sendfile(transfer->to, transfer->fd, &opts), 7);
	return 0;
}

static int get_file(void *arg)
{
	const struct transfer *transfer = arg;
	char in[7];

	EXPECT(snt_recv_exact(transfer->from, in, 7), 7);
	return memcmp(in, "through", 7) == 0 ? 0 : -EPROTO;
}

static int move(int fd)
{
	int (*const fns[])(void *) = { get_file, put_file };
	snt_auto(socket) a = NULL;
	snt_auto(socket) b = NULL;
	snt_auto(socket) copy = NULL;
	struct snt_credentials peer;

	SNT_TRY(snt_socketpair(&a, &b, SOCK_STREAM));
	SNT_TRY(snt_getpeercred(a, &peer));
	SNT_TRY(snt_dup(a, &copy));
	return run_together(fns, COUNT(fns), &(struct transfer){ copy, b, fd });
}

static int file(void)
{
	int fd = memfd_create("file", MFD_CLOEXEC), code;

	if (write(fd, "through", 7) != 7 || lseek(fd, 0, SEEK_SET) != 0)
		return WRONG;
	code = move(fd);
	if (code == 0 && lseek(fd, 0, SEEK_CUR) != 7)
		code = WRONG;
	close(fd);
	return code;
}

static int pipe_as_a_file(void)
{
	int ends[2], code;

	if (pipe2(ends, O_CLOEXEC) < 0 || write(ends[1], "through", 7) != 7)
		return WRONG;
	close(ends[1]);
	code = move(ends[0]);
	close(ends[0]);
	return code;
}

static const struct scenario scenarios[] = {
	{ "messages", messages, 0 },
	{ "descriptors", descriptors, 0 },
	{ "file", file, SENDS_FILE },
	{ "pipe as a file", pipe_as_a_file, 0 },
};

int main(int argc, char **argv)
{
	return torture_run(argc, argv, scenarios, COUNT(scenarios));
}
