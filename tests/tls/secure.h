/* SPDX-License-Identifier: MIT */
/* Connections with TLS on both ends, which are ours: a server with a
 * certificate made on the spot, and a client that trusts nothing else. */
#ifndef TESTS_TLS_SECURE_H
#define TESTS_TLS_SECURE_H

#include "../socket/net.h"

#include "tls/channel.h"

#include <sennit/certificate.h>

MAYBE static struct snt_tls_context *
server_context(const struct snt_tls_opts *opts)
{
	struct snt_tls_context *context;

	OK(snt_create_default_context(&context, SNT_TLS_SERVER, opts));
	OK(snt_make_certificate(context, NULL));
	return context;
}

/* One that trusts that server. */
MAYBE static struct snt_tls_context *
client_context(struct snt_tls_context *server, const struct snt_tls_opts *opts)
{
	struct snt_tls_opts all = { 0 };
	struct snt_tls_context *context;
	char pem[4096];

	if (opts != NULL)
		all = *opts;
	all.cadata_size =
		(size_t)OK(snt_getcert_pem(server, 0, pem, sizeof pem));
	all.cadata = pem;
	OK(snt_create_default_context(&context, SNT_TLS_CLIENT, &all));
	return context;
}

/* Both ends of a connection, and what they were made of. */
struct ends {
	struct snt_tls_context *server_context, *client_context;
	struct snt_socket *client, *server;
	struct snt_group *group;
};

static const struct snt_wrap_opts to_localhost = { .server_hostname =
							   "localhost" };

/* Contexts, and a plain connection. */
MAYBE static void ends_plain(struct ends *ends, const char *text, int version)
{
	const struct snt_tls_opts opts = { .maximum_version = version };

	ends->server_context = server_context(&opts);
	ends->client_context = client_context(ends->server_context, NULL);
	pair_on(text, &ends->client, &ends->server);
	ends->group = group_open();
}

MAYBE static int shake_server(void *arg)
{
	struct ends *ends = arg;

	OK(snt_wrap_socket(ends->server, ends->server_context, NULL));
	return 0;
}

/* Handshakes on what is plain. */
MAYBE static void ends_wrap(struct ends *ends)
{
	spawn(ends->group, shake_server, ends);
	OK(snt_wrap_socket(ends->client, ends->client_context, &to_localhost));
	OK(snt_group_wait(ends->group));
}

MAYBE static void ends_open_on(struct ends *ends, const char *text, int version)
{
	ends_plain(ends, text, version);
	ends_wrap(ends);
}

MAYBE static void ends_open(struct ends *ends)
{
	ends_open_on(ends, "127.0.0.1:0", 0);
}

MAYBE static void ends_close(struct ends *ends)
{
	snt_group_end(ends->group);
	snt_close(ends->client);
	snt_close(ends->server);
	snt_tls_context_close(ends->client_context);
	snt_tls_context_close(ends->server_context);
}

/* The versions, one after the other; 0: that was all. */
#define EACH_VERSION(version)                                                  \
	for (int version = SNT_TLS_1_2; version <= SNT_TLS_1_3; version++)

MAYBE static void receives(struct snt_socket *socket, const char *text)
{
	char buffer[256] = "";

	assert_true(strlen(text) < sizeof buffer);
	assert_int_equal(OK(snt_recv_exact(socket, buffer, strlen(text))),
			 strlen(text));
	assert_string_equal(buffer, text);
}

MAYBE static void passes(struct snt_socket *from, struct snt_socket *to,
			 const char *text)
{
	OK(snt_sendall(from, text, strlen(text)));
	receives(to, text);
}

#endif
