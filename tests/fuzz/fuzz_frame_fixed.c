/* SPDX-License-Identifier: MIT */
/* Frames of a fixed size, the first byte of the input, of bytes and of text. */
#include "frames.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct snt_frame_format format = { .kind = SNT_FRAME_FIXED };

	if (size == 0 || data[0] == 0)
		return 0;
	format.size = data[0];
	check_frames(&format, data + 1, size - 1);
	format.text = true;
	check_frames(&format, data + 1, size - 1);
	return 0;
}
