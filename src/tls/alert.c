/* SPDX-License-Identifier: MIT */
/* The peer knows why, and says one number: the rest is experience. */
#include "tls/alert.h"

#include <stddef.h>

static const struct snt__alert alerts[] = {
	{ 10, "unexpected_message", "it lost the thread, or speaks no TLS" },
	{ 20, "bad_record_mac", "what we sent was changed on its way" },
	{ 22, "record_overflow", "a record was too long for it" },
	{ 40, "handshake_failure",
	  "no cipher, group or signature in common, or it wants a certificate "
	  "that it did not get" },
	{ 42, "bad_certificate", "it finds our certificate broken or wrong" },
	{ 43, "unsupported_certificate",
	  "it takes no certificate of this kind, or for another use" },
	{ 44, "certificate_revoked", "our certificate was revoked" },
	{ 45, "certificate_expired",
	  "our certificate is not valid now, by its clock" },
	{ 46, "certificate_unknown", "it does not accept our certificate" },
	{ 47, "illegal_parameter", "it finds what we sent against the rules" },
	{ 48, "unknown_ca",
	  "it does not trust the authority that signed our certificate" },
	{ 49, "access_denied", "it knows who we are, and does not let us in" },
	{ 50, "decode_error", "it cannot read what we sent" },
	{ 51, "decrypt_error", "a signature or check of ours is wrong to it" },
	{ 70, "protocol_version", "no version of TLS in common" },
	{ 71, "insufficient_security",
	  "what we offer is not safe enough for it" },
	{ 80, "internal_error", "something went wrong on its side" },
	{ 86, "inappropriate_fallback",
	  "it speaks a newer version than the one asked for" },
	{ 90, "user_canceled", "somebody gave up on its side" },
	{ 100, "no_renegotiation", "it does not begin anew" },
	{ 109, "missing_extension", "it needs to be told more than it was" },
	{ 110, "unsupported_extension", "it was told what it did not ask" },
	{ 112, "unrecognized_name",
	  "it serves no host of the name we asked for" },
	{ 113, "bad_certificate_status_response",
	  "it finds the OCSP answer broken" },
	{ 115, "unknown_psk_identity", "it does not know our shared key" },
	{ 116, "certificate_required",
	  "it asks clients for a certificate, and we gave none" },
	{ 120, "no_application_protocol",
	  "it speaks none of the protocols we offered (ALPN)" },
};

const struct snt__alert *snt__alert(int number)
{
	for (size_t i = 0; i < sizeof alerts / sizeof alerts[0]; i++)
		if (alerts[i].number == number)
			return &alerts[i];
	return NULL;
}
