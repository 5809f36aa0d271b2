/* SPDX-License-Identifier: MIT */
/*
 * Where OpenSSL reads and writes. It asks for as much as its buffer holds, and
 * the descriptor fills that at once; but it keeps no more than the record it is
 * at, since what follows a goodbye is not its own: the rest moves to room on
 * the stack of the visit. Writing always succeeds: what the descriptor does not
 * take waits in the queue, and what broke it is told to whoever sends, since a
 * reader may still find what came before.
 */
#include "tls/channel.h"

#include "fiber/aside.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <string.h>

/* A record of the largest kind, and the beginning of the next. */
#define ROOM ((size_t)17 * 1024)

/* Of a record: its type, a version, its length (RFC 8446, 5.1). */
#define TYPE_FIRST 20
#define TYPE_LAST 24
#define LENGTH_AT 3

static BIO_METHOD *method;
static CRYPTO_ONCE once = CRYPTO_ONCE_STATIC_INIT;

/* How many of the bytes belong to the record that OpenSSL is at; it is told of
 * each byte once. */
static size_t of_this_record(struct snt__tls *tls, const char *bytes,
			     size_t size)
{
	size_t taken = 0;

	while (tls->record_left == 0 && taken < size) {
		tls->header[tls->header_size++] = (unsigned char)bytes[taken++];
		/* Nothing of TLS: OpenSSL sees all of it, and says what. */
		if (tls->header[0] < TYPE_FIRST || tls->header[0] > TYPE_LAST) {
			tls->header_size = 0;
			return size;
		}
		if (tls->header_size < sizeof tls->header)
			continue;
		tls->header_size = 0;
		tls->record_left = (uint16_t)(tls->header[LENGTH_AT] << 8 |
					      tls->header[LENGTH_AT + 1]);
		if (tls->record_left == 0)
			return taken;
	}
	if (tls->record_left < size - taken)
		size = taken + tls->record_left;
	tls->record_left = (uint16_t)(tls->record_left - (size - taken));
	return size;
}

/* How many came; 0: nothing now, or never again. */
static size_t receive(BIO *bio, struct snt__tls *tls, char *buffer, size_t size)
{
	ptrdiff_t n;

	if (tls->cut || tls->recv_failed != 0)
		return 0;
	n = snt__below_recv(tls->socket, buffer, size < ROOM ? size : ROOM, 0);
	if (n == -EAGAIN) {
		BIO_set_retry_read(bio);
		return 0;
	}
	if (n <= 0) {
		tls->cut = n == 0;
		tls->recv_failed = (int)n;
		return 0;
	}
	for (ptrdiff_t i = 0; !tls->done && i < n; i++) {
		if (tls->first_size == SNT__TLS_FIRST)
			break;
		tls->first[tls->first_size++] = (unsigned char)buffer[i];
	}
	return (size_t)n;
}

/* Of what came before. */
static size_t give(struct snt__tls *tls, const char *from, size_t left,
		   char *buffer, size_t size)
{
	size_t count = of_this_record(tls, from, left < size ? left : size);

	memcpy(buffer, from, count);
	return count;
}

static int read_some(BIO *bio, char *buffer, size_t size, size_t *count)
{
	struct snt__tls *tls = BIO_get_data(bio);
	size_t kept = snt__queue_left(&tls->in), came;

	BIO_clear_retry_flags(bio);
	if (kept > 0) {
		*count = give(tls, snt__queue_first(&tls->in), kept, buffer,
			      size);
		snt__queue_take(&tls->in, *count);
		return 1;
	}
	if (tls->arrived_left > 0) {
		*count = give(tls, tls->arrived, tls->arrived_left, buffer,
			      size);
		tls->arrived += *count;
		tls->arrived_left -= *count;
		return 1;
	}
	came = receive(bio, tls, buffer, size);
	if (came == 0)
		return 0;
	*count = of_this_record(tls, buffer, came);
	if (*count < came) {
		tls->arrived = tls->room;
		tls->arrived_left = came - *count;
		memcpy(tls->room, buffer + *count, tls->arrived_left);
	}
	return 1;
}

static int write_all(BIO *bio, const char *bytes, size_t size, size_t *count)
{
	struct snt__tls *tls = BIO_get_data(bio);
	ptrdiff_t n = 0;

	BIO_clear_retry_flags(bio);
	*count = size;
	if (tls->send_failed == 0 && !tls->fin_gone &&
	    snt__queue_left(&tls->out) == 0)
		n = snt__below_send(tls->socket, bytes, size);
	if (n < 0 && n != -EAGAIN)
		tls->send_failed = (int)n;
	/* It would go nowhere. */
	if (tls->send_failed != 0 || tls->fin_gone)
		return 1;
	if (n < 0)
		n = 0;
	if ((size_t)n == size)
		return 1;
	if (snt__queue_append(&tls->out, bytes + n, size - (size_t)n) == 0)
		return 1;
	/* The peer has part of a record, and will not get the rest. */
	snt__tls_fail_for_good(tls, -ENOMEM);
	return 0;
}

static long control(BIO *bio, int command, long number, void *pointer)
{
	const struct snt__tls *tls = BIO_get_data(bio);

	(void)number;
	(void)pointer;
	switch (command) {
	case BIO_CTRL_FLUSH:
		return 1;
	case BIO_CTRL_EOF:
		return tls->cut;
	default:
		return 0;
	}
}

static void make_method(void)
{
	BIO_METHOD *made = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "sennit");

	if (made == NULL)
		return;
	BIO_meth_set_read_ex(made, read_some);
	BIO_meth_set_write_ex(made, write_all);
	BIO_meth_set_ctrl(made, control);
	method = made;
}

BIO *snt__tls_bio(struct snt__tls *tls)
{
	BIO *bio;

	if (!CRYPTO_THREAD_run_once(&once, make_method) || method == NULL)
		return NULL;
	bio = BIO_new(method);
	if (bio == NULL)
		return NULL;
	BIO_set_data(bio, tls);
	BIO_set_init(bio, 1);
	return bio;
}

int snt__tls_flush(struct snt__tls *tls)
{
	while (tls->send_failed == 0 && snt__queue_left(&tls->out) > 0) {
		ptrdiff_t n = snt__below_send(tls->socket,
					      snt__queue_first(&tls->out),
					      snt__queue_left(&tls->out));

		if (n == -EAGAIN)
			return -EAGAIN;
		if (n < 0)
			tls->send_failed = (int)n;
		else
			snt__queue_take(&tls->out, (size_t)n);
	}
	if (tls->send_failed != 0)
		snt__queue_end(&tls->out);
	if (tls->fin && tls->send_failed == 0) {
		tls->fin = false;
		tls->fin_gone = true;
		tls->send_failed =
			snt__io->shutdown(tls->socket->handle.fd, SHUT_WR);
	}
	return tls->send_failed;
}

/* The frame that OpenSSL's stand below. */
static void enter(void *arg)
{
	struct snt__visit *visit = arg;
	struct snt__tls *tls = visit->tls;
	char room[ROOM];

	tls->room = room;
	tls->forks = snt__forks;
	ERR_clear_error();
	visit->result = visit->run(visit);
	/* For whom comes next. */
	if (tls->arrived_left > 0 &&
	    snt__queue_append(&tls->in, tls->arrived, tls->arrived_left) < 0)
		snt__tls_fail_for_good(tls, -ENOMEM);
	tls->arrived_left = 0;
	tls->room = NULL;
}

ptrdiff_t snt__tls_visit(struct snt__visit *visit)
{
	int code = snt__aside(enter, visit);

	return code < 0 ? code : visit->result;
}
