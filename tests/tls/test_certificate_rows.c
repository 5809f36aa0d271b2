/* SPDX-License-Identifier: MIT */
/* Certificates that are refused, each with its own sentence; and in the end
 * those that look odd and are good. See rows.h. */
#include "rows.h"

#include <openssl/x509_vfy.h>

/* Times. */

static void an_expired_one_is_refused(void)
{
	REFUSED(.leaf = { .from = -3 * DAY, .to = -DAY },
		.says = "certificate of a.example: expired 20",
		.error = X509_V_ERR_CERT_HAS_EXPIRED);
}

static void the_sentence_of_an_expired_one_names_it(void)
{
	REFUSED(.leaf = { .from = -3 * DAY, .to = -MINUTE },
		.says = " UTC (certificate 0, CN=leaf)",
		.error = X509_V_ERR_CERT_HAS_EXPIRED);
}

static void one_that_is_not_valid_yet_is_refused(void)
{
	REFUSED(.leaf = { .from = DAY, .to = 2 * DAY },
		.says = "certificate of a.example: not valid before 20",
		.error = X509_V_ERR_CERT_NOT_YET_VALID);
}

static void one_below_an_expired_authority_is_refused(void)
{
	REFUSED(.middle = { .from = -3 * DAY, .to = -DAY },
		.says = "(certificate 1, CN=Middle)",
		.error = X509_V_ERR_CERT_HAS_EXPIRED);
}

static void one_below_an_expired_root_is_refused(void)
{
	REFUSED(.root = { .from = -3 * DAY, .to = -DAY },
		.says = "(certificate 2, CN=Root)",
		.error = X509_V_ERR_CERT_HAS_EXPIRED);
}

/* Who signed. */

static void a_self_signed_one_is_refused(void)
{
	REFUSED(.self_signed = true,
		.says = "certificate of a.example: self-signed and not among "
			"the trusted (CN=leaf); trust it with cafile",
		.error = X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT);
}

static void one_below_an_unknown_root_is_refused(void)
{
	REFUSED(.root_unknown = true, .root_sent = true,
		.says = "its authority is not among the trusted "
			"(certificate 2, CN=Root)",
		.error = X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN);
}

