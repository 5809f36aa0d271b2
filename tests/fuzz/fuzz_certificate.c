/* SPDX-License-Identifier: MIT */
/*
 * Reads any bytes as a certificate (DER) and as PEM of trust. Whatever OpenSSL
 * takes for a certificate must read as texts that a terminal can show, each
 * with its end, and write as PEM that reads as the same certificate.
 */
#include "tls/certificate.h"
#include "tls/pem.h"
#include "tls/words.h"

#include <openssl/pem.h>
#include <string.h>

#define CHECK(condition)                                                       \
	do {                                                                   \
		if (!(condition))                                              \
			__builtin_trap();                                      \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text, size_t room)
{
	size_t length = strnlen(text, room);

	CHECK(length < room);
	for (size_t i = 0; i < length; i++)
		CHECK(text[i] >= ' ' && text[i] < 0x7f);
}

static void check_words(X509 *certificate)
{
	struct snt_certificate read;
	char text[300];

	if (snt__certificate_read(certificate, &read) < 0)
		return;
	check_text(read.subject, sizeof read.subject);
	check_text(read.issuer, sizeof read.issuer);
	check_text(read.names, sizeof read.names);
	check_text(read.serial, sizeof read.serial);
	check_text(read.key, sizeof read.key);
	check_text(read.signature, sizeof read.signature);
	check_text(read.fingerprint, sizeof read.fingerprint);
	check_text(read.pin, sizeof read.pin);
	snt__words_usage(certificate, text, sizeof text);
	check_text(text, sizeof text);
	snt__words_when(X509_get0_notAfter(certificate), text);
	check_text(text, SNT__WHEN);
}

static void check_pem(X509 *certificate)
{
	static char text[1 << 20];
	struct snt__pem pem = { .name = "fuzz", .bytes = text };
	STACK_OF(X509) * again;
	ptrdiff_t length =
		snt__certificate_write(certificate, text, sizeof text);

	if (length < 0)
		return;
	pem.size = (size_t)length;
	CHECK(snt__pem_certificates(&pem, NULL, &again) == 0);
	CHECK(sk_X509_num(again) == 1);
	CHECK(X509_cmp(sk_X509_value(again, 0), certificate) == 0);
	sk_X509_pop_free(again, X509_free);
}

static void read_pem(const uint8_t *data, size_t size)
{
	const struct snt__pem pem = { .name = "fuzz",
				      .bytes = data,
				      .size = size };
	STACK_OF(X509_INFO) * infos;
	EVP_PKEY *key;

	if (snt__pem_infos(&pem, NULL, &infos) == 0)
		sk_X509_INFO_pop_free(infos, X509_INFO_free);
	if (snt__pem_key(&pem, NULL, "password", &key) == 0)
		EVP_PKEY_free(key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *next = data;
	X509 *certificate = d2i_X509(NULL, &next, (long)size);

	if (certificate != NULL) {
		check_words(certificate);
		check_pem(certificate);
	} else {
		read_pem(data, size);
	}
	X509_free(certificate);
	return 0;
}
