/* SPDX-License-Identifier: MIT */
/*
 * setsockopt(2) of simulated sockets: who has an option, what size its value
 * must have, and those whose value is no plain number (the others stand in
 * option_rows.c). A kind of socket is asked first for its own.
 *
 * Sizes and errors are Linux 6.18's. Left out, so that they fail with
 * -ENOPROTOOPT: filters, traffic shaping, zero copy, and whatever else would
 * promise what nothing here does.
 */
#include "io/sim/options.h"

#include "io/sim/names.h"

#include <limits.h>
#include <net/if.h>
#include <string.h>
#include <sys/time.h>

/* net.core.rmem_max and wmem_max; and the least that Linux makes of a size. */
#define BUFFER_MOST 212992
#define RCVBUF_LEAST 2304
#define SNDBUF_LEAST 4608

/* Half of the third of net.ipv4.tcp_rmem. */
#define TCP_RCVLOWAT_MOST (1 << 24)

#define TIMESTAMPING_ALL 0x3ffff

static bool is_inet(const struct snt__sim_file *file)
{
	return file->family == AF_INET || file->family == AF_INET6;
}

static int number_of(const void *value)
{
	int number;

	memcpy(&number, value, sizeof number);
	return number;
}

static int set_linger(struct snt__sim_file *file, const void *value,
		      socklen_t size)
{
	struct linger linger;

	if (size < sizeof linger)
		return -EINVAL;
	memcpy(&linger, value, sizeof linger);
	file->options.linger_on = linger.l_onoff != 0;
	if (linger.l_onoff != 0)
		file->options.linger_seconds = linger.l_linger;
	return 0;
}

/* Nothing waits here, so it is only kept. */
static int set_timeout(struct snt__sim_file *file, enum snt__sim_slot slot,
		       const void *value, socklen_t size)
{
	struct timeval timeout;

	if (size < sizeof timeout)
		return -EINVAL;
	memcpy(&timeout, value, sizeof timeout);
	if (timeout.tv_usec < 0 || timeout.tv_usec >= 1000000)
		return -EDOM;
	if (timeout.tv_sec < 0)
		timeout = (struct timeval){ 0 };
	if (timeout.tv_sec > UINT32_MAX)
		timeout.tv_sec = UINT32_MAX;
	file->options.other[slot] = (uint32_t)timeout.tv_sec;
	file->options.other[slot + 1] = (uint32_t)timeout.tv_usec;
	return 0;
}

static int set_device(struct snt__sim_file *file, const void *value,
		      socklen_t size)
{
	char name[IF_NAMESIZE] = "";
	int index = 0;

	if (size >= sizeof name)
		size = sizeof name - 1;
	if (size > 0)
		memcpy(name, value, size);
	if (name[0] != '\0')
		index = snt__sim_if_nametoindex(name);
	if (index < 0)
		return index;
	file->options.other[SNT__SIM_DEVICE] = (uint32_t)index;
	return 0;
}

/* A size below 0 counts as a very large one. */
static int buffer_of(int size, int least, bool forced)
{
	if (forced && size < 0)
		size = 0;
	if (!forced && (size < 0 || size > BUFFER_MOST))
		size = BUFFER_MOST;
	if (size > INT_MAX / 2)
		size = INT_MAX / 2;
	return 2 * size > least ? 2 * size : least;
}

static int set_rcvlowat(struct snt__sim_file *file, int bytes)
{
	bool tcp = file->type == SOCK_STREAM && is_inet(file);

	if (bytes < 0)
		bytes = INT_MAX;
	if (tcp && bytes > TCP_RCVLOWAT_MOST)
		bytes = TCP_RCVLOWAT_MOST;
	file->options.other[SNT__SIM_RCVLOWAT] =
		bytes > 0 ? (uint32_t)bytes - 1 : 0;
	/* What is there may be enough now. */
	if (tcp)
		snt__sim_file_stir(file, file->ops->ready(file) & SNT__READ);
	return 0;
}

/* 4 bytes, or 8 where they are given. Kept as the distance from no limit. */
static int set_pacing(struct snt__sim_file *file, const void *value,
		      socklen_t size)
{
	uint64_t rate = UINT64_MAX;

	if (size >= sizeof rate)
		memcpy(&rate, value, sizeof rate);
	else if (number_of(value) != -1)
		rate = (uint32_t)number_of(value);
	file->options.other[SNT__SIM_PACING] =
		rate >= UINT32_MAX ? 0 : UINT32_MAX - (uint32_t)rate;
	return 0;
}

static int set_number(struct snt__sim_file *file, int name, int number)
{
	const struct snt__sim_row *row = snt__sim_row(SOL_SOCKET, name);

	if (is_inet(file) && (name == SO_PASSCRED || name == SO_PASSSEC))
		return -EOPNOTSUPP;
	if (!is_inet(file) && name == SO_REUSEPORT && number != 0)
		return -EOPNOTSUPP;
	return row != NULL ? snt__sim_row_set(file, row, number) : -ENOPROTOOPT;
}