static void one_below_an_unknown_root_that_is_not_sent_is_refused(void)
{
	REFUSED(.root_unknown = true,
		.says = "issued by CN=Root, which was not sent and is not "
			"among the trusted (certificate 1, CN=Middle)",
		.error = X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
}

static void one_without_the_certificate_in_the_middle_is_refused(void)
{
	REFUSED(.no_middle = true,
		.says = "issued by CN=Middle, which was not sent and is not "
			"among the trusted (certificate 0, CN=leaf)",
		.error = X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
}

static void one_with_a_broken_signature_is_refused(void)
{
	REFUSED(.broken = true,
		.says = "its signature is not that of CN=Middle "
			"(certificate 0, CN=leaf)",
		.error = X509_V_ERR_CERT_SIGNATURE_FAILURE);
}

static void one_signed_by_another_of_the_same_name_is_refused(void)
{
	REFUSED(.forged = true, .says = "CN=Middle",
		.error = X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
}

static void one_below_no_authority_is_refused(void)
{
	REFUSED(.middle = { .basic = "critical,CA:FALSE" },
		.says = "signed by one that is no authority (CA:FALSE) "
			"(certificate 1, CN=Middle)",
		.error = X509_V_ERR_INVALID_CA);
}

static void one_below_one_that_does_not_say_it_is_an_authority_is_refused(void)
{
	REFUSED(.middle = { .basic = "", .usage = "" },
		.says = "signed by one that is no authority (CA:FALSE) "
			"(certificate 1, CN=Middle)",
		.error = X509_V_ERR_INVALID_CA);
}

static void one_below_an_authority_for_other_uses_is_refused(void)
{
	REFUSED(.middle = { .usage = "critical,digitalSignature" },
		.says = "CN=Middle", .error = X509_V_ERR_INVALID_CA);
}

static void one_below_too_many_authorities_is_refused(void)
{
	REFUSED(.root = { .path_length = 1 },
		.says = "more authorities stand below one than it allows "
			"(path length 0)",
		.error = X509_V_ERR_PATH_LENGTH_EXCEEDED);
}

static void one_for_names_its_authority_may_not_sign_is_refused(void)
{
	REFUSED(.middle = { .constraints = "permitted;DNS:other.example" },
		.says = "an authority above it may not sign for DNS:a.example",
		.error = X509_V_ERR_PERMITTED_VIOLATION);
}

static void one_for_names_that_were_excluded_is_refused(void)
{
	REFUSED(.middle = { .constraints = "excluded;DNS:a.example" },
		.says = "an authority above it may not sign for DNS:a.example",
		.error = X509_V_ERR_EXCLUDED_VIOLATION);
}

/* For what, and how. */

static void one_for_clients_is_refused_of_a_server(void)
{
	REFUSED(.leaf = { .purpose = "clientAuth" },
		.says = "not for servers, but for: TLS Web Client "
			"Authentication (certificate 0, CN=leaf)",
		.error = X509_V_ERR_INVALID_PURPOSE);
}

static void one_with_an_unknown_rule_is_refused(void)
{
	REFUSED(.leaf = { .critical = "1.3.6.1.4.1.99999.1" },
		.says = "unhandled critical extension",
		.error = X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION);
}

static void one_with_a_weak_key_is_refused(void)
{
	REFUSED(.leaf = { .key = RSA_1024 },
		.says = "its key is too weak: RSA 1024 (certificate 0, "
			"CN=leaf)",
		.error = X509_V_ERR_EE_KEY_TOO_SMALL);
}

static void one_below_a_weak_key_is_refused(void)
{
	REFUSED(.middle = { .key = RSA_1024 },
		.says = "its key is too weak: RSA 1024 (certificate 1, "
			"CN=Middle)",
		.error = X509_V_ERR_CA_KEY_TOO_SMALL);
}

static void one_signed_with_sha1_is_refused(void)
{
	REFUSED(.leaf = { .digest = "SHA1" },
		.says = "signed with ecdsa-with-SHA1, which is too weak",
		.error = X509_V_ERR_CA_MD_TOO_WEAK);
}

static void one_signed_with_md5_is_refused(void)
{
	REFUSED(.middle = { .key = RSA_2048 }, .leaf = { .digest = "MD5" },
		.says = "signed with md5WithRSAEncryption, which is too weak",
		.error = X509_V_ERR_CA_MD_TOO_WEAK);
}

/* Lists of what was revoked. */

static void a_revoked_one_is_refused(void)
{
	REFUSED(.lists = true, .leaf_revoked = true,
		.says = "by CN=Middle (certificate 0, CN=leaf)",
		.error = X509_V_ERR_CERT_REVOKED);
}

static void one_below_a_revoked_authority_is_refused(void)
{
	REFUSED(.lists = true, .middle_revoked = true,
		.says = "by CN=Root (certificate 1, CN=Middle)",
		.error = X509_V_ERR_CERT_REVOKED);
}

static void one_without_its_list_is_refused(void)
{
	REFUSED(.lists = true, .no_list_of_middle = true,
		.says = "no revocation list of CN=Middle is known",
		.error = X509_V_ERR_UNABLE_TO_GET_CRL);
}

static void one_with_an_old_list_is_refused(void)
{
	REFUSED(.lists = true,
		.list_of_middle = { .from = -3 * DAY, .to = -DAY },
		.says = "the revocation list of CN=Middle was to be renewed 20",
		.error = X509_V_ERR_CRL_HAS_EXPIRED);
}

static void one_with_a_list_of_tomorrow_is_refused(void)
{
	REFUSED(.lists = true, .list_of_middle = { .from = DAY, .to = 2 * DAY },
		.says = "which is yet to come",
		.error = X509_V_ERR_CRL_NOT_YET_VALID);
}

static void one_with_a_forged_list_is_refused(void)
{
	REFUSED(.lists = true, .list_forged = true,
		.says = "the revocation list of CN=Middle is not signed by it",
		.error = X509_V_ERR_CRL_SIGNATURE_FAILURE);
}

/* What is good. */

static void a_careful_chain_is_accepted(void)
{
	ACCEPTED(.root = { 0 });
}

static void a_chain_with_its_root_is_accepted(void)
{
	ACCEPTED(.root_sent = true);
}

static void a_self_signed_one_is_accepted_where_it_is_trusted(void)
{
	ACCEPTED(.self_signed = true, .leaf_trusted = true);
}

static void one_that_says_no_purpose_is_accepted(void)
{
	ACCEPTED(.leaf = { .purpose = "" });
}

static void one_of_the_last_minute_is_accepted(void)
{
	ACCEPTED(.leaf = { .from = -DAY, .to = HOUR });
}

static void one_that_no_list_has_is_accepted(void)
{
	ACCEPTED(.lists = true);
}

static void one_with_a_name_its_authority_may_sign_is_accepted(void)
{
	ACCEPTED(.middle = { .constraints = "permitted;DNS:example" });
}

static void as_many_authorities_as_are_allowed_are_accepted(void)
{
	ACCEPTED(.root = { .path_length = 2 }, .middle = { .path_length = 1 });
}

static void rsa_of_2048_bits_is_accepted(void)
{
	ACCEPTED(.leaf = { .key = RSA_2048 });
}

static const struct test_case cases[] = {
	TEST(an_expired_one_is_refused),
	TEST(the_sentence_of_an_expired_one_names_it),
	TEST(one_that_is_not_valid_yet_is_refused),
	TEST(one_below_an_expired_authority_is_refused),
	TEST(one_below_an_expired_root_is_refused),
	TEST(a_self_signed_one_is_refused),
	TEST(one_below_an_unknown_root_is_refused),
	TEST(one_below_an_unknown_root_that_is_not_sent_is_refused),
	TEST(one_without_the_certificate_in_the_middle_is_refused),
	TEST(one_with_a_broken_signature_is_refused),
	TEST(one_signed_by_another_of_the_same_name_is_refused),
	TEST(one_below_no_authority_is_refused),
	TEST(one_below_one_that_does_not_say_it_is_an_authority_is_refused),
	TEST(one_below_an_authority_for_other_uses_is_refused),
	TEST(one_below_too_many_authorities_is_refused),
	TEST(one_for_names_its_authority_may_not_sign_is_refused),
	TEST(one_for_names_that_were_excluded_is_refused),
	TEST(one_for_clients_is_refused_of_a_server),
	TEST(one_with_an_unknown_rule_is_refused),
	TEST(one_with_a_weak_key_is_refused),
	TEST(one_below_a_weak_key_is_refused),
	TEST(one_signed_with_sha1_is_refused),
	TEST(one_signed_with_md5_is_refused),
	TEST(a_revoked_one_is_refused),
	TEST(one_below_a_revoked_authority_is_refused),
	TEST(one_without_its_list_is_refused),
	TEST(one_with_an_old_list_is_refused),
	TEST(one_with_a_list_of_tomorrow_is_refused),
	TEST(one_with_a_forged_list_is_refused),
	TEST(a_careful_chain_is_accepted),
	TEST(a_chain_with_its_root_is_accepted),
	TEST(a_self_signed_one_is_accepted_where_it_is_trusted),
	TEST(one_that_says_no_purpose_is_accepted),
	TEST(one_of_the_last_minute_is_accepted),
	TEST(one_that_no_list_has_is_accepted),
	TEST(one_with_a_name_its_authority_may_sign_is_accepted),
	TEST(as_many_authorities_as_are_allowed_are_accepted),
	TEST(rsa_of_2048_bits_is_accepted),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
