/* SPDX-License-Identifier: MIT */
/*
 * Why a chain is refused: what was expected and what came, which certificate
 * it is about (0 is the peer's own) and whose, and what to do where that is
 * plain. A sentence goes on from "certificate of example.org".
 */
#include "tls/refusal.h"

#include "io/io.h"
#include "tls/names.h"
#include "tls/words.h"

#include <openssl/x509v3.h>
#include <stdio.h>

struct scene {
	X509_STORE_CTX *store;
	const X509 *certificate; /* that it is about */
	int depth;
	bool client; /* whose chain it is, or a server */
	char subject[SNT__SUBJECT];
	char issuer[SNT__SUBJECT];
	char *text;
	size_t size;
};

#define SAY(scene, ...) snprintf((scene)->text, (scene)->size, __VA_ARGS__)
#define WHICH " (certificate %d, %s)"

static void say_expired(const struct scene *scene)
{
	char when[SNT__WHEN];

	snt__words_when(X509_get0_notAfter(scene->certificate), when);
	SAY(scene, ": expired %s" WHICH, when, scene->depth, scene->subject);
}

static void say_early(const struct scene *scene)
{
	ASN1_TIME *now = ASN1_TIME_set(NULL, snt__io->wall() / SNT_SECOND);
	char when[SNT__WHEN], today[SNT__WHEN];

	snt__words_when(X509_get0_notBefore(scene->certificate), when);
	snt__words_when(now, today);
	ASN1_TIME_free(now);
	SAY(scene, ": not valid before %s, and now it is %s" WHICH, when, today,
	    scene->depth, scene->subject);
}

static void say_name(const struct scene *scene)
{
	char host[SNT__HOST], names[160];

	snt__host_expected(X509_STORE_CTX_get0_param(scene->store), host);
	snt__words_names(scene->certificate, names, sizeof names);
	if (names[0] != '\0')
		SAY(scene, " is for %s, not for %.80s", names, host);
	else
		SAY(scene,
		    " is for no host, not for %.80s: it has no subject "
		    "alternative names, and %.100s does not count",
		    host, scene->subject);
}

static void say_self_signed(const struct scene *scene)
{
	SAY(scene,
	    ": self-signed and not among the trusted (%s); trust it with "
	    "cafile",
	    scene->subject);
}

static void say_root(const struct scene *scene)
{
	SAY(scene, ": its authority is not among the trusted" WHICH,
	    scene->depth, scene->subject);
}

static void say_no_issuer(const struct scene *scene)
{
	SAY(scene,
	    ": issued by %.120s, which was not sent and is not among the "
	    "trusted (certificate %d, %.120s)",
	    scene->issuer, scene->depth, scene->subject);
}

static void say_no_authority(const struct scene *scene)
{
	SAY(scene, ": signed by one that is no authority (CA:FALSE)" WHICH,
	    scene->depth, scene->subject);
}

static void say_purpose(const struct scene *scene)
{
	char usage[160];

	if (scene->depth > 0) {
		say_no_authority(scene);
		return;
	}
	snt__words_usage(scene->certificate, usage, sizeof usage);
	SAY(scene, ": not for %s, but for: %s" WHICH,
	    scene->client ? "clients" : "servers",
	    usage[0] != '\0' ? usage : "other uses of its key", scene->depth,
	    scene->subject);
}

static void say_path(const struct scene *scene)
{
	SAY(scene,
	    ": more authorities stand below one than it allows (path length "
	    "%ld)" WHICH,
	    X509_get_pathlen((X509 *)(uintptr_t)scene->certificate),
	    scene->depth, scene->subject);
}

static void say_weak_key(const struct scene *scene)
{
	char key[SNT__KEY];

	snt__words_key(X509_get0_pubkey(scene->certificate), key);
	SAY(scene, ": its key is too weak: %s" WHICH, key, scene->depth,
	    scene->subject);
}

static void say_weak_digest(const struct scene *scene)
{
	SAY(scene, ": signed with %s, which is too weak" WHICH,
	    snt__words_signature(scene->certificate), scene->depth,
	    scene->subject);
}

static void say_revoked(const struct scene *scene)
{
	X509_CRL *list = X509_STORE_CTX_get0_current_crl(scene->store);
	X509 *certificate = (X509 *)(uintptr_t)scene->certificate;
	X509_REVOKED *entry = NULL;
	char when[SNT__WHEN] = "";

	if (list != NULL &&
	    X509_CRL_get0_by_cert(list, &entry, certificate) > 0)
		snt__words_when(X509_REVOKED_get0_revocationDate(entry), when);
	SAY(scene, ": revoked%s%s by %.120s (certificate %d, %.120s)",
	    when[0] != '\0' ? " " : "", when, scene->issuer, scene->depth,
	    scene->subject);
}

static void say_no_list(const struct scene *scene)
{
	SAY(scene,
	    ": no revocation list of %.120s is known, and lists are asked for "
	    "(certificate %d, %.120s)",
	    scene->issuer, scene->depth, scene->subject);
}

