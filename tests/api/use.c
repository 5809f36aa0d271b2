/* SPDX-License-Identifier: MIT */
/* A user's program: the installed headers and library are all it knows. */
#include <sennit.h>

#include <stdio.h>
#include <string.h>

static int greet(void *arg)
{
	struct snt_socket *socket = arg;

	SNT_TRY(snt_sendall(socket, "hello\n", 6));
	return snt_shutdown(socket, SHUT_WR);
}

static int talk(void)
{
	char line[64];
	snt_auto(socket) a = NULL;
	snt_auto(socket) b = NULL;
	snt_auto(group) group = NULL;

	SNT_TRY(snt_socketpair(&a, &b, SOCK_STREAM));
	SNT_TRY(snt_group_open(&group, NULL));
	SNT_TRY(snt_spawn(group, greet, a, NULL));
	SNT_TRY(snt_recv_until(b, "\n", 1, line, sizeof line));
	if (memcmp(line, "hello\n", 6) != 0)
		return -EBADMSG;
	return snt_group_wait(group);
}

int main(void)
{
	int code = talk();

	if (code < 0) {
		fprintf(stderr, "%s\n", snt_errmsg());
		return 1;
	}
	puts(snt_version());
	return 0;
}
