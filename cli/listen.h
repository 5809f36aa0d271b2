/* SPDX-License-Identifier: MIT */
/* What the listen verb's two ways share. */
#ifndef CLI_LISTEN_H
#define CLI_LISTEN_H

#include "address.h"
#include "options.h"
#include "output.h"
#include "seq_setup.h"
#include "tls_server.h"

struct listening {
	const struct options *options;
	struct address address;
	struct tls_server tls;
	struct seq_setup seq;
	struct snt_socket *server;
	struct output output;
	struct snt_group *connections;
	int status;
};

/* Whether stdin is read and sent: unasked, it may be another's. */
bool listen_replies(const struct options *options);

/* Shows what comes, whoever sent it, and sends stdin to them if that was asked
 * for. Failures that are not told yet. */
int listen_datagrams(struct listening *listening);

#endif
