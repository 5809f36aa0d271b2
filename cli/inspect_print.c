/* SPDX-License-Identifier: MIT */
/* What was found out, for people: what was agreed on, whose certificates, and
 * last, where the eye ends up, what is wrong. */
#include "inspect.h"

#include "tls_context.h"

#include <inttypes.h>

static void print_agreed(const struct inspection *inspection)
{
	const struct snt_tls_info *info = &inspection->info;

	printf("tls://%s", inspection->address.text);
	if (!inspection->agreed) {
		puts("\n");
		return;
	}
	printf(", at %s\n\n", inspection->peer);
	printf("  agreed on    %s, %s, %s\n",
	       info->version == SNT_TLS_1_3 ? "TLS 1.3" : "TLS 1.2",
	       info->cipher, info->group[0] != '\0' ? info->group : "no group");
	printf("  ALPN         %s\n",
	       info->alpn[0] != '\0' ? info->alpn : "none");
}

static void print_versions(const struct inspection *inspection)
{
	for (size_t i = 0; i < VERSION_COUNT; i++) {
		const struct inspected_version *version =
			&inspection->versions[i];

		printf("  %-12s ", version->name);
		if (!version->accepted)
			printf("not accepted%s%s\n",
			       version->why[0] != '\0' ? ": " : "",
			       version->why);
		else if (version->cipher[0] == '\0')
			puts("accepted");
		else
			printf("accepted: %s%s%s\n", version->cipher,
			       version->group[0] != '\0' ? ", " : "",
			       version->group);
	}
}

static void print_certificate(const struct snt_certificate *cert, size_t number,
			      int64_t now)
{
	int64_t days = inspect_days_left(cert, now);
	char first[16], last[16];

	tls_day(first, sizeof first, cert->not_before);
	tls_day(last, sizeof last, cert->not_after);
	printf("\nCertificate %zu: %s\n", number, cert->subject);
	if (number == 0)
		printf("  names        %s\n",
		       cert->names[0] != '\0' ? cert->names : "none");
	printf("  issuer       %s\n", cert->issuer);
	if (days >= 0)
		printf("  valid        %s to %s, %" PRId64 " days left\n",
		       first, last, days);
	else
		printf("  valid        %s to %s, expired\n", first, last);
	printf("  key          %s%s\n", cert->key,
	       cert->authority ? ", an authority" : "");
	printf("  signature    %s\n", cert->signature);
	printf("  serial       %s\n", cert->serial);
	printf("  SHA-256      %s\n", cert->fingerprint);
	printf("  pin          %s\n", cert->pin);
}

void inspect_print(const struct inspection *inspection, int64_t now)
{
	print_agreed(inspection);
	print_versions(inspection);
	for (size_t i = 0; i < inspection->chain_count; i++)
		print_certificate(&inspection->chain[i], i, now);
	puts(inspection->trusted ? "\nA client would trust it."
				 : "\nA client would refuse it.");
	for (size_t i = 0; i < inspection->problem_count; i++)
		printf("  - %s\n", inspection->problems[i]);
}