static void say_old_list(const struct scene *scene)
{
	X509_CRL *list = X509_STORE_CTX_get0_current_crl(scene->store);
	char when[SNT__WHEN] = "a while ago";

	if (list != NULL)
		snt__words_when(X509_CRL_get0_nextUpdate(list), when);
	SAY(scene,
	    ": the revocation list of %.120s was to be renewed %s "
	    "(certificate %d, %.120s)",
	    scene->issuer, when, scene->depth, scene->subject);
}

static void say_early_list(const struct scene *scene)
{
	X509_CRL *list = X509_STORE_CTX_get0_current_crl(scene->store);
	char when[SNT__WHEN] = "later";

	if (list != NULL)
		snt__words_when(X509_CRL_get0_lastUpdate(list), when);
	SAY(scene,
	    ": the revocation list of %.120s is of %s, which is yet to come "
	    "(certificate %d, %.120s)",
	    scene->issuer, when, scene->depth, scene->subject);
}

static void say_forged_list(const struct scene *scene)
{
	SAY(scene,
	    ": the revocation list of %.120s is not signed by it "
	    "(certificate %d, %.120s)",
	    scene->issuer, scene->depth, scene->subject);
}

static void say_broken(const struct scene *scene)
{
	SAY(scene,
	    ": its signature is not that of %.120s (certificate %d, %.120s)",
	    scene->issuer, scene->depth, scene->subject);
}

static void say_constraint(const struct scene *scene)
{
	char names[120];

	snt__words_names(scene->certificate, names, sizeof names);
	SAY(scene,
	    ": an authority above it may not sign for %s (name constraints; "
	    "certificate %d, %.120s)",
	    names[0] != '\0' ? names : "its name", scene->depth,
	    scene->subject);
}

static void say_deep(const struct scene *scene)
{
	SAY(scene, ": its chain is too long, over %d certificates",
	    X509_VERIFY_PARAM_get_depth(
		    X509_STORE_CTX_get0_param(scene->store)));
}

static void say_other(const struct scene *scene)
{
	int error = X509_STORE_CTX_get_error(scene->store);

	SAY(scene, ": %s" WHICH, X509_verify_cert_error_string(error),
	    scene->depth, scene->subject);
}

static const struct {
	int error;
	void (*say)(const struct scene *scene);
} words[] = {
	{ X509_V_ERR_CERT_HAS_EXPIRED, say_expired },
	{ X509_V_ERR_CERT_NOT_YET_VALID, say_early },
	{ X509_V_ERR_HOSTNAME_MISMATCH, say_name },
	{ X509_V_ERR_IP_ADDRESS_MISMATCH, say_name },
	{ X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, say_self_signed },
	{ X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, say_root },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, say_no_issuer },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, say_no_issuer },
	{ X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, say_no_issuer },
	{ X509_V_ERR_INVALID_CA, say_no_authority },
	{ X509_V_ERR_INVALID_NON_CA, say_no_authority },
	{ X509_V_ERR_INVALID_PURPOSE, say_purpose },
	{ X509_V_ERR_PATH_LENGTH_EXCEEDED, say_path },
	{ X509_V_ERR_EE_KEY_TOO_SMALL, say_weak_key },
	{ X509_V_ERR_CA_KEY_TOO_SMALL, say_weak_key },
	{ X509_V_ERR_CA_MD_TOO_WEAK, say_weak_digest },
	{ X509_V_ERR_CERT_REVOKED, say_revoked },
	{ X509_V_ERR_UNABLE_TO_GET_CRL, say_no_list },
	{ X509_V_ERR_CRL_HAS_EXPIRED, say_old_list },
	{ X509_V_ERR_CRL_NOT_YET_VALID, say_early_list },
	{ X509_V_ERR_CRL_SIGNATURE_FAILURE, say_forged_list },
	{ X509_V_ERR_CERT_SIGNATURE_FAILURE, say_broken },
	{ X509_V_ERR_PERMITTED_VIOLATION, say_constraint },
	{ X509_V_ERR_EXCLUDED_VIOLATION, say_constraint },
	{ X509_V_ERR_CERT_CHAIN_TOO_LONG, say_deep },
};

void snt__sentence(X509_STORE_CTX *store, bool client, char *text, size_t size)
{
	const X509 *certificate = X509_STORE_CTX_get_current_cert(store);
	struct scene scene = {
		.store = store,
		.certificate = certificate != NULL
				       ? certificate
				       : X509_STORE_CTX_get0_cert(store),
		.depth = X509_STORE_CTX_get_error_depth(store),
		.client = client,
		.text = text,
		.size = size,
	};
	int error = X509_STORE_CTX_get_error(store);
	size_t i = 0;

	snt__words_subject(scene.certificate, scene.subject);
	snt__words_issuer(scene.certificate, scene.issuer);
	while (i < sizeof words / sizeof words[0] && words[i].error != error)
		i++;
	if (i < sizeof words / sizeof words[0])
		words[i].say(&scene);
	else
		say_other(&scene);
}
