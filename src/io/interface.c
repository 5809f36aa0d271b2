/* SPDX-License-Identifier: MIT */
#include "io/interface.h"

#include "base/alloc.h"

struct snt__interface_block *snt__interface_block_make(size_t interfaces,
						       size_t addrs)
{
	struct snt__interface_block *block;
	size_t size = sizeof *block + interfaces * sizeof block->interfaces[0];

	block = snt__alloc(size + addrs * sizeof block->addrs[0]);
	if (block == NULL)
		return NULL;
	block->list.interfaces = block->interfaces;
	/* Both have the alignment of a pointer, so nothing lies between. */
	_Static_assert(_Alignof(struct snt_interface_addr) <=
			       _Alignof(struct snt_interface_info),
		       "addresses may stand behind interfaces");
	block->addrs = (void *)&block->interfaces[interfaces];
	return block;
}
