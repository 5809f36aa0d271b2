/* SPDX-License-Identifier: MIT */
/*
 * Names of Unix sockets: paths and abstract ones, in one table a host. A path
 * stays when its socket is gone, until it is unlinked, and outlives a kill: then
 * it is what a program finds that died without tidying up. There are no folders,
 * and no other files: a path is its text. Abstract names are of a type, as on
 * Linux: two types may have the same.
 */
#include "io/sim/calls.h"
#include "io/sim/unix.h"

#include <string.h>
#include <sys/un.h>

struct snt__sim_unix_entry {
	struct snt__link in_bucket;
	struct snt__sim_unix_name *name;
	bool abstract;
	int type; /* of an abstract one */
	uint64_t number;
	mode_t mode;
	struct snt__sim_unix *owner; /* NULL: nobody's any more */
};

/* A name as a table has it: a path without its NUL, else all of it. */
struct key {
	const char *bytes;
	size_t size;
	bool abstract;
	int type;
};

#define PATH_AT offsetof(struct sockaddr_un, sun_path)

static struct key key_of(const struct snt_addr *addr, int type)
{
	struct key key = { addr->sa.un.sun_path, addr->size - PATH_AT, false,
			   type };

	key.abstract = key.bytes[0] == '\0';
	if (!key.abstract)
		key.size = strnlen(key.bytes, key.size);
	return key;
}

static int check(const struct snt_addr *addr)
{
	return addr->size <= PATH_AT ||
			       addr->size > sizeof(struct sockaddr_un) ||
			       addr->sa.un.sun_family != AF_UNIX
		       ? -EINVAL
		       : 0;
}

static struct snt__link *bucket(struct snt__sim_host *host,
				const struct key *key)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < key->size; i++)
		hash = (hash ^ (uint8_t)key->bytes[i]) * 16777619u;
	return &host->unix_names->names[hash % SNT__SIM_UNIX_BUCKETS];
}

static struct snt__sim_unix_entry *find(struct snt__sim_host *host,
					const struct key *key)
{
	struct snt__link *list = bucket(host, key);

	for (struct snt__link *at = list->next; at != list; at = at->next) {
		struct snt__sim_unix_entry *entry = SNT__CONTAINER(
			at, struct snt__sim_unix_entry, in_bucket);
		struct key other = key_of(&entry->name->addr, entry->type);

		if (other.size == key->size &&
		    other.abstract == key->abstract &&
		    (!key->abstract || other.type == key->type) &&
		    memcmp(other.bytes, key->bytes, key->size) == 0)
			return entry;
	}
	return NULL;
}

void snt__sim_unix_name_drop(struct snt__sim_unix_name *name)
{
	if (name != NULL && --name->refs == 0)
		snt__sim_free(name);
}

static void drop_entry(struct snt__sim_unix_entry *entry)
{
	if (entry->owner != NULL)
		entry->owner->entry = NULL;
	snt__list_remove(&entry->in_bucket);
	snt__sim_unix_name_drop(entry->name);
	snt__sim_free(entry);
}

static void give(struct snt__sim_unix *sock, const struct key *key)
{
	struct snt__sim_unix_host *host = sock->file.host->unix_names;
	struct snt__sim_unix_entry *entry = snt__sim_alloc(sizeof *entry);
	struct snt__sim_unix_name *name = snt__sim_alloc(sizeof *name);
	size_t size = PATH_AT + key->size + (key->abstract ? 0 : 1);

	/* Of 108 bytes, the NUL stands behind them. */
	name->addr.size = (socklen_t)size;
	name->addr.sa.un.sun_family = AF_UNIX;
	memcpy(name->addr.sa.un.sun_path, key->bytes, key->size);
	name->refs = 2;
	entry->name = sock->name = name;
	entry->abstract = key->abstract;
	entry->type = key->type;
	entry->mode = 0755;
	entry->number = ++host->last_file;
	entry->owner = sock;
	sock->entry = entry;
	snt__list_append(bucket(sock->file.host, key), &entry->in_bucket);
}

