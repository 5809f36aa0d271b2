/* SPDX-License-Identifier: MIT */
#include "json.h"

#include <stdio.h>

void json_string(const char *text)
{
	putchar('"');
	for (; *text != '\0'; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte == '"' || byte == '\\')
			printf("\\%c", byte);
		else if (byte < 0x20 || byte >= 0x7f)
			printf("\\u%04x", byte);
		else
			putchar(byte);
	}
	putchar('"');
}

void json_text(const char *name, const char *text)
{
	printf("\"%s\":", name);
	if (text[0] == '\0')
		fputs("null", stdout);
	else
		json_string(text);
}

void json_truth(const char *name, bool truth)
{
	printf("\"%s\":%s", name, truth ? "true" : "false");
}
