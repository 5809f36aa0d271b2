/* SPDX-License-Identifier: MIT */
#include "tls/reason.h"

#include "base/error.h"

#include <openssl/err.h>
#include <stdarg.h>
#include <stdio.h>

void snt__tls_forget(void)
{
	ERR_clear_error();
}

/* The first is what went wrong; those behind it, where that led to. */
int snt__tls_fail(const char *format, ...)
{
	unsigned long error = ERR_peek_error();
	char what[SNT__MESSAGE_MAX];
	const char *words;
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof what, format, args);
	va_end(args);
	if (error == 0 || ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE) {
		ERR_clear_error();
		return snt__fail(-ENOMEM, "%s", what);
	}
	words = ERR_reason_error_string(error);
	snt__fail_text(-SNT_ETLS, "%s: %s", what,
		       words != NULL ? words : "OpenSSL does not say why");
	ERR_clear_error();
	return -SNT_ETLS;
}
