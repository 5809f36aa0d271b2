/* SPDX-License-Identifier: MIT */
#ifndef CLI_SEQ_CONNECT_H
#define CLI_SEQ_CONNECT_H

#include "address.h"
#include "options.h"

/* sennit connect with a seq:// address. The tool's exit status. */
int seq_connect(const struct options *options, const struct address *address);

#endif
