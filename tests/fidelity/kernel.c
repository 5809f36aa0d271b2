/* SPDX-License-Identifier: MIT */
/*
 * The kernel as the world of the rows: a name space with nothing but a
 * loopback, a folder for each row, and peers that are processes.
 *
 * A peer must have nothing of its row's, or a socket would live on in it. So
 * peers are children of a nursery, a process forked before the first row,
 * which is told over a socket what to start and when to kill.
 */
#include "../socket/world.h"
#include "../forked.h"

#include "fidelity.h"
#include "io/io.h"

#include <dirent.h>
#include <signal.h>
#include <sys/prctl.h>

struct order {
	fidelity_peer *fn; /* NULL: kill it */
	struct snt_addr addr;
};

static struct {
	pid_t pid;
	int orders;
	bool peer; /* one runs */
} nursery;

static pid_t bear(const struct order *order, int orders)
{
	pid_t pid = fork();
	int code;

	if (pid != 0)
		return pid;
	close(orders);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	code = order->fn(&order->addr);
	if (code < 0)
		print_error("a peer failed: %s\n", snt_errmsg());
	_exit(code < 0);
}

__attribute__((noreturn)) static void run_nursery(int orders)
{
	struct order order;
	pid_t peer = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (recv(orders, &order, sizeof order, 0) == sizeof order) {
		if (peer > 0) {
			kill(peer, SIGKILL);
			waitpid(peer, NULL, 0);
		}
		peer = order.fn != NULL ? bear(&order, orders) : 0;
		send(orders, &peer, sizeof peer, MSG_NOSIGNAL);
	}
	if (peer > 0)
		kill(peer, SIGKILL);
	_exit(0);
}

static int give_order(const struct order *order)
{
	pid_t peer = -1;

	if (send(nursery.orders, order, sizeof *order, MSG_NOSIGNAL) !=
		    sizeof *order ||
	    recv(nursery.orders, &peer, sizeof peer, 0) != sizeof peer ||
	    peer < 0)
		return snt_fail(-EPROTO, "no peer can be started");
	nursery.peer = peer > 0;
	return 0;
}

static int peer_start(fidelity_peer *fn, const struct snt_addr *addr)
{
	return give_order(&(struct order){ fn, *addr });
}

static void peer_kill(void)
{
	if (nursery.peer)
		(void)!give_order(&(struct order){ .fn = NULL });
}

static void close_one(int fd)
{
	snt__io->close(fd);
}

const struct fidelity_world fidelity_kernel = {
	.name = "kernel",
	.ipv4 = "127.0.0.1:0",
	.ipv6 = "[::1]:0",
	.peer_start = peer_start,
	.peer_kill = peer_kill,
	.close = close_one,
};

void fidelity_kernel_begin(void)
{
	int ends[2];

	own_network();
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	nursery.pid = forked();
	if (nursery.pid == 0) {
		close(ends[0]);
		run_nursery(ends[1]);
	}
	close(ends[1]);
	nursery.orders = ends[0];
}

void fidelity_kernel_end(void)
{
	close(nursery.orders);
	child_succeeds(nursery.pid);
}

static void remove_folder(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
	assert_int_equal(rmdir(folder), 0);
}

int fidelity_kernel_play(const struct fidelity_row *row, struct stage *s)
{
	char folder[] = "/tmp/sennit-fidelity-XXXXXX";
	int code;

	assert_non_null(mkdtemp(folder));
	memset(s, 0, sizeof *s);
	s->world = &fidelity_kernel;
	s->folder = folder;
	code = fidelity_play(row, s);
	s->folder = NULL;
	peer_kill();
	remove_folder(folder);
	return code;
}
