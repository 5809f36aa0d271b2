/* SPDX-License-Identifier: MIT */
/* getsockopt(2) of simulated sockets; see option_set.c. */
#include "io/sim/names.h"
#include "io/sim/net.h"
#include "io/sim/options.h"

#include <limits.h>
#include <net/if.h>
#include <string.h>
#include <sys/time.h>

/* How many extensions of its packet filter this kernel would tell of. */
#define BPF_EXTENSIONS 64

static bool is_inet(const struct snt__sim_file *file)
{
	return file->family == AF_INET || file->family == AF_INET6;
}

/* Cut to the caller's room, as Linux does. */
static int give(void *value, socklen_t *size, const void *from, size_t length)
{
	if (length < *size)
		*size = (socklen_t)length;
	if (*size > 0)
		memcpy(value, from, *size);
	return 0;
}

static int give_number(void *value, socklen_t *size, int number)
{
	return give(value, size, &number, sizeof number);
}

static int get_linger(const struct snt__sim_file *file, void *value,
		      socklen_t *size)
{
	struct linger linger = { .l_onoff = file->options.linger_on,
				 .l_linger = file->options.linger_seconds };

	return give(value, size, &linger, sizeof linger);
}

static int get_timeout(const struct snt__sim_file *file,
		       enum snt__sim_slot slot, void *value, socklen_t *size)
{
	const uint32_t *kept = &file->options.other[slot];
	struct timeval timeout = { .tv_sec = (time_t)kept[0],
				   .tv_usec = (suseconds_t)kept[1] };

	return give(value, size, &timeout, sizeof timeout);
}

static int get_device(const struct snt__sim_file *file, void *value,
		      socklen_t *size)
{
	unsigned index = file->options.other[SNT__SIM_DEVICE];
	char name[IF_NAMESIZE];

	if (index == 0) {
		*size = 0;
		return 0;
	}
	if (*size < sizeof name)
		return -EINVAL;
	if (snt__sim_if_indextoname(index, name) < 0)
		return -ENODEV;
	return give(value, size, name, strlen(name) + 1);
}

static int get_pacing(const struct snt__sim_file *file, void *value,
		      socklen_t *size)
{
	uint32_t distance = file->options.other[SNT__SIM_PACING];
	uint64_t rate = distance == 0 ? UINT64_MAX : UINT32_MAX - distance;

	if (*size >= sizeof rate)
		return give(value, size, &rate, sizeof rate);
	return give_number(value, size, (int)(uint32_t)rate);
}

/* Given to a socket when it is first asked for, in the order of asking. */
static int get_cookie(struct snt__sim_file *file, void *value, socklen_t *size)
{
	uint32_t *kept = &file->options.other[SNT__SIM_COOKIE];
	uint64_t cookie;

	if (*size < sizeof cookie)
		return -EINVAL;
	if (*kept == 0)
		*kept = ++file->host->cookies;
	cookie = *kept;
	return give(value, size, &cookie, sizeof cookie);
}

/* Who a Unix peer is, its kind knows. */
static int get_peercred(void *value, socklen_t *size)
{
	static const struct ucred nobody = { .pid = 0,
					     .uid = (uid_t)-1,
					     .gid = (gid_t)-1 };

	return give(value, size, &nobody, sizeof nobody);
}

static int get_peername(struct snt__sim_file *file, void *value,
			socklen_t *size)
{
	struct snt_addr addr;
	int code = -ENOTCONN;

	if (file->ops->getpeername != NULL)
		code = file->ops->getpeername(file, &addr);
	if (code < 0)
		return code;
	if (addr.size < *size)
		return -EINVAL;
	return give(value, size, &addr.sa, addr.size);
}

static int get_error(struct snt__sim_file *file, void *value, socklen_t *size)
{
	int error = file->options.error;

	file->options.error = 0;
	return give_number(value, size, error);
}

static int get_stamping(const struct snt__sim_file *file, void *value,
			socklen_t *size)
{
	uint32_t both[2] = { file->options.other[SNT__SIM_TIMESTAMPING], 0 };

	return give(value, size, both, sizeof both);
}

/* What only answers questions. -ENOPROTOOPT: none of those. */
static int get_fact(struct snt__sim_file *file, int name, void *value,
		    socklen_t *size)
{
	switch (name) {
	case SO_TYPE:
		return give_number(value, size, file->type);
	case SO_DOMAIN:
		return give_number(value, size, file->family);
	case SO_PROTOCOL:
		return give_number(value, size, file->protocol);
	case SO_ACCEPTCONN:
		return give_number(value, size, file->listening);
	case SO_ERROR:
		return get_error(file, value, size);
	case SO_COOKIE:
		return get_cookie(file, value, size);
	case SO_PEERCRED:
		return get_peercred(value, size);
	case SO_PEERNAME:
		return get_peername(file, value, size);
	case SO_PEERGROUPS:
		return -ENODATA;
	case SO_SNDLOWAT:
		return give_number(value, size, 1);
	case SO_PEEK_OFF:
		return give_number(value, size, -1);
	case SO_BPF_EXTENSIONS:
		return give_number(value, size, BPF_EXTENSIONS);
	case SO_BSDCOMPAT:
	case SO_INCOMING_NAPI_ID:
	case SO_ZEROCOPY:
	case SO_LOCK_FILTER:
		return give_number(value, size, 0);
	default:
		return -ENOPROTOOPT;
	}
}

