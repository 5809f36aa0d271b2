/* SPDX-License-Identifier: MIT */
/*
 * A server's names. The table is sorted and looked through by halves; it may
 * hold thousands, and every handshake asks. The client's word is read before
 * anything is decided (the ClientHello's callback), so that a session is
 * resumed only under the name, that is in the context, it was made in.
 *
 * A context in a table has no table itself: one look decides, and no ring of
 * contexts keeps itself alive.
 */
#include "tls/names.h"

#include "base/alloc.h"
#include "base/error.h"
#include "tls/build.h"
#include "tls/parts.h"
#include "tls/refusal.h"

#include <string.h>

struct entry {
	char *name;
	struct snt_tls_context *other;
};

struct snt__names {
	size_t count, room;
	struct entry *entries;
};

/* Held by whoever changes a table, of all tables: who serves whom is looked
 * at in two contexts. */
static struct snt__tls_lock tables = { .mutex = PTHREAD_MUTEX_INITIALIZER };

void snt__names_free(struct snt__names *names)
{
	if (names == NULL)
		return;
	for (size_t i = 0; i < names->count; i++) {
		snt__free(names->entries[i].name);
		snt__tls_drop(names->entries[i].other);
	}
	snt__free(names->entries);
	snt__free(names);
}

/* Where the name stands, or would. */
static size_t place_of(const struct snt__names *names, const char *name,
		       bool *found)
{
	size_t low = 0, high = names->count;

	*found = false;
	while (low < high && !*found) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(name, names->entries[middle].name);

		*found = order == 0;
		if (order < 0)
			high = middle;
		else
			low = *found ? middle : middle + 1;
	}
	return low;
}

/* With the context's lock; the one that is in nobody's table is dropped by the
 * caller, without the lock. */
static void replace(struct snt__names *names, size_t place,
		    struct snt_tls_context *other, struct snt_tls_context **old,
		    char **old_name)
{
	struct entry *entry = &names->entries[place];

	*old = entry->other;
	if (other != NULL) {
		entry->other = other;
		return;
	}
	*old_name = entry->name;
	names->count--;
	memmove(entry, entry + 1, (names->count - place) * sizeof *entry);
}

static int insert(struct snt__names *names, size_t place, const char *name,
		  struct snt_tls_context *other)
{
	char *copy = snt__alloc(strlen(name) + 1);
	struct entry *grown;

	if (copy == NULL)
		return -ENOMEM;
	if (names->count == names->room) {
		grown = snt__realloc_array(names->entries, names->room * 2 + 4,
					   sizeof *grown);
		if (grown == NULL) {
			snt__free(copy);
			return -ENOMEM;
		}
		names->entries = grown;
		names->room = names->room * 2 + 4;
	}
	memcpy(copy, name, strlen(name) + 1);
	memmove(&names->entries[place + 1], &names->entries[place],
		(names->count - place) * sizeof *names->entries);
	names->entries[place] = (struct entry){ copy, other };
	names->count++;
	return 0;
}

static int change(struct snt_tls_context *context, const char *name,
		  struct snt_tls_context *other)
{
	struct snt_tls_context *old = NULL;
	struct snt__names *names;
	char *old_name = NULL;
	size_t place;
	int code = 0;
	bool found;

	snt__tls_lock(&context->lock);
	if (context->names == NULL)
		context->names = snt__alloc(sizeof *context->names);
	names = context->names;
	if (names == NULL) {
		snt__tls_unlock(&context->lock);
		return -ENOMEM;
	}
	place = place_of(names, name, &found);
	if (found)
		replace(names, place, other, &old, &old_name);
	else if (other != NULL)
		code = insert(names, place, name, other);
	if (code == 0 && other != NULL)
		snt__tls_keep(other);
	snt__tls_unlock(&context->lock);
	if (old != NULL)
		snt__tls_drop(old);
	snt__free(old_name);
	return code;
}

static int refuse(const char *name, const char *why)
{
	return snt__fail_text(-EINVAL, "serve %s: %s",
			      name != NULL ? name : "no name", why);
}

/* With the tables' lock. */
static int check(struct snt_tls_context *context, const char *name,
		 struct snt_tls_context *other)
{
	if (context->served)
		return refuse(name, "the context is in another's table");
	if (other == NULL)
		return 0;
	if (other->side != SNT_TLS_SERVER ||
	    other->simulated != context->simulated)
		return refuse(name, "the other context is no server's, or of "
				    "another world");
	if (other == context ||
	    (other->names != NULL && other->names->count > 0))
		return refuse(name, "the other context has a table of its own");
	other->served = true;
	return 0;
}

int snt_set_servername(struct snt_tls_context *context, const char *name,
		       struct snt_tls_context *other)
{
	char host[SNT__HOST] = "*.";
	int code;

