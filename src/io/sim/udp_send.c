/* SPDX-License-Identifier: MIT */
/*
 * Datagrams on their way out: to whom, from where, with what. A sent datagram is
 * the network's at once, so that a send never waits; on Linux it may, behind a
 * slow interface. Checks come in Linux's order, since a call that could fail in
 * two ways is a call somebody tests.
 */
#include "io/sim/udp.h"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>

#define PAYLOAD4 65507
#define PAYLOAD6 65527
#define HEADERS4 28
#define HEADERS6 48
#define HOPS 64
/* Datagrams that one send is cut into at most. */
#define SEGMENTS_MOST 128

/* A datagram before it is one. */
struct outgoing {
	struct snt__sim_point to;
	struct snt__sim_ip from;
	bool chose_from; /* asked for; else the usual */
	int interface;   /* asked for; 0: the usual */
	int hops, tos;   /* -1: the socket's */
	uint16_t segment;
};

static int take_int(const struct snt__sim_item *item, int *value, int least,
		    int most)
{
	int number = 0;

	if (item->size < sizeof number)
		return -EINVAL;
	memcpy(&number, item->data, sizeof number);
	if (number < least || number > most)
		return -EINVAL;
	*value = number;
	return 0;
}

static int take_tos(const struct snt__sim_item *item, int *tos)
{
	if (item->size != 1)
		return take_int(item, tos, 0, 255);
	*tos = *(const uint8_t *)item->data;
	return 0;
}

static int take_from(const struct snt__sim_udp *udp, struct outgoing *out,
		     const struct snt__sim_ip *from, int interface, int code)
{
	if (interface < 0 || interface > SNT__SIM_ETH)
		return -ENODEV;
	out->interface = interface;
	if (snt__sim_ip_any(from))
		return 0;
	if (!snt__sim_ip_mine(udp->file.host, from))
		return code;
	out->from = *from;
	out->chose_from = true;
	return 0;
}

static int take_info4(const struct snt__sim_udp *udp, struct outgoing *out,
		      const struct snt__sim_item *item)
{
	struct snt__sim_ip from = { .bytes = { [10] = 0xff, 0xff } };
	struct in_pktinfo info;

	if (item->size < sizeof info)
		return -EINVAL;
	memcpy(&info, item->data, sizeof info);
	memcpy(from.bytes + 12, &info.ipi_spec_dst, 4);
	return take_from(udp, out, &from, info.ipi_ifindex, -ENETUNREACH);
}

static int take_info6(const struct snt__sim_udp *udp, struct outgoing *out,
		      const struct snt__sim_item *item)
{
	struct in6_pktinfo info;
	struct snt__sim_ip from;

	if (item->size < sizeof info)
		return -EINVAL;
	memcpy(&info, item->data, sizeof info);
	memcpy(&from, &info.ipi6_addr, sizeof from);
	return take_from(udp, out, &from, (int)info.ipi6_ifindex, -EINVAL);
}

static int take_segment(struct outgoing *out, const struct snt__sim_item *item)
{
	if (item->type != UDP_SEGMENT || item->size != sizeof out->segment)
		return -EINVAL;
	memcpy(&out->segment, item->data, sizeof out->segment);
	return 0;
}

static int take_item(const struct snt__sim_udp *udp, struct outgoing *out,
		     const struct snt__sim_item *item)
{
	bool is4 = snt__sim_ip_is4(&out->to.ip);

	if (item->level == SOL_SOCKET)
		return item->type == SCM_RIGHTS ||
				       item->type == SCM_CREDENTIALS ||
				       item->type == SO_MARK
			       ? 0
			       : -EINVAL;
	if (item->level == IPPROTO_UDP)
		return take_segment(out, item);
	/* An IPv4 datagram takes an IPv6 socket's idea of where it is from. */
	if (item->level == IPPROTO_IPV6 && item->type == IPV6_PKTINFO &&
	    (!is4 || udp->file.family == AF_INET6))
		return take_info6(udp, out, item);
	if (item->level == IPPROTO_IP && is4) {
		if (item->type == IP_PKTINFO)
			return take_info4(udp, out, item);
		if (item->type == IP_TTL)
			return item->size == sizeof(int)
				       ? take_int(item, &out->hops, 1, 255)
				       : -EINVAL;
		return item->type == IP_TOS ? take_tos(item, &out->tos)
					    : -EINVAL;
	}
	if (item->level == IPPROTO_IPV6 && !is4) {
		if (item->type == IPV6_HOPLIMIT)
			return take_int(item, &out->hops, -1, 255);
		return item->type == IPV6_TCLASS
			       ? take_int(item, &out->tos, -1, 255)
			       : -EINVAL;
	}
	return 0;
}

