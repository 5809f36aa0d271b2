/* SPDX-License-Identifier: MIT */
/*
 * Messages in a stream of bytes: lines, netstrings, lengths in front. First
 * the codec, which is pure (no call waits or allocates; any thread, any
 * fiber), then the same over a stream.
 *
 * A received message is what a stranger says. Each format has a maximum, each
 * length is compared with it before anything is done for it, and what could be
 * spelled in two ways is accepted in one. man 3 snt_frame has a picture of each.
 */
#ifndef SENNIT_FRAME_H
#define SENNIT_FRAME_H

#include <sennit/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Kinds. All lengths count the payload alone. */
#define SNT_FRAME_LINES 0     /* up to LF or CR LF; no CR, no LF inside */
#define SNT_FRAME_DELIMITED 1 /* up to .delimiter, any bytes */
#define SNT_FRAME_NETSTRING 2 /* 5:hello, */
#define SNT_FRAME_U8 3        /* a byte with the length, then so many bytes */
#define SNT_FRAME_U16_BE 4    /* two bytes, high one first: network order */
#define SNT_FRAME_U16_LE 5
#define SNT_FRAME_U32_BE 6
#define SNT_FRAME_U32_LE 7
#define SNT_FRAME_VARINT 8 /* LEB128, as protobuf's delimited messages */
#define SNT_FRAME_FIXED 9  /* .size bytes each, nothing around them */

/* All zero: lines of at most 64 KiB, sent with LF. Borrowed by every call. */
struct snt_frame_format {
	int kind;
	const void
		*delimiter; /* of SNT_FRAME_DELIMITED; lives as long as this */
	size_t delimiter_size;
	size_t size; /* of SNT_FRAME_FIXED */
	size_t max;  /* bytes of payload; 0: 64 KiB (fixed size: that size) */
	bool text;   /* payloads are UTF-8 (RFC 3629), in both directions */
	bool crlf;   /* lines are sent with CR LF; both are received */
};

/* A payload, without what was around it. */
struct snt_frame {
	const char *data;
	size_t size;
};

/* Zero it before each frame. */
struct snt_frame_progress {
	size_t need;     /* written: with fewer bytes than so many in all the
			    answer would be the same as now */
	size_t searched; /* how far the search has come; the codec's own */
};

/*
 * The frame at the beginning of data: returns how many bytes it takes there,
 * at least 1, and lends its payload, a part of data. 0: it is not whole yet;
 * come back with all of this and more, and the same progress, so that bytes
 * which come singly are searched once. What is answered does not depend on how
 * the bytes were cut.
 * -SNT_ELIMIT: the payload is, or can only become, longer than the maximum.
 * -EBADMSG: this is not that format.  -EILSEQ: not UTF-8. In both cases the
 * sentence says where.  -EINVAL: the format is none.
 */
SNT_API SNT_MUST_CHECK ptrdiff_t
snt_frame_decode(const struct snt_frame_format *format,
		 struct snt_frame_progress *progress, const void *data,
		 size_t size, struct snt_frame *frame);

/*
 * The payload as a frame, in buffer; returns how many bytes that is.
 * -EMSGSIZE: more than capacity.  -SNT_ELIMIT: the payload is longer than the
 * maximum, or than the format can say.  -EINVAL: the format cannot carry it (a
 * CR or LF in a line, the delimiter, another size than the fixed one), or is
 * none.  -EILSEQ: it is not UTF-8. The sentence says where.
 */
SNT_API SNT_MUST_CHECK ptrdiff_t
snt_frame_encode(const struct snt_frame_format *format, const void *payload,
		 size_t size, void *buffer, size_t capacity);

/* What stands around a payload. */
struct snt_frame_ends {
	char header[24];
	size_t header_size;
	const char *trailer; /* lent by the format, or static */
	size_t trailer_size;
};

/* Header and trailer for that payload, which is looked at but not copied: for
 * snt_sendmsg_all of three buffers. Fails as snt_frame_encode. */
SNT_API SNT_MUST_CHECK int
snt_frame_enclose(const struct snt_frame_format *format, const void *payload,
		  size_t size, struct snt_frame_ends *ends);

/*
 * The same over a stream (stream.h), which frames of any formats, lines and raw
 * bytes may take turns in. They wait under the rules of snt_read and snt_write,
 * and fail as those do, with these besides.
 */
struct snt_stream;

/*
 * The next frame: 1, and lends *frame in the stream's buffer, with a NUL behind
 * it, until the next call that reads. 0: the stream has ended between two
 * frames. A frame may be larger than the stream's .read_limit.
 * -SNT_EEND: it ended inside one. -SNT_ELIMIT, -EBADMSG, -EILSEQ, -EINVAL: as
 * snt_frame_decode. After any failure all that had come, from the beginning of
 * the frame on, can still be read.
 */
SNT_API SNT_MUST_CHECK int snt_recv_frame(struct snt_stream *stream,
					  const struct snt_frame_format *format,
					  struct snt_frame *frame);

/*
 * Takes the payload over as a frame, to be sent as what snt_write takes is.
 * One that fits in the stream's .write_limit is taken whole or, snt_done()
 * being 0, not at all. Of a larger one snt_done() bytes were taken, and where
 * that is not 0 the stream holds half a frame.
 * -EINVAL, -EILSEQ, -SNT_ELIMIT: as snt_frame_encode; nothing is taken.
 */
SNT_API SNT_MUST_CHECK int
snt_write_frame(struct snt_stream *stream,
		const struct snt_frame_format *format, const void *payload,
		size_t size);
/* The same, and then snt_flush. Failed with snt_done() not 0, it is not to be
 * made again: what was taken is sent by the next flush. */
SNT_API SNT_MUST_CHECK int snt_send_frame(struct snt_stream *stream,
					  const struct snt_frame_format *format,
					  const void *payload, size_t size);

#ifdef __cplusplus
}
#endif
#endif
