/* SPDX-License-Identifier: MIT */
/*
 * A TCP socket and its connection (RFC 9293, whose names of variables these
 * are): the whole of what is kept of it. The parts of TCP are in tcp_parts.h.
 */
#ifndef SNT_IO_SIM_TCP_H
#define SNT_IO_SIM_TCP_H

#include "io/sim/bytes.h"
#include "io/sim/file.h"
#include "io/sim/tcp_ports.h"

#include <netinet/tcp.h>

/* Segments of one direction that are on their way at most. */
#define SNT__SIM_FLIGHT 64
#define SNT__SIM_RTO_MOST (120 * SNT_SECOND)

/* How far connect(2) is, from the caller's side. */
enum snt__sim_stage {
	SNT__SIM_IDLE,
	SNT__SIM_CONNECTING,
	SNT__SIM_CONNECTED,
	SNT__SIM_DISCONNECTING,
};

/* Bytes that came before those ahead of them. */
struct snt__sim_piece {
	struct snt__sim_piece *next;
	uint64_t sequence;
	size_t size;
	uint8_t bytes[];
};

struct snt__sim_listening {
	struct snt__link in_port;
	struct snt__link queue;   /* finished handshakes, by .in_listener */
	struct snt__link embryos; /* unfinished ones */
	unsigned backlog, queued, embryo_count;
};

/* bytes are what the program gave and the peer has not acknowledged: the first
 * is number data, and end is behind the last, where a FIN may follow. */
struct snt__sim_sending {
	struct snt__sim_bytes bytes;
	uint64_t iss, data, una, nxt, end;
	uint64_t at;   /* where sending goes on: before nxt after a time-out */
	uint64_t edge; /* of the peer's window */
	uint32_t window_most;
	size_t mss;
	unsigned limit; /* segments on their way at most */
	bool fin;
	bool full;           /* the program waits for room */
	unsigned duplicates; /* acknowledgements of nothing new */
	uint64_t recover;    /* fast retransmit: until this is acknowledged */
};

struct snt__sim_receiving {
	struct snt__sim_bytes bytes;
	struct snt__sim_piece *pieces; /* in order, none over another */
	uint64_t irs, nxt;
	uint64_t edge; /* of the window that the peer knows of */
	uint64_t fin;  /* its place; 0: none has come */
};

struct snt__sim_timing {
	struct snt__sim_event again; /* retransmission, or a window's probe */
	struct snt__sim_event alive; /* keepalive; or the end of FIN_WAIT_2 */
	int64_t rto, srtt, rttvar, min_rtt;
	uint64_t timed; /* the segment that ends there is timed; 0: none is */
	int64_t timed_at;
	int64_t waits_since; /* the oldest byte without an answer left then */
	unsigned tries;      /* retransmissions or probes without an answer */
	unsigned probes;     /* of keepalive */
	int64_t sent_at, received_at, heard_at; /* data; data; anything */
	int64_t quiet_until; /* nonsense is not answered till then */
};

struct snt__sim_tcp_options {
	int cork, maxseg, keepidle, keepintvl, keepcnt, syncnt, linger2,
		defer_accept, window_clamp, quickack, user_timeout, fastopen,
		fastopen_connect, notsent_lowat;
	char congestion[16];
};

struct snt__sim_tcp_counts {
	uint64_t sent, sent_again, acked, received;
	uint32_t again; /* segments */
};

struct snt__sim_tcp {
	struct snt__sim_file file; /* .options.error: of the connection too */
	struct snt__sim_flow flow;
	struct snt__sim_use use;
	uint8_t state; /* TCP_ESTABLISHED ... */
	uint8_t stage;
	uint8_t shut;          /* SNT__READ, SNT__WRITE */
	bool ended;            /* the peer's FIN has come */
	bool orphan;           /* its program has closed it */
	bool embryo;           /* its handshake, with a listener, goes on */
	bool answered;         /* and is over but for TCP_DEFER_ACCEPT */
	bool own_ip, own_port; /* bind named them: they stay */
	int soft_error;        /* would tell why, should it come to an end */
	struct snt__sim_tcp *listener; /* not accepted yet */
	struct snt__link in_listener;
	struct snt__sim_listening listening;
	struct snt__sim_sending snd;
	struct snt__sim_receiving rcv;
	struct snt__sim_timing timing;
	struct snt__sim_tcp_options options;
	struct snt__sim_tcp_counts counts;
};

#endif
