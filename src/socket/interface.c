/* SPDX-License-Identifier: MIT */
/* Network interfaces, and how a text names one. */
#include "socket/interface.h"

#include "addr/endpoint.h"
#include "base/alloc.h"
#include "base/error.h"
#include "io/io.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 80

int snt_if_nameindex(struct snt_interface *interfaces, size_t capacity)
{
	int code = snt__io->if_nameindex(interfaces, capacity);

	return code < 0 ? snt__fail(code, "if_nameindex") : code;
}

int snt_if_nametoindex(const char *name)
{
	int code = name != NULL ? snt__io->if_nametoindex(name) : -EINVAL;

	return code < 0 ? snt__fail(code, "interface \"%s\"", name ? name : "")
			: code;
}

int snt_if_indextoname(unsigned index, char *name)
{
	int code = snt__io->if_indextoname(index, name);

	return code < 0 ? snt__fail(code, "interface %u", index) : 0;
}

int snt_interfaces(struct snt_interface_list **list)
{
	int code = snt__io->interfaces(list);

	return code < 0 ? snt__fail(code, "interfaces") : 0;
}

void snt_interface_list_free(struct snt_interface_list *list)
{
	/* Its block begins with it. */
	snt__free(list);
}

void snt_auto_interface_list(struct snt_interface_list **list)
{
	snt_interface_list_free(*list);
}

/* An IP address without a port, in the form that the parser reads. */
static bool parse_ip(const char *text, struct snt_addr *addr)
{
	char whole[TEXT_MAX + 8];
	bool v6 = strchr(text, ':') != NULL;
	struct snt__endpoint endpoint;

	snprintf(whole, sizeof whole, v6 ? "[%s]:0" : "%s:0", text);
	if (snt__endpoint_parse(&endpoint, whole, snt__io->if_nametoindex) <
		    0 ||
	    endpoint.kind != SNT__ENDPOINT_IP)
		return false;
	*addr = endpoint.addr;
	return true;
}

/* A link-local address without its zone is good enough here. */
static bool is_same(const struct snt_addr *asked, const struct snt_addr *has)
{
	struct snt_addr bare = *has;

	if (asked->sa.any.sa_family == AF_INET6 &&
	    asked->sa.in6.sin6_scope_id == 0)
		bare.sa.in6.sin6_scope_id = 0;
	return snt_addr_equal(asked, &bare);
}

/* The interface with that address; 0: none. */
static int index_with(const struct snt_addr *addr)
{
	snt_auto(interface_list) list = NULL;

	SNT_TRY(snt__io->interfaces(&list));
	for (size_t i = 0; i < list->count; i++) {
		const struct snt_interface_info *info = &list->interfaces[i];

		for (size_t j = 0; j < info->addr_count; j++)
			if (is_same(addr, &info->addrs[j].addr))
				return (int)info->index;
	}
	return 0;
}

static bool is_number(const char *text)
{
	while (*text >= '0' && *text <= '9')
		text++;
	return *text == '\0';
}

int snt__interface_index(const char *text, const char *what)
{
	struct snt_addr addr;
	int index;

	if (text == NULL || text[0] == '\0')
		return 0;
	if (is_number(text)) {
		unsigned long number = strtoul(text, NULL, 10);

		if (number >= 1 && number <= INT_MAX)
			return (int)number;
		return snt__fail(-ENODEV, "%s: interface %s", what, text);
	}
	index = snt__io->if_nametoindex(text);
	if (index > 0)
		return index;
	if (index != -ENODEV || strlen(text) >= TEXT_MAX ||
	    !parse_ip(text, &addr))
		return snt__fail(index, "%s: interface \"%.80s\"", what, text);
	index = index_with(&addr);
	if (index == 0)
		return snt__fail_text(-ENODEV,
				      "%s: no interface has the address %s",
				      what, text);
	return index > 0 ? index : snt__fail(index, "%s", what);
}
