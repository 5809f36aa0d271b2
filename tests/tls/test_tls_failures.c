/* SPDX-License-Identifier: MIT */
/* What is told when a handshake fails for other reasons than a certificate. */
#include "handshakes.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const a_name[] = { "a.example", NULL };

/* A side that hears these bytes instead of the other. */
static void hear(struct handshake *handshake, bool at_client, const void *bytes,
		 size_t size, bool gone)
{
	struct snt_tls_context *server = made_server(a_name);
	struct snt_tls_context *client = client_of(server, NULL);
	const struct snt_wrap_opts opts = { .server_hostname = "a.example" };

	handshake_begin(handshake, client, server, &opts);
	handshake_hear(handshake, at_client, bytes, size, gone);
	snt_tls_context_close(client);
	snt_tls_context_close(server);
}

static void assert_heard(bool at_client, const char *text, const char *says)
{
	struct handshake handshake;

	hear(&handshake, at_client, text, strlen(text), false);
	assert_ended(at_client ? &handshake.at_client : &handshake.at_server,
		     -SNT_ETLS, says);
	handshake_end(&handshake);
}

static void a_server_without_tls_is_told_by_what_it_says(void)
{
	assert_heard(true, "HTTP/1.1 400 Bad Request\r\nServer: x\r\n",
		     "handshake: peer 192.0.2.1:443 does not speak TLS: it "
		     "sent \"HTTP/1.1 400 Bad Request\"");
	assert_heard(true, "SSH-2.0-OpenSSH_9.2\r\n",
		     "does not speak TLS: it sent \"SSH-2.0-OpenSSH_9.2\"");
	assert_heard(true, "220 mail.example ESMTP\r\n",
		     "does not speak TLS: it sent \"220 mail.example ESMTP\"");
}

static void a_client_without_tls_is_told_by_what_it_says(void)
{
	assert_heard(false, "GET / HTTP/1.1\r\nHost: a.example\r\n",
		     "handshake: peer 192.0.2.1:443 does not speak TLS: it "
		     "sent \"GET / HTTP/1.1\"");
	assert_heard(false, "hello\n", "it sent \"hello\"");
	assert_heard(false, "CONNECT a.example:443 HTTP/1.1\r\n",
		     "it sent \"CONNECT a.example:443 HT\"");
}

static void garbage_is_quoted_safely(void)
{
	assert_heard(true, "\x1b[31m\xff\xfe garbage that is long enough",
		     "it sent \"\\x1b[31m\\xff\\xfe garbage that i");
}

static void a_peer_that_goes_away_is_told(void)
{
	struct handshake handshake;

	hear(&handshake, true, "", 0, true);
	assert_ended(&handshake.at_client, -SNT_ETRUNCATED,
		     "handshake with a.example: the peer went away in the "
		     "midst of it");
	handshake_end(&handshake);
	hear(&handshake, false, "\x16\x03\x01", 3, true);
	assert_ended(&handshake.at_server, -SNT_ETRUNCATED,
		     "handshake with client 192.0.2.1:443: the peer went away "
		     "in the midst of it");
	handshake_end(&handshake);
}

static void a_stream_that_is_cut_after_its_handshake_is_told_otherwise(void)
{
	const struct snt__tls_story story = { .doing = "recv",
					      .done = true,
					      .peer = "192.0.2.1:443" };
	struct snt_tls_context *server = made_server(a_name);
	struct snt_tls_context *client = client_of(server, NULL);
	struct handshake handshake;
	char byte;
	int n;

	shake(&handshake, client, server, "a.example");
	handshake_talk(&handshake);
	BIO_set_mem_eof_return(SSL_get_rbio(handshake.client), 0);
	n = SSL_read(handshake.client, &byte, 1);
	REFUSED_WITH(snt__tls_explain(handshake.client,
				      SSL_get_error(handshake.client, n),
				      &story),
		     -SNT_ETRUNCATED,
		     "recv from a.example: stream was cut without a goodbye "
		     "(truncated)");
	handshake_end(&handshake);
	snt_tls_context_close(client);
	snt_tls_context_close(server);
}

