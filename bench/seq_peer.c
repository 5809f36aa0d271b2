/* SPDX-License-Identifier: MIT */
/*
 * sennit's side of the question about messages over datagrams: one ordered
 * channel, messages at a steady rate, as a user would write it.
 */
#include "delivery.h"

#include <sennit.h>
#include <stdio.h>

#define PATIENCE (20 * SNT_SECOND)

static int serve(const struct delivery_opts *opts)
{
	const struct snt_seq_opts plain = { .insecure_plain = true };
	snt_auto(seq_endpoint) server = NULL;
	snt_auto(seq) seq = NULL;
	struct snt_seq_message message;
	struct snt_addr addr;
	char text[32];
	int code;

	snprintf(text, sizeof text, "%s:0", opts->host);
	SNT_TRY(snt_seq_create_server(&server, text, &plain));
	SNT_TRY(snt_seq_endpoint_getsockname(server, &addr));
	printf("%s:%u %s\n", opts->host, snt_addr_port(&addr), snt_backend());
	fflush(stdout);
	SNT_TRY(snt_seq_accept(server, &seq));
	while ((code = snt_seq_recv(seq, &message)) > 0)
		delivery_arrived(message.data, message.size);
	delivery_tell_arrived();
	/* The peer may ask again whether its goodbye came. */
	snt_seq_settimeout(seq, PATIENCE);
	return code < 0 ? code : snt_seq_shutdown(seq);
}

static int deliver(const struct delivery_opts *opts)
{
	const struct snt_seq_opts plain = { .insecure_plain = true };
	snt_auto(seq) seq = NULL;
	char text[32];
	uint64_t number;
	int64_t begin;

	snprintf(text, sizeof text, "%s:%d", opts->host, opts->port);
	SNT_TRY(snt_seq_create_connection(&seq, text, &plain));
	begin = delivery_now();
	for (number = 0; number < opts->messages; number++) {
		int64_t left =
			delivery_due(opts, begin, number) - delivery_now();

		if (left > 0)
			SNT_TRY(snt_sleep(left));
		SNT_TRY(snt_seq_send(seq, SNT_SEQ_ORDERED,
				     delivery_message(opts, begin, number),
				     opts->size));
	}
	snt_seq_settimeout(seq, PATIENCE);
	SNT_TRY(snt_seq_shutdown(seq));
	delivery_tell_sent(number);
	return 0;
}

int main(int argc, char **argv)
{
	struct delivery_opts opts;
	int code;

	delivery_parse(&opts, argc, argv);
	code = opts.serve ? serve(&opts) : deliver(&opts);
	if (code < 0)
		delivery_die("seq_peer: %s", snt_errmsg());
	return 0;
}
