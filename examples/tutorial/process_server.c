/* SPDX-License-Identifier: MIT */
/* process_server [ADDR]: an echo server of four processes, a client each. */
#define _DEFAULT_SOURCE /* kill, with -std=c17 */
#include <sennit.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static void echo_one(struct snt_socket *server)
{
	snt_auto(socket) conn = NULL;
	char buf[1024];
	ptrdiff_t n = snt_accept(server, &conn);

	while (n >= 0 && (n = snt_recv(conn, buf, sizeof buf)) > 0)
		n = snt_sendall(conn, buf, (size_t)n);
	if (n < 0)
		fprintf(stderr, "process_server: %s\n", snt_errmsg());
}

static int serve(const char *text)
{
	const int numbers[] = { SIGINT, SIGTERM, SIGCHLD };
	snt_auto(signals) signals = NULL; /* the parent's only */
	snt_auto(socket) server = NULL;
	pid_t pids[4] = { 0 };
	char name[SNT_ADDR_TEXT];
	int number;

	SNT_TRY(snt_signals_open(&signals, numbers, 3));
	SNT_TRY(snt_create_server(&server, text, NULL));
	SNT_TRY(snt_getsockname_text(server, name, sizeof name));
	printf("listening on %s\n", name);
	fflush(stdout); /* or each child says it, too */
	do {
		for (int i = 0; i < 4; i++) {
			if (pids[i] > 0 && !waitpid(pids[i], NULL, WNOHANG))
				continue; /* it lives */
			pids[i] = fork();
			while (pids[i] == 0) /* in the child: for ever */
				echo_one(server);
			if (pids[i] < 0)
				perror("process_server: fork");
		}
		number = snt_signals_wait(signals);
	} while (number == SIGCHLD);
	for (int i = 0; i < 4; i++)
		if (pids[i] > 0 && kill(pids[i], SIGTERM) == 0)
			waitpid(pids[i], NULL, 0);
	return number < 0 ? number : 0;
}

int main(int argc, char **argv)
{
	if (serve(argc > 1 ? argv[1] : "localhost:7000") == 0)
		return 0;
	fprintf(stderr, "process_server: %s\n", snt_errmsg());
	return 1;
}
