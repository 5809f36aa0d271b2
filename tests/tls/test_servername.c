/* SPDX-License-Identifier: MIT */
/* One server, several names. */
#include "handshakes.h"

#include <stdio.h>
#include <stdlib.h>

/* A server of this name, whose certificate tells the tests whose it is. */
static struct snt_tls_context *server_of(const char *name)
{
	return made_server((const char *[]){ name, NULL });
}

/* Whoever it is, and nobody checked. */
static void assert_served(struct snt_tls_context *server, const char *host,
			  const char *subject)
{
	const struct snt_tls_opts opts = { .insecure_noverify = true };
	struct snt_tls_context *client = context_of(SNT_TLS_CLIENT, &opts);
	struct handshake handshake;
	char got[100];

	shake(&handshake, client, server, host);
	assert_ended(&handshake.at_client, 0, NULL);
	X509_NAME_oneline(X509_get_subject_name(
				  SSL_get0_peer_certificate(handshake.client)),
			  got, sizeof got);
	assert_string_equal(got + strlen("/CN="), subject);
	handshake_end(&handshake);
	snt_tls_context_close(client);
}

static void add(struct snt_tls_context *server, const char *name,
		struct snt_tls_context *other)
{
	if (snt_set_servername(server, name, other) < 0)
		fail_msg("%s", snt_errmsg());
}

static void each_name_has_its_certificate(void)
{
	struct snt_tls_context *server = server_of("default.example");
	static const char *const names[] = { "a.example", "b.example",
					     "c.example", "*.w.example",
					     "x.w.example" };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct snt_tls_context *other = server_of(names[i]);

		add(server, names[i], other);
		snt_tls_context_close(other);
	}
	assert_served(server, "a.example", "a.example");
	assert_served(server, "B.example.", "b.example");
	assert_served(server, "c.example", "c.example");
	assert_served(server, "x.w.example", "x.w.example");
	assert_served(server, "y.w.example", "*.w.example");
	assert_served(server, "z.y.w.example", "default.example");
	assert_served(server, "w.example", "default.example");
	assert_served(server, "d.example", "default.example");
	assert_served(server, "192.0.2.1", "default.example");
	snt_tls_context_close(server);
}

static void a_name_given_again_is_replaced_and_one_given_nobody_forgotten(void)
{
	struct snt_tls_context *server = server_of("default.example");
	struct snt_tls_context *a = server_of("1.example");
	struct snt_tls_context *b = server_of("2.example");

	add(server, "a.example", a);
	add(server, "A.EXAMPLE", b);
	assert_served(server, "a.example", "2.example");
	add(server, "a.example", NULL);
	assert_served(server, "a.example", "default.example");
	add(server, "a.example", NULL);
	snt_tls_context_close(a);
	snt_tls_context_close(b);
	snt_tls_context_close(server);
}

static void a_renewed_certificate_shows_behind_its_name(void)
{
	struct snt_tls_context *server = server_of("default.example");
	struct snt_tls_context *a = server_of("a.example");
	const char *const names[] = { "new.example", NULL };
	const struct snt_make_certificate_opts opts = { .names = names };

	add(server, "a.example", a);
	assert_int_equal(snt_make_certificate(a, &opts), 0);
	assert_served(server, "a.example", "new.example");
	snt_tls_context_close(a);
	snt_tls_context_close(server);
}

static void many_names_are_found(void)
{
	struct snt_tls_context *server = server_of("default.example");
	struct snt_tls_context *a = server_of("a.example");
	struct snt_tls_context *b = server_of("b.example");
	char name[32];

	for (int i = 0; i < 2000; i++) {
		snprintf(name, sizeof name, "h%d.example", (i * 997) % 2000);
		add(server, name, i % 2 == 0 ? a : b);
	}
	assert_served(server, "h0.example", "a.example");
	assert_served(server, "h997.example", "b.example");
	assert_served(server, "h1999.example", "b.example");
	assert_served(server, "h2000.example", "default.example");
	snt_tls_context_close(a);
	snt_tls_context_close(b);
	snt_tls_context_close(server);
}

static void without_a_certificate_of_its_own_a_server_has_names_only(void)
{
	struct snt_tls_context *server = context_of(SNT_TLS_SERVER, NULL);
	struct snt_tls_context *a = server_of("a.example");
	struct snt_tls_context *client = client_of(a, NULL);
	struct handshake handshake;

	add(server, "a.example", a);
	assert_served(server, "a.example", "a.example");
	shake(&handshake, client, server, "b.example");
	assert_ended(&handshake.at_server, -SNT_ETLS,
		     "handshake with client 192.0.2.1:443: it asked for the "
		     "name b.example, and there is no certificate for that");
	assert_ended(&handshake.at_client, -SNT_ETLS,
		     "alert 112 of the peer, unrecognized_name: it serves no "
		     "host of the name we asked for");
	handshake_end(&handshake);
	shake(&handshake, client, server, "192.0.2.1");
	assert_ended(&handshake.at_server, -SNT_ETLS, "it asked for no name");
	handshake_end(&handshake);
	snt_tls_context_close(client);
	snt_tls_context_close(a);
	snt_tls_context_close(server);
}

