/* SPDX-License-Identifier: MIT */
/*
 * The first message of a handshake in TLS 1.0 or 1.1, RFC 2246 and 4346, as
 * clients of then sent it, and a look at the answer: a ServerHello of that
 * version, or anything else. The handshake goes no further, so nothing of this
 * is a secret, nor has to be random.
 */
#include "inspect.h"

#include <string.h>

#define RECORD_HANDSHAKE 22
#define HELLO_CLIENT 1
#define HELLO_SERVER 2

struct message {
	unsigned char bytes[512];
	size_t size;
};

static void put(struct message *message, int bytes, size_t value)
{
	while (bytes-- > 0)
		message->bytes[message->size++] =
			(unsigned char)(value >> (8 * bytes));
}

/* A length of that many bytes, of all that comes until it is closed. */
static size_t open_length(struct message *message, int bytes)
{
	put(message, bytes, 0);
	return message->size;
}

static void close_length(struct message *message, int bytes, size_t at)
{
	size_t end = message->size;

	message->size = at - (size_t)bytes;
	put(message, bytes, end - at);
	message->size = end;
}

static void put_ciphers(struct message *message)
{
	/* ECDHE, DHE and plain RSA, with AES or 3DES; and the word that says
	 * that renegotiation would be safe. */
	static const unsigned ciphers[] = {
		0xc00a, 0xc014, 0xc009, 0xc013, 0x0039, 0x0033, 0x0035,
		0x002f, 0xc008, 0xc012, 0x0016, 0x000a, 0x00ff,
	};
	size_t length = open_length(message, 2);

	for (size_t i = 0; i < sizeof ciphers / sizeof ciphers[0]; i++)
		put(message, 2, ciphers[i]);
	close_length(message, 2, length);
}

static void put_server_name(struct message *message, const char *host)
{
	size_t extension, list, name;

	put(message, 2, 0);
	extension = open_length(message, 2);
	list = open_length(message, 2);
	put(message, 1, 0);
	name = open_length(message, 2);
	memcpy(message->bytes + message->size, host, strlen(host));
	message->size += strlen(host);
	close_length(message, 2, name);
	close_length(message, 2, list);
	close_length(message, 2, extension);
}

static void put_extensions(struct message *message, const char *host)
{
	static const unsigned groups[] = { 29, 23, 24, 25 };
	size_t all = open_length(message, 2), extension, list;

	/* A name, not an address. */
	if (host[0] != '\0' && strchr(host, ':') == NULL &&
	    strspn(host, "0123456789.") != strlen(host))
		put_server_name(message, host);
	put(message, 2, 10);
	extension = open_length(message, 2);
	list = open_length(message, 2);
	for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
		put(message, 2, groups[i]);
	close_length(message, 2, list);
	close_length(message, 2, extension);
	put(message, 2, 11); /* points, uncompressed */
	put(message, 2, 2);
	put(message, 2, 0x0100);
	close_length(message, 2, all);
}

static void make_hello(struct message *message, int version, const char *host)
{
	size_t record, hello;

	put(message, 1, RECORD_HANDSHAKE);
	put(message, 2, 0x0301);
	record = open_length(message, 2);
	put(message, 1, HELLO_CLIENT);
	hello = open_length(message, 3);
	put(message, 2, (size_t)version);
	for (size_t i = 0; i < 32; i++)
		put(message, 1, i * 37 + 11);
	put(message, 1, 0); /* no session */
	put_ciphers(message);
	put(message, 2, 0x0100); /* no compression */
	put_extensions(message, host);
	close_length(message, 3, hello);
	close_length(message, 2, record);
}

int inspect_old_version(struct snt_socket *socket, int version,
			const char *host)
{
	struct message hello = { .size = 0 };
	unsigned char answer[11];
	ptrdiff_t n;

	make_hello(&hello, version, host);
	SNT_TRY(snt_sendall(socket, hello.bytes, hello.size));
	n = snt_recv_exact(socket, answer, sizeof answer);
	if (n == -ECANCELED || n == -ETIMEDOUT)
		return (int)n;
	/* Whoever hangs up, or answers with less, does not take it. */
	return n > 0 && answer[0] == RECORD_HANDSHAKE &&
	       answer[5] == HELLO_SERVER &&
	       (answer[9] << 8 | answer[10]) == version;
}
