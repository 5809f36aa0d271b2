/* SPDX-License-Identifier: MIT */
/*
 * Takes an address text apart. Which form it is follows from its first bytes
 * alone ("unix:", "fd:", "["), so that no form is tried after another failed
 * and every message speaks of the form that was meant.
 */
#include "addr/endpoint.h"

#include "addr/scan.h"
#include "base/error.h"

#include <arpa/inet.h>
#include <limits.h>
#include <string.h>

/* What Linux calls an interface: at most 15 bytes, IF_NAMESIZE with its NUL. */
#define ZONE_NAME_SIZE 16

#define DIGITS "0123456789"

typedef int zone_lookup(const char *name);

/* What word is part of has a NUL, so no search runs beyond it. */
static bool consists_of(struct snt__word word, const char *bytes)
{
	return strspn(word.begin, bytes) >= (size_t)(word.end - word.begin);
}

static int scan_port(uint16_t *port, struct snt__word word)
{
	uint32_t number;

	SNT_TRY(snt__scan_number(&number, word, UINT16_MAX, "the port"));
	*port = (uint16_t)number;
	return 0;
}

static int scan_port_or_service(struct snt__endpoint *endpoint,
				struct snt__word word)
{
	if (word.begin == word.end)
		return snt__scan_refuse(word.text, word.begin,
					"the port is missing; write 0 to 65535 "
					"or the name of a service");
	if (consists_of(word, DIGITS))
		return scan_port(&endpoint->port, word);
	return snt__scan_service(endpoint->service, sizeof endpoint->service,
				 word);
}

static int scan_zone_name(uint32_t *zone, struct snt__word word,
			  zone_lookup *zone_index)
{
	size_t length = (size_t)(word.end - word.begin);
	char name[ZONE_NAME_SIZE] = "";
	int index;

	for (const char *at = word.begin; at < word.end; at++)
		if ((unsigned char)*at <= ' ' || *at == 0x7f || *at == '/' ||
		    *at == ':')
			return snt__scan_refuse(word.text, at,
						"a zone is the number or the "
						"name of an interface");
	if (length >= sizeof name)
		return snt__scan_refuse(word.text, word.begin,
					"the name of an interface has no more "
					"than %d bytes",
					ZONE_NAME_SIZE - 1);
	memcpy(name, word.begin, length);
	if (zone_index == NULL)
		return snt__scan_refuse(word.text, word.begin,
					"names of interfaces cannot be looked "
					"up here; write its number");
	index = zone_index(name);
	if (index == 0 || index == -ENODEV || index == -ENXIO ||
	    index == -EINVAL)
		return snt__scan_refuse(word.text, word.begin,
					"no interface has this name");
	if (index < 0)
		return snt__scan_fail(index, word.text,
				      "look up the interface");
	*zone = (uint32_t)index;
	return 0;
}

static int scan_zone(uint32_t *zone, struct snt__word word,
		     zone_lookup *zone_index)
{
	uint32_t number;

	if (word.begin == word.end)
		return snt__scan_refuse(word.text, word.begin,
					"the zone is missing; write the number "
					"or the name of an interface, or no "
					"\"%%\"");
	if (!consists_of(word, DIGITS))
		return scan_zone_name(zone, word, zone_index);
	SNT_TRY(snt__scan_number(&number, word, UINT32_MAX, "the zone"));
	if (number == 0)
		return snt__scan_refuse(word.text, word.begin - 1,
					"zone 0 means none; leave \"%%0\" out");
	*zone = number;
	return 0;
}

/* "[" stands at word.begin. */
static int scan_bracketed(struct snt__endpoint *endpoint, struct snt__word word,
			  zone_lookup *zone_index)
{
	struct sockaddr_in6 *in6 = &endpoint->addr.sa.in6;
	struct snt__word inside = word, port = word;
	const char *zone;

	inside.begin++;
	inside.end =
		memchr(inside.begin, ']', (size_t)(word.end - inside.begin));
	if (inside.end == NULL)
		return snt__scan_refuse(word.text, word.begin,
					"the bracket is not closed; write "
					"[::1]:PORT");
	if (inside.end[1] != ':')
		return snt__scan_refuse(word.text, inside.end + 1,
					"after the bracket stands the port, as "
					"in [::1]:7000");
	port.begin = inside.end + 2;
	zone = memchr(inside.begin, '%', (size_t)(inside.end - inside.begin));
	if (zone != NULL)
		inside.end = zone;
	if (memchr(inside.begin, ':', (size_t)(inside.end - inside.begin)) ==
	    NULL)
		return snt__scan_refuse(word.text, inside.begin,
					"in brackets stands an IPv6 address, "
					"as in [::1]:7000");
	SNT_TRY(snt__scan_ipv6(in6->sin6_addr.s6_addr, inside));
	if (zone != NULL) {
		inside.begin = zone + 1;
		inside.end = port.begin - 2;
		SNT_TRY(scan_zone(&in6->sin6_scope_id, inside, zone_index));
	}
	SNT_TRY(scan_port(&endpoint->port, port));
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(endpoint->port);
	endpoint->addr.size = sizeof *in6;
	return 0;
}

