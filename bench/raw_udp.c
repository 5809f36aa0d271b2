/* SPDX-License-Identifier: MIT */
/*
 * The raw side of the datagrams' question: a UDP echo server that is nothing but
 * recvfrom and sendto, one datagram at a time, blocking. Nothing can be faster
 * that takes them singly: there is no call but these two, and they are in line.
 *
 * Its queue is made long enough for all that the load has under way.
 */
#include "rawcall.h"
#include "rawserver.h"

#define QUEUE (8 << 20)

int main(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), queue = QUEUE;
	char *buffer = buffer_new(65536);

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		die("bind");
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &queue, sizeof(queue)) <
	    0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &queue, sizeof(queue));
	tell_port(fd, "raw");
	for (;;) {
		struct sockaddr_in from;
		socklen_t length = sizeof(from);
		long n = raw_recvfrom(fd, buffer, 65536, &from, &length);

		if (n >= 0)
			n = raw_sendto(fd, buffer, n, &from, length);
		if (n < 0) {
			errno = (int)-n;
			die("echo");
		}
	}
}
