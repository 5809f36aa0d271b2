/* SPDX-License-Identifier: MIT */
/*
 * Reads what administrators write: certificates and keys in one file or two,
 * with text around them. What is broken is refused with the file's name.
 */
#include "tls/pem.h"

#include "base/alloc.h"
#include "base/error.h"
#include "io/io.h"
#include "tls/reason.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

int snt__pem_open(struct snt__pem *pem, const char *file, const void *bytes,
		  size_t size)
{
	struct snt__pem opened = { .bytes = bytes, .size = size };
	ptrdiff_t n;

	if ((file != NULL) == (bytes != NULL))
		return snt__fail_text(-EINVAL,
				      "PEM: a file or data, and one of both");
	if (file == NULL) {
		snprintf(opened.name, sizeof opened.name, "the given data");
		if (size > INT_MAX)
			return snt__fail(-EFBIG, "PEM");
		*pem = opened;
		return 0;
	}
	snprintf(opened.name, sizeof opened.name, "%s", file);
	n = snt__io->load(file, &opened.loaded);
	if (n < 0)
		return snt__fail((int)n, "read %s", opened.name);
	opened.bytes = opened.loaded;
	opened.size = (size_t)n;
	*pem = opened;
	return 0;
}

void snt__pem_close(struct snt__pem *pem)
{
	if (pem->loaded != NULL)
		OPENSSL_cleanse(pem->loaded, pem->size);
	snt__free(pem->loaded);
	pem->loaded = NULL;
}

static BIO *reader(const struct snt__pem *pem)
{
	snt__tls_forget();
	return BIO_new_mem_buf(pem->bytes, (int)pem->size);
}

static bool no_more(void)
{
	unsigned long error = ERR_peek_last_error();

	return ERR_GET_LIB(error) == ERR_LIB_PEM &&
	       ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

/* Certificates have no password. */
static int no_password(char *buffer, int size, int writing, void *arg)
{
	(void)buffer;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

static int read_certificates(BIO *bio, OSSL_LIB_CTX *chance,
			     STACK_OF(X509) * found)
{
	for (;;) {
		X509 *certificate = X509_new_ex(chance, NULL);

		if (certificate == NULL)
			return -ENOMEM;
		if (PEM_read_bio_X509(bio, &certificate, no_password, NULL) ==
		    NULL) {
			X509_free(certificate);
			return no_more() ? 0 : -SNT_ETLS;
		}
		if (sk_X509_push(found, certificate) == 0) {
			X509_free(certificate);
			return -ENOMEM;
		}
	}
}

int snt__pem_certificates(const struct snt__pem *pem, OSSL_LIB_CTX *chance,
			  STACK_OF(X509) * *certificates)
{
	STACK_OF(X509) *found = sk_X509_new_null();
	BIO *bio = reader(pem);
	int code = -ENOMEM;

	if (bio != NULL && found != NULL)
		code = read_certificates(bio, chance, found);
	BIO_free(bio);
	if (code == 0 && sk_X509_num(found) > 0) {
		snt__tls_forget();
		*certificates = found;
		return 0;
	}
	sk_X509_pop_free(found, X509_free);
	if (code == 0) {
		snt__tls_forget();
		return snt__fail_text(-SNT_ETLS,
				      "%s: there is no certificate (PEM) in it",
				      pem->name);
	}
	return snt__tls_fail("%s: certificate", pem->name);
}

int snt__pem_infos(const struct snt__pem *pem, OSSL_LIB_CTX *chance,
		   STACK_OF(X509_INFO) * *infos)
{
	STACK_OF(X509_INFO) *found = NULL;
	BIO *bio = reader(pem);
	int count = 0;

	if (bio != NULL)
		found = PEM_X509_INFO_read_bio_ex(bio, NULL, no_password, NULL,
						  chance, NULL);
	BIO_free(bio);
	if (found == NULL)
		return snt__tls_fail("%s: certificate", pem->name);
	for (int i = 0; i < sk_X509_INFO_num(found); i++) {
		const X509_INFO *info = sk_X509_INFO_value(found, i);

		count += info->x509 != NULL || info->crl != NULL;
	}
	if (count > 0) {
		*infos = found;
		return 0;
	}
	sk_X509_INFO_pop_free(found, X509_INFO_free);
	return snt__fail_text(-SNT_ETLS,
			      "%s: there is no certificate (PEM) in it",
			      pem->name);
}

struct asking {
	const char *password;
	bool asked;
};

static int give_password(char *buffer, int size, int writing, void *arg)
{
	struct asking *asking = arg;
	size_t length;

	(void)writing;
	asking->asked = true;
	if (asking->password == NULL)
		return -1;
	length = strlen(asking->password);
	if (length > (size_t)size)
		return -1;
	memcpy(buffer, asking->password, length);
	return (int)length;
}

int snt__pem_key(const struct snt__pem *pem, OSSL_LIB_CTX *chance,
		 const char *password, EVP_PKEY **key)
{
	struct asking asking = { .password = password };
	EVP_PKEY *found = NULL;
	BIO *bio = reader(pem);
	bool none;

	if (bio != NULL)
		found = PEM_read_bio_PrivateKey_ex(bio, NULL, give_password,
						   &asking, chance, NULL);
	none = bio != NULL && !asking.asked && no_more();
	BIO_free(bio);
	if (found != NULL) {
		snt__tls_forget();
		*key = found;
		return 0;
	}
	if (!asking.asked && !none)
		return snt__tls_fail("%s: private key", pem->name);
	snt__tls_forget();
	if (none)
		return snt__fail_text(-SNT_ETLS,
				      "%s: there is no private key (PEM) in it",
				      pem->name);
	return snt__fail_text(-SNT_ETLS, "%s: the private key is encrypted, %s",
			      pem->name,
			      password == NULL ? "and no password was given"
					       : "and the password is wrong");
}
