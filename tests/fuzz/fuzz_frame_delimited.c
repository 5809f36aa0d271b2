/* SPDX-License-Identifier: MIT */
/* Frames up to a delimiter, which the input begins with: a byte that says how
 * long it is, and then it. The byte after it is the maximum. */
#include "frames.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct snt_frame_format format = { .kind = SNT_FRAME_DELIMITED };
	size_t length;
	char *delimiter;

	if (size < 3)
		return 0;
	length = 1 + data[0] % 8;
	if (size < length + 2)
		return 0;
	/* With an end of its own, which nobody may look beyond. */
	delimiter = copy_of(data + 1, length);
	format.delimiter = delimiter;
	format.delimiter_size = length;
	format.max = data[1 + length];
	check_frames(&format, data + length + 2, size - length - 2);
	free(delimiter);
	return 0;
}