static int scan_quad(struct snt__endpoint *endpoint, struct snt__word host,
		     struct snt__word port)
{
	struct sockaddr_in *in = &endpoint->addr.sa.in;
	unsigned char bytes[4];

	SNT_TRY(snt__scan_ipv4(bytes, host));
	SNT_TRY(scan_port(&endpoint->port, port));
	in->sin_family = AF_INET;
	in->sin_port = htons(endpoint->port);
	memcpy(&in->sin_addr, bytes, sizeof bytes);
	endpoint->addr.size = sizeof *in;
	return 0;
}

static int refuse_without_port(struct snt__word word)
{
	if (*word.begin == '/' || *word.begin == '@')
		return snt__scan_refuse(word.text, word.begin,
					"a Unix socket is written unix:/a/path "
					"or unix:@name");
	return snt__scan_refuse(word.text, word.end,
				"the port is missing; write HOST:PORT");
}

static int scan_host_and_port(struct snt__endpoint *endpoint,
			      struct snt__word word)
{
	struct snt__word host = word, port = word;
	size_t length;

	host.end = memchr(word.begin, ':', (size_t)(word.end - word.begin));
	if (host.end == NULL)
		return refuse_without_port(word);
	if (strncmp(host.end, "://", 3) == 0)
		return snt__scan_refuse(
			word.text, word.begin,
			"an address is no URL; write HOST:PORT");
	port.begin = host.end + 1;
	if (memchr(port.begin, ':', (size_t)(port.end - port.begin)) != NULL)
		return snt__scan_refuse(word.text, host.end,
					"more than one \":\"; put brackets "
					"round an IPv6 address, as in "
					"[::1]:7000");
	length = (size_t)(host.end - host.begin);
	if (length == 0 || (length == 1 && *host.begin == '*')) {
		endpoint->kind = SNT__ENDPOINT_ANY;
	} else if (consists_of(host, DIGITS ".")) {
		/* Meant as IPv4, right or wrong; never a name to look up. */
		endpoint->kind = SNT__ENDPOINT_IP;
		return scan_quad(endpoint, host, port);
	} else {
		endpoint->kind = SNT__ENDPOINT_NAME;
		SNT_TRY(snt__scan_name(host));
		memcpy(endpoint->host, host.begin, length);
	}
	return scan_port_or_service(endpoint, port);
}

static int scan_fd(struct snt__endpoint *endpoint, struct snt__word word)
{
	uint32_t number;

	SNT_TRY(snt__scan_number(&number, word, INT_MAX,
				 "the number of the descriptor"));
	endpoint->fd = (int)number;
	return 0;
}

int snt__endpoint_parse(struct snt__endpoint *endpoint, const char *text,
			zone_lookup *zone_index)
{
	struct snt__endpoint read = { 0 };
	struct snt__word word = { .text = text, .begin = text };

	if (text == NULL)
		return snt__fail_text(-EINVAL, "address: NULL is no text");
	if (*text == '\0')
		return snt__scan_refuse(text, text,
					"it is empty; write HOST:PORT");
	word.end = text + strlen(text);
	if (strncmp(text, "unix:", 5) == 0) {
		read.kind = SNT__ENDPOINT_UNIX;
		word.begin += 5;
		SNT_TRY(snt__scan_unix(&read.addr, word));
	} else if (strncmp(text, "fd:", 3) == 0) {
		read.kind = SNT__ENDPOINT_FD;
		word.begin += 3;
		SNT_TRY(scan_fd(&read, word));
	} else if (*text == '[') {
		read.kind = SNT__ENDPOINT_IP;
		SNT_TRY(scan_bracketed(&read, word, zone_index));
	} else {
		SNT_TRY(scan_host_and_port(&read, word));
	}
	*endpoint = read;
	return 0;
}

int snt__addr_parse(struct snt_addr *addr, const char *text,
		    zone_lookup *zone_index)
{
	struct snt__endpoint endpoint;

	SNT_TRY(snt__endpoint_parse(&endpoint, text, zone_index));
	switch (endpoint.kind) {
	case SNT__ENDPOINT_IP:
	case SNT__ENDPOINT_UNIX:
		*addr = endpoint.addr;
		return 0;
	case SNT__ENDPOINT_NAME:
		return snt__scan_refuse(text, text,
					"a name, which stands for no address "
					"before it is looked up");
	case SNT__ENDPOINT_ANY:
		return snt__scan_refuse(text, text,
					"no host; for every interface write "
					"0.0.0.0:PORT or [::]:PORT");
	case SNT__ENDPOINT_FD:
		break;
	}
	return snt__scan_refuse(text, text,
				"a descriptor is no address; write HOST:PORT");
}