static void every_alert_has_a_name(void)
{
	static const struct {
		unsigned char number;
		const char *name;
	} alerts[] = {
		{ 10, "unexpected_message" },
		{ 20, "bad_record_mac" },
		{ 22, "record_overflow" },
		{ 40, "handshake_failure" },
		{ 42, "bad_certificate" },
		{ 43, "unsupported_certificate" },
		{ 44, "certificate_revoked" },
		{ 45, "certificate_expired" },
		{ 46, "certificate_unknown" },
		{ 47, "illegal_parameter" },
		{ 48, "unknown_ca" },
		{ 49, "access_denied" },
		{ 50, "decode_error" },
		{ 51, "decrypt_error" },
		{ 70, "protocol_version" },
		{ 71, "insufficient_security" },
		{ 80, "internal_error" },
		{ 86, "inappropriate_fallback" },
		{ 109, "missing_extension" },
		{ 110, "unsupported_extension" },
		{ 112, "unrecognized_name" },
		{ 113, "bad_certificate_status_response" },
		{ 115, "unknown_psk_identity" },
		{ 116, "certificate_required" },
		{ 120, "no_application_protocol" },
	};

	for (size_t i = 0; i < sizeof alerts / sizeof alerts[0]; i++) {
		unsigned char
			record[] = { 21, 3, 3, 0, 2, 2, 0 /* the alert */ };
		struct handshake handshake;
		char says[100];

		record[6] = alerts[i].number;
		snprintf(says, sizeof says,
			 "handshake with a.example: alert %d of the peer, %s: ",
			 alerts[i].number, alerts[i].name);
		hear(&handshake, true, record, sizeof record, false);
		assert_ended(&handshake.at_client, -SNT_ETLS, says);
		handshake_end(&handshake);
	}
}

static void an_alert_nobody_knows_is_a_number(void)
{
	const unsigned char record[] = { 21, 3, 3, 0, 2, 2, 200 };
	struct handshake handshake;

	hear(&handshake, true, record, sizeof record, false);
	assert_ended(&handshake.at_client, -SNT_ETLS, "200");
	handshake_end(&handshake);
}

/* TLS 1.2, where it goes in the clear: a ServerHello, and a Certificate message
 * without one. No server of ours would say this. */
static void a_server_that_sends_no_certificate_is_refused(void)
{
	unsigned char hello[] = {
		22,   3,    3,  0,  44 + 0, /* record */
		2,    0,    0,  40,         /* ServerHello */
		3,    3,                    /* 1.2 */
		1,    2,    3,  4,  5,      6,  7,  8,  9,  10, 11, 12,
		13,   14,   15, 16, 17,     18, 19, 20, 21, 22, 23, 24,
		25,   26,   27, 28, 29,     30, 31, 32, 0, /* no session */
		0xc0, 0x2b,                                /* ECDHE-ECDSA */
		0,                                         /* no compression */
		0,    0,
	};
	const unsigned char none[] = { 22, 3, 3, 0, 7, 11, 0, 0, 3, 0, 0, 0 };
	const struct snt_tls_opts old = { .maximum_version = SNT_TLS_1_2 };
	struct snt_tls_context *server = made_server(a_name);
	struct snt_tls_context *client = client_of(server, &old);
	const struct snt_wrap_opts opts = { .server_hostname = "a.example" };
	unsigned char all[sizeof hello + sizeof none];
	struct handshake handshake;

	handshake_begin(&handshake, client, server, &opts);
	/* It must offer to renegotiate safely, or is refused before. */
	SSL_set_options(handshake.client, SSL_OP_LEGACY_SERVER_CONNECT);
	memcpy(all, hello, sizeof hello);
	memcpy(all + sizeof hello, none, sizeof none);
	handshake_hear(&handshake, true, all, sizeof all, false);
	assert_ended(&handshake.at_client, -SNT_ECERTIFICATE,
		     "certificate of a.example: none came, or none that can be "
		     "read");
	handshake_end(&handshake);
	snt_tls_context_close(client);
	snt_tls_context_close(server);
}

