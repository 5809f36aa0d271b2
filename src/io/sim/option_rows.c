/* SPDX-License-Identifier: MIT */
/*
 * The options that are kept as numbers and given back, as Linux 6.18 does it.
 * Few of them change what a socket does; those that would, and that the
 * simulation has nothing behind, are not here, so that setting them fails.
 *
 * Looked through from end to end: for what is set now and then.
 */
#include "io/sim/options.h"

#include <limits.h>
#include <stddef.h>

#define BITS(number, born)                                                     \
	.rule = SNT__SIM_BIT, .place = (number), .first = (born),              \
	.low = INT_MIN, .high = INT_MAX
#define BIT(number) BITS(number, 0)
#define BIT_ON(number) BITS(number, 1)
#define MEMBER(member)                                                         \
	.rule = SNT__SIM_MEMBER,                                               \
	.place = offsetof(struct snt__sim_options, member), .low = INT_MIN,    \
	.high = INT_MAX
#define NUMBER(slot, born, least, most)                                        \
	.rule = SNT__SIM_NUMBER, .place = SNT__SIM_##slot, .first = (born),    \
	.low = (least), .high = (most)
#define ANY_NUMBER(slot, born) NUMBER(slot, born, INT_MIN, INT_MAX)
#define BYTE(slot, born, least) NUMBER(slot, born, least, 255)

static const struct snt__sim_row rows[] = {
	{ SOL_SOCKET, SO_REUSEADDR, MEMBER(reuseaddr) },
	{ SOL_SOCKET, SO_REUSEPORT, MEMBER(reuseport) },
	{ SOL_SOCKET, SO_BROADCAST, MEMBER(broadcast) },
	{ SOL_SOCKET, SO_KEEPALIVE, MEMBER(keepalive) },
	{ SOL_SOCKET, SO_DEBUG, BIT(0) },
	{ SOL_SOCKET, SO_DONTROUTE, BIT(1) },
	{ SOL_SOCKET, SO_OOBINLINE, BIT(2) },
	{ SOL_SOCKET, SO_NO_CHECK, BIT(3) },
	{ SOL_SOCKET, SO_PASSCRED, BIT(4) },
	{ SOL_SOCKET, SO_PASSSEC, BIT(5) },
	{ SOL_SOCKET, SO_PRIORITY, ANY_NUMBER(PRIORITY, 0) },
	{ SOL_SOCKET, SO_MARK, ANY_NUMBER(MARK, 0) },
	{ SOL_SOCKET, SO_INCOMING_CPU, ANY_NUMBER(INCOMING_CPU, -1) },
	{ SOL_SOCKET, SO_BUSY_POLL, NUMBER(BUSY_POLL, 0, 0, INT_MAX) },
	{ SOL_SOCKET, SO_BINDTOIFINDEX, NUMBER(DEVICE, 0, 0, INT_MAX) },

	{ IPPROTO_IP, IP_PKTINFO, BIT(8) },
	{ IPPROTO_IP, IP_RECVERR, BIT(9) },
	{ IPPROTO_IP, IP_RECVTTL, BIT(10) },
	{ IPPROTO_IP, IP_RECVTOS, BIT(11) },
	{ IPPROTO_IP, IP_RECVORIGDSTADDR, BIT(12) },
	{ IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, BIT(13) },
	{ IPPROTO_IP, IP_FREEBIND, BIT(14), .has_byte = true },
	{ IPPROTO_IP, IP_TRANSPARENT, BIT(15), .has_byte = true },
	{ IPPROTO_IP, IP_MULTICAST_LOOP, BIT_ON(16), .has_byte = true },
	{ IPPROTO_IP, IP_TTL, BYTE(TTL, 64, 1), .resets = true,
	  .has_byte = true },
	{ IPPROTO_IP, IP_MINTTL, BYTE(MINTTL, 0, 0), .has_byte = true },
	{ IPPROTO_IP, IP_TOS, ANY_NUMBER(TOS, 0) },
	{ IPPROTO_IP, IP_MTU_DISCOVER, NUMBER(MTU_DISCOVER, 1, 0, 5) },

	{ IPPROTO_IPV6, IPV6_V6ONLY, MEMBER(v6only) },
	{ IPPROTO_IPV6, IPV6_RECVERR, BIT(17) },
	{ IPPROTO_IPV6, IPV6_RECVPKTINFO, BIT(18) },
	{ IPPROTO_IPV6, IPV6_RECVHOPLIMIT, BIT(19) },
	{ IPPROTO_IPV6, IPV6_RECVTCLASS, BIT(20) },
	{ IPPROTO_IPV6, IPV6_DONTFRAG, BIT(21) },
	{ IPPROTO_IPV6, IPV6_RECVORIGDSTADDR, BIT(22) },
	{ IPPROTO_IPV6, IPV6_TRANSPARENT, BIT(23) },
	{ IPPROTO_IPV6, IPV6_FREEBIND, BIT(24) },
	{ IPPROTO_IPV6, IPV6_AUTOFLOWLABEL, BIT_ON(25) },
	{ IPPROTO_IPV6, IPV6_UNICAST_HOPS, BYTE(HOPS, 64, 0), .resets = true },
	{ IPPROTO_IPV6, IPV6_TCLASS, BYTE(TCLASS, 0, 0), .resets = true },
	{ IPPROTO_IPV6, IPV6_MTU_DISCOVER, NUMBER(MTU_DISCOVER6, 1, 0, 5) },
};

