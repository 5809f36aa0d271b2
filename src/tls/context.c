/* SPDX-License-Identifier: MIT */
/*
 * The making of a context and its end. Whoever holds one may close it and go
 * on with connections that were made from it.
 */
#include "tls/context.h"

#include "base/alloc.h"
#include "base/error.h"
#include "io/io.h"
#include "tls/build.h"
#include "tls/chance.h"
#include "tls/channel.h"
#include "tls/identity.h"
#include "tls/parts.h"
#include "tls/reason.h"
#include "tls/trust.h"

#include <openssl/rand.h>
#include <string.h>

#define HANDSHAKE_TIMEOUT (30 * SNT_SECOND)

static int keep_text(const char **text)
{
	size_t size;
	char *copy;

	if (*text == NULL)
		return 0;
	size = strlen(*text) + 1;
	copy = snt__alloc(size);
	if (copy != NULL)
		memcpy(copy, *text, size);
	*text = copy;
	return copy != NULL ? 0 : -ENOMEM;
}

/* Only what each SSL_CTX is made of again: no paths, and no password. */
static int keep_opts(struct snt_tls_context *context,
		     const struct snt_tls_opts *opts)
{
	struct snt_tls_opts *kept = &context->opts;
	int code = 0;

	*kept = (struct snt_tls_opts){
		.client_certificate = opts->client_certificate,
		.minimum_version = opts->minimum_version,
		.maximum_version = opts->maximum_version,
		.ciphers = opts->ciphers,
		.ciphersuites = opts->ciphersuites,
		.groups = opts->groups,
		.handshake_timeout = opts->handshake_timeout,
		.no_resumption = opts->no_resumption,
		.keylog_filename = opts->keylog_filename,
		.insecure_noverify = opts->insecure_noverify,
	};
	/* Each of them: afterwards none is the caller's. */
	code |= keep_text(&kept->ciphers);
	code |= keep_text(&kept->ciphersuites);
	code |= keep_text(&kept->groups);
	code |= keep_text(&kept->keylog_filename);
	return code == 0 ? 0 : snt__fail(-ENOMEM, "TLS context");
}

static int refuse(const char *why)
{
	return snt__fail_text(-EINVAL, "TLS context: %s", why);
}

static int check_version(int version)
{
	return version == 0 || version == SNT_TLS_1_2 || version == SNT_TLS_1_3;
}

static int check_opts(enum snt_tls_side side, const struct snt_tls_opts *opts)
{
	bool trusts = opts->cafile != NULL || opts->capath != NULL ||
		      opts->cadata != NULL;

	if (side != SNT_TLS_CLIENT && side != SNT_TLS_SERVER)
		return refuse("it is for clients or for servers");
	if (!check_version(opts->minimum_version) ||
	    !check_version(opts->maximum_version))
		return refuse("there are TLS 1.2 and 1.3");
	if (opts->maximum_version != 0 &&
	    opts->maximum_version < opts->minimum_version)
		return refuse("no version lies between its limits");
	if (opts->client_certificate < SNT_TLS_NOT_ASKED ||
	    opts->client_certificate > SNT_TLS_REQUIRED)
		return refuse("client_certificate is of enum "
			      "snt_tls_client_certificate");
	if (side == SNT_TLS_CLIENT &&
	    opts->client_certificate != SNT_TLS_NOT_ASKED)
		return refuse("servers ask for client certificates");
	if (opts->client_certificate != SNT_TLS_NOT_ASKED && !trusts)
		return refuse("whoever asks for client certificates says in "
			      "cafile, capath or cadata whom it trusts");
	if (side == SNT_TLS_SERVER && opts->insecure_noverify)
		return refuse("insecure_noverify is for clients");
	if (opts->handshake_timeout < 0)
		return refuse("handshake_timeout is negative");
	if (opts->certfile == NULL && opts->keyfile != NULL)
		return refuse("a keyfile without its certfile");
	return 0;
}

/* The parts that never change. */
static int make_parts(struct snt_tls_context *context,
		      const struct snt_tls_opts *opts)
{
	SNT_TRY(keep_opts(context, opts));
	if (context->simulated)
		SNT_TRY(snt__tls_chance(&context->chance));
	snt__tls_forget();
	if (RAND_bytes_ex(context->chance, context->id, sizeof context->id,
			  0) != 1)
		return snt__tls_fail("TLS context");
	SNT_TRY(snt__alpn_make(context, opts->alpn));
	SNT_TRY(snt__pins_make(&context->pins, opts->pin));
	SNT_TRY(snt__tickets_make(context));
	return snt__keylog_begin(context->opts.keylog_filename);
}

