/* SPDX-License-Identifier: MIT */
/*
 * A failure of OpenSSL's in a line. The first error of TLS in its queue is what
 * went wrong; what the peer sent first tells more where it was no TLS.
 */
#include "tls/alert.h"
#include "tls/context.h"
#include "tls/names.h"
#include "tls/refusal.h"

#include "addr/text.h"
#include "base/error.h"

#include <openssl/err.h>
#include <stdio.h>
#include <string.h>

#define WHO 300

static const struct {
	int reason;
	const char *words;
} reasons[] = {
	{ SSL_R_NO_SHARED_CIPHER, "no cipher in common" },
	{ SSL_R_NO_CIPHERS_AVAILABLE,
	  "no cipher is left to offer (ciphers, ciphersuites, versions)" },
	{ SSL_R_NO_PROTOCOLS_AVAILABLE, "no version is left to offer" },
	{ SSL_R_UNSUPPORTED_PROTOCOL,
	  "no version of TLS in common: the peer's is too old, or not "
	  "allowed here" },
	{ SSL_R_VERSION_TOO_LOW, "the peer's version of TLS is too old" },
	{ SSL_R_NO_APPLICATION_PROTOCOL,
	  "the peer speaks none of our protocols (ALPN)" },
	{ SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM,
	  "no signature algorithm in common, for the key of the certificate" },
	{ SSL_R_NO_SUITABLE_KEY_SHARE, "no group in common" },
	{ SSL_R_NO_SHARED_GROUPS, "no group in common" },
	{ SSL_R_DH_KEY_TOO_SMALL, "the peer's Diffie-Hellman key is too weak" },
	{ SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC,
	  "a record was changed on its way" },
	{ SSL_R_BAD_SIGNATURE,
	  "the peer does not have the key of its certificate" },
	{ SSL_R_DIGEST_CHECK_FAILED,
	  "the handshake was changed on its way, or a key is wrong" },
	{ SSL_R_UNEXPECTED_MESSAGE, "the peer sent what was not its turn" },
};

/* "example.org", or "127.0.0.1:7000" where an address was asked for. */
static void say_who(SSL *ssl, const struct snt__tls_story *story, char who[WHO])
{
	const char *peer = story->peer != NULL ? story->peer : "the peer";
	char host[SNT__HOST];

	if (SSL_is_server(ssl))
		snprintf(who, WHO, "client %s", peer);
	else if (snt__host_expected(SSL_get0_param(ssl), host) ||
		 (story->peer == NULL && host[0] != '\0'))
		snprintf(who, WHO, "%s", host);
	else
		snprintf(who, WHO, "%s", peer);
}

/* A record begins with its kind and a version 3.x; of SSLv2 nothing is left. */
static bool is_tls(const struct snt__tls_story *story)
{
	const unsigned char *first = story->first;

	return story->first_size == 0 ||
	       (first[0] >= 20 && first[0] <= 24 &&
		(story->first_size < 2 || first[1] == 3));
}

/* Up to the end of the line. */
static int fail_no_tls(const struct snt__tls_story *story)
{
	const unsigned char *first = story->first;
	char quoted[120];
	struct snt__text out = { .bytes = quoted, .size = sizeof quoted };

	for (size_t i = 0; i < story->first_size && i < 24; i++) {
		if (first[i] == '\r' || first[i] == '\n')
			break;
		snt__text_byte(&out, first[i]);
	}
	snt__text_end(&out);
	return snt__fail_text(
		-SNT_ETLS, "%s: peer %s does not speak TLS: it sent \"%s\"",
		story->doing, story->peer != NULL ? story->peer : "", quoted);
}

static int fail_alert(const struct snt__tls_story *story, const char *who,
		      int number)
{
	const struct snt__alert *alert = snt__alert(number);

	if (alert == NULL)
		return snt__fail_text(-SNT_ETLS,
				      "%s with %s: alert %d of the "
				      "peer",
				      story->doing, who, number);
	return snt__fail_text(
		-SNT_ETLS, "%s with %s: alert %d of the peer, %s: %s",
		story->doing, who, number, alert->name, alert->meaning);
}

