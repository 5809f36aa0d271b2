/* SPDX-License-Identifier: MIT */
/* Reads what strangers wrote, for people: nothing in it is trusted, not even
 * to be a text. */
#include "tls/certificate.h"

#include "base/error.h"
#include "tls/identity.h"
#include "tls/parts.h"
#include "tls/reason.h"
#include "tls/words.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

/* size has room for what is not cut: two digits for each byte. */
static void put_hex(char *text, size_t size, const unsigned char *bytes,
		    size_t count)
{
	static const char digits[] = "0123456789abcdef";
	bool whole = count * 2 < size;
	size_t i;

	if (!whole)
		count = (size - sizeof "...") / 2;
	for (i = 0; i < count; i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	snprintf(text + 2 * i, size - 2 * i, "%s", whole ? "" : "...");
}

static void read_serial(const X509 *certificate, char text[64])
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(certificate);
	bool negative = ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER;

	text[0] = '-';
	put_hex(text + negative, 64 - negative, ASN1_STRING_get0_data(serial),
		(size_t)ASN1_STRING_length(serial));
}

/* 0: it is no time. */
static int64_t seconds(const ASN1_TIME *time, const ASN1_TIME *epoch)
{
	int days, rest;

	return ASN1_TIME_diff(&days, &rest, epoch, time)
		       ? (int64_t)days * 86400 + rest
		       : 0;
}

static void cut(char *text, size_t size, const char *words)
{
	if ((size_t)snprintf(text, size, "%s", words) >= size)
		memcpy(text + size - sizeof "...", "...", sizeof "...");
}

int snt__certificate_read(X509 *certificate, struct snt_certificate *read)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	struct snt_certificate found;
	unsigned size;
	int code = -ENOMEM;

	memset(&found, 0, sizeof found);
	if (epoch != NULL &&
	    X509_digest(certificate, EVP_sha256(), hash, &size) &&
	    snt__pin_of(certificate, found.pin) == 0)
		code = 0;
	if (code < 0) {
		ASN1_TIME_free(epoch);
		snt__tls_forget();
		return snt__fail(code, "certificate");
	}
	put_hex(found.fingerprint, sizeof found.fingerprint, hash, size);
	snt__words_subject(certificate, found.subject);
	snt__words_issuer(certificate, found.issuer);
	snt__words_names(certificate, found.names, sizeof found.names);
	read_serial(certificate, found.serial);
	found.not_before = seconds(X509_get0_notBefore(certificate), epoch);
	found.not_after = seconds(X509_get0_notAfter(certificate), epoch);
	snt__words_key(X509_get0_pubkey(certificate), found.key);
	cut(found.signature, sizeof found.signature,
	    snt__words_signature(certificate));
	found.authority =
		(X509_get_extension_flags(certificate) & EXFLAG_CA) != 0;
	ASN1_TIME_free(epoch);
	/* What could not be read of it is left out. */
	snt__tls_forget();
	*read = found;
	return 0;
}

ptrdiff_t snt__certificate_write(X509 *certificate, char *buffer, size_t size)
{
	BIO *bio = BIO_new(BIO_s_mem());
	ptrdiff_t length = -ENOMEM;
	char *text;

	if (bio != NULL && PEM_write_bio_X509(bio, certificate)) {
		length = (ptrdiff_t)BIO_get_mem_data(bio, &text);
		if ((size_t)length < size) {
			memcpy(buffer, text, (size_t)length);
			buffer[length] = '\0';
		} else {
			length = -ENOSPC;
		}
	}
	BIO_free(bio);
	snt__tls_forget();
	return length < 0 ? snt__fail((int)length, "certificate as PEM")
			  : length;
}

/* Held, as it may be replaced meanwhile. */
static int take(struct snt_tls_context *context, size_t n, X509 **certificate)
{
	const struct snt__identity *identity;
	X509 *found = NULL;

	if (context == NULL)
		return snt__fail(-EINVAL, "certificate: no context");
	snt__tls_lock(&context->changing);
	identity = context->identity;
	if (identity != NULL && n == 0)
		found = identity->certificate;
	else if (identity != NULL &&
		 n <= (size_t)(sk_X509_num(identity->chain) + 1))
		found = sk_X509_value(identity->chain, (int)n - 1);
	if (found != NULL)
		X509_up_ref(found);
	snt__tls_unlock(&context->changing);
	if (found == NULL)
		return snt__fail_text(-ENOENT,
				      "the context has no certificate %zu", n);
	*certificate = found;
	return 0;
}

int snt_getcert(struct snt_tls_context *context, size_t n,
		struct snt_certificate *cert)
{
	X509 *certificate = NULL;
	int code;

	SNT_TRY(take(context, n, &certificate));
	code = snt__certificate_read(certificate, cert);
	X509_free(certificate);
	return code;
}

ptrdiff_t snt_getcert_pem(struct snt_tls_context *context, size_t n,
			  char *buffer, size_t size)
{
	X509 *certificate = NULL;
	ptrdiff_t length;

	SNT_TRY(take(context, n, &certificate));
	length = snt__certificate_write(certificate, buffer, size);
	X509_free(certificate);
	return length;
}
