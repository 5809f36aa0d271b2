/* SPDX-License-Identifier: MIT */
/*
 * What became of sent datagrams: ICMP that comes back. A connected socket hears
 * of a refusal by its next call; with IP_RECVERR any socket hears of all, once
 * by the next call and in full by MSG_ERRQUEUE, ip(7). The queue shares the
 * receive buffer's room.
 */
#include "io/sim/cost.h"
#include "io/sim/udp_group.h"

#include <netinet/in.h>
#include <string.h>

/* struct sock_extended_err, which not every C library's headers have. */
struct extended {
	uint32_t error;
	uint8_t origin, type, code, pad;
	uint32_t info, data;
};

enum origin {
	LOCAL = 1,
	ICMP4 = 2,
	ICMP6 = 3,
};

struct complaint {
	struct snt__link in_queue;
	struct extended extended;
	struct snt__sim_point about; /* who was sent to */
	struct snt__sim_ip offender; /* who says so */
	size_t cost, size;
	uint8_t bytes[]; /* how the datagram began */
};

int snt__sim_udp_error(struct snt__sim_udp *udp)
{
	int error = udp->file.options.error;

	udp->file.options.error = 0;
	return -error;
}

static bool queues(const struct snt__sim_udp *udp, const struct snt__sim_ip *to)
{
	return udp->tells & (snt__sim_ip_is4(to) ? SNT__SIM_TELL_ERRORS4
						 : SNT__SIM_TELL_ERRORS6);
}

/* NULL: no room, and then it is told by the next call only. */
static struct complaint *enqueue(struct snt__sim_udp *udp, size_t size)
{
	size_t cost = SNT__SIM_COST_HEAD +
		      snt__sim_cost_block(size + SNT__SIM_COST_TAIL, 512);
	struct complaint *complaint;

	if (udp->queued + cost >= (size_t)udp->file.options.rcvbuf)
		return NULL;
	complaint = snt__sim_alloc(sizeof *complaint + size);
	complaint->cost = cost;
	complaint->size = size;
	snt__list_append(&udp->errors, &complaint->in_queue);
	udp->queued += cost;
	return complaint;
}

static void drop(struct snt__sim_udp *udp, struct complaint *complaint)
{
	snt__list_remove(&complaint->in_queue);
	udp->queued -= complaint->cost;
	snt__sim_free(complaint);
}

void snt__sim_udp_drop_errors(struct snt__sim_udp *udp)
{
	struct snt__link *link;

	while ((link = snt__list_first(&udp->errors)) != NULL)
		drop(udp, SNT__CONTAINER(link, struct complaint, in_queue));
}

void snt__sim_udp_too_long(struct snt__sim_udp *udp,
			   const struct snt__sim_point *to, size_t mtu)
{
	struct complaint *complaint;

	if (!queues(udp, &to->ip))
		return;
	complaint = enqueue(udp, 0);
	if (complaint == NULL)
		return;
	complaint->about.ip = to->ip;
	complaint->about.port = udp->remote.port;
	complaint->extended.error = EMSGSIZE;
	complaint->extended.origin = LOCAL;
	complaint->extended.info = (uint32_t)mtu;
	snt__sim_file_stir(&udp->file, SNT__READ | SNT__WRITE | SNT__ODD);
}

/* As ICMP says it. */
static void put_into_words(struct extended *extended, int error, bool is4)
{
	extended->error = (uint32_t)error;
	extended->origin = is4 ? ICMP4 : ICMP6;
	extended->type = is4 ? 3 : 1;
	switch (error) {
	case ECONNREFUSED:
		extended->code = is4 ? 3 : 4;
		break;
	case EHOSTUNREACH:
		extended->code = is4 ? 1 : 3;
		break;
	case EMSGSIZE:
		extended->type = is4 ? 3 : 2;
		extended->code = is4 ? 4 : 0;
		break;
	default:
		break;
	}
}

static void keep(struct snt__sim_udp *udp, const struct snt__sim_packet *packet)
{
	bool is4 = snt__sim_ip_is4(&packet->about.ip);
	struct complaint *complaint = enqueue(udp, packet->size);

	if (complaint == NULL)
		return;
	put_into_words(&complaint->extended, packet->error, is4);
	if (packet->error == EMSGSIZE)
		complaint->extended.info = (uint32_t)packet->mtu;
	complaint->about = packet->about;
	complaint->offender = packet->from.ip;
	memcpy(complaint->bytes, packet->bytes, packet->size);
}

