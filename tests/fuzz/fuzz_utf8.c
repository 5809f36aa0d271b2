/* SPDX-License-Identifier: MIT */
/*
 * Checks any bytes for UTF-8, whole and in pieces, against a decoder that goes
 * the other way round: it works out the number and asks whether that is a
 * character which is written so.
 */
#include "checks.h"

#include <sennit/text.h>

/* How many bytes the character at data takes; 0: there is none, or not all. */
static size_t character(const uint8_t *data, size_t size)
{
	size_t length = data[0] < 0x80   ? 1
			: data[0] < 0xc0 ? 0
			: data[0] < 0xe0 ? 2
			: data[0] < 0xf0 ? 3
			: data[0] < 0xf8 ? 4
					 : 0;
	uint32_t number = length > 1 ? data[0] & (0x7fu >> length) : data[0];
	size_t needed;

	if (length > size)
		return 0;
	for (size_t i = 1; i < length; i++) {
		if ((data[i] & 0xc0) != 0x80)
			return 0;
		number = number << 6 | (data[i] & 0x3f);
	}
	needed = number < 0x80      ? 1
		 : number < 0x800   ? 2
		 : number < 0x10000 ? 3
				    : 4;
	if (number > 0x10ffff || (number >= 0xd800 && number <= 0xdfff))
		return 0;
	return needed == length ? length : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct snt_utf8 whole = { .offset = 0 }, cut = { .offset = 0 };
	char *copy = copy_of(data, size);
	int code = snt_utf8_feed(&whole, copy, size);
	size_t good = 0, have = 0;

	while (good < size && character(data + good, size - good) > 0)
		good += character(data + good, size - good);
	CHECK(whole.offset <= size && whole.offset - whole.begun == good);
	CHECK((code < 0) == whole.bad && (code == 0 || code == -EILSEQ));
	CHECK(whole.bad == (whole.offset < size));
	if (code < 0)
		check_message();
	free(copy);
	code = 0;
	while (have < size && code == 0) {
		size_t piece = 1 + data[have] % 4;

		if (piece > size - have)
			piece = size - have;
		copy = copy_of(data + have, piece);
		code = snt_utf8_feed(&cut, copy, piece);
		free(copy);
		have += piece;
	}
	CHECK(cut.offset == whole.offset && cut.bad == whole.bad &&
	      cut.begun == whole.begun && cut.missing == whole.missing);
	code = snt_utf8_end(&cut);
	CHECK(code == (good == size ? 0 : -EILSEQ));
	if (code < 0)
		check_message();
	return 0;
}
