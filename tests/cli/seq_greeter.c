/* SPDX-License-Identifier: MIT */
/*
 * A peer that ends first, which none of the tool's verbs does: greets the one
 * session it takes, ends its own direction, and prints what still comes. Says
 * where it listens in one line.
 */
#include <sennit.h>
#include <stdio.h>

static int greet(void)
{
	static const char hello[] = "hello\n";
	snt_auto(seq_endpoint) endpoint = NULL;
	snt_auto(seq) seq = NULL;
	struct snt_seq_message message;
	char text[SNT_ADDR_TEXT];
	struct snt_addr addr;
	int code;

	SNT_TRY(snt_seq_create_server(&endpoint, "127.0.0.1:0", NULL));
	SNT_TRY(snt_seq_endpoint_getsockname(endpoint, &addr));
	snt_addr_format(&addr, text, sizeof text);
	printf("%s\n", text);
	fflush(stdout);
	SNT_TRY(snt_seq_accept(endpoint, &seq));
	SNT_TRY(snt_seq_send(seq, SNT_SEQ_ORDERED, hello, sizeof hello - 1));
	SNT_TRY(snt_seq_shutdown(seq));
	while ((code = snt_seq_recv(seq, &message)) > 0) {
		fwrite(message.data, 1, message.size, stdout);
		fflush(stdout);
	}
	return code;
}

int main(void)
{
	if (greet() == 0)
		return 0;
	fprintf(stderr, "seq_greeter: %s\n", snt_errmsg());
	return 1;
}
