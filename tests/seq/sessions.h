/* SPDX-License-Identifier: MIT */
/* What the tests of sessions share: ends that talk, on either world. */
#ifndef TESTS_SEQ_SESSIONS_H
#define TESTS_SEQ_SESSIONS_H

#include "../socket/net.h"

/* Both ends of sessions on one thread. */
struct ends {
	struct snt_seq_endpoint *server;
	struct snt_seq *asked, *asking; /* the server's and the client's end */
	char text[SNT_ADDR_TEXT];       /* where the server is */
};

MAYBE static const unsigned char some_key[SNT_SEQ_KEY] = "a key of tests";

MAYBE static struct snt_seq_endpoint *
endpoint_on(const char *text, const struct snt_seq_opts *opts)
{
	struct snt_seq_endpoint *made;

	OK(snt_seq_create_server(&made, text, opts));
	return made;
}

MAYBE static const char *where(const struct snt_seq_endpoint *endpoint)
{
	struct snt_addr addr;

	OK(snt_seq_endpoint_getsockname(endpoint, &addr));
	return text_of(&addr);
}

/* A server on text and a session with it; both sides with those options. */
MAYBE static struct ends ends_on(const char *text,
				 const struct snt_seq_opts *opts)
{
	struct ends ends;

	ends.server = endpoint_on(text, opts);
	snprintf(ends.text, sizeof ends.text, "%s", where(ends.server));
	OK(snt_seq_create_connection(&ends.asking, ends.text, opts));
	OK(snt_seq_accept(ends.server, &ends.asked));
	return ends;
}

MAYBE static void ends_close(struct ends *ends)
{
	snt_seq_close(ends->asking);
	snt_seq_close(ends->asked);
	snt_seq_endpoint_close(ends->server);
}

/* The next message is that text, on that channel. */
#define HEARS(seq, on, text) seq_hears((seq), (on), (text), __FILE__, __LINE__)
MAYBE static void seq_hears(struct snt_seq *seq, unsigned channel,
			    const char *text, const char *file, int line)
{
	struct snt_seq_message message;

	if (net_ok(snt_seq_recv(seq, &message), "recv", file, line) != 1) {
		print_error("an end, not \"%s\"\n", text);
		_fail(file, line);
	}
	if (message.channel != channel || message.size != strlen(text) ||
	    memcmp(message.data, text, message.size) != 0) {
		print_error("channel %u, %zu bytes \"%.*s\", not \"%s\"\n",
			    message.channel, message.size,
			    (int)(message.size < 60 ? message.size : 60),
			    message.data, text);
		_fail(file, line);
	}
}

/* Nothing comes any more. */
MAYBE static void hears_the_end(struct snt_seq *seq)
{
	struct snt_seq_message message;

	assert_int_equal(OK(snt_seq_recv(seq, &message)), 0);
}

MAYBE static void say(struct snt_seq *seq, unsigned channel, const char *text)
{
	OK(snt_seq_send(seq, channel, text, strlen(text)));
}

#define EACH_PLACE(text)                                                       \
	for (const char *const *each_ = places_, *text;                        \
	     each_ < places_ + COUNT(places_) && (text = *each_) != NULL;      \
	     each_++)
MAYBE static const char *const places_[] = { "127.0.0.1:0", "[::1]:0",
					     "localhost:0" };

/* Plain, and sealed. */
#define EACH_SEAL(opts)                                                        \
	for (int each_seal_ = 0; each_seal_ < 2; each_seal_++)                 \
		for (struct snt_seq_opts opts =                                \
			     each_seal_ ? (struct snt_seq_opts){               \
						  .key = some_key,             \
						  .key_size = sizeof some_key, \
					  }                                    \
					: (struct snt_seq_opts){ .key =        \
								     NULL },   \
					*once_ = &opts;                        \
		     once_ != NULL; once_ = NULL)

#endif
