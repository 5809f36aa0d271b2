/* SPDX-License-Identifier: MIT */
/*
 * Socket addresses as values: parsed from text, printed as text, compared.
 * Nothing here waits, allocates or asks the network; see resolve.h for names.
 *
 *   127.0.0.1:7000   [::1]:7000   [fe80::1%eth0]:7000   [fe80::1%2]:7000
 *   unix:/run/x.sock   unix:@abstract
 *
 * ip(7), ipv6(7), unix(7), RFC 4291 (IPv6 text), RFC 4007 (zones), RFC 5952
 * (the printed form of IPv6).
 */
#ifndef SENNIT_ADDR_H
#define SENNIT_ADDR_H

#include <netinet/in.h>
#include <sennit/base.h>
#include <sys/socket.h>
#include <sys/un.h>

#ifdef __cplusplus
extern "C" {
#endif

/* All zero is a valid value: "no address" (AF_UNSPEC, size 0). */
struct snt_addr {
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
	} sa;
	socklen_t size; /* bytes of sa in use */
};

/* Enough for every text snt_addr_format writes, its NUL included: a Unix path
 * of nothing but unprintable bytes. */
#define SNT_ADDR_TEXT 448

/*
 * Reads a literal. Names (even "localhost") and service names are refused:
 * snt_getaddrinfo looks those up. Port 0 is allowed: bind gives it meaning.
 * Any thread, never waits.
 * -EINVAL: not an address; snt_errmsg() says what is wrong and where. A zone's
 * name that could not be looked up: the reason, such as -EMFILE.
 */
SNT_API SNT_MUST_CHECK int snt_addr_parse(struct snt_addr *addr,
					  const char *text);

/*
 * Writes addr's text form, NUL-terminated, cut to size. Returns the length of
 * the whole text, like snprintf(3). Bytes of a Unix path that are not
 * printable appear as \xNN, which snt_addr_parse reads back. AF_UNSPEC prints
 * as "-", an unnamed Unix socket as "unix:".
 */
SNT_API size_t snt_addr_format(const struct snt_addr *addr, char *text,
			       size_t size);

/* Port in host order; 0 where the family has none. */
SNT_API uint16_t snt_addr_port(const struct snt_addr *addr);

/* -EAFNOSUPPORT: the family has no ports. */
SNT_API SNT_MUST_CHECK int snt_addr_set_port(struct snt_addr *addr,
					     uint16_t port);

/* Same family, address, port and zone; IPv6 flow labels do not count. */
SNT_API bool snt_addr_equal(const struct snt_addr *a, const struct snt_addr *b);

#ifdef __cplusplus
}
#endif
#endif
