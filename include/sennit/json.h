/* SPDX-License-Identifier: MIT */
/*
 * JSON messages (RFC 8259): one value a frame, over any stream. The values are
 * jansson's. This is a library of its own, libsennit-json: not in <sennit.h>,
 * `pkg-config --cflags --libs sennit-json`.
 *
 * What is received is checked before a value is made of it, against bounds that
 * each have a default; what does not fit in the C types (an integer of more
 * than 64 bits, a real beyond double) is refused, not rounded. Reading and
 * writing the text does not let other fibers run: some milliseconds a MiB.
 */
#ifndef SENNIT_JSON_H
#define SENNIT_JSON_H

#include <jansson.h>
#include <sennit/frame.h>
#include <sennit/stream.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SNT_JSON_DEPTH_MAX 256 /* a level takes some 100 bytes of stack */
#define SNT_JSON_SIZE_MAX ((size_t)1 << 30)

/* All zero, or NULL: lines, and the bounds that stand here. Borrowed. */
struct snt_json_opts {
	/* NULL: lines. Its .max is in force as well where it is set; its .text
	 * is not, since JSON is UTF-8 anyway. */
	const struct snt_frame_format *format;
	size_t max_size;       /* bytes of text; 0: 1 MiB */
	size_t max_values;     /* in one message, in all levels; 0: 65536 */
	int max_depth;         /* arrays and objects in each other; 0: 32 */
	bool allow_duplicates; /* of equal keys the last counts; else refused */
	bool allow_nul; /* in strings, see json_string_length(); never in keys */
};

/*
 * The next message: 1, and *value, which is the caller's (json_decref). 0: the
 * stream has ended between two messages. Waits as snt_recv_frame.
 * -EBADMSG: the message is not one JSON value, or not within opts. It was
 * taken: the next call goes on with the next message. The sentence says where:
 * 'json from 127.0.0.1:7000: line 1 column 17: duplicate key "a"'; columns
 * count characters, from 1.
 * -ENOMEM: out of memory; the message may have been taken.
 * All other failures are snt_recv_frame's and take nothing, so that the next
 * call gives the same: -SNT_EEND; -SNT_ELIMIT, it is longer than .max_size or
 * the format's maximum; -EPROTO (its -EBADMSG), this is not that format.
 * -EINVAL: so are the opts.
 */
SNT_API SNT_MUST_CHECK int snt_recv_json(struct snt_stream *stream,
					 const struct snt_json_opts *opts,
					 json_t **value);

/*
 * Takes the value's text over as a frame, in one line without blanks, members
 * in their order; the value itself is only borrowed. What it accepts,
 * snt_recv_json with the same opts gives back. Waits and fails as
 * snt_write_frame, and besides, with nothing taken:
 * -SNT_ELIMIT: longer, deeper or more values than opts allow; a value that
 * holds itself is too deep.  -EILSEQ: a string or key that is not UTF-8.
 * -EINVAL: no value; a NUL in a key, or in a string without .allow_nul; or the
 * opts are none.  -ENOMEM.
 */
SNT_API SNT_MUST_CHECK int snt_write_json(struct snt_stream *stream,
					  const struct snt_json_opts *opts,
					  const json_t *value);
/* The same, and then snt_flush; as snt_send_frame. */
SNT_API SNT_MUST_CHECK int snt_send_json(struct snt_stream *stream,
					 const struct snt_json_opts *opts,
					 const json_t *value);

/*
 * The value that a text is, as in snt_recv_json, but of no stream; .format is
 * not looked at. Returns 0, and *value, which is the caller's. Any fiber, any
 * thread.
 * -EBADMSG: it is not one JSON value, or not within opts; the sentence says
 * where.  -SNT_ELIMIT: longer than .max_size.  -ENOMEM.
 * -EINVAL: a bound of opts is negative or above SNT_JSON_..._MAX.
 */
SNT_API SNT_MUST_CHECK int snt_json_parse(const void *text, size_t size,
					  const struct snt_json_opts *opts,
					  json_t **value);

#ifdef __cplusplus
}
#endif
#endif
