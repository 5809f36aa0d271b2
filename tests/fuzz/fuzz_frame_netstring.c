/* SPDX-License-Identifier: MIT */
/* Netstrings. The first byte of the input is the maximum. */
#include "frames.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct snt_frame_format format = { .kind = SNT_FRAME_NETSTRING };

	if (size == 0)
		return 0;
	format.max = data[0];
	check_frames(&format, data + 1, size - 1);
	format.max = SIZE_MAX / 32;
	check_frames(&format, data + 1, size - 1);
	return 0;
}
