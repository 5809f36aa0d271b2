/* SPDX-License-Identifier: MIT */
/* What is TCP's own. */
#include "socket/option.h"

#include <limits.h>
#include <netinet/tcp.h>
#include <sennit/tcp.h>
#include <string.h>

/*
 * What TCP_INFO gives, as bytes. Kernels append to it, C libraries' headers lag
 * behind, and the kernel's own header cannot be included beside them; so
 * members are read at their places, which never change.
 */
struct report {
	char bytes[232];
	socklen_t size;
};

enum place {
	STATE = 0,
	RETRANSMITS = 2,
	RTO = 8,
	SND_MSS = 16,
	UNACKED = 24,
	LOST = 32,
	LAST_DATA_SENT = 44,
	LAST_DATA_RECV = 52,
	PMTU = 60,
	RTT = 68,
	RTTVAR = 72,
	SND_CWND = 80,
	TOTAL_RETRANS = 100,
	PACING_RATE = 104,
	BYTES_ACKED = 120,
	BYTES_RECEIVED = 128,
	NOTSENT_BYTES = 144,
	MIN_RTT = 148,
	DELIVERY_RATE = 160,
	BUSY_TIME = 168,
	RWND_LIMITED = 176,
	SNDBUF_LIMITED = 184,
	BYTES_SENT = 200,
	BYTES_RETRANS = 208,
};

static uint8_t byte_at(const struct report *report, enum place place)
{
	return (uint8_t)report->bytes[place];
}

/* 0 past what this kernel gave. */
static uint32_t word_at(const struct report *report, enum place place)
{
	uint32_t word = 0;

	if (place + sizeof word <= report->size)
		memcpy(&word, report->bytes + place, sizeof word);
	return word;
}

static uint64_t long_at(const struct report *report, enum place place)
{
	uint64_t word = 0;

	if (place + sizeof word <= report->size)
		memcpy(&word, report->bytes + place, sizeof word);
	return word;
}

static int64_t time_at(const struct report *report, enum place place,
		       int64_t unit)
{
	uint32_t word = word_at(report, place);

	/* Nothing has been measured yet. */
	return word == UINT32_MAX ? 0 : word * unit;
}

static int64_t long_time_at(const struct report *report, enum place place)
{
	return (int64_t)long_at(report, place) * SNT_MICROSECOND;
}

static struct snt_tcp_info read_report(const struct report *report)
{
	return (struct snt_tcp_info){
		.state = byte_at(report, STATE),
		.retransmits = byte_at(report, RETRANSMITS),
		.rtt = time_at(report, RTT, SNT_MICROSECOND),
		.rttvar = time_at(report, RTTVAR, SNT_MICROSECOND),
		.min_rtt = time_at(report, MIN_RTT, SNT_MICROSECOND),
		.rto = time_at(report, RTO, SNT_MICROSECOND),
		.since_sent = time_at(report, LAST_DATA_SENT, SNT_MILLISECOND),
		.since_received =
			time_at(report, LAST_DATA_RECV, SNT_MILLISECOND),
		.mss = word_at(report, SND_MSS),
		.pmtu = word_at(report, PMTU),
		.cwnd = word_at(report, SND_CWND),
		.unacked = word_at(report, UNACKED),
		.lost = word_at(report, LOST),
		.retransmitted = word_at(report, TOTAL_RETRANS),
		.notsent = word_at(report, NOTSENT_BYTES),
		.bytes_sent = long_at(report, BYTES_SENT),
		.bytes_sent_again = long_at(report, BYTES_RETRANS),
		.bytes_acked = long_at(report, BYTES_ACKED),
		.bytes_received = long_at(report, BYTES_RECEIVED),
		.delivery_rate = long_at(report, DELIVERY_RATE),
		.pacing_rate = long_at(report, PACING_RATE),
		.busy = long_time_at(report, BUSY_TIME),
		.rwnd_limited = long_time_at(report, RWND_LIMITED),
		.sndbuf_limited = long_time_at(report, SNDBUF_LIMITED),
	};
}

