/* SPDX-License-Identifier: MIT */
/*
 * The words that address texts are made of, each read strictly: one spelling
 * of a number, no leading zeros, no spaces, no signs.
 *
 * A scanner reads what stands between two places in a whole text, which it
 * gets for the sake of the message. It answers 0 or -EINVAL, and writes its
 * out-value only with 0.
 */
#ifndef SNT_ADDR_SCAN_H
#define SNT_ADDR_SCAN_H

#include <sennit/addr.h>

struct snt__word {
	const char *text; /* all of it, NUL-terminated */
	const char *begin;
	const char *end;
};

/*
 * Records what is wrong with a text, and at which offset; the text is quoted,
 * made safe for a terminal and cut. Returns -EINVAL.
 */
int snt__scan_refuse(const char *text, const char *at, const char *format, ...)
	__attribute__((format(printf, 3, 4), cold));

/* Nothing is wrong with the text, but what it needs failed with code. */
int snt__scan_fail(int code, const char *text, const char *what);

/* A decimal number up to max; what names it in the message. */
int snt__scan_number(uint32_t *number, struct snt__word word, uint32_t max,
		     const char *what);
/* Four decimal numbers and three dots. Network order. */
int snt__scan_ipv4(unsigned char bytes[4], struct snt__word word);
/* RFC 4291, 2.2: all three forms, without zone and brackets. */
int snt__scan_ipv6(unsigned char bytes[16], struct snt__word word);
/* A host name, RFC 1123 with underscores, that no resolver takes for IPv4. */
int snt__scan_name(struct snt__word word);
/* The name of a service, kept with its NUL in size bytes. */
int snt__scan_service(char *service, size_t size, struct snt__word word);
/* What follows "unix:". \xNN stands for that byte, as snt_addr_format writes. */
int snt__scan_unix(struct snt_addr *addr, struct snt__word word);

#endif
