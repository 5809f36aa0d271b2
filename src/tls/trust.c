/* SPDX-License-Identifier: MIT */
/*
 * A store is filled once and then only looked into, by many threads; more
 * trust is another store. Files are read here, at once; of folders, and of the
 * system's own, OpenSSL reads what a chain leads it to, when it does. A
 * simulated world has no system whose authorities could be trusted.
 */
#include "tls/trust.h"

#include "base/alloc.h"
#include "base/error.h"
#include "io/io.h"
#include "tls/build.h"
#include "tls/pem.h"
#include "tls/reason.h"

#include <openssl/pem.h>
#include <string.h>

void snt__trust_free(struct snt__trust *trust)
{
	if (trust == NULL)
		return;
	X509_STORE_free(trust->store);
	snt__free(trust->paths);
	snt__free(trust);
}

static bool add_info(struct snt__trust *trust, const X509_INFO *info)
{
	if (info->x509 != NULL &&
	    !X509_STORE_add_cert(trust->store, info->x509))
		return false;
	if (info->crl == NULL)
		return true;
	trust->revoked = true;
	return X509_STORE_add_crl(trust->store, info->crl);
}

static int add_pem(struct snt__trust *trust, const struct snt__pem *pem,
		   OSSL_LIB_CTX *chance)
{
	STACK_OF(X509_INFO) * infos;
	bool good = true;

	SNT_TRY(snt__pem_infos(pem, chance, &infos));
	for (int i = 0; good && i < sk_X509_INFO_num(infos); i++)
		good = add_info(trust, sk_X509_INFO_value(infos, i));
	sk_X509_INFO_pop_free(infos, X509_INFO_free);
	return good ? 0 : snt__tls_fail("trust %s", pem->name);
}

static int add_text(struct snt__trust *trust, const char *file,
		    const void *bytes, size_t size, OSSL_LIB_CTX *chance)
{
	struct snt__pem pem;
	int code;

	if (file == NULL && bytes == NULL)
		return 0;
	SNT_TRY(snt__pem_open(&pem, file, bytes, size));
	code = add_pem(trust, &pem, chance);
	snt__pem_close(&pem);
	return code;
}

/* OpenSSL takes any word for a folder, and finds nothing in it. */
static int check_folder(const char *path)
{
	char *text;
	ptrdiff_t n = snt__io->load(path, &text);

	if (n == -EISDIR)
		return 0;
	if (n >= 0) {
		snt__free(text);
		n = -ENOTDIR;
	}
	return snt__fail((int)n, "trust the certificates in %s", path);
}

static int add_paths(struct snt__trust *trust, const char *paths, size_t size)
{
	char *grown;

	if (size == 0)
		return 0;
	grown = snt__realloc_array(trust->paths, trust->paths_size + size, 1);
	if (grown == NULL)
		return snt__fail(-ENOMEM, "trust");
	memcpy(grown + trust->paths_size, paths, size);
	trust->paths = grown;
	trust->paths_size += size;
	for (size_t i = 0; i < size; i += strlen(paths + i) + 1)
		if (!X509_STORE_load_path(trust->store, paths + i))
			return snt__tls_fail("trust the certificates in %s",
					     paths + i);
	return 0;
}

static int object_count(const struct snt__trust *trust)
{
	return sk_X509_OBJECT_num(X509_STORE_get0_objects(trust->store));
}

static X509_OBJECT *object_at(const struct snt__trust *trust, int i)
{
	return sk_X509_OBJECT_value(X509_STORE_get0_objects(trust->store), i);
}

/* What a store was given, another is given, too. */
static int add_old(struct snt__trust *trust, const struct snt__trust *old)
{
	bool good = true;

	/* Handshakes may be adding to it what they found in folders. */
	X509_STORE_lock(old->store);
	for (int i = 0; good && i < object_count(old); i++) {
		X509_OBJECT *object = object_at(old, i);
		X509_INFO info = { .x509 = X509_OBJECT_get0_X509(object),
				   .crl = X509_OBJECT_get0_X509_CRL(object) };

		good = add_info(trust, &info);
	}
	X509_STORE_unlock(old->store);
	if (!good)
		return snt__tls_fail("trust");
	trust->given = old->given;
	trust->revoked = old->revoked;
	return add_paths(trust, old->paths, old->paths_size);
}

