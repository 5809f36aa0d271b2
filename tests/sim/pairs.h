/* SPDX-License-Identifier: MIT */
/* Pairs of Unix sockets in small worlds. */
#ifndef TESTS_SIM_PAIRS_H
#define TESTS_SIM_PAIRS_H

#include "datagrams.h"

/* use() closes a, as what it is about. */
UNUSED static int program_pair(int type, int (*use)(struct snt_socket *a,
						    struct snt_socket *b))
{
	struct snt_socket *a, *b;
	int code;

	OK(snt_socketpair(&a, &b, type));
	snt_settimeout(a, SOON);
	snt_settimeout(b, SOON);
	code = use(a, b);
	snt_close(b);
	return code;
}

UNUSED static int use_streams(int (*use)(struct snt_socket *a,
					 struct snt_socket *b))
{
	return program_pair(SOCK_STREAM, use);
}

#endif
