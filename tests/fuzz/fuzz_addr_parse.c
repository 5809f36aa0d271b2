/* SPDX-License-Identifier: MIT */
/*
 * Reads any bytes as an address, as an endpoint and as the bytes of an address
 * struct. What is accepted must print and read back as itself, must be what
 * inet_pton(3) reads, and of a name must have the shape of one; what is refused
 * must leave the out-value alone and a sentence that a terminal can show.
 */
#include "addr/endpoint.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                       \
	do {                                                                   \
		if (!(condition))                                              \
			__builtin_trap();                                      \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Some names exist, some do not, one lookup fails. */
static int zone_index(const char *name)
{
	CHECK(strlen(name) < 16 && strlen(name) > 0);
	switch (name[0]) {
	case 'e':
		return (unsigned char)name[strlen(name) - 1];
	case 'm':
		return -EMFILE;
	default:
		return -ENODEV;
	}
}

static void check_reads_back(const struct snt_addr *addr)
{
	char text[1024], again[1024];
	struct snt_addr back;

	CHECK(snt_addr_format(addr, text, sizeof text) < sizeof text);
	CHECK(snt__addr_parse(&back, text, NULL) == 0);
	CHECK(snt_addr_equal(addr, &back));
	CHECK(snt_addr_equal(&back, addr));
	CHECK(snt_addr_port(addr) == snt_addr_port(&back));
	snt_addr_format(&back, again, sizeof again);
	CHECK(strcmp(text, again) == 0);
}

static void check_against_libc(const struct snt_addr *addr, const char *text)
{
	unsigned char bytes[16];
	char host[64];
	size_t length;

	if (addr->sa.any.sa_family == AF_INET6) {
		text++;
		length = strcspn(text, "]%");
	} else {
		length = strcspn(text, ":");
	}
	CHECK(length < sizeof host);
	memcpy(host, text, length);
	host[length] = '\0';
	CHECK(inet_pton(addr->sa.any.sa_family, host, bytes) == 1);
	if (addr->sa.any.sa_family == AF_INET)
		CHECK(memcmp(bytes, &addr->sa.in.sin_addr, 4) == 0);
	else
		CHECK(memcmp(bytes, &addr->sa.in6.sin6_addr, 16) == 0);
}

static void check_name(const struct snt__endpoint *endpoint)
{
	size_t length = strlen(endpoint->host), service;
	struct in_addr in;

	CHECK(length > 0 && length <= 254);
	CHECK(strspn(endpoint->host, "abcdefghijklmnopqrstuvwxyz"
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789-_.") == length);
	CHECK(strstr(endpoint->host, "..") == NULL);
	CHECK(endpoint->host[0] != '.' && endpoint->host[0] != '-');
	CHECK(inet_aton(endpoint->host, &in) == 0);
	service = strlen(endpoint->service);
	CHECK(service < sizeof endpoint->service);
	CHECK(service == 0 || endpoint->port == 0);
}

static void check_message(void)
{
	const char *message = snt_errmsg();

	CHECK(strncmp(message, "address \"", 9) == 0);
	for (; *message != '\0'; message++)
		CHECK(*message >= ' ' && *message <= '~');
}

static void read_text(const char *text)
{
	struct snt__endpoint endpoint, untouched;
	struct snt_addr addr;
	int as_endpoint, as_addr;

	memset(&endpoint, 0xa5, sizeof endpoint);
	memset(&untouched, 0xa5, sizeof untouched);
	as_addr = snt__addr_parse(&addr, text, zone_index);
	if (as_addr != 0)
		check_message();
	as_endpoint = snt__endpoint_parse(&endpoint, text, zone_index);
	if (as_endpoint != 0) {
		CHECK(as_endpoint == -EINVAL || as_endpoint == -EMFILE);
		CHECK(as_addr == as_endpoint);
		CHECK(memcmp(&endpoint, &untouched, sizeof endpoint) == 0);
		check_message();
		return;
	}
	switch (endpoint.kind) {
	case SNT__ENDPOINT_IP:
		check_against_libc(&endpoint.addr, text);
		CHECK(snt_addr_port(&endpoint.addr) == endpoint.port);
		__attribute__((fallthrough));
	case SNT__ENDPOINT_UNIX:
		CHECK(as_addr == 0 && snt_addr_equal(&addr, &endpoint.addr));
		check_reads_back(&addr);
		return;
	case SNT__ENDPOINT_NAME:
		check_name(&endpoint);
		break;
	case SNT__ENDPOINT_FD:
		CHECK(endpoint.fd >= 0);
		break;
	case SNT__ENDPOINT_ANY:
		CHECK(endpoint.host[0] == '\0');
		break;
	}
	CHECK(as_addr == -EINVAL);
}

/* On the heap, where a byte read beyond it is seen. */
static void read_struct(const uint8_t *data, size_t size)
{
	struct snt_addr *addr = calloc(1, sizeof *addr), back;
	char text[1024];

	CHECK(addr != NULL);
	memcpy(addr, data, size < sizeof *addr ? size : sizeof *addr);
	if (size < sizeof *addr)
		addr->size = (socklen_t)size;
	CHECK(snt_addr_format(addr, text, sizeof text) < sizeof text);
	CHECK(snt_addr_equal(addr, addr));
	if (snt__addr_parse(&back, text, NULL) == 0)
		CHECK(snt_addr_equal(addr, &back));
	if (snt_addr_set_port(addr, 7000) == 0)
		check_reads_back(addr);
	free(addr);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	CHECK(text != NULL);
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	read_text(text);
	free(text);
	if (size > 0)
		read_struct(data, size);
	return 0;
}
