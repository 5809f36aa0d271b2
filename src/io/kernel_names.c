/* SPDX-License-Identifier: MIT */
/*
 * The C library's resolver, which knows nsswitch, hosts files and mDNS. The
 * look-ups wait; they are for a pool's threads.
 */
#include "io/fork.h"
#include "io/kernel.h"

#include <netdb.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

/* Those who look up read; a fork, which must not wait behind an endless row of
 * them, writes. */
#ifdef PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP
#define NEW_LOCK                                                               \
	((pthread_rwlock_t)PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP)
#else
#define NEW_LOCK ((pthread_rwlock_t)PTHREAD_RWLOCK_INITIALIZER)
#endif
static pthread_rwlock_t lookups = NEW_LOCK;
static bool lookups_held; /* guarded by what a fork holds */

/* The C library's words are capitalized, and one is about flags. */
static const char *words_of(int eai)
{
	switch (eai) {
	case EAI_NONAME:
		return "name or service not known";
	case EAI_AGAIN:
		return "no name server answered, try again later";
	case EAI_FAIL:
		return "the name server failed";
	case EAI_FAMILY:
		return "address family not supported";
	case EAI_SERVICE:
		return "no such service";
#ifdef EAI_NODATA
	case EAI_NODATA:
		return "the name has no address";
#endif
#ifdef EAI_ADDRFAMILY
	case EAI_ADDRFAMILY:
		return "the name has no address of this family";
#endif
	default:
		return gai_strerror(eai);
	}
}

int snt__lookup_code(int eai, const char **reason)
{
	*reason = words_of(eai);
	switch (eai) {
	case EAI_SYSTEM:
		*reason = snt_strerror(-errno);
		return errno == EMFILE || errno == ENFILE || errno == ENOMEM
			       ? -errno
			       : -SNT_ERESOLVE;
	case EAI_MEMORY:
		return -ENOMEM;
	case EAI_NONAME:
	case EAI_SERVICE:
#ifdef EAI_NODATA
	case EAI_NODATA:
#endif
#ifdef EAI_ADDRFAMILY
	case EAI_ADDRFAMILY:
#endif
		return -SNT_ENONAME;
	case EAI_FAMILY:
	case EAI_SOCKTYPE:
	case EAI_BADFLAGS:
		return -EINVAL;
	default:
		return -SNT_ERESOLVE;
	}
}

static bool is_listed(const struct snt_addr *addrs, size_t count,
		      const struct snt_addr *addr)
{
	for (size_t i = 0; i < count; i++)
		if (snt_addr_equal(&addrs[i], addr))
			return true;
	return false;
}

int snt__kernel_getaddrinfo(const struct snt__lookup *lookup,
			    struct snt_addr *addrs, size_t capacity,
			    const char **reason)
{
	struct addrinfo hints = { .ai_family = lookup->family,
				  .ai_socktype = lookup->type,
				  .ai_flags =
					  lookup->passive ? AI_PASSIVE : 0 };
	struct addrinfo *found;
	size_t count = 0;
	int eai;

	errno = 0;
	pthread_rwlock_rdlock(&lookups);
	eai = getaddrinfo(lookup->host, lookup->service, &hints, &found);
	pthread_rwlock_unlock(&lookups);
	if (eai != 0)
		return snt__lookup_code(eai, reason);
	for (const struct addrinfo *info = found; info != NULL;
	     info = info->ai_next) {
		struct snt_addr addr = { .size = info->ai_addrlen };

		if (info->ai_addrlen > sizeof addr.sa)
			continue;
		memcpy(&addr.sa, info->ai_addr, info->ai_addrlen);
		if (count < capacity && !is_listed(addrs, count, &addr))
			addrs[count++] = addr;
	}
	freeaddrinfo(found);
	return (int)count;
}

int snt__kernel_getnameinfo(const struct snt_addr *addr,
			    struct snt_nameinfo *info,
			    const struct snt_getnameinfo_opts *opts,
			    const char **reason)
{
	int flags = (opts->numeric ? NI_NUMERICHOST | NI_NUMERICSERV : 0) |
		    (opts->datagram ? NI_DGRAM : 0);
	struct snt_nameinfo found;
	int eai;

	errno = 0;
	pthread_rwlock_rdlock(&lookups);
	eai = getnameinfo(&addr->sa.any, addr->size, found.host,
			  sizeof found.host, found.service,
			  sizeof found.service, flags);
	pthread_rwlock_unlock(&lookups);
	if (eai != 0)
		return snt__lookup_code(eai, reason);
	*info = found;
	return 0;
}

/* One that asks a name server that is silent holds no lock meanwhile. */
#define FORK_PATIENCE (100 * SNT_MILLISECOND)

void snt__lookups_hold(void)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += FORK_PATIENCE;
	until.tv_sec += until.tv_nsec / SNT_SECOND;
	until.tv_nsec %= SNT_SECOND;
	lookups_held = pthread_rwlock_timedwrlock(&lookups, &until) == 0;
}

void snt__lookups_let_go(void)
{
	if (lookups_held)
		pthread_rwlock_unlock(&lookups);
}

/* Its holder has another number in the child. */
void snt__lookups_begin_anew(void)
{
	lookups = NEW_LOCK;
	lookups_held = false;
}