static int fill(struct snt__trust *trust, const struct snt_tls_context *context,
		const struct snt__trust *old,
		const struct snt__trust_source *source)
{
	bool more = source->cafile != NULL || source->capath != NULL ||
		    source->cadata != NULL;

	trust->system = old != NULL ? old->system
				    : !more && context->side == SNT_TLS_CLIENT;
	if (old != NULL)
		SNT_TRY(add_old(trust, old));
	if (trust->system && !context->simulated &&
	    !X509_STORE_set_default_paths(trust->store))
		return snt__tls_fail("trust the system's authorities");
	SNT_TRY(add_text(trust, source->cafile, NULL, 0, context->chance));
	SNT_TRY(add_text(trust, NULL, source->cadata, source->cadata_size,
			 context->chance));
	SNT_TRY(add_text(trust, source->crlfile, NULL, 0, context->chance));
	trust->given = trust->given || more;
	if (source->capath == NULL)
		return 0;
	SNT_TRY(check_folder(source->capath));
	return add_paths(trust, source->capath, strlen(source->capath) + 1);
}

int snt__trust_make(struct snt__trust **trust,
		    const struct snt_tls_context *context,
		    const struct snt__trust *old,
		    const struct snt__trust_source *source)
{
	struct snt__trust *made = snt__alloc(sizeof *made);
	int code = -ENOMEM;

	if (made == NULL)
		return snt__fail(-ENOMEM, "trust");
	snt__tls_forget();
	made->store = X509_STORE_new();
	if (made->store == NULL)
		snt__tls_fail("trust");
	else
		code = fill(made, context, old, source);
	if (code < 0)
		snt__trust_free(made);
	else
		*trust = made;
	return code;
}

static bool add_names(STACK_OF(X509_NAME) * names,
		      const struct snt__trust *trust)
{
	for (int i = 0; i < object_count(trust); i++) {
		X509 *authority = X509_OBJECT_get0_X509(object_at(trust, i));
		X509_NAME *name;

		if (authority == NULL)
			continue;
		name = X509_NAME_dup(X509_get_subject_name(authority));
		if (name == NULL || sk_X509_NAME_push(names, name) == 0) {
			X509_NAME_free(name);
			return false;
		}
	}
	return true;
}

STACK_OF(X509_NAME) * snt__trust_names(const struct snt__trust *trust)
{
	STACK_OF(X509_NAME) *names = sk_X509_NAME_new_null();
	bool good;

	if (names == NULL)
		return NULL;
	X509_STORE_lock(trust->store);
	good = add_names(names, trust);
	X509_STORE_unlock(trust->store);
	if (good)
		return names;
	sk_X509_NAME_pop_free(names, X509_NAME_free);
	return NULL;
}

static int trust_more(struct snt_tls_context *context,
		      const struct snt__trust_source *source)
{
	struct snt__build build = { .context = context,
				    .identity = context->identity,
				    .generation = context->generation + 1 };
	struct snt__trust *trust = NULL, *old;
	int code;

	SNT_TRY(snt__trust_make(&trust, context, context->trust, source));
	build.trust = trust;
	code = snt__build_and_swap(&build);
	if (code < 0) {
		snt__trust_free(trust);
		return code;
	}
	old = context->trust;
	context->trust = trust;
	snt__trust_free(old);
	return 0;
}

int snt_load_verify_locations(struct snt_tls_context *context,
			      const char *cafile, const char *capath,
			      const void *cadata, size_t cadata_size)
{
	const struct snt__trust_source source = { .cafile = cafile,
						  .capath = capath,
						  .cadata = cadata,
						  .cadata_size = cadata_size };
	int code;

	if (context == NULL ||
	    (cafile == NULL && capath == NULL && cadata == NULL))
		return snt__fail(-EINVAL, "trust: no %s",
				 context == NULL ? "context"
						 : "file, folder or data");
	SNT_TRY(snt__tls_check_world(context));
	snt__tls_lock(&context->changing);
	code = trust_more(context, &source);
	snt__tls_unlock(&context->changing);
	return code;
}
