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

static int serve(const struct handler *handler, const struct snt_tls_opts *tls)
{
	struct snt_spawn_opts opts = { .stack_size = handler->stack };
	struct snt_server_opts server_opts = { 0 };
	snt_auto(tls_context) context = NULL;
	snt_auto(socket) server = NULL;
	snt_auto(group) group = NULL;
	struct snt_addr addr;

	if (tls->certfile)
		SNT_TRY(snt_create_default_context(&context, SNT_TLS_SERVER,
						   tls));
	server_opts.tls = context;
	SNT_TRY(snt_create_server(&server, "127.0.0.1:0", &server_opts));
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
	/* As the raw side's: no session of it is ever resumed. */
	struct snt_tls_opts tls = { .minimum_version = SNT_TLS_1_3 };
	size_t buffer = 1024;
	int code;

	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--buffer") == 0)
			buffer = strtoul(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--cert") == 0)
			tls.certfile = argv[i + 1];
		else if (strcmp(argv[i], "--key") == 0)
			tls.keyfile = argv[i + 1];
		else
			buffer = 0;
	}
	for (size_t i = 0; i < sizeof(handlers) / sizeof(*handlers); i++) {
		if (handlers[i].buffer != buffer || argc % 2 == 0)
			continue;
		code = serve(&handlers[i], &tls);
		fprintf(stderr, "sennit_echo: %d: %s\n", code, snt_errmsg());
		return 1;
	}
	fputs("usage: sennit_echo [--buffer 1024|4096|16384|65536] "
	      "[--cert FILE --key FILE]\n",
	      stderr);
	return 2;
}
