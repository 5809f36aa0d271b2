/* SPDX-License-Identifier: MIT */
#include "rows.h"

#include "simulated.h"

#include <stdlib.h>
#include <string.h>

struct scene {
	const struct row *row;
	struct made root, other_root, middle, twin, leaf;
	const struct made *sent[4];
	char *own, *chain, *key; /* what the peer has and sends */
	char *trust, *lists;
	char *all_trust; /* and the lists behind it */
	const char *host;
};

static char *joined(const char *a, const char *b)
{
	size_t size = strlen(a) + strlen(b) + 1;
	char *both = malloc(size);

	assert_non_null(both);
	snprintf(both, size, "%s%s", a, b);
	return both;
}

static void make_certificates(struct scene *scene)
{
	struct recipe root = scene->row->root, middle = scene->row->middle,
		      leaf = scene->row->leaf;

	root.cn = root.cn != NULL ? root.cn : "Root";
	root.authority = true;
	middle.cn = middle.cn != NULL ? middle.cn : "Middle";
	middle.authority = true;
	leaf.cn = leaf.cn != NULL ? leaf.cn : "leaf";
	if (leaf.names == NULL && leaf.raw_name == NULL)
		leaf.names = "DNS:a.example";
	if (leaf.purpose == NULL && scene->row->of_client)
		leaf.purpose = "clientAuth";
	scene->root = make_certificate(&root, NULL);
	scene->other_root = make_certificate(
		&(const struct recipe){ .cn = "Another", .authority = true },
		NULL);
	scene->middle = make_certificate(&middle, &scene->root);
	scene->twin = make_certificate(&middle, &scene->root);
	scene->leaf =
		make_certificate(&leaf, scene->row->self_signed ? NULL
					: scene->row->forged    ? &scene->twin
							     : &scene->middle);
	if (scene->row->broken)
		break_signature(&scene->leaf);
}

static char *make_lists(const struct scene *scene)
{
	const struct row *row = scene->row;
	struct list_recipe of_root = row->list_of_root,
			   of_middle = row->list_of_middle;
	char *root, *middle, *both;

	if (!row->lists)
		return NULL;
	if (row->middle_revoked)
		of_root.revoked[0] = &scene->middle;
	if (row->leaf_revoked)
		of_middle.revoked[0] = &scene->leaf;
	root = make_list(&of_root, &scene->root);
	if (row->no_list_of_middle)
		return root;
	middle = make_list(&of_middle,
			   row->list_forged ? &scene->twin : &scene->middle);
	both = joined(root, middle);
	free(root);
	free(middle);
	return both;
}

static void make_scene(struct scene *scene, const struct row *row)
{
	const struct made *trusted[2] = { NULL };
	size_t count = 0;

	memset(scene, 0, sizeof *scene);
	scene->row = row;
	scene->host = row->host != NULL ? row->host : "a.example";
	make_certificates(scene);
	scene->sent[count++] = &scene->leaf;
	if (!row->no_middle && !row->self_signed)
		scene->sent[count++] = &scene->middle;
	if (row->root_sent)
		scene->sent[count++] = &scene->root;
	scene->own =
		certificates_pem((const struct made *[]){ &scene->leaf, NULL });
	scene->chain = certificates_pem(scene->sent);
	scene->key = key_pem(&scene->leaf, NULL);
	trusted[0] = row->root_unknown   ? &scene->other_root
		     : row->leaf_trusted ? &scene->leaf
					 : &scene->root;
	scene->trust = certificates_pem(trusted);
	scene->lists = make_lists(scene);
	scene->all_trust =
		joined(scene->trust, scene->lists != NULL ? scene->lists : "");
}

static void end_scene(struct scene *scene)
{
	made_free(&scene->root);
	made_free(&scene->other_root);
	made_free(&scene->middle);
	made_free(&scene->twin);
	made_free(&scene->leaf);
	free(scene->own);
	free(scene->chain);
	free(scene->key);
	free(scene->trust);
	free(scene->lists);
	free(scene->all_trust);
}

