/* SPDX-License-Identifier: MIT */
/*
 * The layer: tries to receive, send, and look, each a visit to OpenSSL.
 *
 * What only a reader can bring about (the answer to a key update, an alert)
 * goes into the queue like what is sent; whoever is there next sends it on. A
 * reader that waits while something stands in the queue waits for room as
 * well, so it needs no writer for that and never waits for one.
 */
#include "tls/channel.h"

#include "base/alloc.h"
#include "base/deadline.h"

#include <openssl/err.h>
#include <string.h>

/* The most that one record holds. */
#define RECORD ((size_t)16 * 1024)

/* So much may stand in the queue before a reader must see it go: a peer that
 * asks and asks, and never reads, gets no more than that. */
#define ANSWERS ((size_t)64 * 1024)

struct snt__tls *snt__tls_of(const struct snt_socket *socket)
{
	if (socket->kind != SNT__LAYERED ||
	    socket->layer->ops != &snt__tls_layer)
		return NULL;
	return (struct snt__tls *)socket->layer;
}

int snt__tls_fail_for_good(struct snt__tls *tls, int code)
{
	if (tls->failed == 0) {
		tls->failed = code;
		snt__layer_stir(tls->socket);
	}
	return tls->failed;
}

static void keep_words(struct snt__tls *tls, const char *words)
{
	size_t size = strlen(words) + 1;

	if (tls->words != NULL)
		return;
	tls->words = snt__alloc(size);
	if (tls->words != NULL)
		memcpy(tls->words, words, size);
}

/* In the fiber's place for the last failure, which is not this one yet: a look
 * fails in the midst of a call that succeeds. */
static int explain(struct snt__visit *visit, int error)
{
	struct snt__tls *tls = visit->tls;
	struct snt__context *now = snt__context_now(), kept = *now;
	struct snt__tls_story story = { .doing = visit->doing,
					.done = tls->done,
					.first = tls->first,
					.first_size = tls->first_size };
	char text[SNT_ADDR_TEXT];
	struct snt_addr peer;
	int code;

	*now = (struct snt__context){ 0 };
	if (snt_getpeername(tls->socket, &peer) == 0) {
		snt_addr_format(&peer, text, sizeof text);
		story.peer = text;
	}
	code = snt__tls_explain(tls->ssl, error, &story);
	keep_words(tls, snt_errmsg());
	snt__context_reset(now);
	*now = kept;
	return code;
}

int snt__tls_settle(struct snt__visit *visit, int answer)
{
	struct snt__tls *tls = visit->tls;
	int error = SSL_get_error(tls->ssl, answer);

	if (error == SSL_ERROR_WANT_READ)
		return -EAGAIN;
	if (error == SSL_ERROR_ZERO_RETURN) {
		tls->ended = true;
		return 0;
	}
	if (tls->failed != 0)
		return tls->failed;
	/* Its own words are the best where it is the network. */
	if (tls->recv_failed != 0)
		return snt__tls_fail_for_good(tls, tls->recv_failed);
	return snt__tls_fail_for_good(tls, explain(visit, error));
}

static int begin(struct snt__tls *tls)
{
	BIO *bio;
	int code;

	if (tls->ssl == NULL) {
		code = snt__tls_new(tls->context, NULL, &tls->ssl);
		if (code < 0) {
			keep_words(tls, snt_errmsg());
			return code;
		}
	}
	if (SSL_get_rbio(tls->ssl) == NULL) {
		bio = snt__tls_bio(tls);
		if (bio == NULL)
			return -ENOMEM;
		SSL_set_bio(tls->ssl, bio, bio);
		SSL_set_mode(tls->ssl, SSL_MODE_RELEASE_BUFFERS);
		SSL_set_read_ahead(tls->ssl, 1);
	}
	if (tls->layer.limit == 0)
		tls->layer.limit =
			snt__deadline(snt__io->now(),
				      snt__tls_handshake_timeout(tls->context));
	return 0;
}

static int out_of_time(struct snt__tls *tls)
{
	keep_words(tls, "TLS handshake: the peer took longer than the "
			"context's handshake_timeout");
	return snt__tls_fail_for_good(tls, -ETIMEDOUT);
}

