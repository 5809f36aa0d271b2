/* SPDX-License-Identifier: MIT */
#include "handshakes.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void keep(struct wire *wire, const void *bytes, size_t size)
{
	unsigned char *grown = realloc(wire->bytes, wire->size + size + 1);

	assert_non_null(grown);
	memcpy(grown + wire->size, bytes, size);
	wire->bytes = grown;
	wire->size += size;
}

/* What one side wrote since the last time goes to the other. */
static void carry(SSL *from, SSL *to, struct wire *wire)
{
	BIO *out = SSL_get_wbio(from);
	unsigned char piece[4096];
	int n;

	while ((n = BIO_read(out, piece, sizeof piece)) > 0) {
		keep(wire, piece, (size_t)n);
		assert_int_equal(BIO_write(SSL_get_rbio(to), piece, n), n);
	}
}

static void set_wire(SSL *ssl)
{
	BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());

	BIO_set_mem_eof_return(in, -1);
	BIO_set_mem_eof_return(out, -1);
	SSL_set_bio(ssl, in, out);
}

void handshake_begin(struct handshake *handshake,
		     struct snt_tls_context *client,
		     struct snt_tls_context *server,
		     const struct snt_wrap_opts *opts)
{
	memset(handshake, 0, sizeof *handshake);
	if (snt__tls_new(client, opts, &handshake->client) < 0 ||
	    snt__tls_new(server, NULL, &handshake->server) < 0)
		fail_msg("%s", snt_errmsg());
	set_wire(handshake->client);
	set_wire(handshake->server);
	handshake->at_client.code = 1;
	handshake->at_server.code = 1;
}

static void step(SSL *ssl, struct ended *ended, const struct wire *heard)
{
	struct snt__tls_story story = { .doing = "handshake",
					.peer = "192.0.2.1:443",
					.first = heard->bytes,
					.first_size = heard->size };
	int result, error;

	if (ended->code <= 0)
		return;
	ERR_clear_error();
	result = SSL_do_handshake(ssl);
	error = SSL_get_error(ssl, result);
	if (error == SSL_ERROR_NONE) {
		ended->code = 0;
	} else if (error != SSL_ERROR_WANT_READ) {
		ended->code = snt__tls_explain(ssl, error, &story);
		snprintf(ended->why, sizeof ended->why, "%s", snt_errmsg());
		assert_true(ended->code < 0);
	}
}

void handshake_run(struct handshake *handshake)
{
	for (int i = 0; i < 20; i++) {
		step(handshake->client, &handshake->at_client,
		     &handshake->from_server);
		carry(handshake->client, handshake->server,
		      &handshake->from_client);
		step(handshake->server, &handshake->at_server,
		     &handshake->from_client);
		carry(handshake->server, handshake->client,
		      &handshake->from_server);
	}
}

void handshake_hear(struct handshake *handshake, bool at_client,
		    const void *bytes, size_t size, bool gone)
{
	SSL *ssl = at_client ? handshake->client : handshake->server;
	struct wire *heard =
		at_client ? &handshake->from_server : &handshake->from_client;
	struct ended *ended =
		at_client ? &handshake->at_client : &handshake->at_server;

	step(ssl, ended, heard);
	keep(heard, bytes, size);
	if (size > 0)
		assert_int_equal(BIO_write(SSL_get_rbio(ssl), bytes, (int)size),
				 size);
	if (gone)
		BIO_set_mem_eof_return(SSL_get_rbio(ssl), 0);
	step(ssl, ended, heard);
}

void handshake_talk(struct handshake *handshake)
{
	char byte = 'x';

	assert_int_equal(handshake->at_client.code, 0);
	assert_int_equal(handshake->at_server.code, 0);
	assert_int_equal(SSL_write(handshake->server, &byte, 1), 1);
	carry(handshake->server, handshake->client, &handshake->from_server);
	assert_int_equal(SSL_read(handshake->client, &byte, 1), 1);
	assert_int_equal(SSL_write(handshake->client, &byte, 1), 1);
	carry(handshake->client, handshake->server, &handshake->from_client);
	assert_int_equal(SSL_read(handshake->server, &byte, 1), 1);
	/* Under TLS 1.3 the client's own failure shows here. */
}

void handshake_end(struct handshake *handshake)
{
	SSL_free(handshake->client);
	SSL_free(handshake->server);
	free(handshake->from_client.bytes);
	free(handshake->from_server.bytes);
	memset(handshake, 0, sizeof *handshake);
}

void shake(struct handshake *handshake, struct snt_tls_context *client,
	   struct snt_tls_context *server, const char *host)
{
	const struct snt_wrap_opts opts = { .server_hostname = host };

	handshake_begin(handshake, client, server, &opts);
	handshake_run(handshake);
}

void assert_ended(const struct ended *ended, int code, const char *text)
{
	if (ended->code != code)
		fail_msg("%d and not %d: %s", ended->code, code, ended->why);
	if (text != NULL && strstr(ended->why, text) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", text, ended->why);
}

struct snt_tls_context *context_of(enum snt_tls_side side,
				   const struct snt_tls_opts *opts)
{
	struct snt_tls_context *context;

	if (snt_create_default_context(&context, side, opts) < 0)
		fail_msg("%s", snt_errmsg());
	return context;
}

struct snt_tls_context *made_server(const char *const *names)
{
	const struct snt_make_certificate_opts opts = { .names = names };
	struct snt_tls_context *server = context_of(SNT_TLS_SERVER, NULL);

	if (snt_make_certificate(server, &opts) < 0)
		fail_msg("%s", snt_errmsg());
	return server;
}

struct snt_tls_context *client_of(struct snt_tls_context *server,
				  const struct snt_tls_opts *opts)
{
	struct snt_tls_opts all = { 0 };
	char pem[4096];
	ptrdiff_t size = snt_getcert_pem(server, 0, pem, sizeof pem);

	assert_true(size > 0);
	if (opts != NULL)
		all = *opts;
	all.cadata = pem;
	all.cadata_size = (size_t)size;
	return context_of(SNT_TLS_CLIENT, &all);
}

void load(struct snt_tls_context *context, const struct made *const *chain)
{
	char *certificates = certificates_pem(chain);
	char *key = key_pem(chain[0], NULL);

	if (snt_load_cert_chain_data(context, certificates,
				     strlen(certificates), key, strlen(key),
				     NULL) < 0)
		fail_msg("%s", snt_errmsg());
	free(certificates);
	free(key);
}

void assert_shakes(struct snt_tls_context *client,
		   struct snt_tls_context *server, const char *host)
{
	struct handshake handshake;

	shake(&handshake, client, server, host);
	assert_ended(&handshake.at_client, 0, NULL);
	assert_ended(&handshake.at_server, 0, NULL);
	handshake_end(&handshake);
}