static int set_socket(struct snt__sim_file *file, int name, const void *value,
		      socklen_t size)
{
	struct snt__sim_options *options = &file->options;

	if (name == SO_BINDTODEVICE)
		return set_device(file, value, size);
	if (size < sizeof(int))
		return -EINVAL;
	switch (name) {
	case SO_LINGER:
		return set_linger(file, value, size);
	case SO_RCVTIMEO:
		return set_timeout(file, SNT__SIM_RCVTIMEO_SECONDS, value,
				   size);
	case SO_SNDTIMEO:
		return set_timeout(file, SNT__SIM_SNDTIMEO_SECONDS, value,
				   size);
	case SO_RCVBUF:
	case SO_RCVBUFFORCE:
		options->rcvbuf = buffer_of(number_of(value), RCVBUF_LEAST,
					    name == SO_RCVBUFFORCE);
		return 0;
	case SO_SNDBUF:
	case SO_SNDBUFFORCE:
		options->sndbuf = buffer_of(number_of(value), SNDBUF_LEAST,
					    name == SO_SNDBUFFORCE);
		return 0;
	case SO_RCVLOWAT:
		return set_rcvlowat(file, number_of(value));
	case SO_MAX_PACING_RATE:
		return set_pacing(file, value, size);
	case SO_TIMESTAMP:
	case SO_TIMESTAMPNS:
	case SNT__SIM_TIMESTAMP_NEW:
	case SNT__SIM_TIMESTAMPNS_NEW:
		options->other[SNT__SIM_STAMP] =
			number_of(value) != 0 ? (uint32_t)name : 0;
		return 0;
	case SO_TIMESTAMPING:
		if ((number_of(value) & ~TIMESTAMPING_ALL) != 0)
			return -EINVAL;
		options->other[SNT__SIM_TIMESTAMPING] =
			(uint32_t)number_of(value);
		return 0;
	case SO_PEEK_OFF:
		return -EOPNOTSUPP;
	case SO_BSDCOMPAT:
		return 0;
	default:
		return set_number(file, name, number_of(value));
	}
}

static bool is_membership(int level, int name)
{
	return level == IPPROTO_IP
		       ? name == IP_ADD_MEMBERSHIP || name == IP_DROP_MEMBERSHIP
		       : name == IPV6_JOIN_GROUP || name == IPV6_LEAVE_GROUP;
}

/* As Linux does it: the queue that such packets belong to. */
static void set_priority(struct snt__sim_file *file)
{
	static const uint8_t queues[] = { 0, 2, 6, 4 };
	uint32_t tos = file->options.other[SNT__SIM_TOS];

	file->options.other[SNT__SIM_PRIORITY] = queues[(tos & 0x18) >> 3];
}

/* One byte is enough where a value fits into it. */
static int set_ip(struct snt__sim_file *file, int name, const void *value,
		  socklen_t size)
{
	const struct snt__sim_row *row = snt__sim_row(IPPROTO_IP, name);
	int number = 0, code;

	if (is_membership(IPPROTO_IP, name) && file->type == SOCK_STREAM)
		return -EPROTO;
	if (row == NULL)
		return -ENOPROTOOPT;
	if (size == 0 && row->has_byte)
		return -EINVAL;
	if (size >= sizeof number)
		number = number_of(value);
	else if (size > 0)
		number = *(const uint8_t *)value;
	code = snt__sim_row_set(file, row, number);
	if (code == 0 && name == IP_TOS)
		set_priority(file);
	return code;
}

static bool is_bound(struct snt__sim_file *file)
{
	struct snt_addr addr;

	return file->ops->getsockname != NULL &&
	       file->ops->getsockname(file, &addr) == 0 &&
	       snt_addr_port(&addr) != 0;
}

static int set_ipv6(struct snt__sim_file *file, int name, const void *value,
		    socklen_t size)
{
	const struct snt__sim_row *row = snt__sim_row(IPPROTO_IPV6, name);

	if (is_membership(IPPROTO_IPV6, name) && file->type == SOCK_STREAM)
		return -EPROTO;
	if (row == NULL)
		return -ENOPROTOOPT;
	if (size < sizeof(int) || (name == IPV6_V6ONLY && is_bound(file)))
		return -EINVAL;
	return snt__sim_row_set(file, row, number_of(value));
}

int snt__sim_setsockopt(struct snt__sim_file *file, int level, int name,
			const void *value, socklen_t size)
{
	int code = -ENOPROTOOPT;

	if (file->family == AF_UNSPEC)
		return -ENOTSOCK;
	if (size > INT_MAX)
		return -EINVAL;
	if (value == NULL && size > 0)
		return -EFAULT;
	if (file->ops->setsockopt != NULL)
		code = file->ops->setsockopt(file, level, name, value, size);
	if (code != -ENOPROTOOPT)
		return code;
	if (level == SOL_SOCKET)
		return set_socket(file, name, value, size);
	if (!is_inet(file))
		return -EOPNOTSUPP;
	if (level == IPPROTO_IP)
		return set_ip(file, name, value, size);
	if (level == IPPROTO_IPV6 && file->family == AF_INET6)
		return set_ipv6(file, name, value, size);
	return -ENOPROTOOPT;
}
