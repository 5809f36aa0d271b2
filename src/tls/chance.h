/* SPDX-License-Identifier: MIT */
/*
 * OpenSSL's randomness in a simulated world: a library context of its own,
 * where every random byte is asked of the seam of the thread that runs, and
 * nothing is kept between two askings. Made once, for all worlds.
 */
#ifndef SNT_TLS_CHANCE_H
#define SNT_TLS_CHANCE_H

#include <openssl/types.h>

/* -ENOMEM, -SNT_ETLS. Any thread. */
int snt__tls_chance(OSSL_LIB_CTX **chance);

#endif
