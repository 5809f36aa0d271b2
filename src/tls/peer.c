/* SPDX-License-Identifier: MIT */
/* The peer's certificates, as it sent them. */
#include "tls/certificate.h"

#include "base/error.h"
#include "tls/channel.h"
#include "tls/refusal.h"

/* Lent, as long as the connection. A client has the peer's own at the head of
 * the chain, a server beside it. */
static int find(struct snt_socket *socket, size_t n, const char *what,
		X509 **certificate)
{
	int code = 0, at = (int)n;
	const SSL *ssl = snt__tls_connected(socket, what, &code);
	const STACK_OF(X509) * chain;
	X509 *found;

	if (ssl == NULL)
		return code;
	chain = SSL_get_peer_cert_chain(ssl);
	if (n == 0)
		found = SSL_get0_peer_certificate(ssl);
	else
		found = n < 1000 ? sk_X509_value(chain, at - SSL_is_server(ssl))
				 : NULL;
	if (found == NULL)
		return snt__fail_text(-ENOENT,
				      "%s: the peer has sent no certificate "
				      "%zu",
				      what, n);
	*certificate = found;
	return 0;
}

int snt_getpeercert(struct snt_socket *socket, size_t n,
		    struct snt_certificate *cert)
{
	X509 *certificate = NULL;

	SNT_TRY(find(socket, n, "getpeercert", &certificate));
	return snt__certificate_read(certificate, cert);
}

ptrdiff_t snt_getpeercert_pem(struct snt_socket *socket, size_t n, char *buffer,
			      size_t size)
{
	X509 *certificate = NULL;

	SNT_TRY(find(socket, n, "getpeercert", &certificate));
	return snt__certificate_write(certificate, buffer, size);
}

/* Of a session that was taken up again only the number is left. */
static const char *words(long result)
{
	return result == X509_V_ERR_APPLICATION_VERIFICATION
		       ? "nobody said whom to expect"
		       : X509_verify_cert_error_string(result);
}

int snt_verify_peercert(struct snt_socket *socket)
{
	const struct snt__refusal *refusal;
	X509 *certificate = NULL;
	int code = 0;
	SSL *ssl;

	SNT_TRY(find(socket, 0, "verify_peercert", &certificate));
	ssl = snt__tls_connected(socket, "verify_peercert", &code);
	if (ssl == NULL || snt__tls_verified(ssl))
		return code;
	refusal = snt__refusal_of(ssl);
	if (refusal != NULL)
		return snt__fail_text(-SNT_ECERTIFICATE,
				      "certificate of the peer%s",
				      refusal->text);
	return snt__fail_text(-SNT_ECERTIFICATE, "certificate of the peer: %s",
			      words(SSL_get_verify_result(ssl)));
}
