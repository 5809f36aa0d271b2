/* SPDX-License-Identifier: MIT */
/*
 * TLS put on a connection, and its handshake. Whoever comes first drives that,
 * a call of its own or the first that receives or sends; several may.
 */
#include "tls/channel.h"

#include "base/alloc.h"
#include "socket/stream.h"

#include <openssl/ssl.h>

static int make(struct snt_tls_context *context,
		const struct snt_wrap_opts *opts, struct snt__tls **ret_tls)
{
	struct snt__tls *made = snt__alloc(sizeof *made);

	if (made == NULL)
		return snt__fail(-ENOMEM, "TLS");
	made->layer = (struct snt__layer){
		.ops = &snt__tls_layer,
		.reader_wants = SNT__READ,
		.writer_wants = SNT__WRITE,
	};
	made->context = context;
	snt__tls_keep(context);
	/* Of a server what is served may change until it is wanted. */
	if (context->side == SNT_TLS_CLIENT) {
		int code = snt__tls_new(context, opts, &made->ssl);

		if (code < 0) {
			snt__tls_end(&made->layer);
			return code;
		}
	}
	*ret_tls = made;
	return 0;
}

static int prepare(struct snt_tls_context *context, const char *host,
		   struct snt__layer **layer)
{
	const struct snt_wrap_opts opts = { .server_hostname = host };
	struct snt__tls *tls = NULL;
	int code = make(context, &opts, &tls);

	if (tls != NULL)
		*layer = &tls->layer;
	return code;
}

static void put(struct snt_socket *socket, struct snt__layer *layer)
{
	struct snt__tls *tls = (struct snt__tls *)layer;

	tls->socket = socket;
	snt__layer_put(socket, layer);
	socket->handle.ready |= SNT__READ | SNT__WRITE;
}

/* A server's context that can serve. */
static int serve(struct snt_tls_context *context)
{
	SSL *ssl;
	int code;

	if (context->side != SNT_TLS_SERVER)
		return snt__fail_text(-EINVAL, "TLS: a server wants a context "
					       "of servers");
	code = snt__tls_new(context, NULL, &ssl);
	if (code < 0)
		return code;
	SSL_free(ssl);
	snt__tls_keep(context);
	return 0;
}

static ptrdiff_t drive(struct snt__visit *visit)
{
	return snt__tls_drive(visit);
}

/* The caller has begun. */
static int shake_hands(struct snt_socket *socket)
{
	struct snt__tls *tls = snt__tls_of(socket);
	struct snt__visit visit = { .run = drive,
				    .tls = tls,
				    .doing = "handshake" };
	int64_t deadline = 0;
	int code = 0;

	snt__begin_direction(socket, SNT__READ);
	while (code == 0) {
		uint8_t room;

		code = tls->failed;
		if (code == 0 && !tls->done)
			code = (int)snt__tls_visit(&visit);
		if (code == 0 && snt__queue_left(&tls->out) > 0)
			code = snt__tls_flush(tls);
		if (code != -EAGAIN)
			break;
		room = snt__queue_left(&tls->out) > 0 ? SNT__WRITE : 0;
		tls->layer.reader_wants =
			tls->done ? room : (uint8_t)(SNT__READ | room);
		code = snt__call_wait(socket, SNT__READ, &deadline);
	}
	if (code < 0)
		return snt__call_fail(socket, code, 0, "TLS handshake with");
	snt__spend(snt__self);
	return 0;
}

static int handshake(struct snt_socket *socket)
{
	int code = snt__call_begin(socket, SNT__READ);

	return code < 0 ? snt__call_fail(socket, code, 0, "TLS handshake with")
			: shake_hands(socket);
}

const struct snt__secure snt__tls_secure = {
	.prepare = prepare,
	.put = put,
	.handshake = handshake,
	.serve = serve,
	.drop = snt__tls_drop,
};

static int refuse(const char *why)
{
	return snt__fail_text(-EINVAL, "wrap_socket: %s", why);
}

static int check(const struct snt_socket *socket)
{
	size_t size;

	if (snt__tls_of(socket) != NULL)
		return refuse("there is TLS on this handle already");
	if (snt__listener_of(socket) != NULL)
		return refuse("a listener; give create_server the context, or "
			      "wrap what accept gives");
	if (socket->kind != SNT__TCP && socket->kind != SNT__STREAM &&
	    snt__rest_of(socket, &size) == NULL)
		return refuse("TLS needs a stream socket");
	return 0;
}

/* What was received behind the last bytes of an earlier TLS is the beginning
 * of this one. */
static int take_rest(struct snt_socket *socket, struct snt__tls *tls)
{
	size_t size;
	const void *rest = snt__rest_of(socket, &size);
	struct snt__layer *layer;

	if (rest == NULL)
		return 0;
	if (snt__queue_append(&tls->in, rest, size) < 0)
		return snt__fail(-ENOMEM, "wrap_socket");
	layer = snt__layer_take(socket);
	layer->ops->end(layer);
	return 0;
}

int snt_wrap_socket(struct snt_socket *socket, struct snt_tls_context *context,
		    const struct snt_wrap_opts *opts)
{
	static const struct snt_wrap_opts none;
	struct snt__tls *tls = NULL;
	int code = snt__call_begin(socket, SNT__READ);

	if (code == 0 && socket->handle.writer != NULL)
		code = -EBUSY;
	if (code < 0)
		return snt__call_fail(socket, code, 0, "wrap_socket,");
	if (opts == NULL)
		opts = &none;
	code = check(socket);
	if (code == 0)
		code = make(context, opts, &tls);
	if (tls == NULL)
		return code;
	code = take_rest(socket, tls);
	if (code < 0) {
		snt__tls_end(&tls->layer);
		return code;
	}
	put(socket, &tls->layer);
	return opts->lazy ? 0 : shake_hands(socket);
}

int snt_do_handshake(struct snt_socket *socket)
{
	if (snt__tls_of(socket) == NULL)
		return snt__fail_text(-EINVAL, "do_handshake: there is no TLS "
					       "on this handle");
	return handshake(socket);
}
