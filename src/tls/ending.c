/* SPDX-License-Identifier: MIT */
/*
 * How TLS ends: a goodbye (close_notify, RFC 8446, 6.1) in each direction, each
 * by itself. What has been sent goes before ours; nothing here waits but
 * unwrap.
 */
#include "tls/channel.h"

#include "base/alloc.h"
#include "fiber/aside.h"
#include "socket/stream.h"

#include <openssl/err.h>

/* Into the queue, or further. */
static ptrdiff_t say_goodbye(struct snt__visit *visit)
{
	struct snt__tls *tls = visit->tls;

	if (!tls->shut && tls->done && tls->failed == 0 &&
	    SSL_shutdown(tls->ssl) < 0)
		ERR_clear_error();
	tls->shut = true;
	return 0;
}

int snt__tls_shutdown(struct snt_socket *socket, int how)
{
	struct snt__tls *tls = (struct snt__tls *)socket->layer;
	struct snt__visit visit = { .run = say_goodbye, .tls = tls };
	int code = 0;

	/* Without a goodbye there is nothing to keep in order. */
	if (!tls->done ||
	    (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR)) {
		code = snt__io->shutdown(socket->handle.fd, how);
		tls->shut |= code == 0 && how != SHUT_RD;
		return code;
	}
	if (how != SHUT_RD && !tls->shut) {
		code = (int)snt__tls_visit(&visit);
		if (code < 0)
			return code;
		tls->fin = true;
		code = snt__tls_flush(tls);
	}
	if (how != SHUT_WR) {
		code = snt__io->shutdown(socket->handle.fd, SHUT_RD);
		socket->deaf = true;
		snt__layer_stir(socket);
	}
	return code == -EAGAIN ? 0 : code;
}

/*
 * What the peer sent for us alone, tickets, is taken away first: closed with
 * something unread, TCP would reset, and what we sent might never be read.
 */
static ptrdiff_t leave(struct snt__visit *visit)
{
	struct snt__tls *tls = visit->tls;

	if (!tls->done || tls->failed != 0)
		return 0;
	if (!tls->ended && !tls->cut)
		(void)!snt__tls_peek(visit);
	if (tls->failed == 0)
		say_goodbye(visit);
	return 0;
}

void snt__tls_goodbye(struct snt_socket *socket)
{
	struct snt__tls *tls = (struct snt__tls *)socket->layer;
	struct snt__visit visit = { .run = leave,
				    .tls = tls,
				    .doing = "close" };

	/* In a forked child it is the parent's to say, unless the child has
	 * used the connection. */
	if (tls->forks != snt__forks || tls->ssl == NULL)
		return;
	socket->handle.ready |= SNT__READ | SNT__WRITE;
	(void)!snt__tls_visit(&visit);
	(void)!snt__tls_flush(tls);
}

static void free_ssl(void *arg)
{
	SSL_free(arg);
	ERR_clear_error();
}

void snt__tls_end(struct snt__layer *layer)
{
	struct snt__tls *tls = (struct snt__tls *)layer;

	if (tls->ssl != NULL && snt__aside(free_ssl, tls->ssl) < 0)
		free_ssl(tls->ssl);
	snt__queue_end(&tls->in);
	snt__queue_end(&tls->out);
	snt__free(tls->words);
	snt__tls_drop(tls->context);
	snt__free(tls);
}

/* 0: both have said goodbye, and ours is gone. */
static ptrdiff_t end_now(struct snt__visit *visit)
{
	struct snt__tls *tls = visit->tls;
	int sent, came, code = snt__tls_drive(visit);

	if (code < 0)
		return code;
	say_goodbye(visit);
	sent = snt__tls_flush(tls);
	if (sent < 0 && sent != -EAGAIN)
		return sent;
	came = snt__tls_peek(visit);
	if (came > 0)
		return -EPROTO;
	tls->layer.reader_wants = SNT__READ;
	if (sent == -EAGAIN)
		tls->layer.reader_wants |= SNT__WRITE;
	/* Its goodbye is here; only ours is still to go. */
	if (came == 0 && sent == -EAGAIN)
		tls->layer.reader_wants = SNT__WRITE;
	return came < 0 ? came : sent;
}

/* The plain handle again. */
static int take_off(struct snt_socket *socket)
{
	struct snt__tls *tls = (struct snt__tls *)socket->layer;
	size_t left = snt__queue_left(&tls->in);
	struct snt__layer *rest = NULL;

	if (left > 0) {
		rest = snt__rest_make(snt__queue_first(&tls->in), left);
		if (rest == NULL)
			return -ENOMEM;
	}
	snt__tls_end(snt__layer_take(socket));
	socket->deaf = false;
	if (rest != NULL)
		snt__layer_put(socket, rest);
	socket->handle.ready |= SNT__READ | SNT__WRITE;
	return 0;
}

int snt_unwrap(struct snt_socket *socket)
{
	struct snt__tls *tls = snt__tls_of(socket);
	struct snt__visit visit = { .run = end_now,
				    .tls = tls,
				    .doing = "unwrap" };
	int64_t deadline = 0;
	int code = snt__call_begin(socket, SNT__READ);

	if (code == 0 && socket->handle.writer != NULL)
		code = -EBUSY;
	if (code == 0 && tls == NULL)
		return snt__fail_text(-EINVAL,
				      "unwrap: there is no TLS on this handle");
	if (code == 0)
		snt__begin_direction(socket, SNT__READ);
	while (code == 0) {
		code = tls->failed != 0 ? tls->failed
					: (int)snt__tls_visit(&visit);
		/* What came behind its goodbye may have found no memory. */
		if (code == 0)
			code = tls->failed != 0 ? tls->failed
						: take_off(socket);
		else if (code == -EAGAIN) {
			code = snt__call_wait(socket, SNT__READ, &deadline);
			continue;
		}
		break;
	}
	if (code == -EPROTO)
		return snt__fail_text(code, "unwrap: the peer has sent data "
					    "that nobody has received");
	if (code < 0)
		return snt__call_fail(socket, code, 0, "unwrap, with");
	snt__spend(snt__self);
	return 0;
}