static int fail_cut(const struct snt__tls_story *story, const char *who)
{
	if (!story->done)
		return snt__fail_text(-SNT_ETRUNCATED,
				      "%s with %s: the peer went away in the "
				      "midst of it",
				      story->doing, who);
	return snt__fail(-SNT_ETRUNCATED, "%s from %s", story->doing, who);
}

static int fail_none(const char *who)
{
	return snt__fail_text(-SNT_ECERTIFICATE,
			      "certificate of %s: none came, and one is "
			      "required",
			      who);
}

static int fail_certificate(SSL *ssl, const char *who)
{
	const struct snt__refusal *refusal = snt__refusal_of(ssl);

	if (refusal != NULL)
		return snt__fail_text(refusal->code, "certificate of %s%s", who,
				      refusal->text);
	if (SSL_get_verify_result(ssl) == X509_V_OK)
		return fail_none(who);
	/* There was no memory for the sentence. */
	return snt__fail_text(
		-SNT_ECERTIFICATE, "certificate of %s: %s", who,
		X509_verify_cert_error_string(SSL_get_verify_result(ssl)));
}

static int fail_reason(SSL *ssl, const struct snt__tls_story *story,
		       const char *who, unsigned long error)
{
	int reason =
		ERR_GET_LIB(error) == ERR_LIB_SSL ? ERR_GET_REASON(error) : 0;
	const struct snt__refusal *refusal = snt__refusal_of(ssl);
	const char *words = ERR_reason_error_string(error);

	switch (reason) {
	case SSL_R_CERTIFICATE_VERIFY_FAILED:
		return fail_certificate(ssl, who);
	case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
		return fail_none(who);
	case SSL_R_LENGTH_MISMATCH:
		/* Of a list that is empty, too. */
		if (SSL_get_state(ssl) == TLS_ST_CR_CERT)
			return snt__fail_text(-SNT_ECERTIFICATE,
					      "certificate of %s: none came, "
					      "or none that can be read",
					      who);
		break;
	case SSL_R_UNEXPECTED_EOF_WHILE_READING:
		return fail_cut(story, who);
	case SSL_R_CALLBACK_FAILED:
		if (refusal != NULL)
			return snt__fail_text(refusal->code, "%s with %s: %s",
					      story->doing, who, refusal->text);
		break;
	default:
		break;
	}
	if (reason > SSL_AD_REASON_OFFSET &&
	    reason < SSL_AD_REASON_OFFSET + 256)
		return fail_alert(story, who, reason - SSL_AD_REASON_OFFSET);
	for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
		if (reasons[i].reason == reason)
			words = reasons[i].words;
	return snt__fail_text(-SNT_ETLS, "%s with %s: %s", story->doing, who,
			      words != NULL ? words
					    : "OpenSSL does not say why");
}

/* The first that TLS itself has put there, or else the first; 0: none. */
static unsigned long empty_queue(void)
{
	unsigned long first = ERR_get_error(), error = first;

	while (error != 0 && ERR_GET_LIB(error) != ERR_LIB_SSL)
		error = ERR_get_error();
	ERR_clear_error();
	return error != 0 ? error : first;
}

int snt__tls_explain(SSL *ssl, int error, const struct snt__tls_story *story)
{
	unsigned long first = empty_queue();
	char who[WHO];

	say_who(ssl, story, who);
	if (first != 0 ? ERR_GET_REASON(first) == ERR_R_MALLOC_FAILURE
		       : error == SSL_ERROR_SSL)
		return snt__fail(-ENOMEM, "%s with %s", story->doing, who);
	if (!story->done && !is_tls(story))
		return fail_no_tls(story);
	if (first == 0)
		return fail_cut(story, who);
	return fail_reason(ssl, story, who, first);
}
