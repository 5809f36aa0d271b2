/* SPDX-License-Identifier: MIT */
/* What two sides agree on: versions, ciphers, groups, protocols. */
#include "handshakes.h"

#include <stdio.h>
#include <sys/stat.h>

static const char *const a_name[] = { "a.example", NULL };

/* One server with these, one client with those. */
static void shake_opts(struct handshake *handshake,
		       const struct snt_tls_opts *at_server,
		       const struct snt_tls_opts *at_client)
{
	const struct snt_make_certificate_opts names = { .names = a_name };
	struct snt_tls_context *server = context_of(SNT_TLS_SERVER, at_server);
	struct snt_tls_context *client;

	assert_int_equal(snt_make_certificate(server, &names), 0);
	client = client_of(server, at_client);
	shake(handshake, client, server, "a.example");
	snt_tls_context_close(client);
	snt_tls_context_close(server);
}

static void assert_agreed(const struct handshake *handshake)
{
	assert_ended(&handshake->at_client, 0, NULL);
	assert_ended(&handshake->at_server, 0, NULL);
}

static void with_nothing_set_it_is_the_newest_version(void)
{
	struct handshake handshake;

	shake_opts(&handshake, NULL, NULL);
	assert_agreed(&handshake);
	assert_int_equal(SSL_version(handshake.client), SNT_TLS_1_3);
	handshake_end(&handshake);
}

static void an_older_version_is_what_both_have(void)
{
	const struct snt_tls_opts old = { .maximum_version = SNT_TLS_1_2 };
	struct handshake handshake;

	shake_opts(&handshake, &old, NULL);
	assert_agreed(&handshake);
	assert_int_equal(SSL_version(handshake.client), SNT_TLS_1_2);
	handshake_end(&handshake);
	shake_opts(&handshake, NULL, &old);
	assert_agreed(&handshake);
	assert_int_equal(SSL_version(handshake.server), SNT_TLS_1_2);
	handshake_end(&handshake);
}

static void a_session_of_version_12_has_forward_secrecy(void)
{
	const struct snt_tls_opts old = { .maximum_version = SNT_TLS_1_2 };
	struct handshake handshake;
	const char *cipher;

	shake_opts(&handshake, &old, NULL);
	cipher = SSL_get_cipher_name(handshake.client);
	assert_non_null(strstr(cipher, "ECDHE"));
	assert_true(strstr(cipher, "GCM") != NULL ||
		    strstr(cipher, "CHACHA20") != NULL);
	handshake_end(&handshake);
}

static void no_version_in_common_is_told_on_both_sides(void)
{
	const struct snt_tls_opts old = { .maximum_version = SNT_TLS_1_2 };
	const struct snt_tls_opts new = { .minimum_version = SNT_TLS_1_3 };
	struct handshake handshake;

	shake_opts(&handshake, &old, &new);
	assert_ended(&handshake.at_server, -SNT_ETLS,
		     "handshake with client 192.0.2.1:443: no version of TLS "
		     "in common");
	assert_ended(&handshake.at_client, -SNT_ETLS,
		     "handshake with a.example: alert 70 of the peer, "
		     "protocol_version: no version of TLS in common");
	handshake_end(&handshake);
}

/* OpenSSL itself, asked for what we never would be. */
static void versions_before_12_are_refused(void)
{
	struct snt_tls_context *server = made_server(a_name);
	struct snt_tls_context *client = client_of(server, NULL);
	const struct snt_wrap_opts opts = { .server_hostname = "a.example" };
	struct handshake handshake;

	handshake_begin(&handshake, client, server, &opts);
	assert_true(SSL_set_cipher_list(handshake.client, "ALL:@SECLEVEL=0"));
	assert_true(SSL_set_min_proto_version(handshake.client, TLS1_VERSION));
	assert_true(
		SSL_set_max_proto_version(handshake.client, TLS1_1_VERSION));
	handshake_run(&handshake);
	assert_ended(&handshake.at_server, -SNT_ETLS, "no version of TLS");
	handshake_end(&handshake);
	snt_tls_context_close(client);
	snt_tls_context_close(server);
}

