/* SPDX-License-Identifier: MIT */
/*
 * A provider, as OpenSSL calls it (provider(7), EVP_RAND(7)), with one
 * algorithm, which has no state: generating is asking the seam.
 *
 * Not for production threads: OpenSSL's own generator is.
 */
#include "tls/chance.h"

#include "io/io.h"
#include "tls/lock.h"
#include "tls/reason.h"

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/rand.h>

#define NAME "SENNIT-SEAM"
#define STRENGTH 256
#define AT_ONCE ((size_t)1 << 16)

/* What OpenSSL calls a generator; one is as good as another. */
struct generator {
	int state;
};

static void *make(void *provider, void *parent, const OSSL_DISPATCH *calls)
{
	static struct generator the_one;

	(void)provider;
	(void)parent;
	(void)calls;
	return &the_one;
}

static void end(void *generator)
{
	(void)generator;
}

static int begin(void *generator, unsigned strength, int resistant,
		 const unsigned char *text, size_t size,
		 const OSSL_PARAM params[])
{
	(void)generator;
	(void)resistant;
	(void)text;
	(void)size;
	(void)params;
	return strength <= STRENGTH;
}

static int stop(void *generator)
{
	(void)generator;
	return 1;
}

static int generate(void *generator, unsigned char *bytes, size_t size,
		    unsigned strength, int resistant, const unsigned char *more,
		    size_t more_size)
{
	(void)generator;
	(void)resistant;
	(void)more;
	(void)more_size;
	return strength <= STRENGTH && snt__io->random(bytes, size) == 0;
}

static int needs_no_lock(void *generator)
{
	(void)generator;
	return 1;
}

static int get_params(void *generator, OSSL_PARAM params[])
{
	OSSL_PARAM *param;

	(void)generator;
	param = OSSL_PARAM_locate(params, OSSL_RAND_PARAM_STATE);
	if (param != NULL && !OSSL_PARAM_set_int(param, EVP_RAND_STATE_READY))
		return 0;
	param = OSSL_PARAM_locate(params, OSSL_RAND_PARAM_STRENGTH);
	if (param != NULL && !OSSL_PARAM_set_uint(param, STRENGTH))
		return 0;
	param = OSSL_PARAM_locate(params, OSSL_RAND_PARAM_MAX_REQUEST);
	return param == NULL || OSSL_PARAM_set_size_t(param, AT_ONCE);
}

static const OSSL_PARAM *gettable(void *generator, void *provider)
{
	static const OSSL_PARAM params[] = {
		OSSL_PARAM_int(OSSL_RAND_PARAM_STATE, NULL),
		OSSL_PARAM_uint(OSSL_RAND_PARAM_STRENGTH, NULL),
		OSSL_PARAM_size_t(OSSL_RAND_PARAM_MAX_REQUEST, NULL),
		OSSL_PARAM_END,
	};

	(void)generator;
	(void)provider;
	return params;
}

/* A dispatch table holds functions of all types. */
#define CALL(number, fn)                                                       \
	{                                                                      \
		OSSL_FUNC_RAND_##number, (void (*)(void))(fn)                  \
	}

static const OSSL_DISPATCH generator_calls[] = {
	CALL(NEWCTX, make),
	CALL(FREECTX, end),
	CALL(INSTANTIATE, begin),
	CALL(UNINSTANTIATE, stop),
	CALL(GENERATE, generate),
	CALL(ENABLE_LOCKING, needs_no_lock),
	CALL(GET_CTX_PARAMS, get_params),
	CALL(GETTABLE_CTX_PARAMS, gettable),
	{ 0, NULL },
};

static const OSSL_ALGORITHM *query(void *provider, int operation, int *no_cache)
{
	static const OSSL_ALGORITHM generators[] = {
		{ NAME, "provider=sennit", generator_calls, NULL },
		{ NULL, NULL, NULL, NULL },
	};

	(void)provider;
	*no_cache = 0;
	return operation == OSSL_OP_RAND ? generators : NULL;
}

static const OSSL_DISPATCH provider_calls[] = {
	{ OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query },
	{ 0, NULL },
};

static int provide(const OSSL_CORE_HANDLE *core, const OSSL_DISPATCH *in,
		   const OSSL_DISPATCH **out, void **provider)
{
	(void)in;
	*out = provider_calls;
	*provider = (void *)(uintptr_t)core;
	return 1;
}

static OSSL_LIB_CTX *make_chance(void)
{
	OSSL_LIB_CTX *chance = OSSL_LIB_CTX_new();

	if (chance != NULL &&
	    OSSL_PROVIDER_add_builtin(chance, "sennit", provide) &&
	    OSSL_PROVIDER_load(chance, "default") != NULL &&
	    OSSL_PROVIDER_load(chance, "sennit") != NULL &&
	    RAND_set_DRBG_type(chance, NAME, NULL, NULL, NULL))
		return chance;
	OSSL_LIB_CTX_free(chance);
	return NULL;
}

int snt__tls_chance(OSSL_LIB_CTX **chance)
{
	static struct snt__tls_lock lock = {
		.mutex = PTHREAD_MUTEX_INITIALIZER
	};
	static OSSL_LIB_CTX *made;
	int code = 0;

	snt__tls_lock(&lock);
	if (made == NULL)
		made = make_chance();
	if (made == NULL)
		code = snt__tls_fail("randomness of a simulated world");
	else
		*chance = made;
	snt__tls_unlock(&lock);
	return code;
}
