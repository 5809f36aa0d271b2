/* SPDX-License-Identifier: MIT */
/* The echo server's sessions of seq://. */
#ifndef CLI_SEQ_ECHO_H
#define CLI_SEQ_ECHO_H

#include <sennit.h>

/*
 * Takes sessions and gives each a fiber of that group, which sends every message
 * back on its channel; failed(code) is told of those that fail. Until an accept
 * does: its code. The endpoint has to outlive the group's fibers.
 */
int seq_echo_serve(struct snt_seq_endpoint *endpoint, struct snt_group *group,
		   void (*failed)(int code));

#endif