	if (context == NULL || name == NULL || context->side != SNT_TLS_SERVER)
		return refuse(name, "a server's context and a name");
	SNT_TRY(snt__tls_check_world(context));
	if (strncmp(name, "*.", 2) == 0) {
		char rest[SNT__HOST];

		SNT_TRY(snt__host_name(rest, name + 2, "name"));
		if (strlen(rest) + 2 >= sizeof host)
			return refuse(name, "it is too long");
		memcpy(host + 2, rest, strlen(rest) + 1);
	} else {
		SNT_TRY(snt__host_name(host, name, "name"));
	}
	snt__tls_lock(&tables);
	code = check(context, name, other);
	if (code == 0) {
		code = change(context, host, other);
		if (code < 0)
			snt__fail(code, "serve %s", host);
	}
	snt__tls_unlock(&tables);
	return code;
}

/* With the lock: the name itself, or any one label before the rest of it. */
static struct snt_tls_context *find(const struct snt__names *names,
				    const char *host)
{
	const char *rest = strchr(host, '.');
	char any[SNT__HOST] = "*";
	size_t place;
	bool found;

	place = place_of(names, host, &found);
	if (!found && rest != NULL) {
		memcpy(any + 1, rest, strlen(rest) + 1);
		place = place_of(names, any, &found);
	}
	return found ? names->entries[place].other : NULL;
}

/* The SSL_CTX of whom serves that name, held; NULL: nobody in the table. */
static SSL_CTX *native_for(struct snt_tls_context *context, const char *host)
{
	struct snt_tls_context *other = NULL;
	SSL_CTX *native = NULL;

	snt__tls_lock(&context->lock);
	if (context->names != NULL)
		other = find(context->names, host);
	if (other != NULL) {
		snt__tls_lock(&other->lock);
		native = other->native;
		SSL_CTX_up_ref(native);
		snt__tls_unlock(&other->lock);
	}
	snt__tls_unlock(&context->lock);
	return native;
}

/* RFC 6066, 3: a list of one name of one kind. What is not a host's name is
 * nobody's. */
static bool read_name(SSL *ssl, char host[SNT__HOST])
{
	const unsigned char *bytes;
	size_t size, length;

	if (!SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &bytes,
				       &size) ||
	    size < 5 || bytes[2] != TLSEXT_NAMETYPE_host_name)
		return false;
	length = (size_t)bytes[3] << 8 | bytes[4];
	if (length != size - 5 || length == 0 || length >= SNT__HOST ||
	    ((size_t)bytes[0] << 8 | bytes[1]) != size - 2)
		return false;
	for (size_t i = 0; i < length; i++) {
		unsigned char c = bytes[5 + i];

		if (c <= ' ' || c >= 0x7f)
			return false;
		host[i] = (char)(c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c);
	}
	host[length] = '\0';
	return true;
}

/* From here on it is the other's connection, but for versions, ciphers and
 * groups, which are settled. */
static void hand_over(SSL *ssl, SSL_CTX *native)
{
	SSL_set_SSL_CTX(ssl, native);
	SSL_set_verify(ssl, SSL_CTX_get_verify_mode(native), NULL);
	X509_VERIFY_PARAM_clear_flags(SSL_get0_param(ssl), ~0UL);
	X509_VERIFY_PARAM_set_flags(
		SSL_get0_param(ssl),
		X509_VERIFY_PARAM_get_flags(SSL_CTX_get0_param(native)));
	SSL_set_num_tickets(ssl, SSL_CTX_get_num_tickets(native));
	SSL_clear_options(ssl, SSL_OP_NO_TICKET);
	SSL_set_options(ssl, SSL_CTX_get_options(native) & SSL_OP_NO_TICKET);
}

static int on_hello(SSL *ssl, int *alert, void *arg)
{
	char host[SNT__HOST] = "";
	SSL_CTX *native = NULL;

	(void)arg;
	if (read_name(ssl, host))
		native = native_for(snt__tls_context_of(SSL_get_SSL_CTX(ssl)),
				    host);
	if (native != NULL) {
		hand_over(ssl, native);
		SSL_CTX_free(native);
	}
	if (SSL_CTX_get0_certificate(SSL_get_SSL_CTX(ssl)) != NULL)
		return SSL_CLIENT_HELLO_SUCCESS;
	*alert = SSL_AD_UNRECOGNIZED_NAME;
	snt__refuse(ssl, -SNT_ETLS,
		    "it asked for %s%s, and there is no certificate for that",
		    host[0] != '\0' ? "the name " : "no name", host);
	return SSL_CLIENT_HELLO_ERROR;
}

/* The client is told that its word was heard. */
static int on_name(SSL *ssl, int *alert, void *arg)
{
	(void)ssl;
	(void)alert;
	(void)arg;
	return SSL_TLSEXT_ERR_OK;
}

void snt__build_names(SSL_CTX *native)
{
	SSL_CTX_set_client_hello_cb(native, on_hello, NULL);
	SSL_CTX_set_tlsext_servername_callback(native, on_name);
}
