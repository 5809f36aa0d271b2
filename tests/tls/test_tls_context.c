/* SPDX-License-Identifier: MIT */
/* Contexts: what they trust, and what they refuse to be. */
#include "handshakes.h"

#include <stdio.h>

static const char *const a_name[] = { "a.example", NULL };
static const char *const b_name[] = { "b.example", NULL };

static void a_client_with_nothing_set_trusts_no_stranger(void)
{
	struct snt_tls_context *server = made_server(a_name);
	struct snt_tls_context *client = context_of(SNT_TLS_CLIENT, NULL);
	struct handshake handshake;

	shake(&handshake, client, server, "a.example");
	assert_ended(&handshake.at_client, -SNT_ECERTIFICATE,
		     "certificate of a.example: self-signed and not among the "
		     "trusted (CN=a.example); trust it with cafile");
	assert_ended(&handshake.at_server, -SNT_ETLS,
		     "alert 48 of the peer, unknown_ca: it does not trust");
	handshake_end(&handshake);
	snt_tls_context_close(client);
	snt_tls_context_close(server);
}

static void a_made_certificate_is_trusted_by_its_pem(void)
{
	struct snt_tls_context *server = made_server(NULL);
	struct snt_tls_context *client = client_of(server, NULL);

	assert_shakes(client, server, "localhost");
	assert_shakes(client, server, "127.0.0.1");
	assert_shakes(client, server, "::1");
	snt_tls_context_close(client);
	snt_tls_context_close(server);
}

static void a_client_says_whom_it_expects(void)
{
	struct snt_tls_context *client = context_of(SNT_TLS_CLIENT, NULL);
	SSL *ssl;

	REFUSED_WITH(snt__tls_new(client, NULL, &ssl), -EINVAL,
		     "server_hostname");
	snt_tls_context_close(client);
}

static void whom_a_client_expects_is_a_name_or_an_address(void)
{
	static const char *const bad[] = {
		"",           "a b",   "-a.example",
		"a..example", "1.2.3", "1.2.3.256",
		":::",        "[::1]", "b\303\274cher.example",
	};
	struct snt_tls_context *client = context_of(SNT_TLS_CLIENT, NULL);

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		const struct snt_wrap_opts opts = { .server_hostname = bad[i] };
		SSL *ssl;

		REFUSED_WITH(snt__tls_new(client, &opts, &ssl), -EINVAL,
			     "server_hostname: ");
	}
	snt_tls_context_close(client);
}

static void a_connection_outlives_its_context(void)
{
	struct snt_tls_context *server = made_server(a_name);
	struct snt_tls_context *client = client_of(server, NULL);
	struct handshake handshake;

	shake(&handshake, client, server, "a.example");
	snt_tls_context_close(client);
	snt_tls_context_close(server);
	handshake_talk(&handshake);
	handshake_end(&handshake);
}

static void more_trust_is_besides_what_there_was(void)
{
	struct snt_tls_context *a = made_server(a_name);
	struct snt_tls_context *b = made_server(b_name);
	struct snt_tls_context *client = client_of(a, NULL);
	char pem[4096];
	ptrdiff_t size = snt_getcert_pem(b, 0, pem, sizeof pem);
	struct handshake handshake;

	shake(&handshake, client, b, "b.example");
	assert_ended(&handshake.at_client, -SNT_ECERTIFICATE, "self-signed");
	handshake_end(&handshake);
	REFUSED_WITH(snt_load_verify_locations(client, NULL, NULL, "text", 4),
		     -SNT_ETLS, "there is no certificate (PEM) in it");
	assert_int_equal(snt_load_verify_locations(client, NULL, NULL, pem,
						   (size_t)size),
			 0);
	assert_shakes(client, a, "a.example");
	assert_shakes(client, b, "b.example");
	snt_tls_context_close(client);
	snt_tls_context_close(a);
	snt_tls_context_close(b);
}

static void a_pinned_key_is_the_only_one(void)
{
	struct snt_tls_context *server = made_server(a_name);
	struct snt_tls_context *other = made_server(a_name);
	struct snt_certificate own, others;
	struct snt_tls_opts opts = { .pin = own.pin };
	struct snt_tls_context *client;
	struct handshake handshake;
	char two[200];

	assert_int_equal(snt_getcert(server, 0, &own), 0);
	assert_int_equal(snt_getcert(other, 0, &others), 0);
	client = client_of(server, &opts);
	assert_shakes(client, server, "a.example");
	snt_tls_context_close(client);
	opts.pin = others.pin;
	client = client_of(server, &opts);
	shake(&handshake, client, server, "a.example");
	assert_ended(&handshake.at_client, -SNT_ECERTIFICATE,
		     "certificate of a.example: its key is not the pinned one, "
		     "but sha256//");
	assert_ended(&handshake.at_client, -SNT_ECERTIFICATE, own.pin);
	handshake_end(&handshake);
	snt_tls_context_close(client);
	snprintf(two, sizeof two, "%s;%s", others.pin, own.pin);
	opts.pin = two;
	client = client_of(server, &opts);
	assert_shakes(client, server, "a.example");
	snt_tls_context_close(client);
	/* Without the checks it is still looked at. */
	opts.pin = others.pin;
	opts.insecure_noverify = true;
	client = context_of(SNT_TLS_CLIENT, &opts);
	shake(&handshake, client, server, "a.example");
	assert_ended(&handshake.at_client, -SNT_ECERTIFICATE, "pinned");
	handshake_end(&handshake);
	snt_tls_context_close(client);
	snt_tls_context_close(server);
	snt_tls_context_close(other);
}

