/* SPDX-License-Identifier: MIT */
/*
 * What is printed can be given to another sennit as it stands, so schemes are
 * kept and a port of 0 appears as what it became. TLS goes over any stream, so
 * tls:// may stand before unix: and fd: too.
 */
#include "address.h"

#include "exit_code.h"

#include <string.h>

/* More addresses than a server of the library has. */
#define NAMES_MAX 64

#define GROUP_TEXT 160

static const struct scheme {
	const char *name;
	const char *shown; /* in what is printed */
	int type;
	bool tls;
	bool over_unix;
	bool is_group;
	bool is_seq;
} schemes[] = {
	{ .name = "tcp://", .shown = "", .type = SOCK_STREAM },
	{ .name = "udp://", .shown = "udp://", .type = SOCK_DGRAM },
	{ .name = "tls://",
	  .shown = "tls://",
	  .type = SOCK_STREAM,
	  .tls = true,
	  .over_unix = true },
	{ .name = "mcast://",
	  .shown = "mcast://",
	  .type = SOCK_DGRAM,
	  .is_group = true },
	{ .name = "seq://",
	  .shown = "seq://",
	  .type = SOCK_DGRAM,
	  .is_seq = true },
};

static const struct scheme no_scheme = {
	.name = "", .shown = "", .type = SOCK_STREAM, .over_unix = true
};

static const struct scheme *find_scheme(const char *text)
{
	for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
		if (strncmp(text, schemes[i].name, strlen(schemes[i].name)) ==
		    0)
			return &schemes[i];
	return &no_scheme;
}

static int refuse(const char *text, const char *why)
{
	fprintf(stderr, "sennit: address \"mcast://%s\": %s\n", text, why);
	return STATUS_ADDRESS;
}

/* A source has no port: one is put behind it for the parser. */
static int read_source(struct address *address, const char *text, size_t size)
{
	char source[GROUP_TEXT];
	bool bare = memchr(text, ':', size) != NULL && text[0] != '[';

	if (size == 0 || size + 8 > sizeof source)
		return refuse(address->text, "no source stands before the @");
	snprintf(source, sizeof source, "%s%.*s%s:0", bare ? "[" : "",
		 (int)size, text, bare ? "]" : "");
	address->has_source = true;
	return snt_addr_parse(&address->source, source) < 0
		       ? report(PHASE_CONNECT, -EINVAL)
		       : STATUS_OK;
}

static bool is_group(const struct snt_addr *addr)
{
	if (addr->sa.any.sa_family == AF_INET)
		return IN_MULTICAST(ntohl(addr->sa.in.sin_addr.s_addr));
	return addr->sa.any.sa_family == AF_INET6 &&
	       IN6_IS_ADDR_MULTICAST(&addr->sa.in6.sin6_addr);
}

/* SOURCE@GROUP:PORT%INTERFACE, where the first and the last may be missing. */
static int read_group(struct address *address)
{
	const char *text = address->text, *at = strchr(text, '@'), *end;
	char group[GROUP_TEXT];
	int status;

	if (at != NULL) {
		status = read_source(address, text, (size_t)(at - text));
		if (status != STATUS_OK)
			return status;
		text = at + 1;
	}
	/* One in brackets is the library's zone. */
	end = strrchr(text, ']');
	end = strchr(end != NULL ? end : text, '%');
	if (end != NULL)
		address->interface = end + 1;
	else
		end = text + strlen(text);
	if (address->interface != NULL && address->interface[0] == '\0')
		return refuse(address->text,
			      "no interface stands behind the %; see sennit "
			      "interfaces");
	if ((size_t)(end - text) >= sizeof group)
		return refuse(address->text, "it is too long");
	snprintf(group, sizeof group, "%.*s", (int)(end - text), text);
	if (snt_addr_parse(&address->group, group) < 0)
		return report(PHASE_CONNECT, -EINVAL);
	if (!is_group(&address->group))
		return refuse(address->text,
			      "not a group: those are 224.0.0.0 to "
			      "239.255.255.255, and ff00::/8");
	return STATUS_OK;
}

bool address_is_seq(const char *text)
{
	return find_scheme(text)->is_seq;
}

int address_read(struct address *address, const char *text)
{
	const struct scheme *scheme = find_scheme(text);
	struct address read = {
		.text = text + strlen(scheme->name),
		.scheme = scheme->shown,
		.type = scheme->type,
		.tls = scheme->tls,
		.is_group = scheme->is_group,
		.is_seq = scheme->is_seq,
	};
	int status = STATUS_OK;

	if (!scheme->over_unix && strncmp(read.text, "unix:", 5) == 0) {
		fprintf(stderr,
			"sennit: address \"%s\": a Unix socket takes no %s; "
			"write %s\n",
			text, scheme->name, read.text);
		return STATUS_ADDRESS;
	}
	read.has_port = !read.is_group && strncmp(read.text, "unix:", 5) != 0 &&
			strncmp(read.text, "fd:", 3) != 0;
	if (read.is_group)
		status = read_group(&read);
	*address = read;
	return status;
}

void address_host(char host[ADDRESS_HOST], const struct address *address)
{
	const char *text = address->text;
	const char *colon = strrchr(text, ':');
	size_t length, zone = strcspn(text, "%");

	host[0] = '\0';
	if (!address->has_port || colon == NULL)
		return;
	length = (size_t)(colon - text);
	if (length >= 2 && text[0] == '[' && text[length - 1] == ']') {
		text++;
		zone--;
		length -= 2;
	}
	if (zone < length)
		length = zone;
	if (length >= ADDRESS_HOST)
		return;
	memcpy(host, text, length);
	host[length] = '\0';
}

/* As it would be written: the interface behind it, and not as a zone. */
static void print_group(FILE *file, const struct address *address,
			const struct snt_addr *bound)
{
	struct snt_addr name = *bound, source = address->source;
	char text[SNT_ADDR_TEXT];

	if (name.sa.any.sa_family == AF_INET6 && address->interface != NULL)
		name.sa.in6.sin6_scope_id = 0;
	if (address->has_source) {
		snt_addr_format(&source, text, sizeof text);
		fprintf(file, "%.*s@", (int)(strlen(text) - 2), text);
	}
	snt_addr_format(&name, text, sizeof text);
	fprintf(file, "%s%s%s", text, address->interface != NULL ? "%" : "",
		address->interface != NULL ? address->interface : "");
}

void address_name(FILE *file, const struct address *address,
		  const struct snt_addr *bound)
{
	char text[SNT_ADDR_TEXT];

	fputs(address->scheme, file);
	snt_addr_format(bound, text, sizeof text);
	if (address->is_group)
		print_group(file, address, bound);
	else
		fputs(text, file);
}

int address_print(FILE *file, const struct address *address,
		  const struct snt_socket *server)
{
	struct snt_addr names[NAMES_MAX];
	int count = snt_getsocknames(server, names, NAMES_MAX);

	for (int i = 0; i < count && i < NAMES_MAX; i++) {
		fputs("listening on ", file);
		address_name(file, address, &names[i]);
		fputc('\n', file);
	}
	return count < 0 ? count : 0;
}
