/* SPDX-License-Identifier: MIT */
/* The block that a list of interfaces is: list, interfaces and addresses in
 * one, so that one free gives all of it back. */
#ifndef SNT_IO_INTERFACE_H
#define SNT_IO_INTERFACE_H

#include <sennit/interface.h>

struct snt__interface_block {
	struct snt_interface_list list;
	struct snt_interface_addr *addrs;
	struct snt_interface_info interfaces[];
};

/* Room for so many, all zero, with .list.count 0 and pointers set. NULL: no
 * memory. */
struct snt__interface_block *snt__interface_block_make(size_t interfaces,
						       size_t addrs);

#endif