static void the_name_decides_whether_a_client_has_to_show_itself(void)
{
	struct snt_tls_context *server = server_of("open.example");
	char pem[4096];
	const struct snt_tls_opts asks = {
		.client_certificate = SNT_TLS_REQUIRED,
		.cadata = pem,
		.cadata_size =
			(size_t)snt_getcert_pem(server, 0, pem, sizeof pem),
	};
	struct snt_tls_context *closed = context_of(SNT_TLS_SERVER, &asks);
	const struct snt_tls_opts opts = { .insecure_noverify = true };
	struct snt_tls_context *client = context_of(SNT_TLS_CLIENT, &opts);
	struct handshake handshake;

	assert_int_equal(snt_make_certificate(closed, NULL), 0);
	add(server, "closed.example", closed);
	shake(&handshake, client, server, "open.example");
	assert_ended(&handshake.at_server, 0, NULL);
	handshake_end(&handshake);
	shake(&handshake, client, server, "closed.example");
	assert_ended(&handshake.at_server, -SNT_ECERTIFICATE, "none came");
	handshake_end(&handshake);
	snt_tls_context_close(client);
	snt_tls_context_close(closed);
	snt_tls_context_close(server);
}

static void the_name_decides_the_protocol(void)
{
	struct snt_tls_context *server = server_of("default.example");
	const struct snt_tls_opts speaks = { .alpn = (const char *const[]){
						     "h2", NULL } };
	struct snt_tls_context *a = context_of(SNT_TLS_SERVER, &speaks);
	const struct snt_tls_opts opts = {
		.insecure_noverify = true,
		.alpn = (const char *const[]){ "imap", "h2", NULL },
	};
	struct snt_tls_context *client = context_of(SNT_TLS_CLIENT, &opts);
	struct handshake handshake;
	const unsigned char *name;
	unsigned size;

	assert_int_equal(snt_make_certificate(a, NULL), 0);
	add(server, "a.example", a);
	shake(&handshake, client, server, "a.example");
	assert_ended(&handshake.at_server, 0, NULL);
	SSL_get0_alpn_selected(handshake.client, &name, &size);
	assert_int_equal(size, 2);
	assert_memory_equal(name, "h2", 2);
	handshake_end(&handshake);
	snt_tls_context_close(client);
	snt_tls_context_close(a);
	snt_tls_context_close(server);
}

static void a_table_is_one_step_deep(void)
{
	struct snt_tls_context *a = server_of("a.example");
	struct snt_tls_context *b = server_of("b.example");
	struct snt_tls_context *c = server_of("c.example");

	REFUSED_WITH(snt_set_servername(a, "a.example", a), -EINVAL,
		     "has a table of its own");
	add(a, "b.example", b);
	REFUSED_WITH(snt_set_servername(b, "c.example", c), -EINVAL,
		     "is in another's table");
	REFUSED_WITH(snt_set_servername(c, "a.example", a), -EINVAL,
		     "has a table of its own");
	snt_tls_context_close(a);
	snt_tls_context_close(b);
	snt_tls_context_close(c);
}

static void a_table_has_names_of_servers(void)
{
	static const char *const bad[] = {
		"", "*", "*.", "a b", "*.*.example", "w*.example", "192.0.2.1"
	};
	struct snt_tls_context *server = server_of("a.example");
	struct snt_tls_context *other = server_of("b.example");
	struct snt_tls_context *client = context_of(SNT_TLS_CLIENT, NULL);

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(snt_set_servername(server, bad[i], other),
				 -EINVAL);
	assert_int_equal(snt_set_servername(client, "a.example", other),
			 -EINVAL);
	assert_int_equal(snt_set_servername(server, "a.example", client),
			 -EINVAL);
	snt_tls_context_close(client);
	snt_tls_context_close(other);
	snt_tls_context_close(server);
}

static const struct test_case cases[] = {
	TEST(each_name_has_its_certificate),
	TEST(a_name_given_again_is_replaced_and_one_given_nobody_forgotten),
	TEST(a_renewed_certificate_shows_behind_its_name),
	TEST(many_names_are_found),
	TEST(without_a_certificate_of_its_own_a_server_has_names_only),
	TEST(the_name_decides_whether_a_client_has_to_show_itself),
	TEST(the_name_decides_the_protocol),
	TEST(a_table_is_one_step_deep),
	TEST(a_table_has_names_of_servers),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
