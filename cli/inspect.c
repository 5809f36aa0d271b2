/* SPDX-License-Identifier: MIT */
/*
 * sennit tls inspect: one connection that checks nothing, to see what the server
 * shows; then one as a careful client, one that trusts what was shown, since the
 * first thing wrong hides the next, and one for each version. Nothing is sent
 * to the server but handshakes.
 */
#include "inspect.h"

#include "exit_code.h"
#include "interrupt.h"
#include "tls_context.h"
#include "verbs.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TIMEOUT (10 * SNT_SECOND)
#define ALERT_TIMEOUT (2 * SNT_SECOND)
#define DAY (24 * 60 * 60)
/* Certificates are renewed by machines, and the better of those do it when a
 * third of the time is left; this is late. */
#define DAYS_FEW 14

int64_t inspect_days_left(const struct snt_certificate *cert, int64_t now)
{
	int64_t left = cert->not_after - now;

	return left >= 0 ? left / DAY : -1 - (-left - 1) / DAY;
}

static void __attribute__((format(printf, 2, 3)))
add_problem(struct inspection *inspection, const char *format, ...)
{
	char *text = inspection->problems[inspection->problem_count];
	va_list args;

	va_start(args, format);
	vsnprintf(text, PROBLEM_MAX, format, args);
	va_end(args);
	for (size_t i = 0; i < inspection->problem_count; i++)
		if (strcmp(inspection->problems[i], text) == 0)
			return;
	if (inspection->problem_count + 1 < PROBLEMS_MAX)
		inspection->problem_count++;
}

static int64_t timeout(const struct inspection *inspection)
{
	int64_t asked = inspection->options->timeout;

	return asked > 0 ? asked : TIMEOUT;
}

/* context: NULL for a connection without TLS. */
static int dial(const struct inspection *inspection, struct snt_socket **socket,
		struct snt_tls_context *context)
{
	const struct snt_connection_opts opts = {
		.timeout = timeout(inspection),
		.tls = context,
		.server_hostname = inspection->options->tls.servername,
	};

	return snt_create_connection(socket, inspection->address.text, &opts);
}

/* One that checks nothing; version 0: any. */
static int dial_anyway(const struct inspection *inspection,
		       struct snt_socket **socket, int version)
{
	static const char *const usual_alpn[] = { "h2", "http/1.1", NULL };
	snt_auto(tls_context) context = NULL;
	struct snt_tls_opts opts;

	tls_client_opts(&opts, inspection->options);
	opts.pin = NULL;
	opts.insecure_noverify = true;
	if (version != 0)
		opts.minimum_version = version;
	opts.maximum_version = version;
	if (opts.alpn == NULL)
		opts.alpn = usual_alpn;
	SNT_TRY(snt_create_default_context(&context, SNT_TLS_CLIENT, &opts));
	return dial(inspection, socket, context);
}

static int read_chain(struct inspection *inspection, struct snt_socket *socket)
{
	const size_t room = CHAIN_MAX * (size_t)8192;
	size_t n = 0;
	int code;

	inspection->pem = malloc(room);
	if (inspection->pem == NULL)
		return -ENOMEM;
	while (n < CHAIN_MAX) {
		ptrdiff_t size;

		code = snt_getpeercert(socket, n, &inspection->chain[n]);
		if (code == -ENOENT)
			break;
		if (code < 0)
			return code;
		size = snt_getpeercert_pem(
			socket, n, inspection->pem + inspection->pem_size,
			room - inspection->pem_size);
		/* One too large to be kept is shown all the same. */
		if (size > 0)
			inspection->pem_size += (size_t)size;
		n++;
	}
	inspection->chain_count = n;
	return 0;
}

/* In TLS 1.3 a server refuses a client, or its lack of a certificate, when the
 * client is done. Told that nothing more comes, a good one ends; some take their
 * time. */
static void wait_for_alert(struct inspection *inspection,
			   struct snt_socket *socket)
{
	char byte;

	snt_timeout_scope(limit, ALERT_TIMEOUT);
	/* What it said before it went away can be received all the same. */
	(void)!snt_shutdown(socket, SHUT_WR);
	if (snt_recv(socket, &byte, 1) == -SNT_ETLS) {
		add_problem(inspection, "after the handshake: %s",
			    snt_errmsg());
		inspection->trusted = false;
		inspection->status = STATUS_TLS;
	}
}

/* Whatever it shows, unchecked. */
static int look(struct inspection *inspection)
{
	snt_auto(socket) socket = NULL;
	struct snt_addr peer;
	int code = dial_anyway(inspection, &socket, 0);

	if (code == -SNT_ETLS || code == -SNT_ETRUNCATED) {
		add_problem(inspection, "%s", snt_errmsg());
		inspection->status = exit_code_of(PHASE_CONNECT, code);
		return 0;
	}
	if (code < 0)
		return code;
	SNT_TRY(snt_getpeername(socket, &peer));
	snt_addr_format(&peer, inspection->peer, sizeof inspection->peer);
	SNT_TRY(snt_get_tls_info(socket, &inspection->info));
	SNT_TRY(read_chain(inspection, socket));
	inspection->agreed = true;
	inspection->trusted = true;
	wait_for_alert(inspection, socket);
	return 0;
}

