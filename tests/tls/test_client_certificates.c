/* SPDX-License-Identifier: MIT */
/* Clients that show who they are, and a server that looks. See rows.h. */
#include "rows.h"

#include <openssl/x509_vfy.h>
#include <stdlib.h>
#include <string.h>

#define OF_CLIENT .of_client = true

static void a_good_client_is_accepted(void)
{
	ACCEPTED(OF_CLIENT);
}

static void an_expired_client_is_refused(void)
{
	REFUSED(OF_CLIENT, .leaf = { .from = -3 * DAY, .to = -DAY },
		.says = ": expired 20", .error = X509_V_ERR_CERT_HAS_EXPIRED);
}

static void a_client_of_an_unknown_authority_is_refused(void)
{
	REFUSED(OF_CLIENT, .root_unknown = true, .root_sent = true,
		.says = ": its authority is "
			"not among the trusted (certificate 2, CN=Root)",
		.error = X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN);
}

static void a_client_that_signed_itself_is_refused(void)
{
	REFUSED(OF_CLIENT, .self_signed = true,
		.says = "self-signed and not among the trusted (CN=leaf)",
		.error = X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT);
}

static void a_server_is_no_client(void)
{
	REFUSED(OF_CLIENT, .leaf = { .purpose = "serverAuth" },
		.says = "not for clients, but for: TLS Web Server "
			"Authentication",
		.error = X509_V_ERR_INVALID_PURPOSE);
}

static void a_revoked_client_is_refused(void)
{
	REFUSED(OF_CLIENT, .lists = true, .leaf_revoked = true,
		.says = "by CN=Middle (certificate 0, CN=leaf)",
		.error = X509_V_ERR_CERT_REVOKED);
}

/* A server that asks, of clients that have nothing to show. */
static struct snt_tls_context *asking(int how)
{
	const struct made root = make_certificate(
		&(const struct recipe){ .cn = "Root", .authority = true },
		NULL);
	char *trust = certificates_pem((const struct made *[]){ &root, NULL });
	const struct snt_tls_opts opts = { .client_certificate = how,
					   .cadata = trust,
					   .cadata_size = strlen(trust) };
	struct snt_tls_context *server = context_of(SNT_TLS_SERVER, &opts);

	assert_int_equal(snt_make_certificate(server, NULL), 0);
	made_free(&(struct made){ root.certificate, root.key });
	free(trust);
	return server;
}

static void shake_without(int how, int version, int code, const char *says)
{
	const struct snt_tls_opts opts = { .maximum_version = version };
	struct snt_tls_context *server = asking(how);
	struct snt_tls_context *client = client_of(server, &opts);
	struct handshake handshake;

	shake(&handshake, client, server, "localhost");
	assert_ended(&handshake.at_server, code, says);
	assert_false(snt__tls_verified(handshake.server));
	handshake_end(&handshake);
	snt_tls_context_close(client);
	snt_tls_context_close(server);
}

static void a_client_without_one_is_refused_where_it_is_required(void)
{
	shake_without(SNT_TLS_REQUIRED, SNT_TLS_1_3, -SNT_ECERTIFICATE,
		      "certificate of client 192.0.2.1:443: none came, and one "
		      "is required");
	shake_without(SNT_TLS_REQUIRED, SNT_TLS_1_2, -SNT_ECERTIFICATE,
		      "none came, and one is required");
}

static void a_client_without_one_is_accepted_where_it_is_optional(void)
{
	shake_without(SNT_TLS_OPTIONAL, SNT_TLS_1_3, 0, NULL);
	shake_without(SNT_TLS_OPTIONAL, SNT_TLS_1_2, 0, NULL);
}

static void a_client_hears_that_one_was_required(void)
{
	struct snt_tls_context *server = asking(SNT_TLS_REQUIRED);
	const struct snt_tls_opts old = { .maximum_version = SNT_TLS_1_2 };
	struct snt_tls_context *client = client_of(server, &old);
	struct handshake handshake;

	shake(&handshake, client, server, "localhost");
	assert_ended(&handshake.at_client, -SNT_ETLS,
		     "handshake with localhost: alert 40 of the peer, "
		     "handshake_failure: ");
	handshake_end(&handshake);
	snt_tls_context_close(client);
	snt_tls_context_close(server);
}

static void the_server_names_the_authorities_it_trusts(void)
{
	struct snt_tls_context *server = asking(SNT_TLS_REQUIRED);
	struct snt_tls_context *client = client_of(server, NULL);
	const STACK_OF(X509_NAME) * names;
	struct handshake handshake;
	char name[64];

	shake(&handshake, client, server, "localhost");
	names = SSL_get0_peer_CA_list(handshake.client);
	assert_int_equal(sk_X509_NAME_num(names), 1);
	X509_NAME_oneline(sk_X509_NAME_value(names, 0), name, sizeof name);
	assert_string_equal(name, "/CN=Root");
	handshake_end(&handshake);
	snt_tls_context_close(client);
	snt_tls_context_close(server);
}

static void a_server_that_asks_says_whom_it_trusts(void)
{
	const struct snt_tls_opts opts = { .client_certificate =
						   SNT_TLS_OPTIONAL };
	struct snt_tls_context *server;

	assert_int_equal(
		snt_create_default_context(&server, SNT_TLS_SERVER, &opts),
		-EINVAL);
	assert_non_null(strstr(snt_errmsg(), "cafile"));
}

static const struct test_case cases[] = {
	TEST(a_good_client_is_accepted),
	TEST(an_expired_client_is_refused),
	TEST(a_client_of_an_unknown_authority_is_refused),
	TEST(a_client_that_signed_itself_is_refused),
	TEST(a_server_is_no_client),
	TEST(a_revoked_client_is_refused),
	TEST(a_client_without_one_is_refused_where_it_is_required),
	TEST(a_client_without_one_is_accepted_where_it_is_optional),
	TEST(a_client_hears_that_one_was_required),
	TEST(the_server_names_the_authorities_it_trusts),
	TEST(a_server_that_asks_says_whom_it_trusts),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
