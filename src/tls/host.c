/* SPDX-License-Identifier: MIT */
/*
 * Whom a client expects, read as strictly as addresses are, so that a name is
 * never taken for an address or the other way round.
 */
#include "tls/names.h"

#include "addr/scan.h"
#include "base/error.h"
#include "tls/words.h"

#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

static int refuse(const char *what)
{
	char why[SNT__MESSAGE_MAX];
	size_t length = strlen(snt_errmsg());

	if (length >= sizeof why)
		length = sizeof why - 1;
	memcpy(why, snt_errmsg(), length);
	why[length] = '\0';
	return snt__fail_text(-EINVAL, "%s: %s", what, why);
}

int snt__host_name(char host[SNT__HOST], const char *name, const char *what)
{
	size_t length = strlen(name);
	const struct snt__word word = { name, name, name + length };

	for (size_t i = 0; i < length; i++)
		if ((unsigned char)name[i] >= 0x80)
			return snt__fail_text(-EINVAL,
					      "%s: a name that is not ASCII is "
					      "given as DNS has it (xn--...)",
					      what);
	if (snt__scan_name(word) < 0)
		return refuse(what);
	if (name[length - 1] == '.')
		length--;
	for (size_t i = 0; i < length; i++)
		host[i] = (char)(name[i] >= 'A' && name[i] <= 'Z'
					 ? name[i] + ('a' - 'A')
					 : name[i]);
	host[length] = '\0';
	return 0;
}

int snt__host_read(const char *text, const char *what, unsigned char bytes[16],
		   char host[SNT__HOST])
{
	const char *zone = strchr(text, '%');
	struct snt__word word = { text, text, text + strlen(text) };

	if (text[0] == '\0')
		return snt__fail_text(-EINVAL, "%s: it is empty", what);
	if (strchr(text, ':') != NULL) {
		/* Certificates know no interfaces. */
		if (zone != NULL)
			word.end = zone;
		return snt__scan_ipv6(bytes, word) < 0 ? refuse(what) : 16;
	}
	if (strspn(text, "0123456789.") != strlen(text))
		return snt__host_name(host, text, what);
	return snt__scan_ipv4(bytes, word) < 0 ? refuse(what) : 4;
}

int snt__host_expect(X509_VERIFY_PARAM *param, const char *text,
		     char host[SNT__HOST])
{
	unsigned char bytes[16];
	int size, good;

	size = snt__host_read(text, "server_hostname", bytes, host);
	if (size < 0)
		return size;
	good = size == 0
		       ? X509_VERIFY_PARAM_set1_host(param, host, 0)
		       : X509_VERIFY_PARAM_set1_ip(param, bytes, (size_t)size);
	return good ? size == 0 : snt__fail(-ENOMEM, "server_hostname");
}

bool snt__host_expected(X509_VERIFY_PARAM *param, char host[SNT__HOST])
{
	const char *name = X509_VERIFY_PARAM_get0_host(param, 0);
	ASN1_OCTET_STRING *address = NULL;
	char *ip;

	host[0] = '\0';
	if (name != NULL) {
		snprintf(host, SNT__HOST, "%s", name);
		return true;
	}
	/* OpenSSL writes an address in its own way, and gives no bytes. */
	ip = X509_VERIFY_PARAM_get1_ip_asc(param);
	if (ip != NULL)
		address = a2i_IPADDRESS(ip);
	if (address != NULL)
		snt__words_ip(ASN1_STRING_get0_data(address),
			      ASN1_STRING_length(address), host);
	ASN1_OCTET_STRING_free(address);
	OPENSSL_free(ip);
	return false;
}
