/* SPDX-License-Identifier: MIT */
/*
 * What is TCP's own: how a connection fares, and what can be tuned. tcp(7).
 * None of these waits. Errors are setsockopt(2)'s, as in options.h: -EINVAL for
 * a value out of range, -ENOPROTOOPT or -EOPNOTSUPP on what is not TCP. On a
 * server of several addresses a setter reaches all of them and a getter asks
 * the first. Getters write their out-value on success only.
 */
#ifndef SENNIT_TCP_H
#define SENNIT_TCP_H

#include <sennit/socket.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Times in nanoseconds, rates in bytes a second. What this kernel does not
 * know, or does not know yet, is 0. */
struct snt_tcp_info {
	int state;          /* TCP_ESTABLISHED ..., of <netinet/tcp.h> */
	int retransmits;    /* in a row without an answer, now */
	int64_t rtt;        /* round trip, smoothed */
	int64_t rttvar;     /* its variation */
	int64_t min_rtt;    /* the shortest of late */
	int64_t rto;        /* silence before the next retransmission */
	int64_t since_sent; /* since data was last sent */
	int64_t since_received;
	uint32_t mss;              /* bytes in a segment that we send */
	uint32_t pmtu;             /* bytes in a packet, on this path */
	uint32_t cwnd;             /* segments that may be under way */
	uint32_t unacked;          /* segments that are under way */
	uint32_t lost;             /* segments held to be lost, now */
	uint32_t retransmitted;    /* segments, since the beginning */
	uint32_t notsent;          /* bytes taken from us, not yet sent */
	uint64_t bytes_sent;       /* with those sent again */
	uint64_t bytes_sent_again; /* retransmitted */
	uint64_t bytes_acked;      /* that have arrived */
	uint64_t bytes_received;
	uint64_t delivery_rate; /* at which they arrive */
	uint64_t pacing_rate;   /* at which we send; UINT64_MAX: any */
	int64_t busy;           /* how long there was something to send */
	int64_t rwnd_limited;   /* of that, held up by the peer's window */
	int64_t sndbuf_limited; /* and by our own buffer */
};
SNT_API SNT_MUST_CHECK int snt_get_tcp_info(const struct snt_socket *socket,
					    struct snt_tcp_info *info);

/* Enough for every name of a congestion control algorithm. */
#define SNT_CONGESTION_NAME 16

/*
 * The congestion control algorithm: "cubic", "bbr", ... -ENOENT: not in this
 * kernel. -EPERM: not allowed to this user. The getter returns the length of
 * the name; what does not fit in size is cut off.
 */
SNT_API SNT_MUST_CHECK int snt_set_congestion(struct snt_socket *socket,
					      const char *name);
SNT_API SNT_MUST_CHECK int snt_get_congestion(const struct snt_socket *socket,
					      char *name, size_t size);

/*
 * TCP fast open (RFC 7413). Of a listener: how many connections may be waiting
 * that came with data; 0: none are taken so. The system's net.ipv4.tcp_fastopen
 * has to allow it (2), or it is without effect.
 */
SNT_API SNT_MUST_CHECK int snt_set_fastopen(struct snt_socket *listener,
					    int queue);
SNT_API SNT_MUST_CHECK int snt_get_fastopen(const struct snt_socket *listener,
					    int *queue);
/*
 * Of a client, before snt_connect: to a server known from before, connect
 * returns at once and the first send goes with the connection's first packet.
 * So send before receiving, and only what may arrive twice; a connection that
 * fails is told by the first send or recv. Needs net.ipv4.tcp_fastopen of 1.
 */
SNT_API SNT_MUST_CHECK int snt_set_fastopen_connect(struct snt_socket *socket,
						    bool on);
SNT_API SNT_MUST_CHECK int
snt_get_fastopen_connect(const struct snt_socket *socket, bool *on);

/*
 * Of a listener: connections are accepted when their first data is there, or
 * after this time. 0: at once. The kernel counts in retransmissions (1 s, 3 s,
 * 7 s ...): it rounds up, and the getter tells what became of it.
 */
SNT_API SNT_MUST_CHECK int snt_set_defer_accept(struct snt_socket *listener,
						int64_t timeout);
SNT_API SNT_MUST_CHECK int
snt_get_defer_accept(const struct snt_socket *listener, int64_t *timeout);

/* Acknowledge at once. Not for good: the kernel goes back to waiting for
 * company when it sees fit; set it again after each recv. */
SNT_API SNT_MUST_CHECK int snt_set_quickack(struct snt_socket *socket, bool on);
SNT_API SNT_MUST_CHECK int snt_get_quickack(const struct snt_socket *socket,
					    bool *on);

/* Sends wait while this many bytes are taken and not yet on their way, so that
 * little that is stale is queued. 0: the system's. */
SNT_API SNT_MUST_CHECK int snt_set_notsent_lowat(struct snt_socket *socket,
						 size_t bytes);
SNT_API SNT_MUST_CHECK int
snt_get_notsent_lowat(const struct snt_socket *socket, size_t *bytes);

#ifdef __cplusplus
}
#endif
#endif
