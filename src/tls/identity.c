/* SPDX-License-Identifier: MIT */
/* A pair is taken whole or not at all. */
#include "tls/identity.h"

#include "base/alloc.h"
#include "base/error.h"
#include "tls/build.h"
#include "tls/pem.h"
#include "tls/reason.h"
#include "tls/words.h"

#include <openssl/x509.h>

void snt__identity_free(struct snt__identity *identity)
{
	if (identity == NULL)
		return;
	X509_free(identity->certificate);
	EVP_PKEY_free(identity->key);
	sk_X509_pop_free(identity->chain, X509_free);
	snt__free(identity);
}

/* Both are there; are they a pair? */
static int check_pair(const struct snt__identity *identity,
		      const struct snt__pem *cert, const struct snt__pem *key)
{
	char subject[SNT__SUBJECT];

	snt__tls_forget();
	if (X509_check_private_key(identity->certificate, identity->key))
		return 0;
	snt__tls_forget();
	snt__words_subject(identity->certificate, subject);
	return snt__fail_text(-SNT_ETLS,
			      "%s: the private key is not that of the "
			      "certificate in %s (%s)",
			      key->name, cert->name, subject);
}

static int load_pair(struct snt__identity *identity,
		     const struct snt__identity_source *source,
		     const struct snt__pem *cert, const struct snt__pem *key,
		     OSSL_LIB_CTX *chance)
{
	SNT_TRY(snt__pem_certificates(cert, chance, &identity->chain));
	identity->certificate = sk_X509_shift(identity->chain);
	SNT_TRY(snt__pem_key(key, chance, source->password, &identity->key));
	return check_pair(identity, cert, key);
}

static int load_from(struct snt__identity *identity,
		     const struct snt__identity_source *source,
		     OSSL_LIB_CTX *chance)
{
	struct snt__pem cert, key;
	int code;

	SNT_TRY(snt__pem_open(&cert, source->certfile, source->cert,
			      source->cert_size));
	if (source->keyfile == NULL && source->key == NULL) {
		code = load_pair(identity, source, &cert, &cert, chance);
		snt__pem_close(&cert);
		return code;
	}
	code = snt__pem_open(&key, source->keyfile, source->key,
			     source->key_size);
	if (code == 0) {
		code = load_pair(identity, source, &cert, &key, chance);
		snt__pem_close(&key);
	}
	snt__pem_close(&cert);
	return code;
}

int snt__identity_load(struct snt__identity **identity,
		       const struct snt__identity_source *source,
		       OSSL_LIB_CTX *chance)
{
	struct snt__identity *made = snt__alloc(sizeof *made);
	int code = -ENOMEM;

	if (made == NULL)
		return snt__fail(-ENOMEM, "certificate and key");
	code = load_from(made, source, chance);
	if (code < 0)
		snt__identity_free(made);
	else
		*identity = made;
	return code;
}

int snt__identity_become(struct snt_tls_context *context,
			 struct snt__identity *identity)
{
	struct snt__build build = { .context = context, .identity = identity };
	int code;

	snt__tls_lock(&context->changing);
	build.trust = context->trust;
	build.generation = context->generation;
	code = snt__build_and_swap(&build);
	if (code == 0) {
		struct snt__identity *old = context->identity;

		context->identity = identity;
		identity = old;
	}
	snt__tls_unlock(&context->changing);
	snt__identity_free(identity);
	return code;
}

static int load_and_become(struct snt_tls_context *context,
			   const struct snt__identity_source *source)
{
	struct snt__identity *identity = NULL;

	SNT_TRY(snt__tls_check_world(context));
	SNT_TRY(snt__identity_load(&identity, source, context->chance));
	return snt__identity_become(context, identity);
}

int snt_load_cert_chain(struct snt_tls_context *context, const char *certfile,
			const char *keyfile, const char *password)
{
	const struct snt__identity_source source = { .certfile = certfile,
						     .keyfile = keyfile,
						     .password = password };

	if (context == NULL || certfile == NULL)
		return snt__fail(-EINVAL, "load certificate: no %s",
				 context == NULL ? "context" : "file");
	return load_and_become(context, &source);
}

int snt_load_cert_chain_data(struct snt_tls_context *context, const void *cert,
			     size_t cert_size, const void *key, size_t key_size,
			     const char *password)
{
	const struct snt__identity_source source = { .cert = cert,
						     .cert_size = cert_size,
						     .key = key,
						     .key_size = key_size,
						     .password = password };

	if (context == NULL || cert == NULL)
		return snt__fail(-EINVAL, "load certificate: no %s",
				 context == NULL ? "context" : "data");
	return load_and_become(context, &source);
}
