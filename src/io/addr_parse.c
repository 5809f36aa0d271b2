/* SPDX-License-Identifier: MIT */
/* The public reader of addresses: the pure parser plus interface names. */
#include "addr/endpoint.h"
#include "io/io.h"

int snt_addr_parse(struct snt_addr *addr, const char *text)
{
	return snt__addr_parse(addr, text, snt__io->if_nametoindex);
}