/* As Linux names them: five hexadecimal digits. */
void snt__sim_unix_autobind(struct snt__sim_unix *sock)
{
	static const char digits[] = "0123456789abcdef";
	struct snt__sim_unix_host *host = sock->file.host->unix_names;
	char text[6] = { 0 };
	struct key key = { text, sizeof text, true, sock->file.type };

	if (sock->name != NULL)
		return;
	do {
		unsigned number = ++host->last_auto;

		for (size_t i = 5; i > 0; i--, number /= 16)
			text[i] = digits[number % 16];
	} while (find(sock->file.host, &key) != NULL);
	give(sock, &key);
}

int snt__sim_unix_bind(struct snt__sim_file *file, const struct snt_addr *addr)
{
	struct snt__sim_unix *sock = snt__sim_unix_of(file);
	struct key key;
	bool taken;

	if (addr->size == PATH_AT && addr->sa.un.sun_family == AF_UNIX) {
		snt__sim_unix_autobind(sock);
		return 0;
	}
	if (check(addr) < 0)
		return -EINVAL;
	key = key_of(addr, file->type);
	taken = find(file->host, &key) != NULL;
	/* Linux makes the file before it looks at the socket. */
	if (taken && !key.abstract)
		return -EADDRINUSE;
	if (sock->name != NULL)
		return -EINVAL;
	if (taken)
		return -EADDRINUSE;
	give(sock, &key);
	return 0;
}

void snt__sim_unix_unname(struct snt__sim_unix *sock)
{
	struct snt__sim_unix_entry *entry = sock->entry;

	if (entry == NULL)
		return;
	entry->owner = NULL;
	sock->entry = NULL;
	if (entry->abstract)
		drop_entry(entry);
}

int snt__sim_unix_find(struct snt__sim_host *host, const struct snt_addr *addr,
		       int type, struct snt__sim_unix **found)
{
	struct snt__sim_unix_entry *entry;
	struct key key;

	if (check(addr) < 0)
		return -EINVAL;
	key = key_of(addr, type);
	entry = find(host, &key);
	if (entry == NULL)
		return key.abstract ? -ECONNREFUSED : -ENOENT;
	if (entry->owner == NULL)
		return -ECONNREFUSED;
	if (entry->owner->file.type != type)
		return -EPROTOTYPE;
	*found = entry->owner;
	return 0;
}

void snt__sim_unix_addr(const struct snt__sim_unix *sock, struct snt_addr *addr)
{
	memset(addr, 0, sizeof *addr);
	addr->size = PATH_AT;
	addr->sa.un.sun_family = AF_UNIX;
	if (sock->name != NULL)
		*addr = sock->name->addr;
}

/* NULL: no such file. A program that unwinds because its host was killed finds
 * none: it could no more tidy up than one that was really killed. */
static struct snt__sim_unix_entry *file_at(const char *path)
{
	struct key key = { path, strlen(path), false, 0 };
	struct snt__sim_host *host = snt__sim_host_now();

	return key.size > 0 && host->up ? find(host, &key) : NULL;
}

int snt__sim_unix_file_id(const char *path, struct snt__file_id *id)
{
	const struct snt__sim_unix_entry *entry = file_at(path);

	if (entry == NULL)
		return -ENOENT;
	*id = (struct snt__file_id){ .device = snt__sim_host_now()->number,
				     .inode = entry->number };
	return 0;
}

int snt__sim_unix_chmod(const char *path, mode_t mode)
{
	struct snt__sim_unix_entry *entry = file_at(path);

	if (entry == NULL)
		return -ENOENT;
	entry->mode = mode;
	return 0;
}

int snt__sim_unix_unlink(const char *path)
{
	struct snt__sim_unix_entry *entry = file_at(path);

	if (entry == NULL)
		return -ENOENT;
	drop_entry(entry);
	return 0;
}

void snt__sim_unix_names_end(struct snt__sim_host *host)
{
	struct snt__link *link;

	for (size_t i = 0; i < SNT__SIM_UNIX_BUCKETS; i++)
		while ((link = snt__list_first(&host->unix_names->names[i])) !=
		       NULL)
			drop_entry(SNT__CONTAINER(
				link, struct snt__sim_unix_entry, in_bucket));
}
