/* SPDX-License-Identifier: MIT */
/*
 * The secrets of connections, a line for each, for Wireshark: only where asked
 * for. The file is opened for each line and written in one piece, through the
 * seam like all files; so it may be moved away or removed meanwhile, several
 * processes may write to it, and nothing is kept open or buffered. What cannot
 * be written later on is lost in silence: no connection fails for want of it.
 */
#include "tls/parts.h"

#include "base/error.h"
#include "io/io.h"
#include "tls/build.h"

#include <stdio.h>

int snt__keylog_begin(const char *path)
{
	int code;

	if (path == NULL)
		return 0;
	code = snt__io->append(path, "", 0);
	return code < 0 ? snt__fail(code, "key log %s", path) : 0;
}

/* OpenSSL's longest has under 250 bytes. */
static void on_secret(const SSL *ssl, const char *line)
{
	const struct snt_tls_context *context =
		snt__tls_context_of(SSL_get_SSL_CTX(ssl));
	char text[512];
	int length = snprintf(text, sizeof text, "%s\n", line);

	if (length > 0 && (size_t)length < sizeof text)
		(void)snt__io->append(context->opts.keylog_filename, text,
				      (size_t)length);
	OPENSSL_cleanse(text, sizeof text);
}

void snt__build_keylog(SSL_CTX *native)
{
	SSL_CTX_set_keylog_callback(native, on_secret);
}
