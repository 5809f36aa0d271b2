/* SPDX-License-Identifier: MIT */
/* What looking names up in small worlds gives, as text. */
#ifndef TESTS_SIM_LOOKUPS_H
#define TESTS_SIM_LOOKUPS_H

#include "small.h"

#include <sennit/resolve.h>

static struct snt_addr addrs[SNT_ADDRS_MAX];

/* What a look-up gives, as one text: "10.0.0.2:80 [fd00::2]:80". */
static const char *found(const char *host, const char *service,
			 const struct snt_getaddrinfo_opts *opts)
{
	static char text[1024];
	int count = snt_getaddrinfo(host, service, addrs, SNT_ADDRS_MAX, opts);

	text[0] = '\0';
	if (count < 0)
		snprintf(text, sizeof text, "%s", snt_errmsg());
	for (int i = 0; i < count; i++) {
		size_t length = strlen(text);

		if (i > 0)
			text[length++] = ' ';
		snt_addr_format(&addrs[i], text + length, sizeof text - length);
	}
	return text;
}

#endif
