/* SPDX-License-Identifier: MIT */
#include <sennit/base.h>

#define TEXT2(x) #x
#define TEXT(x) TEXT2(x)

const char *snt_version(void)
{
	return TEXT(SNT_VERSION_MAJOR) "." TEXT(SNT_VERSION_MINOR) "." TEXT(
		SNT_VERSION_PATCH);
}
