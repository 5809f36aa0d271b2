/* SPDX-License-Identifier: MIT */
/*
 * The same for programs: one object, RFC 8259, on one line. Every name is
 * always there; what is not known is null. Times are RFC 3339, in UTC.
 */
#include "inspect.h"
#include "json.h"

#include <inttypes.h>
#include <time.h>

static void print_text(const char *name, const char *text)
{
	json_text(name, text);
	putchar(',');
}

static void print_time(const char *name, int64_t seconds)
{
	const time_t at = (time_t)seconds;
	char text[40] = "";
	struct tm day;

	if (gmtime_r(&at, &day) != NULL)
		strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &day);
	print_text(name, text);
}

static void print_agreed(const struct inspection *inspection)
{
	const struct snt_tls_info *info = &inspection->info;

	fputs("\"agreed\":", stdout);
	if (!inspection->agreed) {
		fputs("null,", stdout);
		return;
	}
	putchar('{');
	print_text("version",
		   info->version == SNT_TLS_1_3 ? "TLS 1.3" : "TLS 1.2");
	print_text("cipher", info->cipher);
	print_text("group", info->group);
	fputs("\"alpn\":", stdout);
	if (info->alpn[0] != '\0')
		json_string(info->alpn);
	else
		fputs("null", stdout);
	fputs("},", stdout);
}

static void print_versions(const struct inspection *inspection)
{
	fputs("\"versions\":[", stdout);
	for (size_t i = 0; i < VERSION_COUNT; i++) {
		const struct inspected_version *version =
			&inspection->versions[i];

		fputs(i > 0 ? ",{" : "{", stdout);
		print_text("version", version->name);
		print_text("cipher", version->cipher);
		print_text("group", version->group);
		print_text("why", version->why);
		json_truth("accepted", version->accepted);
		putchar('}');
	}
	fputs("],", stdout);
}

static void print_certificate(const struct snt_certificate *cert, int64_t now)
{
	putchar('{');
	print_text("subject", cert->subject);
	print_text("issuer", cert->issuer);
	print_text("names", cert->names);
	print_text("serial", cert->serial);
	print_time("not_before", cert->not_before);
	print_time("not_after", cert->not_after);
	printf("\"days_left\":%" PRId64 ",", inspect_days_left(cert, now));
	print_text("key", cert->key);
	print_text("signature", cert->signature);
	print_text("fingerprint", cert->fingerprint);
	print_text("pin", cert->pin);
	json_truth("authority", cert->authority);
	putchar('}');
}

void inspect_json(const struct inspection *inspection, int64_t now)
{
	putchar('{');
	print_text("address", inspection->address.text);
	print_text("peer", inspection->peer);
	print_text("expected", inspection->host);
	print_agreed(inspection);
	print_versions(inspection);
	fputs("\"certificates\":[", stdout);
	for (size_t i = 0; i < inspection->chain_count; i++) {
		if (i > 0)
			putchar(',');
		print_certificate(&inspection->chain[i], now);
	}
	fputs("],\"problems\":[", stdout);
	for (size_t i = 0; i < inspection->problem_count; i++) {
		if (i > 0)
			putchar(',');
		json_string(inspection->problems[i]);
	}
	fputs("],", stdout);
	json_truth("trusted", inspection->trusted);
	fputs("}\n", stdout);
}
