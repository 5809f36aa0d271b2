/* SPDX-License-Identifier: MIT */
/* What a handshake agreed on, and a session to go on from next time. */
#include "tls/channel.h"

#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>

SSL *snt__tls_connected(struct snt_socket *socket, const char *what, int *code)
{
	const struct snt__tls *tls;

	*code = snt__handle_claim(snt__thread_now(), &socket->handle);
	if (*code < 0) {
		snt__call_fail(socket, *code, 0, what);
		return NULL;
	}
	tls = snt__tls_of(socket);
	if (tls != NULL && tls->done)
		return tls->ssl;
	if (tls == NULL)
		*code = snt__fail_text(
			-EINVAL, "%s: there is no TLS on this handle", what);
	else
		*code = snt__fail_text(-ENOTCONN,
				       "%s: the handshake is not done", what);
	return NULL;
}

static void say_group(SSL *ssl, char *text, size_t size)
{
	int group = (int)SSL_get_negotiated_group(ssl);
	const char *name = group != 0 ? SSL_group_to_name(ssl, group) : NULL;

	snprintf(text, size, "%s", name != NULL ? name : "");
}

int snt_get_tls_info(struct snt_socket *socket, struct snt_tls_info *info)
{
	const char *server_name;
	const unsigned char *alpn;
	unsigned alpn_size;
	int code;
	SSL *ssl = snt__tls_connected(socket, "get_tls_info", &code);

	if (ssl == NULL)
		return code;
	server_name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	SSL_get0_alpn_selected(ssl, &alpn, &alpn_size);
	*info = (struct snt_tls_info){
		.server = SSL_is_server(ssl),
		.resumed = SSL_session_reused(ssl),
		.verified = snt__tls_verified(ssl),
		.version = SSL_version(ssl),
	};
	snprintf(info->cipher, sizeof info->cipher, "%s",
		 SSL_get_cipher_name(ssl));
	say_group(ssl, info->group, sizeof info->group);
	snprintf(info->server_name, sizeof info->server_name, "%s",
		 server_name != NULL ? server_name : "");
	if (alpn_size < sizeof info->alpn && alpn_size > 0)
		memcpy(info->alpn, alpn, alpn_size);
	return 0;
}

int snt_get_tls_session(struct snt_socket *socket,
			struct snt_tls_session **session)
{
	SSL_SESSION *native = NULL;
	int code;
	SSL *ssl = snt__tls_connected(socket, "get_tls_session", &code);

	if (ssl == NULL)
		return code;
	if (SSL_is_server(ssl))
		return snt__fail_text(-EINVAL,
				      "get_tls_session: it is the client "
				      "that keeps it");
	native = SSL_get1_session(ssl);
	if (native == NULL || !SSL_SESSION_is_resumable(native)) {
		SSL_SESSION_free(native);
		return snt__fail_text(
			-ENOENT, "get_tls_session: the server has given none "
				 "yet; it comes with what is received");
	}
	return snt__tls_session_make(ssl, native, session);
}
