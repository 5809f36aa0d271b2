/* SPDX-License-Identifier: MIT */
/* A network of the test's own: a name space with nothing but a loopback. */
#ifndef TESTS_SOCKET_WORLD_H
#define TESTS_SOCKET_WORLD_H

#include "net.h"

#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>

MAYBE static void own_network(void)
{
	struct ifreq request = { .ifr_name = "lo",
				 .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd;

	if (unshare(CLONE_NEWNET) != 0)
		fail_msg("a network name space is needed, and so are the "
			 "rights");
	fd = raw_socket(AF_INET, SOCK_DGRAM);
	assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &request), 0);
	close(fd);
}

/* In own_network(): which ports the kernel may choose from. */
MAYBE static void set_port_range(int first, int last)
{
	FILE *file = fopen("/proc/sys/net/ipv4/ip_local_port_range", "we");

	assert_non_null(file);
	fprintf(file, "%d %d\n", first, last);
	assert_int_equal(fclose(file), 0);
}

#endif
