/* SPDX-License-Identifier: MIT */
/* Which protocol is spoken inside (RFC 7301): the server's first that the
 * client offers, and no connection where there is none. */
#include "tls/parts.h"

#include "base/alloc.h"
#include "base/error.h"
#include "tls/build.h"

#include <string.h>

/* Of a list; what fits into an extension is more. */
#define LIST_MAX 4096

static int measure(const char *const *alpn, size_t *size)
{
	size_t total = 0;

	for (size_t i = 0; alpn[i] != NULL; i++) {
		size_t length = strlen(alpn[i]);

		if (length == 0 || length > 255)
			return snt__fail_text(-EINVAL,
					      "alpn: the name of a protocol "
					      "has 1 to 255 bytes");
		total += length + 1;
		if (total > LIST_MAX)
			return snt__fail_text(-EINVAL,
					      "alpn: over %d bytes of names",
					      LIST_MAX);
	}
	*size = total;
	return 0;
}

int snt__alpn_make(struct snt_tls_context *context, const char *const *alpn)
{
	size_t size = 0;
	unsigned char *next;

	if (alpn == NULL)
		return 0;
	SNT_TRY(measure(alpn, &size));
	if (size == 0)
		return 0;
	context->alpn = snt__alloc(size);
	if (context->alpn == NULL)
		return snt__fail(-ENOMEM, "TLS context");
	context->alpn_size = (unsigned)size;
	next = context->alpn;
	for (size_t i = 0; alpn[i] != NULL; i++) {
		size_t length = strlen(alpn[i]);

		*next++ = (unsigned char)length;
		memcpy(next, alpn[i], length);
		next += length;
	}
	return 0;
}

void snt__alpn_free(struct snt_tls_context *context)
{
	snt__free(context->alpn);
}

static int choose(SSL *ssl, const unsigned char **out, unsigned char *out_size,
		  const unsigned char *offered, unsigned size, void *arg)
{
	const struct snt_tls_context *context =
		snt__tls_context_of(SSL_get_SSL_CTX(ssl));

	(void)arg;
	if (context->alpn_size == 0)
		return SSL_TLSEXT_ERR_NOACK;
	if (SSL_select_next_proto((unsigned char **)(uintptr_t)out, out_size,
				  context->alpn, context->alpn_size, offered,
				  size) == OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_OK;
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

int snt__build_alpn(SSL_CTX *native, const struct snt_tls_context *context)
{
	if (context->side == SNT_TLS_SERVER) {
		SSL_CTX_set_alpn_select_cb(native, choose, NULL);
		return 0;
	}
	/* 0 is success, unlike everywhere else. */
	if (context->alpn_size == 0 ||
	    SSL_CTX_set_alpn_protos(native, context->alpn,
				    context->alpn_size) == 0)
		return 0;
	return snt__fail(-ENOMEM, "alpn");
}
