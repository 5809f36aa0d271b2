/* SPDX-License-Identifier: MIT */
/*
 * A bad link between two network namespaces, for whatever goes over IP: a tun
 * device called "link0" in each, and one direction of link.h each way. Says
 * "ready" when the devices are there; giving them addresses is the caller's.
 * Ends when its standard input does. Needs CAP_NET_ADMIN.
 */
#include "link.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define LARGEST 65536

struct end {
	int fd;
	struct link link; /* from here to the other end */
};

static struct end ends[2];

static __attribute__((noreturn)) void die(const char *what)
{
	fprintf(stderr, "tun_link: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000 + now.tv_nsec;
}

static int device_in(const char *space)
{
	struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	char path[128];
	int fd;

	snprintf(path, sizeof path, "/run/netns/%s", space);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET) < 0)
		die(path);
	close(fd);
	fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	strcpy(request.ifr_name, "link0");
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request) < 0)
		die("/dev/net/tun");
	return fd;
}

static void turn(struct end *from, const struct end *to)
{
	static unsigned char bytes[LARGEST];
	struct link_packet *packet;
	ssize_t n;

	while ((n = read(from->fd, bytes, sizeof bytes)) > 0)
		link_put(&from->link, now_ns(), bytes, (size_t)n, NULL);
	while ((packet = link_take(&from->link, now_ns())) != NULL) {
		if (write(to->fd, packet->bytes, packet->size) < 0)
			from->link.counts.full++;
		free(packet);
	}
}

static void carry(void)
{
	for (;;) {
		struct pollfd polled[3] = { { STDIN_FILENO, POLLIN, 0 },
					    { ends[0].fd, POLLIN, 0 },
					    { ends[1].fd, POLLIN, 0 } };
		int64_t at = link_at(&ends[0].link), other;
		struct timespec limit = { .tv_sec = 3600 };

		other = link_at(&ends[1].link);
		at = other < at ? other : at;
		if (at != INT64_MAX) {
			int64_t left = at - now_ns();

			left = left > 0 ? left : 0;
			limit = (struct timespec){ left / 1000000000,
						   left % 1000000000 };
		}
		if (ppoll(polled, 3, &limit, NULL) < 0 && errno != EINTR)
			die("poll");
		if (polled[0].revents != 0)
			return;
		turn(&ends[0], &ends[1]);
		turn(&ends[1], &ends[0]);
	}
}

int main(int argc, char **argv)
{
	struct link_opts opts = { .seed = 1 };
	int i;

	for (i = 1; i + 1 < argc && argv[i][0] == '-'; i += 2)
		if (!link_option(&opts, argv[i], argv[i + 1]))
			break;
	if (i != argc - 2) {
		fputs("usage: tun_link " LINK_USAGE " NAMESPACE NAMESPACE\n",
		      stderr);
		return 2;
	}
	prctl(PR_SET_TIMERSLACK, 1);
	for (int n = 0; n < 2; n++) {
		ends[n].fd = device_in(argv[i + n]);
		link_init(&ends[n].link, &opts);
		opts.seed += 0x5eed;
	}
	puts("ready");
	fflush(stdout);
	carry();
	return 0;
}
