/* SPDX-License-Identifier: MIT */
/* A network of the test's own: nothing but a loopback. */
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

	if (simulated()) {
		snt__sim_host_now()->has[0] = false;
		snt__sim_host_now()->has[1] = false;
		return;
	}
	if (unshare(CLONE_NEWNET) != 0)
		fail_msg("a network name space is needed, and so are the "
			 "rights");
	fd = raw_socket(AF_INET, SOCK_DGRAM);
	assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &request), 0);
	close(fd);
}

/* In own_network(): from which ports one is chosen for who names none. */
MAYBE static void set_port_range(int first, int last)
{
	struct snt_sim_host_opts *limits;
	FILE *file;

	if (simulated()) {
		limits = &snt__sim_host_now()->limits;
		limits->port_first = (uint16_t)first;
		limits->port_last = (uint16_t)last;
		return;
	}
	file = fopen("/proc/sys/net/ipv4/ip_local_port_range", "we");
	assert_non_null(file);
	fprintf(file, "%d %d\n", first, last);
	assert_int_equal(fclose(file), 0);
}

#endif