static void a_pin_is_written_in_one_way(void)
{
	static const char *const bad[] = {
		"",
		";",
		"sha256//",
		"sha1//AAAA",
		"sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=",
		"sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= ",
	};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		const struct snt_tls_opts opts = { .pin = bad[i] };
		struct snt_tls_context *client;

		REFUSED_WITH(snt_create_default_context(&client, SNT_TLS_CLIENT,
							&opts),
			     -EINVAL, "pin \"");
	}
}

static void without_the_checks_anybody_passes_and_is_not_verified(void)
{
	const struct snt_tls_opts opts = { .insecure_noverify = true };
	struct snt_tls_context *server = made_server(a_name);
	struct snt_tls_context *client = context_of(SNT_TLS_CLIENT, &opts);
	struct handshake handshake;

	shake(&handshake, client, server, "b.example");
	assert_ended(&handshake.at_client, 0, NULL);
	assert_false(snt__tls_verified(handshake.client));
	handshake_end(&handshake);
	shake(&handshake, client, server, NULL);
	assert_ended(&handshake.at_client, 0, NULL);
	assert_false(snt__tls_verified(handshake.client));
	handshake_end(&handshake);
	snt_tls_context_close(client);
	snt_tls_context_close(server);
}

static void a_chain_that_is_trusted_is_not_enough_without_a_name(void)
{
	const struct snt_tls_opts opts = { .insecure_noverify = true };
	struct snt_tls_context *server = made_server(a_name);
	struct snt_tls_context *client = client_of(server, &opts);
	struct handshake handshake;

	shake(&handshake, client, server, NULL);
	assert_ended(&handshake.at_client, 0, NULL);
	assert_false(snt__tls_verified(handshake.client));
	handshake_end(&handshake);
	snt_tls_context_close(client);
	snt_tls_context_close(server);
}

static void wrong_options_are_refused_with_a_sentence(void)
{
	const struct {
		enum snt_tls_side side;
		struct snt_tls_opts opts;
		const char *says;
	} rows[] = {
		{ (enum snt_tls_side)7, { 0 }, "for clients or for servers" },
		{ SNT_TLS_CLIENT,
		  { .minimum_version = 0x0301 },
		  "1.2 and 1.3" },
		{ SNT_TLS_CLIENT,
		  { .minimum_version = SNT_TLS_1_3,
		    .maximum_version = SNT_TLS_1_2 },
		  "no version lies between" },
		{ SNT_TLS_SERVER,
		  { .insecure_noverify = true },
		  "for clients" },
		{ SNT_TLS_CLIENT,
		  { .client_certificate = SNT_TLS_REQUIRED },
		  "servers ask for client certificates" },
		{ SNT_TLS_CLIENT,
		  { .keyfile = "key" },
		  "without its certfile" },
		{ SNT_TLS_CLIENT, { .handshake_timeout = -1 }, "negative" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct snt_tls_context *context;

		REFUSED_WITH(snt_create_default_context(&context, rows[i].side,
							&rows[i].opts),
			     -EINVAL, rows[i].says);
	}
}

static void a_file_that_cannot_be_read_is_named(void)
{
	static const struct {
		struct snt_tls_opts opts;
		int code;
		const char *line;
	} rows[] = {
		{ { .cafile = "/nosuch/ca.pem" },
		  -ENOENT,
		  "read /nosuch/ca.pem: no such file" },
		{ { .capath = "/nosuch" },
		  -ENOENT,
		  "trust the certificates in /nosuch" },
		{ { .capath = "/etc/passwd" }, -ENOTDIR, "/etc/passwd" },
		{ { .cafile = "/tmp" }, -EISDIR, "read /tmp" },
		{ { .cafile = "/dev/zero" }, -EFBIG, "read /dev/zero" },
		{ { .keylog_filename = "/nosuch/log" },
		  -ENOENT,
		  "key log /nosuch/log" },
	};
	struct snt_tls_context *context;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		REFUSED_WITH(snt_create_default_context(
				     &context, SNT_TLS_CLIENT, &rows[i].opts),
			     rows[i].code, rows[i].line);
}

static const struct test_case cases[] = {
	TEST(a_client_with_nothing_set_trusts_no_stranger),
	TEST(a_made_certificate_is_trusted_by_its_pem),
	TEST(a_client_says_whom_it_expects),
	TEST(whom_a_client_expects_is_a_name_or_an_address),
	TEST(a_connection_outlives_its_context),
	TEST(more_trust_is_besides_what_there_was),
	TEST(a_pinned_key_is_the_only_one),
	TEST(a_pin_is_written_in_one_way),
	TEST(without_the_checks_anybody_passes_and_is_not_verified),
	TEST(a_chain_that_is_trusted_is_not_enough_without_a_name),
	TEST(wrong_options_are_refused_with_a_sentence),
	TEST_KERNEL(a_file_that_cannot_be_read_is_named),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
