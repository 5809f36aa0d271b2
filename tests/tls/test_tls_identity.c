/* SPDX-License-Identifier: MIT */
/* Who we are: certificates and keys that are loaded, made, and renewed while
 * handshakes go on. */
#include "handshakes.h"
#include "simulated.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>

static const char *const a_name[] = { "a.example", NULL };
static const char *const b_name[] = { "b.example", NULL };

/* A pair as PEM, of a certificate for one name. */
struct pair {
	struct made made;
	char *certificate, *key;
};

static struct pair make_pair(const char *names, const char *password)
{
	struct pair pair = { .made = make_certificate(
				     &(const struct recipe){ .cn = "own",
							     .names = names },
				     NULL) };

	pair.certificate =
		certificates_pem((const struct made *[]){ &pair.made, NULL });
	pair.key = key_pem(&pair.made, password);
	return pair;
}

static void free_pair(struct pair *pair)
{
	made_free(&pair->made);
	free(pair->certificate);
	free(pair->key);
}

static int load_pem(struct snt_tls_context *context, const char *certificate,
		    const char *key, const char *password)
{
	return snt_load_cert_chain_data(
		context, certificate, strlen(certificate), key,
		key != NULL ? strlen(key) : 0, password);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void a_server_has_a_certificate(void)
{
	struct snt_tls_context *server = context_of(SNT_TLS_SERVER, NULL);
	SSL *ssl;

	REFUSED_WITH(snt__tls_new(server, NULL, &ssl), -EINVAL,
		     "has no certificate: snt_load_cert_chain");
	snt_tls_context_close(server);
}

static void a_bad_pair_keeps_the_old_one_and_says_so(void)
{
	struct pair a = make_pair("DNS:a.example", NULL);
	struct pair b = make_pair("DNS:b.example", NULL);
	struct snt_tls_context *server = made_server(a_name);
	struct snt_tls_context *client = client_of(server, NULL);

	REFUSED_WITH(load_pem(server, a.certificate, b.key, NULL), -SNT_ETLS,
		     "the private key is not that of the certificate in the "
		     "given data (CN=own)");
	assert_shakes(client, server, "a.example");
	REFUSED_WITH(load_pem(server, a.certificate, NULL, NULL), -SNT_ETLS,
		     "there is no private key (PEM) in it");
	REFUSED_WITH(load_pem(server, a.key, a.key, NULL), -SNT_ETLS,
		     "there is no certificate (PEM) in it");
	a.certificate[200] = '!';
	REFUSED_WITH(load_pem(server, a.certificate, a.key, NULL), -SNT_ETLS,
		     "the given data: certificate: ");
	assert_shakes(client, server, "a.example");
	snt_tls_context_close(client);
	snt_tls_context_close(server);
	free_pair(&a);
	free_pair(&b);
}

static void a_key_that_is_too_weak_is_not_loaded(void)
{
	struct made weak = make_certificate(
		&(const struct recipe){ .cn = "weak", .key = RSA_1024 }, NULL);
	char *certificate =
		certificates_pem((const struct made *[]){ &weak, NULL });
	char *key = key_pem(&weak, NULL);
	struct snt_tls_context *server = made_server(a_name);
	struct snt_certificate seen;

	REFUSED_WITH(load_pem(server, certificate, key, NULL), -SNT_ETLS,
		     "our certificate: ee key too small");
	assert_int_equal(snt_getcert(server, 0, &seen), 0);
	assert_string_equal(seen.subject, "CN=a.example");
	free(certificate);
	free(key);
	made_free(&weak);
	snt_tls_context_close(server);
}

static void an_encrypted_key_wants_its_password(void)
{
	struct pair pair = make_pair("DNS:a.example", "open sesame");
	struct snt_tls_context *server = context_of(SNT_TLS_SERVER, NULL);

	REFUSED_WITH(load_pem(server, pair.certificate, pair.key, NULL),
		     -SNT_ETLS,
		     "the private key is encrypted, and no password was given");
	REFUSED_WITH(load_pem(server, pair.certificate, pair.key, "sesame"),
		     -SNT_ETLS,
		     "the private key is encrypted, and the password is wrong");
	assert_int_equal(
		load_pem(server, pair.certificate, pair.key, "open sesame"), 0);
	free_pair(&pair);
	snt_tls_context_close(server);
}

static void a_renewed_certificate_is_for_handshakes_to_come(void)
{
	struct snt_tls_context *server = made_server(a_name);
	struct snt_tls_context *old = client_of(server, NULL), *new;
	const struct snt_wrap_opts opts = { .server_hostname = "a.example" };
	const struct snt_make_certificate_opts b = { .names = b_name };
	struct handshake begun;

	handshake_begin(&begun, old, server, &opts);
	assert_int_equal(snt_make_certificate(server, &b), 0);
	new = client_of(server, NULL);
	assert_shakes(new, server, "b.example");
	handshake_run(&begun);
	assert_ended(&begun.at_client, 0, NULL);
	handshake_talk(&begun);
	handshake_end(&begun);
	snt_tls_context_close(new);
	snt_tls_context_close(old);
	snt_tls_context_close(server);
}

static void a_made_certificate_reads_as_it_was_asked_for(void)
{
	const char *const names[] = { "*.a.example", "192.0.2.1", NULL };
	const struct snt_make_certificate_opts opts = {
		.names = names, .valid = 3600 * SNT_SECOND
	};
	struct snt_tls_context *server = context_of(SNT_TLS_SERVER, NULL);
	int64_t now = snt__io->wall() / SNT_SECOND;
	struct snt_certificate made;

	assert_int_equal(snt_getcert(server, 0, &made), -ENOENT);
	assert_int_equal(snt_make_certificate(server, &opts), 0);
	assert_int_equal(snt_getcert(server, 0, &made), 0);
	assert_string_equal(made.names, "DNS:*.a.example, IP:192.0.2.1");
	assert_string_equal(made.subject, "CN=*.a.example");
	assert_string_equal(made.issuer, made.subject);
	assert_string_equal(made.key, "EC P-256");
	assert_string_equal(made.signature, "ecdsa-with-SHA256");
	assert_int_equal(strlen(made.fingerprint), 64);
	assert_int_equal(strlen(made.serial), 32);
	assert_int_equal(strlen(made.pin), 52);
	assert_false(made.authority);
	assert_true(made.not_before < now);
	assert_in_range(made.not_after, now + 3600, now + 3600 + 60);
	assert_int_equal(snt_getcert(server, 1, &made), -ENOENT);
	snt_tls_context_close(server);
}

static void a_certificate_is_made_for_names_and_addresses_only(void)
{
	static const char *const bad[] = {
		"a b",         "",
		"a..b",        "300.1.1.1",
		"*.192.0.2.1", "b\303\274cher.example"
	};
	struct snt_tls_context *server = context_of(SNT_TLS_SERVER, NULL);

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		const char *const names[] = { bad[i], NULL };
		const struct snt_make_certificate_opts opts = { .names =
									names };

		REFUSED_WITH(snt_make_certificate(server, &opts), -EINVAL,
			     "name of a certificate");
	}
	snt_tls_context_close(server);
}