/* As a careful client, and as one that also trusts what it was shown: 1 if it
 * would go on, 0 if not; what speaks against it is a problem. */
static int check(struct inspection *inspection, bool trusts_shown)
{
	snt_auto(socket) socket = NULL;
	snt_auto(tls_context) context = NULL;
	struct snt_tls_opts opts;
	int code;

	tls_client_opts(&opts, inspection->options);
	SNT_TRY(snt_create_default_context(&context, SNT_TLS_CLIENT, &opts));
	if (trusts_shown)
		SNT_TRY(snt_load_verify_locations(context, NULL, NULL,
						  inspection->pem,
						  inspection->pem_size));
	code = dial(inspection, &socket, context);
	if (code == 0)
		return 1;
	if (code != -SNT_ECERTIFICATE)
		return code;
	add_problem(inspection, "%s", snt_errmsg());
	return 0;
}

static int check_trust(struct inspection *inspection)
{
	int good = check(inspection, false);

	if (good != 0)
		return good < 0 ? good : 0;
	inspection->trusted = false;
	inspection->status = STATUS_CERTIFICATE;
	good = inspection->pem_size > 0 ? check(inspection, true) : 0;
	return good < 0 ? good : 0;
}

static int ask_new(struct inspection *inspection,
		   struct inspected_version *version)
{
	snt_auto(socket) socket = NULL;
	struct snt_tls_info info;
	int code = dial_anyway(inspection, &socket, version->number);

	if (code == 0)
		code = snt_get_tls_info(socket, &info);
	if (code < 0) {
		snprintf(version->why, sizeof version->why, "%s", snt_errmsg());
		return code == -ECANCELED ? code : 0;
	}
	version->accepted = true;
	memcpy(version->cipher, info.cipher, sizeof version->cipher);
	memcpy(version->group, info.group, sizeof version->group);
	return 0;
}

static int ask_old(struct inspection *inspection,
		   struct inspected_version *version)
{
	snt_auto(socket) socket = NULL;
	int code = dial(inspection, &socket, NULL);

	if (code == 0) {
		snt_timeout_scope(limit, timeout(inspection));
		code = inspect_old_version(socket, version->number,
					   inspection->host);
	}
	if (code == -ECANCELED)
		return code;
	if (code < 0)
		snprintf(version->why, sizeof version->why, "%s", snt_errmsg());
	version->accepted = code > 0;
	if (version->accepted)
		add_problem(inspection,
			    "%s is accepted, which is broken and given up (RFC "
			    "8996)",
			    version->name);
	return 0;
}

static int ask_versions(struct inspection *inspection)
{
	static const struct inspected_version asked[VERSION_COUNT] = {
		{ .name = "TLS 1.3", .number = SNT_TLS_1_3 },
		{ .name = "TLS 1.2", .number = SNT_TLS_1_2 },
		{ .name = "TLS 1.1", .number = 0x0302 },
		{ .name = "TLS 1.0", .number = 0x0301 },
	};

	for (size_t i = 0; i < VERSION_COUNT; i++) {
		struct inspected_version *version = &inspection->versions[i];

		*version = asked[i];
		SNT_TRY((version->number >= SNT_TLS_1_2 ? ask_new : ask_old)(
			inspection, version));
	}
	if (inspection->agreed && !inspection->versions[0].accepted)
		add_problem(inspection, "TLS 1.3 is not accepted");
	return 0;
}

static void look_at_days(struct inspection *inspection, int64_t now)
{
	for (size_t i = 0; i < inspection->chain_count; i++) {
		const struct snt_certificate *cert = &inspection->chain[i];
		int64_t days = inspect_days_left(cert, now);

		if (days >= 0 && days < DAYS_FEW)
			add_problem(inspection,
				    "certificate %zu (%s) expires in %d days",
				    i, cert->subject, (int)days);
	}
}

static int find_out(struct inspection *inspection)
{
	SNT_TRY(look(inspection));
	if (inspection->agreed)
		SNT_TRY(check_trust(inspection));
	return ask_versions(inspection);
}

static int run_inspection(void *arg)
{
	struct inspection *inspection = arg;
	int64_t now = (int64_t)time(NULL);
	int code = find_out(inspection);

	if (code < 0)
		return report(PHASE_CONNECT, code);
	look_at_days(inspection, now);
	if (inspection->options->json)
		inspect_json(inspection, now);
	else
		inspect_print(inspection, now);
	return flush_stdout(inspection->status);
}

int inspect_run(const struct options *options)
{
	struct inspection *inspection = calloc(1, sizeof *inspection);
	int status;

	if (inspection == NULL) {
		fputs("sennit: out of memory\n", stderr);
		return STATUS_FAILURE;
	}
	inspection->options = options;
	status = address_read(&inspection->address, options->addresses[0]);
	if (status == STATUS_OK && inspection->address.type == SOCK_DGRAM)
		status = report_usage("tls inspect",
				      "%s: there is no TLS over UDP here",
				      options->addresses[0]);
	if (options->tls.servername != NULL)
		snprintf(inspection->host, sizeof inspection->host, "%s",
			 options->tls.servername);
	else if (status == STATUS_OK)
		address_host(inspection->host, &inspection->address);
	if (status == STATUS_OK)
		status = run_interruptible(run_inspection, NULL, inspection);
	free(inspection->pem);
	free(inspection);
	return status;
}
