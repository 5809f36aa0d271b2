/* SPDX-License-Identifier: MIT */
/*
 * A key is a file of its own, so that it is in no list of processes and in no
 * shell's history. What the library refuses for want of one is told here in the
 * tool's words.
 */
#include "seq_setup.h"

#include "exit_code.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

/* More addresses than a server of the library has. */
#define NAMES_MAX 64

/* The hex digits, an end of line, and a byte that may not be there. */
#define TEXT_MAX ((size_t)SNT_SEQ_KEY * 2 + 3)

static int digit(char letter)
{
	static const char digits[] = "0123456789abcdef";
	char lower =
		letter >= 'A' && letter <= 'F' ? (char)(letter + 32) : letter;
	const char *at = memchr(digits, lower, sizeof digits - 1);

	return at != NULL ? (int)(at - digits) : -1;
}

static bool read_digits(unsigned char key[SNT_SEQ_KEY], const char *text,
			size_t size)
{
	while (size > 0 && strchr("\r\n", text[size - 1]) != NULL &&
	       text[size - 1] != '\0')
		size--;
	if (size != (size_t)SNT_SEQ_KEY * 2)
		return false;
	for (size_t i = 0; i < SNT_SEQ_KEY; i++) {
		int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		key[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

static int refuse(const char *path, const char *why)
{
	fprintf(stderr,
		"sennit: --key %s: %s; `openssl rand -hex 32 >FILE` makes "
		"one\n",
		path, why);
	return STATUS_FAILURE;
}

static int read_key(unsigned char key[SNT_SEQ_KEY], const char *path)
{
	char text[TEXT_MAX];
	FILE *file = fopen(path, "re");
	bool good = true;
	size_t size;
	int code;

	if (file == NULL)
		return refuse(path, strerror(errno));
	/* Its buffer would keep what is secret. */
	setvbuf(file, NULL, _IONBF, 0);
	size = fread(text, 1, sizeof text, file);
	code = ferror(file) ? errno : 0;
	fclose(file);
	if (size == sizeof text)
		good = false;
	else if (size == SNT_SEQ_KEY)
		memcpy(key, text, SNT_SEQ_KEY);
	else
		good = read_digits(key, text, size);
	explicit_bzero(text, sizeof text);
	if (code != 0)
		return refuse(path, strerror(code));
	return good ? STATUS_OK
		    : refuse(path, "neither 32 bytes nor 64 hex digits");
}

int seq_setup_open(struct seq_setup *setup, const struct options *options,
		   const struct address *address)
{
	const struct tls_options *asked = &options->tls;
	int status;

	*setup = (struct seq_setup){
		.opts = { .insecure_plain = asked->insecure },
	};
	if (!address->is_seq)
		return STATUS_OK;
	if (asked->insecure)
		fprintf(stderr,
			"sennit: warning: --insecure: whoever is on the way to "
			"and from seq://%s can read all, and make up more\n",
			address->text);
	if (asked->key == NULL)
		return STATUS_OK;
	status = read_key(setup->key, asked->key);
	if (status != STATUS_OK)
		return status;
	setup->opts.key = setup->key;
	setup->opts.key_size = sizeof setup->key;
	return STATUS_OK;
}

static bool is_loopback(const struct snt_addr *addr)
{
	const struct in6_addr *ip = &addr->sa.in6.sin6_addr;

	if (addr->sa.any.sa_family == AF_INET)
		return ntohl(addr->sa.in.sin_addr.s_addr) >> 24 == 127;
	return addr->sa.any.sa_family == AF_INET6 &&
	       (IN6_IS_ADDR_LOOPBACK(ip) ||
		(IN6_IS_ADDR_V4MAPPED(ip) && ip->s6_addr[12] == 127));
}

static bool is_plain(const struct seq_setup *setup)
{
	return setup->opts.key == NULL && !setup->opts.insecure_plain;
}

static void tell_what_to_do(const struct address *address)
{
	fprintf(stderr,
		"sennit: seq://%s: only loopback is spoken to without a key: "
		"--key "
		"FILE seals, the same on both sides (`openssl rand -hex 32 "
		">FILE` makes one); --insecure sends it plain\n",
		address->text);
}

int seq_setup_check(const struct seq_setup *setup,
		    const struct address *address,
		    const struct snt_socket *server)
{
	struct snt_addr names[NAMES_MAX];
	int count = snt_getsocknames(server, names, NAMES_MAX);

	if (count < 0)
		return report(PHASE_LISTEN, count);
	for (int i = 0; i < count && i < NAMES_MAX; i++)
		if (is_plain(setup) && !is_loopback(&names[i])) {
			tell_what_to_do(address);
			return STATUS_LISTEN;
		}
	return STATUS_OK;
}

int seq_setup_report(const struct seq_setup *setup,
		     const struct address *address, int code)
{
	if (code != -EPERM || !is_plain(setup))
		return report(PHASE_CONNECT, code);
	tell_what_to_do(address);
	return exit_code_of(PHASE_CONNECT, code);
}

void seq_setup_close(struct seq_setup *setup)
{
	explicit_bzero(setup->key, sizeof setup->key);
}
