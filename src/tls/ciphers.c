/* SPDX-License-Identifier: MIT */
/*
 * What is agreed on unless the program says otherwise, and what it may say.
 * OpenSSL takes a list as long as it knows one word of it, and words that
 * lower what it thinks safe: here each word must mean something, and none does
 * that.
 */
#include "tls/build.h"

#include "base/error.h"
#include "tls/reason.h"

#include <string.h>

/* Forward secrecy, and encryption that authenticates. */
#define CIPHERS                                                                \
	"ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:"                 \
	"!aNULL:!eNULL:!aPSK:!aDSS"

#define SEPARATORS ":, ;"

static int refuse_word(const char *kind, const char *word, size_t length,
		       const char *why)
{
	return snt__fail_text(-SNT_ETLS, "%s: \"%.*s\" %s", kind, (int)length,
			      word, why);
}

/* Alone, a word selects something. One that takes away is asked as if it
 * added. */
static int check_cipher(SSL_CTX *native, const char *word, size_t length)
{
	char alone[80];

	if (word[0] == '@') {
		if (length == 9 && memcmp(word, "@STRENGTH", 9) == 0)
			return 0;
		return refuse_word("ciphers", word, length,
				   "is not taken: what is safe stays so");
	}
	if (strchr("!-+", word[0]) != NULL) {
		word++;
		length--;
	}
	if (length == 0 || length >= sizeof alone - 16)
		return refuse_word("ciphers", word, length,
				   "is no cipher of openssl-ciphers(1)");
	memcpy(alone, word, length);
	/* Without it the words that select only unsafe ones would be unknown. */
	memcpy(alone + length, ":@SECLEVEL=0", sizeof ":@SECLEVEL=0");
	if (SSL_CTX_set_cipher_list(native, alone))
		return 0;
	snt__tls_forget();
	return refuse_word("ciphers", word, length,
			   "is no cipher of openssl-ciphers(1)");
}

static int check_ciphers(const char *list)
{
	SSL_CTX *scratch = SSL_CTX_new(TLS_method());
	int code = 0;

	if (scratch == NULL)
		return snt__tls_fail("ciphers");
	for (const char *word = list; code == 0;) {
		size_t length;

		word += strspn(word, SEPARATORS);
		length = strcspn(word, SEPARATORS);
		if (length == 0)
			break;
		code = check_cipher(scratch, word, length);
		word += length;
	}
	SSL_CTX_free(scratch);
	return code;
}

/* Whether some cipher that was chosen encrypts nothing, or for anybody. */
static int check_chosen(SSL_CTX *native)
{
	const STACK_OF(SSL_CIPHER) *chosen = SSL_CTX_get_ciphers(native);

	for (int i = 0; i < sk_SSL_CIPHER_num(chosen); i++) {
		const SSL_CIPHER *cipher = sk_SSL_CIPHER_value(chosen, i);
		const char *name = SSL_CIPHER_get_name(cipher);
		int auth = SSL_CIPHER_get_auth_nid(cipher);

		if (SSL_CIPHER_get_cipher_nid(cipher) == NID_undef)
			return refuse_word("ciphers", name, strlen(name),
					   "encrypts nothing");
		if (auth == NID_auth_null || auth == NID_auth_psk)
			return refuse_word("ciphers", name, strlen(name),
					   "asks for no certificate");
	}
	return 0;
}

static bool has_suite(const SSL_CTX *native, const char *word, size_t length)
{
	const STACK_OF(SSL_CIPHER) *chosen = SSL_CTX_get_ciphers(native);

	for (int i = 0; i < sk_SSL_CIPHER_num(chosen); i++) {
		const char *name =
			SSL_CIPHER_get_name(sk_SSL_CIPHER_value(chosen, i));

		if (strlen(name) == length && memcmp(name, word, length) == 0)
			return true;
	}
	return false;
}

static int set_suites(SSL_CTX *native, const char *list)
{
	if (list == NULL)
		return 0;
	snt__tls_forget();
	if (!SSL_CTX_set_ciphersuites(native, list))
		return snt__tls_fail("ciphersuites \"%.100s\"", list);
	for (const char *word = list; *word != '\0';) {
		size_t length = strcspn(word, ":");

		if (!has_suite(native, word, length))
			return refuse_word("ciphersuites", word, length,
					   "is no suite of TLS 1.3");
		word += length + (word[length] == ':');
	}
	return 0;
}

int snt__build_ciphers(SSL_CTX *native, const struct snt_tls_opts *opts)
{
	if (opts->ciphers != NULL)
		SNT_TRY(check_ciphers(opts->ciphers));
	snt__tls_forget();
	if (!SSL_CTX_set_cipher_list(
		    native, opts->ciphers != NULL ? opts->ciphers : CIPHERS))
		return snt__tls_fail("ciphers \"%.100s\"",
				     opts->ciphers != NULL ? opts->ciphers
							   : CIPHERS);
	SNT_TRY(check_chosen(native));
	SNT_TRY(set_suites(native, opts->ciphersuites));
	snt__tls_forget();
	if (opts->groups != NULL &&
	    !SSL_CTX_set1_groups_list(native, opts->groups))
		return snt__fail_text(-SNT_ETLS,
				      "groups \"%.100s\": not all of them are "
				      "groups that OpenSSL knows",
				      opts->groups);
	return 0;
}
