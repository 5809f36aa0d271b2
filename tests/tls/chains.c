/* SPDX-License-Identifier: MIT */
/* Straight calls of libcrypto, none of sennit's but for the time of day. */
#include "runner.h"

#include "chains.h"
#include "io/io.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOUR 3600
#define DAY (24 * HOUR)

static int64_t now(void)
{
	return snt__io->wall() / SNT_SECOND;
}

static EVP_PKEY *make_key(enum key_kind kind)
{
	EVP_PKEY *key = kind == EC_P256
				? EVP_EC_gen("P-256")
				: EVP_RSA_gen(kind == RSA_1024 ? 1024 : 2048);

	assert_non_null(key);
	return key;
}

static void add(X509 *certificate, const struct made *signer, int nid,
		const char *text)
{
	X509V3_CTX scene;
	X509_EXTENSION *extension;

	if (text == NULL || text[0] == '\0')
		return;
	X509V3_set_ctx(&scene,
		       signer != NULL ? signer->certificate : certificate,
		       certificate, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &scene, nid, text);
	assert_non_null(extension);
	assert_true(X509_add_ext(certificate, extension, -1));
	X509_EXTENSION_free(extension);
}

static void add_raw_name(X509 *certificate, const void *bytes, size_t size)
{
	GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_IA5STRING *string = ASN1_IA5STRING_new();

	assert_true(ASN1_STRING_set(string, bytes, (int)size));
	GENERAL_NAME_set0_value(name, GEN_DNS, string);
	assert_true(sk_GENERAL_NAME_push(names, name));
	assert_true(X509_add1_ext_i2d(certificate, NID_subject_alt_name, names,
				      0, 0));
	sk_GENERAL_NAME_pop_free(names, GENERAL_NAME_free);
}

static void add_unknown(X509 *certificate, const char *oid)
{
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	X509_EXTENSION *extension;

	assert_true(ASN1_OCTET_STRING_set(
		value, (const unsigned char *)"\x05\x00", 2));
	extension = X509_EXTENSION_create_by_OBJ(NULL, object, 1, value);
	assert_non_null(extension);
	assert_true(X509_add_ext(certificate, extension, -1));
	X509_EXTENSION_free(extension);
	ASN1_OCTET_STRING_free(value);
	ASN1_OBJECT_free(object);
}

static void add_extensions(X509 *certificate, const struct recipe *recipe,
			   const struct made *signer)
{
	char basic[64];

	snprintf(basic, sizeof basic, "critical,CA:%s",
		 recipe->authority ? "TRUE" : "FALSE");
	if (recipe->path_length > 0)
		snprintf(basic, sizeof basic, "critical,CA:TRUE,pathlen:%d",
			 recipe->path_length - 1);
	add(certificate, signer, NID_basic_constraints,
	    recipe->basic != NULL ? recipe->basic : basic);
	add(certificate, signer, NID_key_usage,
	    recipe->usage != NULL    ? recipe->usage
	    : recipe->authority      ? "critical,keyCertSign,cRLSign"
	    : recipe->key == EC_P256 ? "critical,digitalSignature"
				     : "critical,digitalSignature,"
				       "keyEncipherment");
	if (!recipe->authority || recipe->purpose != NULL)
		add(certificate, signer, NID_ext_key_usage,
		    recipe->purpose != NULL ? recipe->purpose : "serverAuth");
	add(certificate, signer, NID_subject_key_identifier, "hash");
	add(certificate, signer, NID_authority_key_identifier, "keyid");
	add(certificate, signer, NID_name_constraints, recipe->constraints);
	add(certificate, signer, NID_subject_alt_name, recipe->names);
	if (recipe->raw_name != NULL)
		add_raw_name(certificate, recipe->raw_name, recipe->raw_size);
	if (recipe->critical != NULL)
		add_unknown(certificate, recipe->critical);
}

static void set_names(X509 *certificate, const struct recipe *recipe,
		      const struct made *signer)
{
	X509_NAME *subject = X509_get_subject_name(certificate);

	assert_true(X509_NAME_add_entry_by_txt(
		subject, "CN", MBSTRING_UTF8, (const unsigned char *)recipe->cn,
		-1, -1, 0));
	assert_true(X509_set_issuer_name(
		certificate,
		signer != NULL ? X509_get_subject_name(signer->certificate)
			       : subject));
}

