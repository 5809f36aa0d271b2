/* SPDX-License-Identifier: MIT */
/*
 * Everything that may be written where an address may stand:
 *
 *   127.0.0.1:7000   [::1]:7000   [fe80::1%eth0]:7000   [fe80::1%2]:7000
 *   localhost:7000   example.org:https   :7000   *:7000
 *   unix:/run/x.sock   unix:relative/path   unix:@abstract   fd:3
 *
 * A text means one thing only, whatever exists on the machine. A host that is
 * called "unix" or "fd" is written with a trailing dot: "fd.:80".
 */
#ifndef SNT_ADDR_ENDPOINT_H
#define SNT_ADDR_ENDPOINT_H

#include <sennit/addr.h>

enum snt__endpoint_kind {
	SNT__ENDPOINT_IP,   /* addr, port */
	SNT__ENDPOINT_NAME, /* host, and port or service */
	SNT__ENDPOINT_ANY,  /* every interface: port or service */
	SNT__ENDPOINT_UNIX, /* addr */
	SNT__ENDPOINT_FD,   /* fd */
};

/* What a kind does not fill is all zero. */
struct snt__endpoint {
	enum snt__endpoint_kind kind;
	int fd;
	uint16_t port;
	char service[32]; /* "" where the port was written as a number */
	char host[256];
	struct snt_addr addr;
};

/*
 * Pure: zone_index turns the name of an interface into its index (> 0) or a
 * negative code; NULL: zones are numbers only. Writes *endpoint only with 0.
 * -EINVAL: malformed, or no such interface; else what zone_index answered.
 */
int snt__endpoint_parse(struct snt__endpoint *endpoint, const char *text,
			int (*zone_index)(const char *name)) SNT_MUST_CHECK;

/* The same for a literal: IP and UNIX; the other kinds are -EINVAL. */
int snt__addr_parse(struct snt_addr *addr, const char *text,
		    int (*zone_index)(const char *name)) SNT_MUST_CHECK;

#endif
