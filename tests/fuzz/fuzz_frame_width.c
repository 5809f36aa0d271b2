/* SPDX-License-Identifier: MIT */
/* Lengths of one, two and four bytes, in both orders. The first byte of the
 * input is the maximum, 0 being 64 KiB. */
#include "frames.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	for (int kind = SNT_FRAME_U8; kind <= SNT_FRAME_U32_LE; kind++) {
		const struct snt_frame_format format = { .kind = kind,
							 .max = data[0] };

		check_frames(&format, data + 1, size - 1);
	}
	return 0;
}