/* Whoever shows the certificate; it may be too weak to be loaded, by us. */
static void show(const struct scene *scene, struct snt_tls_context *context)
{
	SSL_CTX *native = snt_tls_context_native(context);
	STACK_OF(X509) *chain = sk_X509_new_null();

	for (size_t i = 1; scene->sent[i] != NULL; i++)
		assert_true(sk_X509_push(chain, scene->sent[i]->certificate));
	SSL_CTX_set_security_level(native, 0);
	assert_true(SSL_CTX_use_cert_and_key(native, scene->leaf.certificate,
					     scene->leaf.key, chain, 1));
	sk_X509_free(chain);
}

static void shake_row(const struct scene *scene, int version,
		      struct handshake *handshake)
{
	const struct snt_tls_opts shows = { 0 };
	const struct snt_tls_opts asks = {
		.cadata = scene->all_trust,
		.cadata_size = strlen(scene->all_trust),
		.maximum_version = version,
		.pin = scene->row->pin,
		.client_certificate = scene->row->of_client ? SNT_TLS_REQUIRED
							    : SNT_TLS_NOT_ASKED,
	};
	struct snt_tls_context *server, *client;

	if (scene->row->of_client) {
		server = context_of(SNT_TLS_SERVER, &asks);
		assert_int_equal(snt_make_certificate(server, NULL), 0);
		client = client_of(server, &shows);
		show(scene, client);
		shake(handshake, client, server, "localhost");
	} else {
		server = context_of(SNT_TLS_SERVER, &shows);
		client = context_of(SNT_TLS_CLIENT, &asks);
		show(scene, server);
		shake(handshake, client, server, scene->host);
	}
	snt_tls_context_close(client);
	snt_tls_context_close(server);
}

/* Kernels only: a simulated world's time is not the tool's. */
static void assert_agreed(const struct scene *scene, int error)
{
	bool ip = strspn(scene->host, "0123456789.") == strlen(scene->host) ||
		  strchr(scene->host, ':') != NULL;
	const struct question question = {
		.certificate = scene->own,
		.chain = scene->row->no_middle ? NULL : scene->chain,
		.trust = scene->trust,
		.lists = scene->lists,
		.host = ip || scene->row->of_client ? NULL : scene->host,
		.ip = ip && !scene->row->of_client ? scene->host : NULL,
		.purpose = scene->row->of_client ? "sslclient" : "sslserver",
	};

	if (!simulated())
		assert_int_equal(openssl_verify(&question), error);
}

void assert_refused(const struct row *row)
{
	static const int versions[] = { SNT_TLS_1_3, SNT_TLS_1_2 };
	struct scene scene;

	make_scene(&scene, row);
	for (size_t i = 0; i < 2; i++) {
		struct handshake handshake;

		shake_row(&scene, versions[i], &handshake);
		assert_ended(row->of_client ? &handshake.at_server
					    : &handshake.at_client,
			     -SNT_ECERTIFICATE, row->says);
		assert_false(snt__tls_verified(
			row->of_client ? handshake.server : handshake.client));
		handshake_end(&handshake);
	}
	assert_agreed(&scene, row->error);
	end_scene(&scene);
}

void assert_accepted(const struct row *row)
{
	static const int versions[] = { SNT_TLS_1_3, SNT_TLS_1_2 };
	struct scene scene;

	make_scene(&scene, row);
	for (size_t i = 0; i < 2; i++) {
		struct handshake handshake;

		shake_row(&scene, versions[i], &handshake);
		assert_ended(&handshake.at_client, 0, NULL);
		assert_ended(&handshake.at_server, 0, NULL);
		assert_true(snt__tls_verified(
			row->of_client ? handshake.server : handshake.client));
		handshake_end(&handshake);
	}
	assert_agreed(&scene, 0);
	end_scene(&scene);
}