static int fill(struct snt_tls_context *context,
		const struct snt_tls_opts *opts)
{
	const struct snt__trust_source trust = { .cafile = opts->cafile,
						 .capath = opts->capath,
						 .crlfile = opts->crlfile,
						 .cadata = opts->cadata,
						 .cadata_size =
							 opts->cadata_size };
	const struct snt__identity_source identity = {
		.certfile = opts->certfile,
		.keyfile = opts->keyfile,
		.password = opts->password,
	};
	struct snt__build build = { .context = context };

	SNT_TRY(make_parts(context, opts));
	SNT_TRY(snt__trust_make(&context->trust, context, NULL, &trust));
	if (opts->certfile != NULL)
		SNT_TRY(snt__identity_load(&context->identity, &identity,
					   context->chance));
	build.identity = context->identity;
	build.trust = context->trust;
	return snt__build_and_swap(&build);
}

int snt_create_default_context(struct snt_tls_context **context,
			       enum snt_tls_side side,
			       const struct snt_tls_opts *opts)
{
	static const struct snt_tls_opts defaults;
	struct snt_tls_context *made;
	int code;

	if (opts == NULL)
		opts = &defaults;
	SNT_TRY(check_opts(side, opts));
	made = snt__alloc(sizeof *made);
	if (made == NULL)
		return snt__fail(-ENOMEM, "TLS context");
	atomic_init(&made->users, 1);
	atomic_init(&made->holders, 1);
	snt__tls_lock_init(&made->changing);
	snt__tls_lock_init(&made->lock);
	made->secure = &snt__tls_secure;
	made->side = side;
	made->simulated = snt__io->simulated;
	code = fill(made, opts);
	if (code < 0)
		snt__tls_drop(made);
	else
		*context = made;
	return code;
}

void snt__tls_keep(struct snt_tls_context *context)
{
	atomic_fetch_add(&context->users, 1);
}

/* Nobody asks for anything any more: the memory goes. */
void snt__tls_release(struct snt_tls_context *context)
{
	if (atomic_fetch_sub(&context->holders, 1) != 1)
		return;
	snt__alpn_free(context);
	snt__pins_free(context->pins);
	snt__tickets_free(context->tickets);
	snt__free((char *)(uintptr_t)context->opts.ciphers);
	snt__free((char *)(uintptr_t)context->opts.ciphersuites);
	snt__free((char *)(uintptr_t)context->opts.groups);
	snt__free((char *)(uintptr_t)context->opts.keylog_filename);
	pthread_mutex_destroy(&context->lock.mutex);
	pthread_mutex_destroy(&context->changing.mutex);
	snt__free(context);
}

/* No handshake begins with it any more: all that these need goes. */
void snt__tls_drop(struct snt_tls_context *context)
{
	if (atomic_fetch_sub(&context->users, 1) != 1)
		return;
	snt__names_free(context->names);
	context->names = NULL;
	snt__identity_free(context->identity);
	snt__trust_free(context->trust);
	SSL_CTX_free(context->native);
	snt__tls_release(context);
}

int snt__tls_check_world(const struct snt_tls_context *context)
{
	if (context->simulated == snt__io->simulated)
		return 0;
	return snt__fail_text(-EINVAL,
			      "TLS context: it was made %s a simulated "
			      "world, and is of no use %s one",
			      context->simulated ? "in" : "outside",
			      context->simulated ? "outside" : "in");
}

int64_t snt__tls_handshake_timeout(const struct snt_tls_context *context)
{
	int64_t timeout = context->opts.handshake_timeout;

	return timeout != 0 ? timeout : HANDSHAKE_TIMEOUT;
}

void *snt_tls_context_native(struct snt_tls_context *context)
{
	void *native;

	if (context == NULL)
		return NULL;
	snt__tls_lock(&context->lock);
	native = context->native;
	snt__tls_unlock(&context->lock);
	return native;
}

void snt_tls_context_close(struct snt_tls_context *context)
{
	if (context != NULL)
		snt__tls_drop(context);
}

void snt_auto_tls_context(struct snt_tls_context **context)
{
	snt_tls_context_close(*context);
}
