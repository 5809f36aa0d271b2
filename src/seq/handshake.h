/* SPDX-License-Identifier: MIT */
/* How a session begins, on both sides: client.c, server.c. */
#ifndef SNT_SEQ_HANDSHAKE_H
#define SNT_SEQ_HANDSHAKE_H

#include "seq/session.h"

/* HELLO or OPEN goes, and again when it is time; and what came for it. */
void snt__seq_client_ask(struct snt_seq *seq, int64_t now);
void snt__seq_client_heard(struct snt_seq *seq,
			   struct snt__seq_datagram *packet,
			   const unsigned char *bytes, int64_t now);
void snt__seq_server_asked(struct snt_seq_endpoint *endpoint,
			   struct snt__seq_datagram *packet,
			   const unsigned char *bytes, int64_t now);
int snt__seq_open_mac(const struct snt_seq_endpoint *endpoint,
		      const unsigned char *bytes, size_t size,
		      unsigned char *mac);
int snt__seq_welcome_mac(const struct snt_seq_endpoint *endpoint,
			 const unsigned char *bytes, size_t size,
			 const unsigned char *client_random,
			 unsigned char *mac);
/* The peer of a half open session has sent something; and that was looked at,
 * so the session is to be accepted, or gone. */
void snt__seq_server_up(struct snt_seq *seq);
void snt__seq_server_confirmed(struct snt_seq *seq);
/* Of several that a client has begun, it takes this one. */
void snt__seq_client_chosen(struct snt_seq *seq);

#endif