static int take_control(const struct snt__sim_udp *udp, struct outgoing *out,
			const struct msghdr *message)
{
	struct snt__sim_item item;
	size_t at = 0;
	int code;

	do {
		code = snt__sim_control_next(message, &at, &item);
		if (code <= 0)
			return code;
		code = take_item(udp, out, &item);
	} while (code == 0);
	return code;
}

static int take_name(struct snt__sim_udp *udp, struct outgoing *out,
		     const struct msghdr *message)
{
	struct snt_addr addr = { .size = message->msg_namelen };
	int code;

	if (message->msg_name == NULL) {
		out->to = udp->remote;
		return udp->connected ? 0 : -EDESTADDRREQ;
	}
	if (addr.size > sizeof addr.sa)
		return -EINVAL;
	memcpy(&addr.sa, message->msg_name, addr.size);
	code = snt__sim_udp_point(udp, &out->to, &addr);
	if (code < 0)
		return code;
	return out->to.port == 0 ? -EINVAL : 0;
}

static int check_size(struct snt__sim_udp *udp, const struct snt__sim_point *to,
		      size_t size)
{
	bool is4 = snt__sim_ip_is4(&to->ip);
	int discover = udp->families[!is4].discover;
	size_t most = is4 ? PAYLOAD4 : PAYLOAD6, mtu;

	if (discover >= IP_PMTUDISC_DO && discover <= IP_PMTUDISC_PROBE + 1) {
		mtu = snt__sim_mtu(udp->file.host, &to->ip);
		if (size + (is4 ? HEADERS4 : HEADERS6) > mtu) {
			snt__sim_udp_too_long(udp, to, mtu);
			return -EMSGSIZE;
		}
	}
	return size > most ? -EMSGSIZE : 0;
}

/* A run of datagrams in one send. */
static int check_segments(const struct snt__sim_udp *udp,
			  const struct outgoing *out, size_t size)
{
	bool is4 = snt__sim_ip_is4(&out->to.ip);

	if (out->segment == 0)
		return 0;
	if (out->segment + (size_t)(is4 ? HEADERS4 : HEADERS6) >
	    snt__sim_mtu(udp->file.host, &out->to.ip))
		return -EMSGSIZE;
	if (size > (size_t)out->segment * SEGMENTS_MOST)
		return -EINVAL;
	/* Who cuts it has to count anew. */
	return snt__sim_option(&udp->file, SOL_SOCKET, SO_NO_CHECK) != 0
		       ? -EINVAL
		       : 0;
}

static struct snt__sim_packet *packet_of(const struct snt__sim_udp *udp,
					 const struct outgoing *out,
					 const struct msghdr *message,
					 size_t size)
{
	const struct snt__sim_udp_family *family =
		&udp->families[!snt__sim_ip_is4(&out->to.ip)];
	struct snt__sim_packet *packet = snt__sim_packet(IPPROTO_UDP, size);
	bool is_group = snt__sim_ip_multicast(&out->to.ip);
	int hops = is_group ? family->group_hops : family->hops;

	packet->from.ip = out->from;
	packet->from.port = udp->local.port;
	packet->to = out->to;
	packet->hops = (uint8_t)(out->hops >= 0 ? out->hops
				 : hops >= 0    ? hops
						: HOPS);
	packet->tos = (uint8_t)(out->tos >= 0 ? out->tos : family->tos);
	if (is_group && !family->group_loop)
		packet->flags = SNT__SIM_NO_LOOP;
	snt__sim_gather(message, 0, packet->bytes, size);
	return packet;
}

