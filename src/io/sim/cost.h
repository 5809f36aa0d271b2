/* SPDX-License-Identifier: MIT */
/*
 * What a datagram or a piece of a Unix stream counts against a socket's
 * buffers: not its bytes but the memory that Linux takes for them, as measured
 * on Linux 6.18 (x86-64). So a buffer holds some 250 small datagrams or three
 * of the largest, as it does there.
 */
#ifndef SNT_IO_SIM_COST_H
#define SNT_IO_SIM_COST_H

#include "io/sim/file.h"

#define SNT__SIM_COST_HEAD 256 /* struct sk_buff */
#define SNT__SIM_COST_TAIL 320 /* struct skb_shared_info */
#define SNT__SIM_COST_PAGE 4096

/* The allocator's next larger size. */
static inline size_t snt__sim_cost_block(size_t size, size_t smallest)
{
	while (smallest < size)
		smallest *= 2;
	return smallest;
}

static inline size_t snt__sim_cost_pages(size_t size)
{
	return (size + SNT__SIM_COST_PAGE - 1) / SNT__SIM_COST_PAGE *
	       SNT__SIM_COST_PAGE;
}

/* Buffers of sockets that are not TCP's are net.core.rmem_default and
 * wmem_default, unless the host has been given other sizes than TCP's. */
#define SNT__SIM_BUFFER 212992

static inline void snt__sim_cost_buffers(struct snt__sim_file *file)
{
	if (file->host->limits.rcvbuf == 131072)
		file->options.rcvbuf = SNT__SIM_BUFFER;
	if (file->host->limits.sndbuf == 16384)
		file->options.sndbuf = SNT__SIM_BUFFER;
}

#endif
