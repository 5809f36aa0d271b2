/* SPDX-License-Identifier: MIT */
/*
 * A certificate for first steps. It is no authority: whoever trusts it trusts
 * this one server, and only for the names in it. Its time is the seam's, and
 * begins an hour ago, for clocks that are late.
 */
#include "tls/identity.h"
#include "tls/names.h"
#include "tls/reason.h"

#include "base/alloc.h"
#include "base/error.h"
#include "io/io.h"
#include "tls/build.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <sennit/certificate.h>
#include <string.h>

#define DAY (24 * 60 * SNT_MINUTE)
#define BEFORE (60 * SNT_MINUTE)
#define NAMES_MAX 100

static const char *const usual[] = { "localhost", "127.0.0.1", "::1", NULL };

static GENERAL_NAME *make_name(int type, const void *bytes, size_t size)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_STRING *string = ASN1_STRING_type_new(
		type == GEN_IPADD ? V_ASN1_OCTET_STRING : V_ASN1_IA5STRING);

	if (name == NULL || string == NULL ||
	    !ASN1_STRING_set(string, bytes, (int)size)) {
		GENERAL_NAME_free(name);
		ASN1_STRING_free(string);
		return NULL;
	}
	GENERAL_NAME_set0_value(name, type, string);
	return name;
}

static int add_name(GENERAL_NAMES *names, const char *text)
{
	bool any = strncmp(text, "*.", 2) == 0;
	unsigned char bytes[16];
	char host[SNT__HOST + 2] = "*.";
	GENERAL_NAME *name;
	int size;

	size = snt__host_read(any ? text + 2 : text, "name of a certificate",
			      bytes, any ? host + 2 : host);
	if (size < 0)
		return size;
	if (size > 0 && any)
		return snt__fail(-EINVAL, "name of a certificate: %s", text);
	name = size > 0 ? make_name(GEN_IPADD, bytes, (size_t)size)
			: make_name(GEN_DNS, host, strlen(host));
	if (name == NULL || sk_GENERAL_NAME_push(names, name) == 0) {
		GENERAL_NAME_free(name);
		return snt__fail(-ENOMEM, "certificate");
	}
	return 0;
}

static int read_names(const char *const *texts, GENERAL_NAMES **names)
{
	GENERAL_NAMES *read = sk_GENERAL_NAME_new_null();
	int code = read != NULL ? 0 : snt__fail(-ENOMEM, "certificate");

	if (texts == NULL || texts[0] == NULL)
		texts = usual;
	for (size_t i = 0; code == 0 && texts[i] != NULL; i++)
		code = i < NAMES_MAX ? add_name(read, texts[i])
				     : snt__fail_text(-SNT_ELIMIT,
						      "certificate: over %d "
						      "names",
						      NAMES_MAX);
	if (code < 0)
		sk_GENERAL_NAME_pop_free(read, GENERAL_NAME_free);
	else
		*names = read;
	return code;
}

/* The first of its names, as far as it fits: nobody checks it. */
static bool set_subject(X509 *certificate, const char *const *names)
{
	const char *first =
		names != NULL && names[0] != NULL ? names[0] : usual[0];
	X509_NAME *name = X509_get_subject_name(certificate);
	size_t length = strlen(first);

	return X509_NAME_add_entry_by_txt(
		       name, "CN", MBSTRING_ASC, (const unsigned char *)first,
		       length < 64 ? (int)length : 64, -1, 0) &&
	       X509_set_issuer_name(certificate, name);
}

static bool set_serial(X509 *certificate, OSSL_LIB_CTX *chance)
{
	unsigned char bytes[16];
	ASN1_INTEGER *serial = X509_get_serialNumber(certificate);

	if (RAND_bytes_ex(chance, bytes, sizeof bytes, 0) != 1)
		return false;
	/* Positive, and not 0. */
	bytes[0] = (bytes[0] & 0x7f) | 0x40;
	return ASN1_STRING_set(serial, bytes, sizeof bytes);
}

static bool set_times(X509 *certificate, int64_t valid)
{
	int64_t now = snt__io->wall();
	int64_t last = valid < INT64_MAX - now ? now + valid : INT64_MAX;

	return ASN1_TIME_set(X509_getm_notBefore(certificate),
			     (now - BEFORE) / SNT_SECOND) != NULL &&
	       ASN1_TIME_set(X509_getm_notAfter(certificate),
			     last / SNT_SECOND) != NULL;
}

static bool add_text(X509 *certificate, int nid, const char *text)
{
	X509V3_CTX scene;
	X509_EXTENSION *extension;
	bool good;

	X509V3_set_ctx(&scene, certificate, certificate, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &scene, nid, text);
	good = extension != NULL && X509_add_ext(certificate, extension, -1);
	X509_EXTENSION_free(extension);
	return good;
}

static bool fill(X509 *certificate, EVP_PKEY *key, GENERAL_NAMES *names)
{
	return X509_set_version(certificate, X509_VERSION_3) &&
	       X509_set_pubkey(certificate, key) &&
	       X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0,
				 X509V3_ADD_DEFAULT) > 0 &&
	       add_text(certificate, NID_basic_constraints,
			"critical,CA:FALSE") &&
	       add_text(certificate, NID_key_usage,
			"critical,digitalSignature") &&
	       add_text(certificate, NID_ext_key_usage,
			"serverAuth,clientAuth") &&
	       add_text(certificate, NID_subject_key_identifier, "hash") &&
	       X509_sign(certificate, key, EVP_sha256()) > 0;
}

static int make(struct snt__identity *made, OSSL_LIB_CTX *chance,
		const struct snt_make_certificate_opts *opts)
{
	int64_t valid = opts->valid != 0 ? opts->valid : 30 * DAY;
	GENERAL_NAMES *names;
	bool good;

	SNT_TRY(read_names(opts->names, &names));
	snt__tls_forget();
	made->key = EVP_PKEY_Q_keygen(chance, NULL, "EC", "P-256");
	made->certificate = X509_new_ex(chance, NULL);
	good = made->key != NULL && made->certificate != NULL &&
	       set_subject(made->certificate, opts->names) &&
	       set_serial(made->certificate, chance) &&
	       set_times(made->certificate, valid) &&
	       fill(made->certificate, made->key, names);
	sk_GENERAL_NAME_pop_free(names, GENERAL_NAME_free);
	return good ? 0 : snt__tls_fail("certificate");
}

int snt_make_certificate(struct snt_tls_context *context,
			 const struct snt_make_certificate_opts *opts)
{
	static const struct snt_make_certificate_opts defaults;
	struct snt__identity *identity;
	int code;

	if (opts == NULL)
		opts = &defaults;
	if (context == NULL || opts->valid < 0)
		return snt__fail(-EINVAL, "certificate: %s",
				 context == NULL ? "no context"
						 : "valid is negative");
	SNT_TRY(snt__tls_check_world(context));
	identity = snt__alloc(sizeof *identity);
	if (identity == NULL)
		return snt__fail(-ENOMEM, "certificate");
	code = make(identity, context->chance, opts);
	if (code == 0)
		return snt__identity_become(context, identity);
	snt__identity_free(identity);
	return code;
}