/* A new datagram. */
static int begin(struct snt__sim_udp *udp, const struct msghdr *message,
		 size_t size, struct snt__sim_packet **packet)
{
	struct outgoing out = { .hops = -1,
				.tos = -1,
				.segment = udp->segment };
	struct snt__sim_ip from;
	int code = take_name(udp, &out, message);

	if (code == 0)
		code = take_control(udp, &out, message);
	if (code == 0)
		code = snt__sim_udp_route(udp, &out.to.ip, out.interface,
					  &from);
	if (code == 0)
		code = check_size(udp, &out.to, size);
	if (code == 0)
		code = snt__sim_udp_error(udp);
	if (code == 0 && (udp->shut & (SHUT_WR + 1)))
		code = -EPIPE;
	if (code == 0)
		code = check_segments(udp, &out, size);
	if (code < 0)
		return code;
	if (!out.chose_from)
		out.from = from;
	*packet = packet_of(udp, &out, message, size);
	udp->held_segment = out.segment;
	return 0;
}

static struct snt__sim_packet *part_of(const struct snt__sim_packet *whole,
				       const uint8_t *bytes, size_t size)
{
	struct snt__sim_packet *part = snt__sim_packet(IPPROTO_UDP, size);

	part->from = whole->from;
	part->to = whole->to;
	part->hops = whole->hops;
	part->tos = whole->tos;
	part->flags = whole->flags;
	memcpy(part->bytes, bytes, size);
	return part;
}

/* Takes the packet. */
static int send_apart(struct snt__sim_host *host, struct snt__sim_packet *whole,
		      size_t segment)
{
	int code = 0;

	for (size_t at = 0; code == 0 && at < whole->size; at += segment) {
		size_t left = whole->size - at;

		code = snt__sim_send(host,
				     part_of(whole, whole->bytes + at,
					     left < segment ? left : segment));
	}
	snt__sim_packet_free(whole);
	return code;
}

/* More of the datagram that is held back; where it goes was said before. */
static int go_on(struct snt__sim_udp *udp, const struct msghdr *message,
		 size_t size, struct snt__sim_packet **packet)
{
	struct snt__sim_packet *held = udp->held, *longer;
	int code = check_size(udp, &held->to, held->size + size);

	udp->held = NULL;
	if (code == 0) {
		longer = snt__sim_packet(IPPROTO_UDP, held->size + size);
		longer->from = held->from;
		longer->to = held->to;
		longer->hops = held->hops;
		longer->tos = held->tos;
		longer->flags = held->flags;
		memcpy(longer->bytes, held->bytes, held->size);
		snt__sim_gather(message, 0, longer->bytes + held->size, size);
		*packet = longer;
	}
	snt__sim_packet_free(held);
	return code;
}

int snt__sim_udp_push(struct snt__sim_udp *udp)
{
	struct snt__sim_packet *held = udp->held;

	udp->held = NULL;
	if (held == NULL)
		return 0;
	if (udp->held_segment == 0 || held->size <= udp->held_segment)
		return snt__sim_send(udp->file.host, held);
	return send_apart(udp->file.host, held, udp->held_segment);
}

ptrdiff_t snt__sim_udp_send(struct snt__sim_file *file,
			    const struct msghdr *message, int flags)
{
	struct snt__sim_udp *udp = snt__sim_udp_of(file);
	size_t size = snt__sim_message_size(message);
	struct snt__sim_packet *packet = NULL;
	int code = snt__sim_udp_need_port(udp);

	if (code == 0 && size > UINT16_MAX)
		code = -EMSGSIZE;
	if (code == 0 && (flags & MSG_OOB))
		code = -EOPNOTSUPP;
	if (code == 0 && udp->held != NULL)
		code = go_on(udp, message, size, &packet);
	else if (code == 0)
		code = begin(udp, message, size, &packet);
	if (code < 0)
		return code;
	udp->held = packet;
	if (!udp->corked && !(flags & MSG_MORE))
		code = snt__sim_udp_push(udp);
	return code < 0 ? code : (ptrdiff_t)size;
}