static void a_pem_that_does_not_fit_is_not_cut(void)
{
	struct snt_tls_context *server = made_server(NULL);
	char pem[4096];
	ptrdiff_t size = snt_getcert_pem(server, 0, pem, sizeof pem);

	assert_int_equal(size, strlen(pem));
	assert_int_equal(snt_getcert_pem(server, 0, pem, (size_t)size),
			 -ENOSPC);
	assert_int_equal(snt_getcert_pem(server, 0, pem, (size_t)size + 1),
			 size);
	snt_tls_context_close(server);
}

/* Files. */

static void files_are_read_as_data_is(void)
{
	struct pair pair = make_pair("DNS:a.example", "secret");
	char folder[] = "/tmp/sennit-tls-XXXXXX", cert[64], key[64], log[64];
	struct snt_tls_opts opts = { .certfile = cert,
				     .keyfile = key,
				     .password = "secret" };
	struct snt_tls_context *server, *client;
	struct stat status;

	assert_non_null(mkdtemp(folder));
	snprintf(cert, sizeof cert, "%s/cert.pem", folder);
	snprintf(key, sizeof key, "%s/key.pem", folder);
	snprintf(log, sizeof log, "%s/keys", folder);
	write_file(cert, pair.certificate);
	write_file(key, pair.key);
	server = context_of(SNT_TLS_SERVER, &opts);
	opts = (struct snt_tls_opts){ .cafile = cert, .keylog_filename = log };
	client = context_of(SNT_TLS_CLIENT, &opts);
	assert_shakes(client, server, "a.example");
	assert_int_equal(stat(log, &status), 0);
	assert_true(status.st_size > 400);
	assert_int_equal(status.st_mode & 0777, 0600);
	REFUSED_WITH(snt_load_cert_chain(server, key, key, "secret"), -SNT_ETLS,
		     "key.pem: there is no certificate (PEM) in it");
	assert_shakes(client, server, "a.example");
	snt_tls_context_close(client);
	snt_tls_context_close(server);
	unlink(cert);
	unlink(key);
	unlink(log);
	assert_int_equal(rmdir(folder), 0);
	free_pair(&pair);
}