int snt__tls_drive(struct snt__visit *visit)
{
	struct snt__tls *tls = visit->tls;
	int code, answer;

	if (tls->done)
		return 0;
	if (tls->shut)
		return snt__tls_fail_for_good(tls, -EPIPE);
	code = begin(tls);
	if (code < 0)
		return snt__tls_fail_for_good(tls, code);
	(void)!snt__tls_flush(tls);
	answer = SSL_do_handshake(tls->ssl);
	if (answer == 1) {
		tls->done = true;
		tls->layer.limit = 0;
		snt__layer_stir(tls->socket);
		return 0;
	}
	code = snt__tls_settle(visit, answer);
	/* Its goodbye, before it said anything else. */
	if (code == 0)
		code = snt__tls_fail_for_good(tls, -SNT_ETRUNCATED);
	/* What it sent before it went away has been read. */
	if (code == -EAGAIN && tls->send_failed != 0)
		code = snt__tls_fail_for_good(tls, tls->send_failed);
	if (code == -EAGAIN && snt__io->now() >= tls->layer.limit)
		code = out_of_time(tls);
	return code;
}

/* What who gets -EAGAIN waits for. */
static void set_wants(struct snt__tls *tls)
{
	uint8_t room = snt__queue_left(&tls->out) > 0 ? SNT__WRITE : 0;

	tls->layer.reader_wants = SNT__READ | room;
	tls->layer.writer_wants = tls->done ? SNT__WRITE : SNT__READ | room;
}

/* No event tells of what is left here. */
static void tell_left(struct snt__tls *tls)
{
	struct snt__handle *handle = &tls->socket->handle;

	if (SSL_pending(tls->ssl) == 0 && tls->arrived_left == 0 &&
	    snt__queue_left(&tls->in) == 0)
		return;
	handle->ready |= SNT__READ;
	snt__watches_fire(handle, SNT__READ);
}

int snt__tls_peek(struct snt__visit *visit)
{
	struct snt__tls *tls = visit->tls;
	size_t count;
	char byte;
	int answer;

	if (tls->ended)
		return 0;
	answer = SSL_peek_ex(tls->ssl, &byte, 1, &count);
	if (answer != 1)
		return snt__tls_settle(visit, answer);
	tell_left(tls);
	return 1;
}

static ptrdiff_t recv_now(struct snt__visit *visit)
{
	struct snt__tls *tls = visit->tls;
	size_t count;
	int answer, code = snt__tls_drive(visit);

	if (code < 0)
		return code;
	if (visit->flags & MSG_PEEK)
		answer = SSL_peek_ex(tls->ssl, visit->buffer, visit->size,
				     &count);
	else
		answer = SSL_read_ex(tls->ssl, visit->buffer, visit->size,
				     &count);
	if (answer != 1)
		return snt__tls_settle(visit, answer);
	tell_left(tls);
	return (ptrdiff_t)count;
}

static ptrdiff_t receive(struct snt_socket *socket, void *buffer, size_t size,
			 int flags)
{
	struct snt__tls *tls = (struct snt__tls *)socket->layer;
	struct snt__visit visit = { .run = recv_now,
				    .tls = tls,
				    .doing = tls->done ? "recv" : "handshake",
				    .buffer = buffer,
				    .size = size,
				    .flags = flags };
	ptrdiff_t n = -EAGAIN;

	if (tls->failed != 0)
		return tls->failed;
	if (tls->ended)
		return 0;
	if (snt__queue_left(&tls->out) > 0)
		(void)!snt__tls_flush(tls);
	if (snt__queue_left(&tls->out) > ANSWERS) {
		tls->layer.reader_wants = SNT__WRITE;
		return -EAGAIN;
	}
	if (!tls->done || (socket->handle.ready & SNT__READ))
		n = snt__tls_visit(&visit);
	set_wants(tls);
	/* What came before the connection broke has been received. */
	if (n == -EAGAIN && tls->send_failed != 0 && !tls->shut)
		n = tls->send_failed;
	return n;
}

/* Small pieces in one record. */
static ptrdiff_t gather(const struct snt__visit *visit, char *bytes)
{
	size_t size = 0;

	for (size_t i = 0; i < visit->count && size < RECORD; i++) {
		size_t n = visit->buffers[i].iov_len;

		if (n > RECORD - size)
			n = RECORD - size;
		if (n > 0)
			memcpy(bytes + size, visit->buffers[i].iov_base, n);
		size += n;
	}
	return (ptrdiff_t)size;
}