int snt_get_tcp_info(const struct snt_socket *socket, struct snt_tcp_info *info)
{
	struct report report = { .size = sizeof report.bytes };
	int code = snt__io->getsockopt(socket->handle.fd, IPPROTO_TCP, TCP_INFO,
				       report.bytes, &report.size);

	if (code < 0)
		return snt__call_fail(socket, code, 0, "TCP info of");
	*info = read_report(&report);
	return 0;
}

int snt_set_congestion(struct snt_socket *socket, const char *name)
{
	size_t length = strlen(name);

	/* The kernel would cut it, and find nothing, or another. */
	if (length >= SNT_CONGESTION_NAME)
		return snt__fail_text(-ENOENT,
				      "congestion control: no algorithm has "
				      "such a long name");
	return snt__option_set(socket, IPPROTO_TCP, TCP_CONGESTION, name,
			       (socklen_t)length,
			       "congestion control (see "
			       "net.ipv4.tcp_available_congestion_control)");
}

int snt_get_congestion(const struct snt_socket *socket, char *name, size_t size)
{
	return snt__option_get_text(socket, IPPROTO_TCP, TCP_CONGESTION, name,
				    size, "congestion control");
}

int snt_set_fastopen(struct snt_socket *listener, int queue)
{
	if (queue < 0)
		return snt__fail_text(-EINVAL,
				      "fast open: a queue of 0 or more");
	return snt__option_set_int(listener, IPPROTO_TCP, TCP_FASTOPEN, queue,
				   "fast open");
}

int snt_get_fastopen(const struct snt_socket *listener, int *queue)
{
	return snt__option_get_int(listener, IPPROTO_TCP, TCP_FASTOPEN, queue,
				   "fast open");
}

int snt_set_fastopen_connect(struct snt_socket *socket, bool on)
{
	return snt__option_set_int(socket, IPPROTO_TCP, TCP_FASTOPEN_CONNECT,
				   on, "fast open to connect");
}

int snt_get_fastopen_connect(const struct snt_socket *socket, bool *on)
{
	return snt__option_get_bool(socket, IPPROTO_TCP, TCP_FASTOPEN_CONNECT,
				    on, "fast open to connect");
}

int snt_set_defer_accept(struct snt_socket *listener, int64_t timeout)
{
	int seconds = snt__units(timeout, SNT_SECOND);

	if (seconds < 0)
		return snt__fail_text(-EINVAL,
				      "defer accept: 0 to %d s are possible",
				      INT_MAX);
	return snt__option_set_int(listener, IPPROTO_TCP, TCP_DEFER_ACCEPT,
				   seconds, "defer accept");
}

int snt_get_defer_accept(const struct snt_socket *listener, int64_t *timeout)
{
	int seconds;
	int code = snt__option_get_int(listener, IPPROTO_TCP, TCP_DEFER_ACCEPT,
				       &seconds, "defer accept");

	if (code == 0)
		*timeout = seconds * SNT_SECOND;
	return code;
}

int snt_set_quickack(struct snt_socket *socket, bool on)
{
	return snt__option_set_int(socket, IPPROTO_TCP, TCP_QUICKACK, on,
				   "quickack");
}

int snt_get_quickack(const struct snt_socket *socket, bool *on)
{
	return snt__option_get_bool(socket, IPPROTO_TCP, TCP_QUICKACK, on,
				    "quickack");
}

int snt_set_notsent_lowat(struct snt_socket *socket, size_t bytes)
{
	uint32_t count = (uint32_t)bytes;

	if (bytes > INT_MAX)
		return snt__fail_text(-EINVAL,
				      "not-sent low-water mark: 0 to %d bytes "
				      "are possible",
				      INT_MAX);
	return snt__option_set(socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &count,
			       sizeof count, "not-sent low-water mark");
}

int snt_get_notsent_lowat(const struct snt_socket *socket, size_t *bytes)
{
	int count;
	int code = snt__option_get_int(socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT,
				       &count, "not-sent low-water mark");

	if (code == 0)
		*bytes = (uint32_t)count;
	return code;
}