const struct snt__sim_row *snt__sim_row(int level, int name)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rows[i].level == level && rows[i].name == name)
			return &rows[i];
	return NULL;
}

static int *member_of(struct snt__sim_file *file,
		      const struct snt__sim_row *row)
{
	return (int *)(void *)((char *)&file->options + row->place);
}

static uint32_t bit_of(const struct snt__sim_row *row)
{
	return UINT32_C(1) << row->place;
}

int snt__sim_row_value(const struct snt__sim_file *file,
		       const struct snt__sim_row *row)
{
	const uint32_t *kept = file->options.other;
	bool on;

	switch (row->rule) {
	case SNT__SIM_BIT:
		on = (kept[SNT__SIM_FLAGS] & bit_of(row)) != 0;
		return on != (row->first != 0);
	case SNT__SIM_MEMBER:
		return *(const int *)(const void *)((const char *)&file
							    ->options +
						    row->place);
	default:
		return (int)(kept[row->place] + (uint32_t)row->first);
	}
}

int snt__sim_option(const struct snt__sim_file *file, int level, int name)
{
	const struct snt__sim_row *row = snt__sim_row(level, name);

	return row != NULL ? snt__sim_row_value(file, row) : 0;
}

/* TCP's lowest bits are its own (RFC 3168). */
static int of_service(const struct snt__sim_file *file, int value)
{
	return value & (file->type == SOCK_STREAM ? 0xfc : 0xff);
}

int snt__sim_row_set(struct snt__sim_file *file, const struct snt__sim_row *row,
		     int value)
{
	uint32_t *kept = file->options.other;

	if (row->resets && value == -1)
		value = row->first;
	if (value < row->low || value > row->high)
		return -EINVAL;
	switch (row->rule) {
	case SNT__SIM_BIT:
		if ((value != 0) != (row->first != 0))
			kept[SNT__SIM_FLAGS] |= bit_of(row);
		else
			kept[SNT__SIM_FLAGS] &= ~bit_of(row);
		break;
	case SNT__SIM_MEMBER:
		*member_of(file, row) = value != 0;
		break;
	default:
		if (row->place == SNT__SIM_TOS || row->place == SNT__SIM_TCLASS)
			value = of_service(file, value);
		kept[row->place] = (uint32_t)value - (uint32_t)row->first;
	}
	return 0;
}
