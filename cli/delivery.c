/* SPDX-License-Identifier: MIT */
/*
 * Sending has only handed bytes to our own kernel. If the peer was gone by
 * then, its reset comes after our last call, and an exit status of 0 would
 * lie. TCP's count of acknowledged bytes is the receipt. That of our FIN does
 * not matter: a peer that has closed long ago answers it with a reset, and
 * lost nothing.
 *
 * Nothing wakes us for an acknowledgement, so the count is looked at again and
 * again; nearly always the first look is the last.
 */
#include "delivery.h"

/* The C library's own struct tcp_info ends before the count. */
#include <linux/tcp.h>

/* TCP_CLOSE of <netinet/tcp.h>, which cannot stand beside the other. */
#define CLOSED 7

#define LOOK_FIRST SNT_MILLISECOND
#define LOOK_LAST (50 * SNT_MILLISECOND)

static bool look(const struct snt_socket *socket, struct tcp_info *info)
{
	*info = (struct tcp_info){ 0 };
	return snt_getsockopt(socket, IPPROTO_TCP, TCP_INFO, info,
			      sizeof *info) > 0;
}

int64_t delivery_count(const struct snt_socket *socket)
{
	struct tcp_info info;

	return look(socket, &info) ? (int64_t)info.tcpi_bytes_acked : -1;
}

/* Why the connection is over. */
static int reason(const struct snt_socket *socket)
{
	int error;

	/* EPIPE is a reset that came after the peer's end. */
	if (snt_getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, sizeof error) >
		    0 &&
	    error != 0 && error != EPIPE)
		return -error;
	return -ECONNRESET;
}

int64_t delivery_taken(const struct snt_socket *socket)
{
	struct tcp_info info;

	if (!look(socket, &info))
		return -1;
	return (int64_t)info.tcpi_bytes_sent -
	       (int64_t)info.tcpi_bytes_retrans + info.tcpi_notsent_bytes;
}

/* Bytes that did not get out of this machine at first are counted twice as
 * sent, so the count may be too high. While the connection lives it is enough
 * that nothing is under way. */
static bool has_arrived(const struct tcp_info *info, int64_t count)
{
	return (int64_t)info->tcpi_bytes_acked >= count ||
	       (info->tcpi_state != CLOSED && info->tcpi_unacked == 0 &&
		info->tcpi_notsent_bytes == 0);
}

int delivery_wait(const struct snt_socket *socket, int64_t count)
{
	int64_t pause = LOOK_FIRST;
	struct tcp_info info;

	while (look(socket, &info)) {
		if (has_arrived(&info, count))
			return 0;
		if (info.tcpi_state == CLOSED)
			return reason(socket);
		SNT_TRY(snt_sleep(pause));
		pause = pause * 2 < LOOK_LAST ? pause * 2 : LOOK_LAST;
	}
	return 0;
}
