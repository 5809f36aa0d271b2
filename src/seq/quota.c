/* SPDX-License-Identifier: MIT */
/* A count for each address that has a session, in memory of its own: a flood
 * of addresses without sessions takes none. */
#include "seq/quota.h"

#include "base/alloc.h"
#include "base/list.h"

#include <string.h>

int snt__seq_quotas_begin(struct snt__seq_quotas *quotas, uint64_t mix)
{
	quotas->mix = mix | 1;
	return snt__seq_table_begin(&quotas->table);
}

/* An IPv4 address has the same key in both of its forms. */
static uint64_t key_of(const struct snt__seq_quotas *quotas,
		       const struct snt_addr *addr)
{
	const struct in6_addr *ip = &addr->sa.in6.sin6_addr;
	uint64_t key = 0;
	uint32_t ip4;

	if (addr->sa.any.sa_family == AF_INET) {
		key = addr->sa.in.sin_addr.s_addr;
	} else if (IN6_IS_ADDR_V4MAPPED(ip)) {
		memcpy(&ip4, ip->s6_addr + 12, sizeof ip4);
		key = ip4;
	} else {
		memcpy(&key, ip->s6_addr, sizeof key);
		/* On a link, everybody has the same 64. */
		if (IN6_IS_ADDR_LINKLOCAL(ip) || IN6_IS_ADDR_LOOPBACK(ip))
			memcpy(&key, ip->s6_addr + 8, sizeof key);
		key ^= UINT64_C(1) << 63;
	}
	/* A bijection: two addresses never share a key. */
	key ^= key >> 32;
	return key * quotas->mix;
}

int snt__seq_quota_take(struct snt__seq_quotas *quotas,
			const struct snt_addr *addr, size_t most,
			struct snt__seq_quota **quota)
{
	uint64_t key = key_of(quotas, addr);
	struct snt__seq_node *node = snt__seq_table_find(&quotas->table, key);
	struct snt__seq_quota *made;

	if (node != NULL) {
		made = SNT__CONTAINER(node, struct snt__seq_quota, node);
		if (made->count >= most)
			return -SNT_ELIMIT;
		made->count++;
		*quota = made;
		return 0;
	}
	made = snt__alloc(sizeof *made);
	if (made == NULL)
		return -ENOMEM;
	made->count = 1;
	snt__seq_table_add(&quotas->table, &made->node, key);
	*quota = made;
	return 0;
}

void snt__seq_quota_give(struct snt__seq_quotas *quotas,
			 struct snt__seq_quota *quota)
{
	if (--quota->count > 0)
		return;
	snt__seq_table_remove(&quotas->table, &quota->node);
	snt__free(quota);
}

void snt__seq_quotas_end(struct snt__seq_quotas *quotas)
{
	snt__seq_table_end(&quotas->table);
}
