/* SPDX-License-Identifier: MIT */
/* The beginning of a connection: OpenSSL's object, with all that is to be
 * checked of the peer, and the session that it may resume. */
#include "tls/build.h"
#include "tls/names.h"
#include "tls/reason.h"

#include "base/alloc.h"
#include "base/error.h"

#include <openssl/x509v3.h>
#include <string.h>

static int refuse(const char *why)
{
	return snt__fail_text(-EINVAL, "TLS: %s", why);
}

/* It was made with the same server, in the same context. If trust has changed
 * since, a full handshake asks anew. */
static int resume(SSL *ssl, const struct snt_tls_context *context,
		  const struct snt_tls_session *session, uint64_t generation)
{
	unsigned size;
	const unsigned char *id =
		SSL_SESSION_get0_id_context(session->native, &size);
	char host[SNT__HOST];

	snt__host_expected(SSL_get0_param(ssl), host);
	if (size != SNT__TLS_ID + sizeof generation ||
	    memcmp(id, context->id, SNT__TLS_ID) != 0)
		return refuse("the session was made in another context");
	if (strcmp(session->host, host) != 0)
		return refuse("the session was made with another server");
	if (memcmp(id + SNT__TLS_ID, &generation, sizeof generation) != 0)
		return 0;
	if (!SSL_set_session(ssl, session->native))
		return snt__tls_fail("session to resume");
	return 0;
}

static int set_client(SSL *ssl, const struct snt_tls_context *context,
		      const struct snt_wrap_opts *opts, uint64_t generation)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
	char host[SNT__HOST];
	int is_name = 0;

	SSL_set_connect_state(ssl);
	X509_VERIFY_PARAM_set_hostflags(
		param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
			       X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
	if (opts->server_hostname != NULL)
		SNT_TRY(is_name = snt__host_expect(param, opts->server_hostname,
						   host));
	else if (!context->opts.insecure_noverify)
		return refuse("a client says in server_hostname whom it "
			      "expects");
	if (is_name && !SSL_set_tlsext_host_name(ssl, host))
		return snt__tls_fail("server_hostname");
	if (opts->session != NULL && !context->opts.no_resumption)
		return resume(ssl, context, opts->session, generation);
	return 0;
}

static int set_server(SSL *ssl, struct snt_tls_context *context)
{
	bool has_names;

	SSL_set_accept_state(ssl);
	snt__tls_lock(&context->lock);
	has_names = context->names != NULL;
	snt__tls_unlock(&context->lock);
	if (has_names || SSL_get_certificate(ssl) != NULL)
		return 0;
	return refuse("the server's context has no certificate: "
		      "snt_load_cert_chain loads one");
}

/* Held, as it may be replaced meanwhile. */
static SSL_CTX *take_native(struct snt_tls_context *context,
			    uint64_t *generation)
{
	SSL_CTX *native;

	snt__tls_lock(&context->lock);
	native = context->native;
	SSL_CTX_up_ref(native);
	*generation = context->generation;
	snt__tls_unlock(&context->lock);
	return native;
}

int snt__tls_new(struct snt_tls_context *context,
		 const struct snt_wrap_opts *opts, SSL **ssl)
{
	static const struct snt_wrap_opts none;
	uint64_t generation;
	SSL_CTX *native;
	SSL *made;
	int code;

	SNT_TRY(snt__tls_check_world(context));
	snt__tls_forget();
	native = take_native(context, &generation);
	made = SSL_new(native);
	SSL_CTX_free(native);
	if (made == NULL)
		return snt__tls_fail("TLS");
	code = context->side == SNT_TLS_SERVER
		       ? set_server(made, context)
		       : set_client(made, context, opts != NULL ? opts : &none,
				    generation);
	if (code < 0)
		SSL_free(made);
	else
		*ssl = made;
	return code;
}

int snt__tls_session_make(SSL *ssl, SSL_SESSION *native,
			  struct snt_tls_session **session)
{
	struct snt_tls_session *made = snt__alloc(sizeof *made);

	if (made == NULL) {
		SSL_SESSION_free(native);
		return snt__fail(-ENOMEM, "TLS session");
	}
	made->native = native;
	snt__host_expected(SSL_get0_param(ssl), made->host);
	*session = made;
	return 0;
}

void snt_tls_session_close(struct snt_tls_session *session)
{
	if (session == NULL)
		return;
	SSL_SESSION_free(session->native);
	snt__free(session);
}

void snt_auto_tls_session(struct snt_tls_session **session)
{
	snt_tls_session_close(*session);
}
