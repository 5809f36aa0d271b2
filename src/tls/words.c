/* SPDX-License-Identifier: MIT */
/* Texts come from strangers: each byte that is not printable ASCII is written
 * as \xNN, and a text that is too long is cut where that shows. */
#include "tls/words.h"

#include "addr/text.h"

#include <netinet/in.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <sennit/addr.h>
#include <stdio.h>
#include <string.h>

/* Writes the end; what was too long ends in "...". */
static void end_text(struct snt__text *text)
{
	if (snt__text_end(text) >= text->size && text->size > sizeof "...")
		memcpy(text->bytes + text->size - sizeof "...", "...",
		       sizeof "...");
}

static void put_bytes(struct snt__text *text, const unsigned char *bytes,
		      int size)
{
	for (int i = 0; i < size; i++)
		snt__text_byte(text, bytes[i]);
}

void snt__words_name(const X509_NAME *name, char text[SNT__SUBJECT])
{
	struct snt__text out = { .bytes = text, .size = SNT__SUBJECT };
	BIO *bio = BIO_new(BIO_s_mem());
	char *bytes = NULL;
	long size = 0;

	/* It escapes what is not ASCII by itself, with \NN. */
	if (bio != NULL &&
	    X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) >= 0)
		size = BIO_get_mem_data(bio, &bytes);
	for (long i = 0; i < size; i++) {
		if (bytes[i] > ' ' - 1 && bytes[i] < 0x7f)
			snt__text_char(&out, bytes[i]);
		else
			snt__text_byte(&out, (unsigned char)bytes[i]);
	}
	if (size == 0)
		snt__text_string(&out, "no subject");
	end_text(&out);
	BIO_free(bio);
}

void snt__words_subject(const X509 *certificate, char text[SNT__SUBJECT])
{
	snt__words_name(X509_get_subject_name(certificate), text);
}

void snt__words_issuer(const X509 *certificate, char text[SNT__SUBJECT])
{
	snt__words_name(X509_get_issuer_name(certificate), text);
}

void snt__words_when(const ASN1_TIME *time, char text[SNT__WHEN])
{
	struct tm tm;

	if (time != NULL && ASN1_TIME_to_tm(time, &tm))
		snprintf(text, SNT__WHEN, "%04d-%02d-%02d %02d:%02d UTC",
			 tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
			 tm.tm_hour, tm.tm_min);
	else
		snprintf(text, SNT__WHEN, "a time that is none");
}

void snt__words_ip(const unsigned char *bytes, int size, char *text)
{
	struct snt_addr addr = { .size = sizeof addr.sa.in6 };
	char written[SNT_ADDR_TEXT];
	size_t length;

	snprintf(text, 64, "an address of %d bytes", size);
	if (size == 4) {
		addr.sa.in.sin_family = AF_INET;
		addr.size = sizeof addr.sa.in;
		memcpy(&addr.sa.in.sin_addr, bytes, 4);
	} else if (size == 16) {
		addr.sa.in6.sin6_family = AF_INET6;
		memcpy(&addr.sa.in6.sin6_addr, bytes, 16);
	} else {
		return;
	}
	/* "192.0.2.1:0", "[2001:db8::1]:0" */
	snt_addr_format(&addr, written, sizeof written);
	length = strlen(written) - 2;
	if (size == 16)
		snprintf(text, 64, "%.*s", (int)length - 2, written + 1);
	else
		snprintf(text, 64, "%.*s", (int)length, written);
}

static void put_string(struct snt__text *text, const char *kind,
		       const ASN1_STRING *string)
{
	snt__text_string(text, kind);
	put_bytes(text, ASN1_STRING_get0_data(string),
		  ASN1_STRING_length(string));
}

static void put_general(struct snt__text *text, const GENERAL_NAME *name)
{
	char ip[64];

	switch (name->type) {
	case GEN_DNS:
		put_string(text, "DNS:", name->d.dNSName);
		break;
	case GEN_EMAIL:
		put_string(text, "email:", name->d.rfc822Name);
		break;
	case GEN_URI:
		put_string(text, "URI:", name->d.uniformResourceIdentifier);
		break;
	case GEN_IPADD:
		snt__words_ip(ASN1_STRING_get0_data(name->d.iPAddress),
			      ASN1_STRING_length(name->d.iPAddress), ip);
		snt__text_string(text, "IP:");
		snt__text_string(text, ip);
		break;
	default:
		snt__text_string(text, "another kind of name");
		break;
	}
}

void snt__words_names(const X509 *certificate, char *text, size_t size)
{
	struct snt__text out = { .bytes = text, .size = size };
	GENERAL_NAMES *names =
		X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		if (i > 0)
			snt__text_string(&out, ", ");
		put_general(&out, sk_GENERAL_NAME_value(names, i));
	}
	end_text(&out);
	GENERAL_NAMES_free(names);
}

/* What people call the curves that OpenSSL calls otherwise. */
static const char *curve(const char *group)
{
	static const char *const names[][2] = {
		{ "prime256v1", "P-256" },
		{ "secp384r1", "P-384" },
		{ "secp521r1", "P-521" },
	};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(group, names[i][0]) == 0)
			return names[i][1];
	return group;
}

void snt__words_key(EVP_PKEY *key, char text[SNT__KEY])
{
	const char *kind = key != NULL ? EVP_PKEY_get0_type_name(key) : NULL;
	char group[48] = "";

	if (kind == NULL)
		snprintf(text, SNT__KEY, "a key of an unknown kind");
	else if (EVP_PKEY_get_group_name(key, group, sizeof group, NULL))
		snprintf(text, SNT__KEY, "%.12s %.48s", kind, curve(group));
	else if (strncmp(kind, "ED", 2) == 0)
		snprintf(text, SNT__KEY, "%.48s", kind);
	else
		snprintf(text, SNT__KEY, "%.40s %d", kind,
			 EVP_PKEY_get_bits(key));
}

const char *snt__words_signature(const X509 *certificate)
{
	const char *name = OBJ_nid2ln(X509_get_signature_nid(certificate));

	return name != NULL ? name : "an unknown algorithm";
}

void snt__words_usage(const X509 *certificate, char *text, size_t size)
{
	struct snt__text out = { .bytes = text, .size = size };
	EXTENDED_KEY_USAGE *usage =
		X509_get_ext_d2i(certificate, NID_ext_key_usage, NULL, NULL);

	for (int i = 0; i < sk_ASN1_OBJECT_num(usage); i++) {
		char name[80] = "";

		OBJ_obj2txt(name, sizeof name, sk_ASN1_OBJECT_value(usage, i),
			    0);
		if (i > 0)
			snt__text_string(&out, ", ");
		snt__text_string(&out, name);
	}
	end_text(&out);
	EXTENDED_KEY_USAGE_free(usage);
}
