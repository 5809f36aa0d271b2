/* SPDX-License-Identifier: MIT */
/* Keys that are known beforehand: SHA-256 of a SubjectPublicKeyInfo, in base64,
 * as RFC 7469 made it and curl(1) writes it. */
#include "tls/parts.h"

#include "base/alloc.h"
#include "base/error.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

#define BEGIN "sha256//"
#define BASE64 44 /* of 32 bytes */
#define LENGTH (sizeof BEGIN - 1 + BASE64)

struct snt__pins {
	size_t count;
	char texts[][LENGTH + 1];
};

/* One text for each hash: what is decoded reads the same again. */
static bool is_pin(const char *text, size_t length)
{
	unsigned char bytes[BASE64 / 4 * 3], again[BASE64 + 1];
	const unsigned char *base64 =
		(const unsigned char *)text + sizeof BEGIN - 1;

	if (length != LENGTH || memcmp(text, BEGIN, sizeof BEGIN - 1) != 0)
		return false;
	if (EVP_DecodeBlock(bytes, base64, BASE64) < 0)
		return false;
	EVP_EncodeBlock(again, bytes, SHA256_DIGEST_LENGTH);
	return memcmp(again, base64, BASE64) == 0;
}

int snt__pins_make(struct snt__pins **pins, const char *text)
{
	struct snt__pins *made;
	size_t count = 1, i = 0;

	if (text == NULL)
		return 0;
	for (const char *at = text; (at = strchr(at, ';')) != NULL; at++)
		count++;
	made = snt__alloc(sizeof *made + count * sizeof made->texts[0]);
	if (made == NULL)
		return snt__fail(-ENOMEM, "pin");
	for (const char *at = text; i < count; i++) {
		size_t length = strcspn(at, ";");

		if (!is_pin(at, length)) {
			snt__free(made);
			return snt__fail_text(-EINVAL,
					      "pin \"%.*s\": a pin is " BEGIN
					      " and the SHA-256 of a key in "
					      "base64 (%d characters)",
					      length < 80 ? (int)length : 80,
					      at, BASE64);
		}
		memcpy(made->texts[i], at, LENGTH);
		at += length + 1;
	}
	made->count = count;
	*pins = made;
	return 0;
}

void snt__pins_free(struct snt__pins *pins)
{
	snt__free(pins);
}

int snt__pin_of(X509 *certificate, char text[SNT__PIN])
{
	unsigned char hash[SHA256_DIGEST_LENGTH], *key = NULL;
	int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &key);
	size_t begin = sizeof BEGIN - 1;
	int good;

	if (size < 0)
		return -ENOMEM;
	good = EVP_Digest(key, (size_t)size, hash, NULL, EVP_sha256(), NULL);
	OPENSSL_free(key);
	if (!good)
		return -ENOMEM;
	memcpy(text, BEGIN, begin);
	EVP_EncodeBlock((unsigned char *)text + begin, hash, sizeof hash);
	return 0;
}

bool snt__pins_have(const struct snt__pins *pins, X509 *certificate)
{
	char text[SNT__PIN];

	if (pins == NULL)
		return true;
	if (snt__pin_of(certificate, text) < 0)
		return false;
	for (size_t i = 0; i < pins->count; i++)
		if (strcmp(pins->texts[i], text) == 0)
			return true;
	return false;
}
