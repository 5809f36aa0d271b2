/* SPDX-License-Identifier: MIT */
/* How a peer is reached: through what, where it is, and as whom it knows us. */
#ifndef SNT_SEQ_ROUTE_H
#define SNT_SEQ_ROUTE_H

#include "socket/batch.h"

struct snt_seq_endpoint;

struct snt__seq_route {
	struct snt_socket *part; /* of the endpoint's socket */
	struct snt_addr addr;    /* the peer's */
	/* Ours, where the part is bound to every one: an answer leaves from the
	 * address that was asked, or who asked would not take it. Family 0: the
	 * system chooses. */
	uint16_t family;
	uint32_t interface; /* of a link's own address; else 0, by its routes */
	uint8_t ip[16];
};

/* Whether what comes there has to be asked where it came to. */
bool snt__seq_is_anywhere(const struct snt_addr *bound);
/* What the control data of a datagram says of it. */
void snt__seq_route_read(struct snt__seq_route *route,
			 const struct msghdr *header);
/* NULL: there is none to be sent; else control, filled in. */
struct snt_control *snt__seq_route_control(const struct snt__seq_route *route,
					   struct snt_control *control);

/* One datagram: 0, or a negative code. */
int snt__seq_put(const struct snt_seq_endpoint *endpoint,
		 const struct snt__seq_route *route, const unsigned char *bytes,
		 size_t size);
/* An answer of the handshake, or a goodbye: it may be lost. */
void snt__seq_send_once(const struct snt_seq_endpoint *endpoint,
			const struct snt__seq_route *route,
			const unsigned char *bytes, size_t size);

#endif
