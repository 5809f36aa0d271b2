/* SPDX-License-Identifier: MIT */
/*
 * What the options of tls:// addresses have for values. Files are read where
 * the context is made, so that their errors are the library's.
 */
#include "tls_options.h"

#include "exit_code.h"
#include "options.h"

#include <sennit.h>
#include <string.h>

static const struct {
	const char *name;
	size_t offset;
} texts[] = {
	{ "cafile", offsetof(struct tls_options, cafile) },
	{ "capath", offsetof(struct tls_options, capath) },
	{ "cert", offsetof(struct tls_options, cert) },
	{ "client-ca", offsetof(struct tls_options, client_ca) },
	{ "key", offsetof(struct tls_options, key) },
	{ "pin", offsetof(struct tls_options, pin) },
	{ "servername", offsetof(struct tls_options, servername) },
};

/* The value is copied; what is between commas becomes a text of its own. */
static int read_alpn(struct tls_options *tls, const struct verb *verb,
		     const char *value)
{
	char *at = tls->alpn_text;
	size_t count = 0, length;
	bool more = strlen(value) < sizeof tls->alpn_text;

	if (more)
		memcpy(tls->alpn_text, value, strlen(value) + 1);
	else
		count = ALPN_MAX + 1;
	while (more) {
		length = strcspn(at, ",");
		more = at[length] == ',';
		if (length == 0 || length > 255 || count == ALPN_MAX) {
			count = ALPN_MAX + 1;
			break;
		}
		tls->alpn[count++] = at;
		at[length] = '\0';
		at += length + 1;
	}
	if (count > ALPN_MAX)
		return report_usage(verb->name,
				    "--alpn %s: not names with commas between "
				    "them (1 to %d, of 1 to 255 bytes)",
				    value, ALPN_MAX);
	tls->alpn[count] = NULL;
	return -1;
}

static int read_version(struct tls_options *tls, const struct verb *verb,
			const char *value)
{
	if (strcmp(value, "1.2") == 0)
		tls->minimum_version = SNT_TLS_1_2;
	else if (strcmp(value, "1.3") == 0)
		tls->minimum_version = SNT_TLS_1_3;
	else
		return report_usage(verb->name,
				    "--min-version %s: not 1.2 or 1.3; what is "
				    "older is not safe",
				    value);
	return -1;
}

int tls_option(struct tls_options *tls, const struct verb *verb,
	       const char *name, const char *value)
{
	if (strcmp(name, "key") == 0 || strcmp(name, "insecure") == 0)
		tls->given_shared = name;
	else
		tls->given = name;
	if (strcmp(name, "alpn") == 0)
		return read_alpn(tls, verb, value);
	if (strcmp(name, "min-version") == 0)
		return read_version(tls, verb, value);
	if (strcmp(name, "insecure") == 0)
		tls->insecure = true;
	if (value != NULL && value[0] == '\0')
		return report_usage(verb->name, "--%s: its value is empty",
				    name);
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (strcmp(texts[i].name, name) == 0)
			*(const char **)((char *)tls + texts[i].offset) = value;
	return -1;
}

int tls_options_check(const struct tls_options *tls, const struct verb *verb,
		      bool is_for_seq)
{
	const char *vain = tls->cafile != NULL   ? "cafile"
			   : tls->capath != NULL ? "capath"
			   : tls->pin != NULL    ? "pin"
						 : NULL;

	if (tls->key != NULL && tls->cert == NULL && !is_for_seq)
		return report_usage(verb->name,
				    "--key %s is of no use without --cert",
				    tls->key);
	if (tls->insecure && vain != NULL)
		return report_usage(verb->name,
				    "--insecure checks nothing, so --%s would "
				    "be in vain: leave one of them out",
				    vain);
	return -1;
}