/* Threads. */

static atomic_bool done;

static void *shake_meanwhile(void *arg)
{
	struct snt_tls_context *const *contexts = arg;

	while (!atomic_load(&done))
		assert_shakes(contexts[0], contexts[1], "a.example");
	return NULL;
}

static void contexts_change_while_others_shake_hands(void)
{
	struct pair pair = make_pair("DNS:a.example", NULL);
	struct snt_tls_context *contexts[2] = {
		context_of(SNT_TLS_CLIENT,
			   &(const struct snt_tls_opts){
				   .cadata = pair.certificate,
				   .cadata_size = strlen(pair.certificate) }),
		context_of(SNT_TLS_SERVER, NULL)
	};
	pthread_t threads[2];

	assert_int_equal(
		load_pem(contexts[1], pair.certificate, pair.key, NULL), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL,
						shake_meanwhile, contexts),
				 0);
	for (int i = 0; i < 30; i++) {
		assert_int_equal(
			load_pem(contexts[1], pair.certificate, pair.key, NULL),
			0);
		assert_int_equal(snt_rotate_ticket_key(contexts[1]), 0);
		assert_int_equal(
			snt_load_verify_locations(contexts[0], NULL, NULL,
						  pair.certificate,
						  strlen(pair.certificate)),
			0);
		assert_int_equal(
			snt_set_servername(contexts[1], "c.example", NULL), 0);
	}
	atomic_store(&done, true);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	snt_tls_context_close(contexts[0]);
	snt_tls_context_close(contexts[1]);
	free_pair(&pair);
}

static const struct test_case cases[] = {
	TEST(a_server_has_a_certificate),
	TEST(a_bad_pair_keeps_the_old_one_and_says_so),
	TEST(a_key_that_is_too_weak_is_not_loaded),
	TEST(an_encrypted_key_wants_its_password),
	TEST(a_renewed_certificate_is_for_handshakes_to_come),
	TEST(a_made_certificate_reads_as_it_was_asked_for),
	TEST(a_certificate_is_made_for_names_and_addresses_only),
	TEST(a_pem_that_does_not_fit_is_not_cut),
	TEST_KERNEL(files_are_read_as_data_is),
	TEST_KERNEL(contexts_change_while_others_shake_hands),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