static int get_number(const struct snt__sim_file *file, int name, void *value,
		      socklen_t *size)
{
	const struct snt__sim_row *row = snt__sim_row(SOL_SOCKET, name);

	if (is_inet(file) && (name == SO_PASSCRED || name == SO_PASSSEC))
		return -EOPNOTSUPP;
	if (row == NULL)
		return -ENOPROTOOPT;
	return give_number(value, size, snt__sim_row_value(file, row));
}

static int get_socket(struct snt__sim_file *file, int name, void *value,
		      socklen_t *size)
{
	const struct snt__sim_options *options = &file->options;
	int code = get_fact(file, name, value, size);

	if (code != -ENOPROTOOPT)
		return code;
	switch (name) {
	case SO_LINGER:
		return get_linger(file, value, size);
	case SO_RCVTIMEO:
		return get_timeout(file, SNT__SIM_RCVTIMEO_SECONDS, value,
				   size);
	case SO_SNDTIMEO:
		return get_timeout(file, SNT__SIM_SNDTIMEO_SECONDS, value,
				   size);
	case SO_BINDTODEVICE:
		return get_device(file, value, size);
	case SO_RCVBUF:
		return give_number(value, size, options->rcvbuf);
	case SO_SNDBUF:
		return give_number(value, size, options->sndbuf);
	case SO_RCVLOWAT:
		return give_number(value, size,
				   (int)options->other[SNT__SIM_RCVLOWAT] + 1);
	case SO_MAX_PACING_RATE:
		return get_pacing(file, value, size);
	case SO_TIMESTAMP:
	case SO_TIMESTAMPNS:
	case SNT__SIM_TIMESTAMP_NEW:
	case SNT__SIM_TIMESTAMPNS_NEW:
		return give_number(value, size,
				   options->other[SNT__SIM_STAMP] ==
					   (uint32_t)name);
	case SO_TIMESTAMPING:
		return get_stamping(file, value, size);
	default:
		return get_number(file, name, value, size);
	}
}

/* Of the way to the peer. */
static int get_mtu(struct snt__sim_file *file, int *mtu)
{
	struct snt__sim_point peer;
	struct snt_addr addr;
	int code = -ENOTCONN;

	if (file->ops->getpeername != NULL)
		code = file->ops->getpeername(file, &addr);
	if (code == 0)
		code = snt__sim_point_of(&peer, &addr, file->family);
	if (code < 0)
		return -ENOTCONN;
	*mtu = (int)snt__sim_mtu(file->host, &peer.ip);
	return 0;
}

/* -ENOPROTOOPT: no such number. */
static int number_of(struct snt__sim_file *file, int level, int name,
		     int *number)
{
	const struct snt__sim_row *row = snt__sim_row(level, name);

	if (level == IPPROTO_IP ? name == IP_MTU : name == IPV6_MTU)
		return get_mtu(file, number);
	if (row == NULL)
		return -ENOPROTOOPT;
	*number = snt__sim_row_value(file, row);
	return 0;
}

static int get_ip(struct snt__sim_file *file, int name, void *value,
		  socklen_t *size)
{
	uint8_t byte;
	int number;
	int code = number_of(file, IPPROTO_IP, name, &number);

	if (code < 0)
		return code;
	if (*size >= sizeof number || *size == 0 || number < 0 || number > 255)
		return give_number(value, size, number);
	byte = (uint8_t)number;
	return give(value, size, &byte, sizeof byte);
}

static int get_ipv6(struct snt__sim_file *file, int name, void *value,
		    socklen_t *size)
{
	int number;
	int code = number_of(file, IPPROTO_IPV6, name, &number);

	return code < 0 ? code : give_number(value, size, number);
}

int snt__sim_getsockopt(struct snt__sim_file *file, int level, int name,
			void *value, socklen_t *size)
{
	int code = -ENOPROTOOPT;

	if (file->family == AF_UNSPEC)
		return -ENOTSOCK;
	if (*size > INT_MAX)
		return -EINVAL;
	if (file->ops->getsockopt != NULL)
		code = file->ops->getsockopt(file, level, name, value, size);
	if (code != -ENOPROTOOPT)
		return code;
	if (level == SOL_SOCKET)
		return get_socket(file, name, value, size);
	if (!is_inet(file))
		return -EOPNOTSUPP;
	if (level == IPPROTO_IP)
		return get_ip(file, name, value, size);
	if (file->family == AF_INET6)
		return level == IPPROTO_IPV6 ? get_ipv6(file, name, value, size)
					     : -ENOPROTOOPT;
	/* The socket's own protocol is known, its option is not. */
	return level == file->protocol ? -ENOPROTOOPT : -EOPNOTSUPP;
}