struct made make_certificate(const struct recipe *recipe,
			     const struct made *signer)
{
	static long serial = 1000;
	bool usual = recipe->from == 0 && recipe->to == 0;
	const EVP_MD *digest = EVP_get_digestbyname(
		recipe->digest != NULL ? recipe->digest : "SHA256");
	struct made made = { X509_new(), make_key(recipe->key) };
	X509 *certificate = made.certificate;

	assert_non_null(certificate);
	assert_true(X509_set_version(certificate, X509_VERSION_3));
	assert_true(
		ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial));
	set_names(certificate, recipe, signer);
	assert_non_null(ASN1_TIME_set(X509_getm_notBefore(certificate),
				      now() + (usual ? -HOUR : recipe->from)));
	assert_non_null(ASN1_TIME_set(X509_getm_notAfter(certificate),
				      now() + (usual ? 30 * DAY : recipe->to)));
	assert_true(X509_set_pubkey(certificate, made.key));
	add_extensions(certificate, recipe, signer);
	assert_true(X509_sign(certificate,
			      signer != NULL ? signer->key : made.key,
			      digest) > 0);
	return made;
}

void made_free(struct made *made)
{
	X509_free(made->certificate);
	EVP_PKEY_free(made->key);
	*made = (struct made){ NULL, NULL };
}

void break_signature(struct made *made)
{
	const ASN1_BIT_STRING *signature;
	unsigned char *bytes = NULL;
	const unsigned char *begin;
	int size = i2d_X509(made->certificate, &bytes);

	assert_true(size > 0);
	X509_get0_signature(&signature, NULL, made->certificate);
	/* It stands at the end. The last byte is inside of a number. */
	assert_true(signature->length > 8);
	bytes[size - 1] ^= 1;
	X509_free(made->certificate);
	begin = bytes;
	made->certificate = d2i_X509(NULL, &begin, size);
	assert_non_null(made->certificate);
	OPENSSL_free(bytes);
}

static char *text_of(BIO *bio)
{
	char *bytes, *text;
	long size = BIO_get_mem_data(bio, &bytes);

	text = malloc((size_t)size + 1);
	assert_non_null(text);
	memcpy(text, bytes, (size_t)size);
	text[size] = '\0';
	BIO_free(bio);
	return text;
}

char *make_list(const struct list_recipe *recipe, const struct made *signer)
{
	bool usual = recipe->from == 0 && recipe->to == 0;
	ASN1_TIME *time =
		ASN1_TIME_set(NULL, now() + (usual ? -HOUR : recipe->from));
	BIO *bio = BIO_new(BIO_s_mem());
	X509_CRL *list = X509_CRL_new();

	X509_CRL_set_version(list, X509_CRL_VERSION_2);
	X509_CRL_set_issuer_name(list,
				 X509_get_subject_name(signer->certificate));
	X509_CRL_set1_lastUpdate(list, time);
	for (int i = 0; i < 4 && recipe->revoked[i] != NULL; i++) {
		X509_REVOKED *entry = X509_REVOKED_new();

		X509_REVOKED_set_serialNumber(
			entry,
			X509_get_serialNumber(recipe->revoked[i]->certificate));
		X509_REVOKED_set_revocationDate(entry, time);
		assert_true(X509_CRL_add0_revoked(list, entry));
	}
	ASN1_TIME_set(time, now() + (usual ? DAY : recipe->to));
	X509_CRL_set1_nextUpdate(list, time);
	assert_true(X509_CRL_sign(list, signer->key, EVP_sha256()) > 0);
	assert_true(PEM_write_bio_X509_CRL(bio, list));
	ASN1_TIME_free(time);
	X509_CRL_free(list);
	return text_of(bio);
}

char *certificates_pem(const struct made *const *made)
{
	BIO *bio = BIO_new(BIO_s_mem());

	for (size_t i = 0; made[i] != NULL; i++)
		assert_true(PEM_write_bio_X509(bio, made[i]->certificate));
	return text_of(bio);
}

char *key_pem(const struct made *made, const char *password)
{
	BIO *bio = BIO_new(BIO_s_mem());

	assert_true(PEM_write_bio_PKCS8PrivateKey(
		bio, made->key, password != NULL ? EVP_aes_128_cbc() : NULL,
		NULL, 0, NULL, (void *)(uintptr_t)password));
	return text_of(bio);
}
