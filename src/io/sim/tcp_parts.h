/* SPDX-License-Identifier: MIT */
/* What the parts of TCP, each a file, have for each other. */
#ifndef SNT_IO_SIM_TCP_PARTS_H
#define SNT_IO_SIM_TCP_PARTS_H

#include "io/sim/tcp.h"

#define SNT__SIM_STATE(state) (1u << (state))

/* Whether its state is one of these. */
static inline bool snt__sim_tcp_in(const struct snt__sim_tcp *tcp,
				   unsigned states)
{
	return (SNT__SIM_STATE(tcp->state) & states) != 0;
}

static inline struct snt__sim_tcp *
snt__sim_tcp_of(const struct snt__sim_file *file)
{
	return SNT__CONTAINER(file, struct snt__sim_tcp, file);
}

/* tcp.c: a socket in TCP_CLOSE; gives back one that nobody knows any more. */
struct snt__sim_tcp *snt__sim_tcp_make(int family);
void snt__sim_tcp_free(struct snt__sim_tcp *tcp);
unsigned snt__sim_tcp_ready(const struct snt__sim_file *file);
/* Tells whoever waits on its file, if it has one. */
void snt__sim_tcp_stir(struct snt__sim_tcp *tcp, unsigned directions);
/* What was sent has arrived: tells a program that waits for room. */
void snt__sim_tcp_make_room(struct snt__sim_tcp *tcp);

/* tcp_connect.c */
int snt__sim_tcp_bind(struct snt__sim_file *file, const struct snt_addr *addr);
int snt__sim_tcp_connect(struct snt__sim_file *file,
			 const struct snt_addr *addr);
int snt__sim_tcp_getsockname(struct snt__sim_file *file, struct snt_addr *addr);
int snt__sim_tcp_getpeername(struct snt__sim_file *file, struct snt_addr *addr);
/* No address in particular. */
struct snt__sim_ip snt__sim_tcp_any(int family);
/* The most data that a segment to the peer takes from here. */
size_t snt__sim_tcp_way_mss(const struct snt__sim_tcp *tcp);
/* Numbers of its own for a connection, and sizes for its way. */
void snt__sim_tcp_begin_sending(struct snt__sim_tcp *tcp);
/* A SYN told the peer's numbers. */
void snt__sim_tcp_begin_receiving(struct snt__sim_tcp *tcp,
				  const struct snt__sim_packet *packet);

/* tcp_listen.c */
int snt__sim_tcp_listen(struct snt__sim_file *file, int backlog);
int snt__sim_tcp_accept(struct snt__sim_file *file, struct snt__sim_file **made,
			struct snt_addr *peer);
/* A SYN for a listener. */
void snt__sim_tcp_knock(struct snt__sim_tcp *listener,
			const struct snt__sim_packet *packet);
/* How many times a listener's SYN-ACK may time out before an embryo need not
 * have sent data (TCP_DEFER_ACCEPT); 0: it need not. */
unsigned snt__sim_tcp_deferred(const struct snt__sim_tcp *tcp);
/* The handshake of an embryo is finished. False: there is no room. */
bool snt__sim_tcp_hatch(struct snt__sim_tcp *tcp);
/* An embryo or a queued connection is no longer its listener's. */
void snt__sim_tcp_unlist(struct snt__sim_tcp *tcp);
/* No longer listens; what is queued is reset, or only forgotten. */
void snt__sim_tcp_listen_end(struct snt__sim_tcp *tcp, bool reset);

/* tcp_stream.c */
ptrdiff_t snt__sim_tcp_send(struct snt__sim_file *file,
			    const struct msghdr *message, int flags);
ptrdiff_t snt__sim_tcp_recv(struct snt__sim_file *file, struct msghdr *message,
			    int flags);
int snt__sim_tcp_shutdown(struct snt__sim_file *file, int how);
/* Nothing more will be sent: a FIN follows what was, if there has been none. */
void snt__sim_tcp_finish(struct snt__sim_tcp *tcp);

/* tcp_out.c */
void snt__sim_tcp_send_syn(struct snt__sim_tcp *tcp);
void snt__sim_tcp_send_ack(struct snt__sim_tcp *tcp);
void snt__sim_tcp_send_reset(struct snt__sim_tcp *tcp);
/* Asks the peer to say where it is. */
void snt__sim_tcp_send_probe(struct snt__sim_tcp *tcp);
/* Answers a packet that is for nobody. */
void snt__sim_tcp_refuse(struct snt__sim_host *host,
			 const struct snt__sim_packet *packet);
/* All that the window, the limit and the data allow. */
void snt__sim_tcp_output(struct snt__sim_tcp *tcp);
/* The oldest segment once more. */
void snt__sim_tcp_resend(struct snt__sim_tcp *tcp);
/* Room has come: tells a peer that waits for it. */
void snt__sim_tcp_tell_room(struct snt__sim_tcp *tcp);

/* tcp_ack.c: 0; or below, and the segment is to be dropped. */
int snt__sim_tcp_acked(struct snt__sim_tcp *tcp,
		       const struct snt__sim_packet *packet);

/* tcp_timer.c */
void snt__sim_tcp_arm(struct snt__sim_tcp *tcp, bool anew);
/* Begins or ends it, as the options say; the peer has been silent so long. */
void snt__sim_tcp_keepalive(struct snt__sim_tcp *tcp, int64_t silence);
/* The end of an orphan in FIN_WAIT_2. */
void snt__sim_tcp_linger(struct snt__sim_tcp *tcp);

/* tcp_end.c */
void snt__sim_tcp_enter(struct snt__sim_tcp *tcp, int state);
void snt__sim_tcp_drop_pieces(struct snt__sim_tcp *tcp);
/* Nothing of it happens any more, and no segment finds it. */
void snt__sim_tcp_halt(struct snt__sim_tcp *tcp);
/* It is over; an orphan is no more. error: 0, or a positive one. */
void snt__sim_tcp_done(struct snt__sim_tcp *tcp, int error);
/* Over, in TIME_WAIT. */
void snt__sim_tcp_wait_time(struct snt__sim_tcp *tcp);
/* The end of a TIME_WAIT before its time. */
void snt__sim_tcp_wait_end(struct snt__sim_flow *flow);
/* A segment for a connection in TIME_WAIT. True: it begins another. */
bool snt__sim_tcp_late(struct snt__sim_host *host, struct snt__sim_flow *flow,
		       const struct snt__sim_packet *packet);
/* As ABORT of RFC 9293; the socket is as new, but for a name of its own. */
void snt__sim_tcp_abort(struct snt__sim_tcp *tcp);
void snt__sim_tcp_close(struct snt__sim_file *file);

#endif
