/* SPDX-License-Identifier: MIT */
/* What TCP_INFO tells: the kernel's layout, whose members never move, with the
 * members that a simulated connection knows; the others are 0. */
#include "io/sim/tcp_options.h"

#include "io/sim/tcp_parts.h"

#include <string.h>

#define INFO_SIZE 232

enum place {
	STATE = 0,
	RETRANSMITS = 2,
	PROBES = 3,
	RTO = 8,
	SND_MSS = 16,
	RCV_MSS = 20,
	UNACKED = 24,
	LAST_DATA_SENT = 44,
	LAST_DATA_RECV = 52,
	LAST_ACK_RECV = 56,
	PMTU = 60,
	RTT = 68,
	RTTVAR = 72,
	SND_CWND = 80,
	ADVMSS = 84,
	TOTAL_RETRANS = 100,
	BYTES_ACKED = 120,
	BYTES_RECEIVED = 128,
	NOTSENT_BYTES = 144,
	MIN_RTT = 148,
	BYTES_SENT = 200,
	BYTES_RETRANS = 208,
};

static void put(uint8_t *info, enum place place, uint64_t value)
{
	uint32_t word = value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;

	memcpy(info + place, &word, sizeof word);
}

static void put_long(uint8_t *info, enum place place, uint64_t value)
{
	memcpy(info + place, &value, sizeof value);
}

static void put_time(uint8_t *info, enum place place, int64_t duration,
		     int64_t unit)
{
	put(info, place, (uint64_t)(duration / unit));
}

static void put_times(uint8_t *info, const struct snt__sim_timing *timing)
{
	int64_t now = snt__sim_world->now;

	put_time(info, RTO, timing->rto, SNT_MICROSECOND);
	put_time(info, RTT, timing->srtt, SNT_MICROSECOND);
	put_time(info, RTTVAR, timing->rttvar, SNT_MICROSECOND);
	put_time(info, LAST_DATA_SENT, now - timing->sent_at, SNT_MILLISECOND);
	put_time(info, LAST_DATA_RECV, now - timing->received_at,
		 SNT_MILLISECOND);
	put_time(info, LAST_ACK_RECV, now - timing->heard_at, SNT_MILLISECOND);
	if (timing->min_rtt > 0)
		put_time(info, MIN_RTT, timing->min_rtt, SNT_MICROSECOND);
	else
		put(info, MIN_RTT, UINT32_MAX);
}

static void put_connection(uint8_t *info, const struct snt__sim_tcp *tcp)
{
	const struct snt__sim_sending *snd = &tcp->snd;
	size_t way = snt__sim_mtu(tcp->file.host, &tcp->flow.remote.ip);
	size_t mss = snd->mss > 0 ? snd->mss : 1;

	put(info, SND_MSS, snd->mss);
	put(info, RCV_MSS, snd->mss);
	put(info, ADVMSS, snt__sim_tcp_way_mss(tcp));
	put(info, PMTU, way);
	put(info, SND_CWND, snd->limit);
	put(info, UNACKED, (snd->nxt - snd->una + mss - 1) / mss);
	put(info, NOTSENT_BYTES, snd->end > snd->nxt ? snd->end - snd->nxt : 0);
	put(info, TOTAL_RETRANS, tcp->counts.again);
	put_long(info, BYTES_ACKED, tcp->counts.acked);
	put_long(info, BYTES_RECEIVED, tcp->counts.received);
	put_long(info, BYTES_SENT, tcp->counts.sent);
	put_long(info, BYTES_RETRANS, tcp->counts.sent_again);
}

size_t snt__sim_tcp_info(const struct snt__sim_tcp *tcp, void *value,
			 size_t size)
{
	uint8_t info[INFO_SIZE] = { 0 };

	if (size > sizeof info)
		size = sizeof info;
	info[STATE] = tcp->state;
	if (tcp->state == TCP_LISTEN) {
		/* As Linux tells them of a listener. */
		put(info, UNACKED, tcp->listening.queued);
		put(info, UNACKED + 4, tcp->listening.backlog);
	} else if (tcp->snd.mss > 0) {
		info[RETRANSMITS] = (uint8_t)tcp->timing.tries;
		info[PROBES] = (uint8_t)tcp->timing.probes;
		put_connection(info, tcp);
		put_times(info, &tcp->timing);
	}
	memcpy(value, info, size);
	return size;
}
