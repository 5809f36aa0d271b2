/* SPDX-License-Identifier: MIT */
/* Who a tls:// server of the tool is: --cert, or a certificate made for the
 * run, with a file that a client can be told to trust. */
#ifndef CLI_TLS_SERVER_H
#define CLI_TLS_SERVER_H

#include "address.h"
#include "options.h"

#include <limits.h>

/* All zero: no TLS. */
struct tls_server {
	const struct options *options;
	struct snt_tls_context *context; /* NULL where no address is tls:// */
	bool made;                       /* for this run */
	char folder[PATH_MAX];           /* ours alone, "" if there is none */
	char file[PATH_MAX];             /* in it: the certificate made */
};

/* For those of the addresses that are tls://. 0, or a status after it has said
 * why. */
int tls_server_open(struct tls_server *server, const struct options *options,
		    const struct address *addresses, size_t count);

/* Tells on stderr of a certificate that was made, and of the command that
 * trusts it, if there is one. */
void tls_server_tell(const struct tls_server *server,
		     const struct address *address,
		     const struct snt_socket *socket);

/* On SIGHUP: reads --cert again, and says what came of it. False: there is
 * nothing to read, the signal means the end. */
bool tls_server_renew(struct tls_server *server);

/* Removes the file, and no more: before _exit. Again does nothing. */
void tls_server_forget(struct tls_server *server);

void tls_server_close(struct tls_server *server);

#endif