/* A client of somebody else's that asks for it all the same. */
static void nobody_begins_anew(void)
{
	const struct snt_tls_opts old = { .maximum_version = SNT_TLS_1_2 };
	struct handshake handshake;
	char byte;

	shake_opts(&handshake, &old, NULL);
	assert_agreed(&handshake);
	assert_int_equal(SSL_renegotiate(handshake.client), 0);
	SSL_clear_options(handshake.client, SSL_OP_NO_RENEGOTIATION);
	assert_int_equal(SSL_renegotiate(handshake.client), 1);
	SSL_do_handshake(handshake.client);
	handshake_run(&handshake);
	SSL_read(handshake.server, &byte, 1);
	handshake_run(&handshake);
	/* The server's answer, an alert, is all there is. */
	handshake.at_client.code = 1;
	handshake_run(&handshake);
	assert_ended(&handshake.at_client, -SNT_ETLS, "no renegotiation");
	handshake_end(&handshake);
}

static void nothing_is_compressed_or_sent_early(void)
{
	struct handshake handshake;

	shake_opts(&handshake, NULL, NULL);
	assert_agreed(&handshake);
	handshake_talk(&handshake);
	assert_true(SSL_get_options(handshake.server) & SSL_OP_NO_COMPRESSION);
	assert_int_equal(SSL_SESSION_get_max_early_data(
				 SSL_get0_session(handshake.client)),
			 0);
	assert_int_equal(SSL_get_max_early_data(handshake.server), 0);
	assert_int_equal(SSL_get_recv_max_early_data(handshake.server), 0);
	handshake_end(&handshake);
}

static void no_cipher_in_common_is_told(void)
{
	const struct snt_tls_opts at_server = {
		.maximum_version = SNT_TLS_1_2,
		.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256"
	};
	const struct snt_tls_opts at_client = {
		.ciphers = "ECDHE-ECDSA-AES256-GCM-SHA384"
	};
	struct handshake handshake;

	shake_opts(&handshake, &at_server, &at_client);
	assert_ended(&handshake.at_server, -SNT_ETLS, "no cipher in common");
	assert_ended(&handshake.at_client, -SNT_ETLS, "alert 40 of the peer");
	handshake_end(&handshake);
}

static void what_is_asked_for_is_what_is_used(void)
{
	const struct snt_tls_opts at_client = {
		.ciphersuites = "TLS_CHACHA20_POLY1305_SHA256",
		.groups = "P-384",
	};
	struct handshake handshake;

	shake_opts(&handshake, NULL, &at_client);
	assert_agreed(&handshake);
	assert_string_equal(SSL_get_cipher_name(handshake.client),
			    "TLS_CHACHA20_POLY1305_SHA256");
	assert_int_equal(SSL_get_negotiated_group(handshake.client),
			 NID_secp384r1);
	handshake_end(&handshake);
}

static void words_that_weaken_or_mean_nothing_are_refused(void)
{
	static const struct {
		struct snt_tls_opts opts;
		const char *says;
	} rows[] = {
		{ { .ciphers = "HIGH:@SECLEVEL=0" },
		  "ciphers: \"@SECLEVEL=0\" is not taken" },
		{ { .ciphers = "HIGH:FROBNICATE" },
		  "ciphers: \"FROBNICATE\" is no cipher" },
		{ { .ciphers = "HIGH:!FROBNICATE" }, "is no cipher" },
		{ { .ciphers = "" }, "ciphers \"\"" },
		{ { .ciphers = "eNULL" }, "encrypts nothing" },
		{ { .ciphers = "ALL:eNULL" }, "" },
		{ { .ciphers = "aNULL" }, "asks for no certificate" },
		{ { .ciphers = "PSK" }, "asks for no certificate" },
		{ { .ciphersuites = "TLS_AES_128_GCM_SHA256:TLS_ROT13" },
		  "TLS_ROT13\" is no suite of TLS 1.3" },
		{ { .groups = "X25519:X1" }, "groups \"X25519:X1\": not all" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct snt_tls_context *context;

		REFUSED_WITH(snt_create_default_context(
				     &context, SNT_TLS_CLIENT, &rows[i].opts),
			     -SNT_ETLS, rows[i].says);
	}
}

static void lists_of_ciphers_are_as_openssl_has_them(void)
{
	static const char *const good[] = {
		"HIGH:!aNULL:!eNULL:!PSK:!SRP",
		"ECDHE+AESGCM",
		"ECDHE-RSA-AES128-GCM-SHA256 ECDHE-ECDSA-AES128-GCM-SHA256",
		"AESGCM:-DHE:+ECDHE:@STRENGTH:!PSK:!aNULL",
	};

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		const struct snt_tls_opts opts = { .ciphers = good[i] };

		snt_tls_context_close(context_of(SNT_TLS_SERVER, &opts));
	}
}

