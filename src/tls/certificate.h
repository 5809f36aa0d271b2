/* SPDX-License-Identifier: MIT */
/* OpenSSL's certificate as values for programs. */
#ifndef SNT_TLS_CERTIFICATE_H
#define SNT_TLS_CERTIFICATE_H

#include <openssl/x509.h>
#include <sennit/certificate.h>

/* -ENOMEM. */
int snt__certificate_read(X509 *certificate, struct snt_certificate *read);
/* The length; -ENOSPC, -ENOMEM. */
ptrdiff_t snt__certificate_write(X509 *certificate, char *buffer, size_t size);

#endif
