/* SPDX-License-Identifier: MIT */
/*
 * Datagrams from others' addresses, by a raw socket: the kernel's network alone,
 * and the rights are needed. Headers are written byte by byte, so that it is the
 * same for every C library.
 */
#ifndef TESTS_SEQ_FORGE_H
#define TESTS_SEQ_FORGE_H

#include "../socket/net.h"
#include "../socket/world.h"

#define FORGED_MOST 1500

/* Of what ever goes that way; closed by the caller. */
MAYBE static int forger(int family)
{
	int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);

	if (fd < 0)
		fail_msg("a raw socket is needed, and so are the rights");
	return fd;
}

static uint32_t forge_sum(uint32_t sum, const unsigned char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
	return sum;
}

static void forge_put(unsigned char *at, size_t number)
{
	at[0] = (unsigned char)(number >> 8);
	at[1] = (unsigned char)number;
}

/* Version, length, protocol, both addresses; how long it is. */
static size_t forge_ip(unsigned char *packet, const struct snt_addr *from,
		       const struct snt_addr *to, size_t size)
{
	if (from->sa.any.sa_family == AF_INET) {
		memset(packet, 0, 20);
		packet[0] = 0x45;
		forge_put(packet + 2, 20 + size);
		packet[8] = 64;
		packet[9] = IPPROTO_UDP;
		memcpy(packet + 12, &from->sa.in.sin_addr, 4);
		memcpy(packet + 16, &to->sa.in.sin_addr, 4);
		return 20;
	}
	memset(packet, 0, 40);
	packet[0] = 0x60;
	forge_put(packet + 4, size);
	packet[6] = IPPROTO_UDP;
	packet[7] = 64;
	memcpy(packet + 8, &from->sa.in6.sin6_addr, 16);
	memcpy(packet + 24, &to->sa.in6.sin6_addr, 16);
	return 40;
}

MAYBE static void forge(int fd, const struct snt_addr *from,
			const struct snt_addr *to, const void *bytes,
			size_t size)
{
	unsigned char packet[48 + FORGED_MOST], *udp;
	struct snt_addr next = *to;
	size_t head = forge_ip(packet, from, to, 8 + size);
	size_t addresses = head == 20 ? 8 : 32;
	uint32_t sum = (uint32_t)(IPPROTO_UDP + 8 + size);

	assert_true(size <= FORGED_MOST);
	udp = packet + head;
	forge_put(udp, snt_addr_port(from));
	forge_put(udp + 2, snt_addr_port(to));
	forge_put(udp + 4, 8 + size);
	forge_put(udp + 6, 0);
	memcpy(udp + 8, bytes, size);
	sum = forge_sum(sum, udp - addresses, addresses + 8 + size);
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	forge_put(udp + 6, sum == 0xffff ? 0xffff : ~sum & 0xffff);
	/* For a raw socket it is a protocol. */
	OK(snt_addr_set_port(&next, 0));
	assert_int_equal(raw_code(sendto(fd, packet, head + 8 + size, 0,
					 &next.sa.any, next.size)),
			 (ptrdiff_t)(head + 8 + size));
}

/* On the loopback of an own_network(). */
MAYBE static void add_address6(const char *text)
{
	struct snt_addr addr = parsed(text);
	struct {
		struct in6_addr addr;
		uint32_t prefix;
		int interface;
	} request = { addr.sa.in6.sin6_addr, 128, 0 };
	int fd = raw_socket(AF_INET6, SOCK_DGRAM);

	request.interface = (int)if_nametoindex("lo");
	if (IN6_IS_ADDR_LINKLOCAL(&request.addr))
		addr.sa.in6.sin6_scope_id = (uint32_t)request.interface;
	assert_int_equal(raw_code(ioctl(fd, SIOCSIFADDR, &request)), 0);
	/* The kernel looks for doubles first, a little later, if not for long. */
	while (bind(fd, &addr.sa.any, addr.size) < 0) {
		assert_int_equal(errno, EADDRNOTAVAIL);
		sched_yield();
	}
	close(fd);
}

#endif