/* ALPN. */

static const char *alpn_of(const struct handshake *handshake)
{
	static char text[256];
	const unsigned char *name;
	unsigned size;

	SSL_get0_alpn_selected(handshake->client, &name, &size);
	snprintf(text, sizeof text, "%.*s", (int)size, (const char *)name);
	return text;
}

static void the_server_chooses_the_protocol(void)
{
	const struct snt_tls_opts at_server = {
		.alpn = (const char *const[]){ "h2", "http/1.1", NULL }
	};
	const struct snt_tls_opts at_client = { .alpn = (const char *const[]){
							"spdy/1", "http/1.1",
							"h2", NULL } };
	struct handshake handshake;

	shake_opts(&handshake, &at_server, &at_client);
	assert_agreed(&handshake);
	assert_string_equal(alpn_of(&handshake), "h2");
	handshake_end(&handshake);
}

static void no_protocol_in_common_is_told_on_both_sides(void)
{
	const struct snt_tls_opts at_server = { .alpn = (const char *const[]){
							"h2", NULL } };
	const struct snt_tls_opts at_client = { .alpn = (const char *const[]){
							"imap", NULL } };
	struct handshake handshake;

	shake_opts(&handshake, &at_server, &at_client);
	assert_ended(&handshake.at_server, -SNT_ETLS,
		     "the peer speaks none of our protocols (ALPN)");
	assert_ended(&handshake.at_client, -SNT_ETLS,
		     "alert 120 of the peer, no_application_protocol: it "
		     "speaks none of the protocols we offered (ALPN)");
	handshake_end(&handshake);
}

static void a_side_that_names_no_protocol_does_not_mind(void)
{
	const struct snt_tls_opts names = { .alpn = (const char *const[]){
						    "h2", NULL } };
	struct handshake handshake;

	shake_opts(&handshake, &names, NULL);
	assert_agreed(&handshake);
	assert_string_equal(alpn_of(&handshake), "");
	handshake_end(&handshake);
	shake_opts(&handshake, NULL, &names);
	assert_agreed(&handshake);
	assert_string_equal(alpn_of(&handshake), "");
	handshake_end(&handshake);
}

static void a_protocol_has_a_name_of_1_to_255_bytes(void)
{
	char over[257];
	const char *alpn[] = { over, NULL };
	const struct snt_tls_opts opts = { .alpn = alpn };
	struct snt_tls_context *client;

	memset(over, 'x', sizeof over);
	over[256] = '\0';
	REFUSED_WITH(snt_create_default_context(&client, SNT_TLS_CLIENT, &opts),
		     -EINVAL, "1 to 255 bytes");
	over[255] = '\0';
	snt_tls_context_close(context_of(SNT_TLS_CLIENT, &opts));
	over[0] = '\0';
	REFUSED_WITH(snt_create_default_context(&client, SNT_TLS_CLIENT, &opts),
		     -EINVAL, "1 to 255 bytes");
}

static const struct test_case cases[] = {
	TEST(with_nothing_set_it_is_the_newest_version),
	TEST(an_older_version_is_what_both_have),
	TEST(a_session_of_version_12_has_forward_secrecy),
	TEST(no_version_in_common_is_told_on_both_sides),
	TEST(versions_before_12_are_refused),
	TEST(nobody_begins_anew),
	TEST(nothing_is_compressed_or_sent_early),
	TEST(no_cipher_in_common_is_told),
	TEST(what_is_asked_for_is_what_is_used),
	TEST(words_that_weaken_or_mean_nothing_are_refused),
	TEST(lists_of_ciphers_are_as_openssl_has_them),
	TEST(the_server_chooses_the_protocol),
	TEST(no_protocol_in_common_is_told_on_both_sides),
	TEST(a_side_that_names_no_protocol_does_not_mind),
	TEST(a_protocol_has_a_name_of_1_to_255_bytes),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