/* What a server said, kept. */
static size_t record_server(unsigned char *bytes, size_t room, int version)
{
	const struct snt_tls_opts opts = { .maximum_version = version };
	struct snt_tls_context *server = made_server(a_name);
	struct snt_tls_context *client = client_of(server, &opts);
	struct handshake handshake;
	size_t size;

	shake(&handshake, client, server, "a.example");
	size = handshake.from_server.size;
	assert_true(size <= room);
	memcpy(bytes, handshake.from_server.bytes, size);
	handshake_end(&handshake);
	snt_tls_context_close(client);
	snt_tls_context_close(server);
	return size;
}

/* Of another handshake, to another client: none of it fits, wherever it ends. */
static void what_was_recorded_of_another_handshake_is_refused(void)
{
	static const int versions[] = { SNT_TLS_1_3, SNT_TLS_1_2 };
	unsigned char bytes[8192];

	for (int i = 0; i < 2; i++) {
		const struct snt_tls_opts opts = { .maximum_version =
							   versions[i] };
		size_t size = record_server(bytes, sizeof bytes, versions[i]);
		struct snt_tls_context *server = made_server(a_name);
		struct snt_tls_context *client = client_of(server, &opts);
		const struct snt_wrap_opts wrap = { .server_hostname =
							    "a.example" };

		for (size_t cut = 1; cut <= size; cut += 7) {
			struct handshake handshake;

			handshake_begin(&handshake, client, server, &wrap);
			handshake_hear(&handshake, true, bytes, cut, true);
			assert_true(handshake.at_client.code < 0);
			assert_true(strlen(handshake.at_client.why) > 20);
			assert_false(snt__tls_verified(handshake.client));
			handshake_end(&handshake);
		}
		snt_tls_context_close(client);
		snt_tls_context_close(server);
	}
}

static void a_byte_that_was_changed_on_its_way_is_told(void)
{
	struct snt_tls_context *server = made_server(a_name);
	struct snt_tls_context *client = client_of(server, NULL);
	const struct snt_wrap_opts opts = { .server_hostname = "a.example" };
	struct handshake handshake;
	char *bytes;
	long size;

	handshake_begin(&handshake, client, server, &opts);
	SSL_do_handshake(handshake.client);
	size = BIO_get_mem_data(SSL_get_wbio(handshake.client), &bytes);
	assert_int_equal(
		BIO_write(SSL_get_rbio(handshake.server), bytes, (int)size),
		size);
	SSL_do_handshake(handshake.server);
	size = BIO_get_mem_data(SSL_get_wbio(handshake.server), &bytes);
	/* The last of what is encrypted. */
	bytes[size - 1] ^= 1;
	handshake_hear(&handshake, true, bytes, (size_t)size, false);
	assert_ended(&handshake.at_client, -SNT_ETLS,
		     "handshake with a.example: a record was changed on its "
		     "way");
	handshake_end(&handshake);
	snt_tls_context_close(client);
	snt_tls_context_close(server);
}

static const struct test_case cases[] = {
	TEST(a_server_without_tls_is_told_by_what_it_says),
	TEST(a_client_without_tls_is_told_by_what_it_says),
	TEST(garbage_is_quoted_safely),
	TEST(a_peer_that_goes_away_is_told),
	TEST(a_stream_that_is_cut_after_its_handshake_is_told_otherwise),
	TEST(every_alert_has_a_name),
	TEST(an_alert_nobody_knows_is_a_number),
	TEST(a_server_that_sends_no_certificate_is_refused),
	TEST(what_was_recorded_of_another_handshake_is_refused),
	TEST(a_byte_that_was_changed_on_its_way_is_told),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
