/* SPDX-License-Identifier: MIT */
/*
 * The library weakens nothing by itself and neither does this: all zero options
 * are a safe context. SSLKEYLOGFILE is heeded here and not in the library, which
 * takes no orders from the environment of whatever program it is in.
 */
#include "tls_context.h"

#include "exit_code.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

int tls_check_needed(const struct options *options, const char *verb,
		     const struct address *addresses, size_t count)
{
	const struct tls_options *tls = &options->tls;
	bool seq = false;

	for (size_t i = 0; i < count; i++) {
		if (addresses[i].tls)
			return STATUS_OK;
		seq = seq || addresses[i].is_seq;
	}
	if (tls->given != NULL)
		return report_usage(verb,
				    "--%s is for tls:// addresses, and %s is "
				    "not one; write tls://%s",
				    tls->given, addresses[0].text,
				    addresses[0].text);
	if (tls->given_shared != NULL && !seq)
		return report_usage(verb,
				    "--%s is for tls:// and seq:// addresses, "
				    "and %s is neither; write tls://%s or "
				    "seq://%s",
				    tls->given_shared, addresses[0].text,
				    addresses[0].text, addresses[0].text);
	return STATUS_OK;
}

static void fill(struct snt_tls_opts *opts, const struct tls_options *tls)
{
	const char *keylog = secure_getenv("SSLKEYLOGFILE");

	*opts = (struct snt_tls_opts){
		.certfile = tls->cert,
		.keyfile = tls->key,
		.alpn = tls->alpn[0] != NULL ? tls->alpn : NULL,
		.minimum_version = tls->minimum_version,
	};
	if (keylog != NULL && keylog[0] != '\0')
		opts->keylog_filename = keylog;
}

void tls_client_opts(struct snt_tls_opts *opts, const struct options *options)
{
	const struct tls_options *tls = &options->tls;

	fill(opts, tls);
	opts->cafile = tls->cafile;
	opts->capath = tls->capath;
	opts->pin = tls->pin;
	opts->insecure_noverify = tls->insecure;
}

void tls_server_opts(struct snt_tls_opts *opts, const struct options *options)
{
	fill(opts, &options->tls);
	opts->cafile = options->tls.client_ca;
	if (opts->cafile != NULL)
		opts->client_certificate = SNT_TLS_REQUIRED;
}

int tls_client_open(struct snt_tls_context **context,
		    const struct options *options,
		    const struct address *address)
{
	struct snt_tls_opts opts;
	int code;

	*context = NULL;
	if (!address->tls)
		return STATUS_OK;
	tls_client_opts(&opts, options);
	code = snt_create_default_context(context, SNT_TLS_CLIENT, &opts);
	if (code < 0)
		return report(PHASE_SETUP, code);
	if (options->tls.insecure)
		fprintf(stderr,
			"sennit: warning: --insecure: whoever answers for %s "
			"is taken for it\n",
			address->text);
	return STATUS_OK;
}

void tls_day(char *text, size_t size, int64_t seconds)
{
	const time_t at = (time_t)seconds;
	struct tm day;

	if (gmtime_r(&at, &day) == NULL ||
	    strftime(text, size, "%Y-%m-%d", &day) == 0)
		snprintf(text, size, "?");
}
