/* SPDX-License-Identifier: MIT */
/*
 * TLS behind the same handle: after snt_wrap_socket, recv, sendall, timeouts,
 * cancel and close of a stream handle mean what they meant, and what goes over
 * the wire is encrypted. TLS 1.3 (RFC 8446) and 1.2 (RFC 5246), by OpenSSL.
 *
 * A context with nothing set is safe: a client's trusts the system's
 * authorities and checks chain, validity and the server's name (RFC 6125, IP
 * addresses by their SAN, no fallback to the common name); TLS 1.2 at least; no
 * renegotiation, no compression, no early data. What weakens that is named so.
 *
 * A context is shared: any thread may use and change it. A change is for the
 * handshakes that begin after it; one that fails changes nothing. It is kept
 * as long as a connection or server uses it, also after snt_tls_context_close.
 *
 * A stream that ends without the peer's close_notify is -SNT_ETRUNCATED, not
 * an end. A failed check is -SNT_ECERTIFICATE, any other failure of TLS
 * -SNT_ETLS; snt_errmsg() says which host, what was expected and what came.
 */
#ifndef SENNIT_TLS_H
#define SENNIT_TLS_H

#include <sennit/socket.h>

#ifdef __cplusplus
extern "C" {
#endif

struct snt_tls_context;
struct snt_tls_session;

enum snt_tls_side {
	SNT_TLS_CLIENT = 0,
	SNT_TLS_SERVER = 1
};

enum snt_tls_version {
	SNT_TLS_1_2 = 0x0303,
	SNT_TLS_1_3 = 0x0304
};

/* What a server asks of its clients. */
enum snt_tls_client_certificate {
	SNT_TLS_NOT_ASKED = 0,
	SNT_TLS_OPTIONAL = 1, /* verified if it comes */
	SNT_TLS_REQUIRED = 2,
};

/* PEM throughout; files are read at once. All zero is safe. */
struct snt_tls_opts {
	/* Trust: any of these replaces the system's authorities. A server
	 * needs one to ask for client certificates. */
	const char *cafile;
	const char *capath; /* a folder as openssl-rehash(1) makes it */
	const void *cadata;
	size_t cadata_size;
	/* Lists of revoked ones; those above may have some, too. With any, each
	 * certificate of a chain is looked up. */
	const char *crlfile;
	/* SHA-256 of the one public key (SPKI) to accept besides the checks,
	 * as "sha256//" and base64, as curl(1) has it; several with ';'. */
	const char *pin;

	/* Who we are; see snt_load_cert_chain. */
	const char *certfile;
	const char *keyfile; /* NULL: in certfile */
	const char *password;

	int client_certificate; /* enum snt_tls_client_certificate */

	const char *const *alpn;  /* in order of preference, ended by NULL */
	int minimum_version;      /* 0: SNT_TLS_1_2 */
	int maximum_version;      /* 0: the newest */
	const char *ciphers;      /* of 1.2, openssl-ciphers(1) */
	const char *ciphersuites; /* of 1.3 */
	const char *groups;       /* "X25519:P-256" */

	int64_t handshake_timeout; /* 0: 30 s, besides any other deadline */
	bool no_resumption;
	const char *keylog_filename; /* secrets, for Wireshark; appended */

	/* DANGER: the peer may be anybody. Neither chain nor name is checked. */
	bool insecure_noverify;
};

/*
 * A context for clients or servers. -EINVAL, -ENOENT and whatever reading a
 * file fails with, -SNT_ETLS (no PEM, key and certificate do not match, unknown
 * cipher), -ENOMEM.
 */
SNT_API SNT_MUST_CHECK int
snt_create_default_context(struct snt_tls_context **context,
			   enum snt_tls_side side,
			   const struct snt_tls_opts *opts);

/*
 * Who we are: the certificate, then those that lead to an authority; and its
 * key (NULL: in the same file). Again, later: renewed without dropping a
 * connection; a bad pair leaves the old one. Errors as above.
 */
SNT_API SNT_MUST_CHECK int snt_load_cert_chain(struct snt_tls_context *context,
					       const char *certfile,
					       const char *keyfile,
					       const char *password);
/* The same from memory. */
SNT_API SNT_MUST_CHECK int
snt_load_cert_chain_data(struct snt_tls_context *context, const void *cert,
			 size_t cert_size, const void *key, size_t key_size,
			 const char *password);
/* Trusts these too, or besides the system's when none was set before. cafile,
 * capath, data: each may be NULL. Errors as above. */
SNT_API SNT_MUST_CHECK int
snt_load_verify_locations(struct snt_tls_context *context, const char *cafile,
			  const char *capath, const void *cadata,
			  size_t cadata_size);

/*
 * A server of several names: clients that ask for name ("example.org",
 * "*.example.org"; SNI, RFC 6066) are served with other, which is kept as long.
 * A name given again is replaced; other NULL: forgotten. -EINVAL.
 */
SNT_API SNT_MUST_CHECK int snt_set_servername(struct snt_tls_context *context,
					      const char *name,
					      struct snt_tls_context *other);

/* A server's new key for session tickets; the last one still opens what it
 * sealed, older ones' sessions are negotiated anew. Happens by itself twice a
 * day. -ENOMEM. */
SNT_API SNT_MUST_CHECK int
snt_rotate_ticket_key(struct snt_tls_context *context);

/* OpenSSL's SSL_CTX that the next handshake would use, lent until the next
 * change, to look at. A callback set on it must not wait (-EDEADLK). */
SNT_API void *snt_tls_context_native(struct snt_tls_context *context);

/* Takes the caller's share; NULL is fine. */
SNT_API void snt_tls_context_close(struct snt_tls_context *context);
SNT_API void snt_auto_tls_context(struct snt_tls_context **context);

struct snt_wrap_opts {
	/* A client: whom to expect, a name or an address. Required, unless
	 * the context is insecure_noverify. */
	const char *server_hostname;
	struct snt_tls_session *session; /* to resume; borrowed for the call */
	/* The first recv or send does the handshake, as on accepted ones. */
	bool lazy;
};

/*
 * Puts TLS on a connected stream handle and does the handshake; the context
 * says on which side. Waits. After a failure the handle is of no use but to
 * close. -EINVAL (no server_hostname; datagrams; wrapped already), -EBUSY (a
 * fiber reads or writes), -SNT_ECERTIFICATE, -SNT_ETLS, -SNT_ETRUNCATED,
 * -ETIMEDOUT, -ECANCELED, whatever recv and send fail with.
 */
SNT_API SNT_MUST_CHECK int snt_wrap_socket(struct snt_socket *socket,
					   struct snt_tls_context *context,
					   const struct snt_wrap_opts *opts);
/* The handshake now, of an accepted or lazy one; 0 at once if it is done.
 * Errors as above; -EINVAL: no TLS on it. */
SNT_API SNT_MUST_CHECK int snt_do_handshake(struct snt_socket *socket);

/*
 * Ends TLS both ways and leaves a plain handle, on which bytes that the peer
 * sent after its goodbye are received first. Waits. -EBUSY; -EPROTO: the peer
 * sent data that nobody received; as recv and send.
 */
SNT_API SNT_MUST_CHECK int snt_unwrap(struct snt_socket *socket);

/* What a handshake agreed on. */
struct snt_tls_info {
	bool server;
	bool resumed;
	bool verified; /* chain and, on a client, name */
	int version;   /* enum snt_tls_version */
	char cipher[40], group[40];
	char alpn[256];        /* "": none */
	char server_name[256]; /* as the client asked, or "" */
};

/* -EINVAL: no TLS on it; -ENOTCONN: the handshake is not done. */
SNT_API SNT_MUST_CHECK int snt_get_tls_info(struct snt_socket *socket,
					    struct snt_tls_info *info);

/*
 * A client's session, to be given to the next snt_wrap_socket with the same
 * server: once, under TLS 1.3. Tickets come with the first bytes received.
 * -ENOENT: none yet. Close it.
 */
SNT_API SNT_MUST_CHECK int
snt_get_tls_session(struct snt_socket *socket,
		    struct snt_tls_session **session);
SNT_API void snt_tls_session_close(struct snt_tls_session *session);
SNT_API void snt_auto_tls_session(struct snt_tls_session **session);

#ifdef __cplusplus
}
#endif
#endif