/* Whether a socket that has no queue of errors should hear of it. */
static bool is_hard(const struct snt__sim_udp *udp,
		    const struct snt__sim_packet *packet)
{
	bool is4 = snt__sim_ip_is4(&packet->about.ip);
	int discover = udp->families[!is4].discover;

	if (!udp->connected)
		return false;
	if (packet->error == EMSGSIZE)
		return is4 ? discover != IP_PMTUDISC_DONT
			   : discover == IPV6_PMTUDISC_DO;
	return packet->error == ECONNREFUSED;
}

void snt__sim_udp_told(struct snt__sim_host *host,
		       const struct snt__sim_packet *packet)
{
	struct snt__sim_udp *udp =
		snt__sim_udp_find(host, &packet->to, &packet->about);

	/* Of what went to many, nobody is told. */
	if (udp == NULL || snt__sim_ip_multicast(&packet->about.ip) ||
	    snt__sim_udp_to_all(&packet->about.ip))
		return;
	if (queues(udp, &packet->about.ip))
		keep(udp, packet);
	else if (!is_hard(udp, packet))
		return;
	udp->file.options.error = packet->error;
	snt__sim_file_stir(&udp->file, SNT__READ | SNT__WRITE | SNT__ODD);
}

static void tell(const struct snt__sim_udp *udp, struct msghdr *message,
		 const struct complaint *complaint)
{
	bool is4 = udp->file.family == AF_INET;
	struct snt__sim_point offender = { .ip = complaint->offender };
	struct snt__sim_told told = snt__sim_told(message);
	struct {
		struct extended extended;
		union {
			struct sockaddr_in in;
			struct sockaddr_in6 in6;
		} offender;
	} all;
	struct snt_addr addr;
	size_t room = is4 ? sizeof all.offender.in : sizeof all.offender.in6;

	memset(&all, 0, sizeof all);
	all.extended = complaint->extended;
	if (complaint->extended.origin != LOCAL) {
		snt__sim_addr_of(&addr, &offender, udp->file.family);
		memcpy(&all.offender, &addr.sa, room);
	}
	snt__sim_tell(&told, is4 ? IPPROTO_IP : IPPROTO_IPV6,
		      is4 ? IP_RECVERR : IPV6_RECVERR, &all,
		      sizeof all.extended + room);
	snt__sim_told_end(&told);
	snt__sim_addr_of(&addr, &complaint->about, udp->file.family);
	snt__sim_tell_name(message, &addr.sa, addr.size);
}

/* The one after it, if any, is then the pending error. */
static void take_next(struct snt__sim_udp *udp, bool was_icmp)
{
	struct snt__link *link = snt__list_first(&udp->errors);
	const struct complaint *next =
		link != NULL ? SNT__CONTAINER(link, struct complaint, in_queue)
			     : NULL;

	if (next != NULL && next->extended.origin != LOCAL)
		udp->file.options.error = (int)next->extended.error;
	else if (was_icmp)
		udp->file.options.error = 0;
	if (next != NULL)
		snt__sim_file_stir(&udp->file,
				   SNT__READ | SNT__WRITE | SNT__ODD);
}

ptrdiff_t snt__sim_udp_recv_error(struct snt__sim_udp *udp,
				  struct msghdr *message)
{
	struct snt__link *link = snt__list_first(&udp->errors);
	struct complaint *complaint;
	size_t size, copied;
	bool was_icmp;

	if (link == NULL)
		return -EAGAIN;
	complaint = SNT__CONTAINER(link, struct complaint, in_queue);
	size = complaint->size;
	copied = snt__sim_scatter(message, 0, complaint->bytes, size);
	message->msg_flags = MSG_ERRQUEUE | (copied < size ? MSG_TRUNC : 0);
	tell(udp, message, complaint);
	was_icmp = complaint->extended.origin != LOCAL;
	/* Taken whether it was peeked at or not, as on Linux. */
	drop(udp, complaint);
	take_next(udp, was_icmp);
	return (ptrdiff_t)copied;
}
