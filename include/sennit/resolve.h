/* SPDX-License-Identifier: MIT */
/*
 * Names to addresses and back, and network interfaces. Looking up a name runs
 * getaddrinfo(3) on a bounded pool of threads of its own, so a slow name
 * server stops no other fiber and a deadline or cancel ends the wait at once; a
 * fiber alone on its thread, under no deadline, does it itself. Literals and
 * "localhost" (RFC 6761, 6.3) with a port number need neither.
 */
#ifndef SENNIT_RESOLVE_H
#define SENNIT_RESOLVE_H

#include <sennit/addr.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Most addresses of one name that are looked at. */
#define SNT_ADDRS_MAX 32

struct snt_getaddrinfo_opts {
	int family;   /* AF_INET, AF_INET6; 0: both */
	int type;     /* SOCK_STREAM, SOCK_DGRAM; 0: SOCK_STREAM */
	bool passive; /* host NULL or "" means every interface, not loopback */
};

/*
 * Addresses of host and service (a port number, or a name such as "https"),
 * in the order to try them (RFC 6724), duplicates removed. Writes at most
 * capacity of them and returns how many there are. Waits. opts may be NULL.
 * -SNT_ENONAME, -SNT_ERESOLVE (also: resolver busy), -EINVAL (NULL or
 * malformed), -ECANCELED, -ETIMEDOUT, -ENOMEM, -EMFILE, -ENFILE.
 */
SNT_API SNT_MUST_CHECK int
snt_getaddrinfo(const char *host, const char *service, struct snt_addr *addrs,
		size_t capacity, const struct snt_getaddrinfo_opts *opts);

struct snt_nameinfo {
	char host[1025];
	char service[32];
};

struct snt_getnameinfo_opts {
	bool numeric;  /* no look-up: host and service as numbers */
	bool datagram; /* the service's name for UDP */
};

/* The reverse; as getnameinfo(3). Waits unless numeric. Errors as above. */
SNT_API SNT_MUST_CHECK int
snt_getnameinfo(const struct snt_addr *addr, struct snt_nameinfo *info,
		const struct snt_getnameinfo_opts *opts);

/* Most look-ups at work at a time, and most threads with those that hang in
 * look-ups given up; past both a look-up fails with "resolver busy". */
#define SNT_RESOLVER_THREADS 4
#define SNT_RESOLVER_THREADS_MAX 16

/* Other limits than these, for later look-ups of the whole process.
 * -EINVAL unless 1 <= threads <= most <= 4096. */
SNT_API SNT_MUST_CHECK int snt_resolver_set_threads(int threads, int most);

struct snt_interface {
	unsigned index;
	char name[16];
};

/* Writes at most capacity interfaces, returns how many there are. -ENOMEM. */
SNT_API SNT_MUST_CHECK int snt_if_nameindex(struct snt_interface *interfaces,
					    size_t capacity);
/* The index of the interface called name. -ENODEV, -EINVAL. */
SNT_API SNT_MUST_CHECK int snt_if_nametoindex(const char *name);
/* Its name (at least 16 bytes of room). -ENXIO. */
SNT_API SNT_MUST_CHECK int snt_if_indextoname(unsigned index, char *name);

#ifdef __cplusplus
}
#endif
#endif