static ptrdiff_t send_now(struct snt__visit *visit)
{
	struct snt__tls *tls = visit->tls;
	char gathered[RECORD];
	const void *bytes = gathered;
	size_t size, count;
	int answer, code = snt__tls_drive(visit);

	if (code == 0)
		code = snt__tls_flush(tls);
	if (code < 0)
		return code;
	/* Room for nothing: it would all go into the queue. */
	if (!(tls->socket->handle.ready & SNT__WRITE))
		return -EAGAIN;
	if (visit->count == 1) {
		bytes = visit->buffers[0].iov_base;
		size = visit->buffers[0].iov_len;
		if (size > RECORD)
			size = RECORD;
	} else {
		size = (size_t)gather(visit, gathered);
	}
	if (size == 0)
		return 0;
	answer = SSL_write_ex(tls->ssl, bytes, size, &count);
	if (answer != 1) {
		code = snt__tls_settle(visit, answer);
		/* In the midst of what the peer began after the handshake. */
		visit->reads = code == -EAGAIN;
		return code == 0 ? -EPIPE : code;
	}
	return tls->send_failed != 0 ? tls->send_failed : (ptrdiff_t)count;
}

static ptrdiff_t transmit(struct snt_socket *socket,
			  const struct iovec *buffers, size_t count)
{
	struct snt__tls *tls = (struct snt__tls *)socket->layer;
	struct snt__visit visit = { .run = send_now,
				    .tls = tls,
				    .doing = tls->done ? "send" : "handshake",
				    .buffers = buffers,
				    .count = count };
	ptrdiff_t n = -EAGAIN;

	if (tls->failed != 0)
		return tls->failed;
	if (tls->shut)
		return -EPIPE;
	if (tls->send_failed != 0)
		return tls->send_failed;
	if (!tls->done || (socket->handle.ready & SNT__WRITE))
		n = snt__tls_visit(&visit);
	set_wants(tls);
	if (visit.reads)
		tls->layer.writer_wants = SNT__READ;
	return n;
}

static int flush(struct snt_socket *socket)
{
	struct snt__tls *tls = (struct snt__tls *)socket->layer;
	int code = snt__tls_flush(tls);

	set_wants(tls);
	return code;
}

static ptrdiff_t look_now(struct snt__visit *visit)
{
	int code = snt__tls_drive(visit);

	return code < 0 ? code : snt__tls_peek(visit);
}

/* A try tells what it is that it is ready for. */
static int look(struct snt_socket *socket, unsigned directions)
{
	struct snt__tls *tls = (struct snt__tls *)socket->layer;
	struct snt__visit visit = { .run = look_now,
				    .tls = tls,
				    .doing = tls->done ? "recv" : "handshake" };
	int code = snt__tls_flush(tls), ready = 0;

	if (tls->failed != 0)
		return (int)directions;
	if (!tls->done || (directions & SNT__READ)) {
		bool tells = tls->ended || socket->deaf;

		if (tells || snt__tls_visit(&visit) != -EAGAIN)
			ready |= (int)SNT__READ;
		code = snt__tls_flush(tls);
	}
	if (tls->failed != 0 || tls->shut || (code < 0 && code != -EAGAIN))
		ready |= (int)SNT__WRITE;
	else if (tls->done && code == 0 && (directions & SNT__WRITE))
		code = snt__io->look(socket->handle.fd, SNT__WRITE);
	set_wants(tls);
	return (ready | (code > 0 ? code : 0)) & (int)directions;
}

static const char *words(const struct snt__layer *layer, int code)
{
	const struct snt__tls *tls = (const struct snt__tls *)layer;

	return code == tls->failed ? tls->words : NULL;
}

const struct snt__layer_ops snt__tls_layer = {
	.name = "TLS",
	.recv = receive,
	.send = transmit,
	.flush = flush,
	.look = look,
	.shutdown = snt__tls_shutdown,
	.goodbye = snt__tls_goodbye,
	.end = snt__tls_end,
	.words = words,
};
