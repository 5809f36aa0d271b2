/* SPDX-License-Identifier: MIT */
/* What the peer has shown, to look at. */
#include "secure.h"

#include "handshakes.h"

static struct ends ends;

static void a_client_reads_the_servers_certificate(void)
{
	struct snt_certificate own, seen;
	char pem[4096], others[4096];

	EACH_VERSION(version)
	{
		ends_open_on(&ends, "127.0.0.1:0", version);
		OK(snt_getcert(ends.server_context, 0, &own));
		OK(snt_getpeercert(ends.client, 0, &seen));
		assert_memory_equal(&own, &seen, sizeof own);
		OK(snt_getcert_pem(ends.server_context, 0, pem, sizeof pem));
		OK(snt_getpeercert_pem(ends.client, 0, others, sizeof others));
		assert_string_equal(pem, others);
		FAILS(snt_getpeercert_pem(ends.client, 0, others, strlen(pem)),
		      -ENOSPC);
		FAILS(snt_getpeercert(ends.client, 1, &seen), -ENOENT);
		FAILS(snt_getpeercert(ends.client, SIZE_MAX, &seen), -ENOENT);
		FAILS(snt_getpeercert(ends.server, 0, &seen), -ENOENT);
		assert_non_null(strstr(snt_errmsg(), "no certificate 0"));
		OK(snt_verify_peercert(ends.client));
		ends_close(&ends);
	}
}

/* Chains on both sides, under one root. */
struct chains {
	struct made root, middle, leaf;
};

static struct chains make_chains(const char *purpose)
{
	struct chains made;

	made.root = make_certificate(
		&(const struct recipe){ .cn = "Root", .authority = true },
		NULL);
	made.middle = make_certificate(
		&(const struct recipe){ .cn = "Middle", .authority = true },
		&made.root);
	made.leaf = make_certificate(
		&(const struct recipe){ .cn = "leaf",
					.names = "DNS:localhost",
					.purpose = purpose },
		&made.middle);
	return made;
}

static void load_chains(struct chains *made, struct snt_tls_context *shows,
			struct snt_tls_context *trusts)
{
	char *root =
		certificates_pem((const struct made *[]){ &made->root, NULL });

	load(shows,
	     (const struct made *[]){ &made->leaf, &made->middle, NULL });
	OK(snt_load_verify_locations(trusts, NULL, NULL, root, strlen(root)));
	free(root);
	made_free(&made->root);
	made_free(&made->middle);
	made_free(&made->leaf);
}

static void assert_chain(struct snt_socket *socket)
{
	struct snt_certificate seen;

	OK(snt_getpeercert(socket, 0, &seen));
	assert_string_equal(seen.subject, "CN=leaf");
	assert_string_equal(seen.issuer, "CN=Middle");
	assert_false(seen.authority);
	OK(snt_getpeercert(socket, 1, &seen));
	assert_string_equal(seen.subject, "CN=Middle");
	assert_true(seen.authority);
	FAILS(snt_getpeercert(socket, 2, &seen), -ENOENT);
	OK(snt_verify_peercert(socket));
}

static void both_sides_read_chains_in_the_same_order(void)
{
	struct chains of_server = make_chains("serverAuth");
	struct chains of_client = make_chains("clientAuth");
	char *root = certificates_pem(
		(const struct made *[]){ &of_client.root, NULL });
	const struct snt_tls_opts asks = { .client_certificate =
						   SNT_TLS_REQUIRED,
					   .cadata = root,
					   .cadata_size = strlen(root) };

	ends.server_context = context_of(SNT_TLS_SERVER, &asks);
	ends.client_context = context_of(SNT_TLS_CLIENT, NULL);
	load_chains(&of_server, ends.server_context, ends.client_context);
	load_chains(&of_client, ends.client_context, ends.server_context);
	pair_on("127.0.0.1:0", &ends.client, &ends.server);
	ends.group = group_open();
	ends_wrap(&ends);
	assert_chain(ends.client);
	assert_chain(ends.server);
	free(root);
	ends_close(&ends);
}

static void what_was_let_pass_can_be_told(void)
{
	const struct snt_tls_opts opts = { .insecure_noverify = true };
	struct snt_wrap_opts wrap = { .server_hostname = "localhost" };

	for (int i = 0; i < 2; i++) {
		ends.server_context = server_context(NULL);
		ends.client_context =
			i == 0 ? context_of(SNT_TLS_CLIENT, &opts)
			       : client_context(ends.server_context, &opts);
		pair_on("127.0.0.1:0", &ends.client, &ends.server);
		ends.group = group_open();
		spawn(ends.group, shake_server, &ends);
		wrap.server_hostname = i == 0 ? "localhost" : NULL;
		OK(snt_wrap_socket(ends.client, ends.client_context, &wrap));
		OK(snt_group_wait(ends.group));
		REFUSED_WITH(
			snt_verify_peercert(ends.client), -SNT_ECERTIFICATE,
			i == 0 ? "certificate of the peer: self-signed and "
				 "not among the trusted (CN=localhost)"
			       : "nobody said whom to expect");
		ends_close(&ends);
	}
}

static void without_tls_there_is_no_certificate(void)
{
	struct snt_certificate seen;
	struct snt_socket *a, *b;
	char pem[100];

	pair_on("127.0.0.1:0", &a, &b);
	REFUSED_WITH(snt_getpeercert(a, 0, &seen), -EINVAL,
		     "there is no TLS on this handle");
	FAILS(snt_getpeercert_pem(a, 0, pem, sizeof pem), -EINVAL);
	FAILS(snt_verify_peercert(a), -EINVAL);
	snt_close(a);
	snt_close(b);
}

static const struct test_case cases[] = {
	TEST(a_client_reads_the_servers_certificate),
	TEST(both_sides_read_chains_in_the_same_order),
	TEST(what_was_let_pass_can_be_told),
	TEST(without_tls_there_is_no_certificate),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
