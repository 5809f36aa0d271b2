/* SPDX-License-Identifier: MIT */
/* Lines, of bytes and of text. The first byte of the input is the maximum. */
#include "frames.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct snt_frame_format format = { .kind = SNT_FRAME_LINES };

	if (size == 0)
		return 0;
	format.max = data[0];
	for (int way = 0; way < 4; way++) {
		format.text = (way & 1) != 0;
		format.crlf = (way & 2) != 0;
		check_frames(&format, data + 1, size - 1);
	}
	return 0;
}
