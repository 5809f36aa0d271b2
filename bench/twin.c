/* SPDX-License-Identifier: MIT */
/*
 * A server in a process of its own. Only that process is ever signalled, by
 * its id and before it is waited for, so never another one's.
 */
#include "twin.h"

#include "figures.h"

#include <sennit.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

void twin_tell(const struct twin_teller *teller, int port, const char *backend)
{
	struct twin twin = { .port = port };

	snprintf(twin.backend, sizeof(twin.backend), "%s", backend);
	if (write(teller->fd, &twin, sizeof(twin)) != sizeof(twin))
		figures_die("write: %s", strerror(errno));
}

void twin_start(struct twin *twin,
		int (*serve)(const struct twin_teller *teller, void *arg),
		void *arg)
{
	const pid_t parent = getpid();
	int fds[2];
	pid_t pid;

	fflush(stdout);
	if (pipe(fds) < 0)
		figures_die("pipe: %s", strerror(errno));
	pid = fork();
	if (pid < 0)
		figures_die("fork: %s", strerror(errno));
	if (pid == 0) {
		struct twin_teller teller = { .fd = fds[1] };
		int code;

		close(fds[0]);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
		code = serve(&teller, arg);
		figures_die("server: %d: %s", code, snt_errmsg());
	}
	close(fds[1]);
	if (read(fds[0], twin, sizeof(*twin)) != sizeof(*twin))
		figures_die("the server did not start");
	close(fds[0]);
	twin->pid = pid;
}

void twin_stop(struct twin *twin)
{
	kill(twin->pid, SIGKILL);
	waitpid(twin->pid, NULL, 0);
}

int twin_connect(const struct twin *twin)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int on = 1;

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	addr.sin_port = htons((uint16_t)twin->port);
	if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		figures_die("connect: %s", strerror(errno));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}
