/* SPDX-License-Identifier: MIT */
/*
 * The server under test: the two lines of an echo handler, a fiber for each
 * connection, through public headers only and with nothing tuned. The buffer
 * stands on the fiber's stack, as a user would write it; its size must be the
 * raw side's too for a fair comparison. Its one line says where it listens and
 * on which backend, which the driver compares with the one that was asked for.
 */
#include <sennit.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One handler a size, because the buffer is part of the frame. */
#define HANDLER(name, bytes)                                                   \
	static int name(void *arg)                                             \
	{                                                                      \
		snt_auto(socket) conn = arg;                                   \
		char buffer[bytes];                                            \
		ptrdiff_t got;                                                 \
                                                                               \
		while ((got = snt_recv(conn, buffer, sizeof(buffer))) > 0)     \
			SNT_TRY(snt_sendall(conn, buffer, (size_t)got));       \
		return (int)got;                                               \
	}

HANDLER(echo_1k, 1024)
HANDLER(echo_4k, 4096)
HANDLER(echo_16k, 16384)
HANDLER(echo_64k, 65536)

static const struct handler {
	size_t buffer;
	int (*run)(void *arg);
	size_t stack;
} handlers[] = {
	{ 1024, echo_1k, 0 },
	{ 4096, echo_4k, 0 },
	{ 16384, echo_16k, 0 },
	{ 65536, echo_64k, 128 * 1024 },
};

/* A thread moves to its backend at the first spawn. */
static int nothing(void *arg)
{
	(void)arg;
	return 0;
}

static int serve(const struct handler *handler)
{
	struct snt_spawn_opts opts = { .stack_size = handler->stack };
	snt_auto(socket) server = NULL;
	snt_auto(group) group = NULL;
	struct snt_addr addr;

	SNT_TRY(snt_create_server(&server, "127.0.0.1:0", NULL));
	SNT_TRY(snt_getsockname(server, &addr));
	SNT_TRY(snt_group_open(&group,
			       &(struct snt_group_opts){ .keep_going = true }));
	SNT_TRY(snt_spawn(group, nothing, NULL, NULL));
	SNT_TRY(snt_group_wait(group));
	printf("127.0.0.1:%u %s\n", snt_addr_port(&addr), snt_backend());
	fflush(stdout);
	for (;;) {
		struct snt_socket *conn;
		int code;

		SNT_TRY(snt_accept(server, &conn));
		code = snt_spawn(group, handler->run, conn, &opts);
		if (code < 0) {
			snt_close(conn);
			return code;
		}
	}
}

int main(int argc, char **argv)
{
	size_t buffer = 1024;
	int code;

	if (argc == 3 && strcmp(argv[1], "--buffer") == 0)
		buffer = strtoul(argv[2], NULL, 10);
	else if (argc != 1)
		buffer = 0;
	for (size_t i = 0; i < sizeof(handlers) / sizeof(*handlers); i++) {
		if (handlers[i].buffer != buffer)
			continue;
		code = serve(&handlers[i]);
		fprintf(stderr, "sennit_echo: %d: %s\n", code, snt_errmsg());
		return 1;
	}
	fputs("usage: sennit_echo [--buffer 1024|4096|16384|65536]\n", stderr);
	return 2;
}
