/* SPDX-License-Identifier: MIT */
/*
 * The datagram server under test, in a fiber, through public headers only: one
 * datagram at a time as anybody would write it, or with --batch all that are
 * there, merged and cut up by the kernel.
 */
#include <sennit.h>

#include <stdio.h>
#include <string.h>

#define QUEUE (8 << 20)
#define ROOMS 8
#define COUNT (ROOMS * SNT_SEGMENTS_MAX)

static int echo(void *arg)
{
	struct snt_socket *socket = arg;
	struct snt_addr from;
	char buffer[2048];
	ptrdiff_t n;

	for (;;) {
		SNT_TRY(n = snt_recvfrom(socket, buffer, sizeof(buffer),
					 &from));
		SNT_TRY(snt_sendto(socket, buffer, (size_t)n, &from));
	}
}

static char room[SNT_BATCH_SIZE(ROOMS, 65535)];
static struct snt_datagram datagrams[COUNT];

static int echo_many(void *arg)
{
	struct snt_socket *socket = arg;
	ptrdiff_t n;

	SNT_TRY(snt_set_control(socket, SNT_CONTROL_SEGMENT));
	for (;;) {
		SNT_TRY(n = snt_recvmany(socket, room, sizeof(room), datagrams,
					 COUNT));
		for (ptrdiff_t sent = 0, more; sent < n; sent += more)
			SNT_TRY(more = snt_sendmany(socket, datagrams + sent,
						    (size_t)(n - sent)));
	}
}

static int nothing(void *arg)
{
	(void)arg;
	return 0;
}

static int serve(int (*run)(void *arg))
{
	const struct snt_server_opts opts = { .type = SOCK_DGRAM };
	const int queue = QUEUE;
	snt_auto(socket) server = NULL;
	snt_auto(group) group = NULL;
	struct snt_addr addr;

	SNT_TRY(snt_create_server(&server, "127.0.0.1:0", &opts));
	SNT_TRY(snt_getsockname(server, &addr));
	if (snt_setsockopt(server, SOL_SOCKET, SO_RCVBUFFORCE, &queue,
			   sizeof(queue)) < 0)
		SNT_TRY(snt_set_rcvbuf(server, QUEUE));
	SNT_TRY(snt_group_open(&group, NULL));
	/* A thread moves to its backend at the first spawn. */
	SNT_TRY(snt_spawn(group, nothing, NULL, NULL));
	SNT_TRY(snt_group_wait(group));
	printf("127.0.0.1:%u %s\n", snt_addr_port(&addr), snt_backend());
	fflush(stdout);
	SNT_TRY(snt_spawn(group, run, server, NULL));
	return snt_group_wait(group);
}

int main(int argc, char **argv)
{
	int code;

	if (argc > 2 || (argc == 2 && strcmp(argv[1], "--batch") != 0)) {
		fputs("usage: sennit_udp [--batch]\n", stderr);
		return 2;
	}
	code = serve(argc == 2 ? echo_many : echo);
	fprintf(stderr, "sennit_udp: %d: %s\n", code, snt_errmsg());
	return 1;
}
