/* SPDX-License-Identifier: MIT */
/*
 * The writer that text.h describes. It escapes every byte beyond ASCII, too:
 * what it writes ends up on terminals, and C1 controls hide in UTF-8.
 */
#include "addr/text.h"

void snt__text_char(struct snt__text *text, char c)
{
	if (text->length < text->size)
		text->bytes[text->length] = c;
	text->length++;
}

void snt__text_string(struct snt__text *text, const char *string)
{
	while (*string != '\0')
		snt__text_char(text, *string++);
}

void snt__text_number(struct snt__text *text, uint32_t number, unsigned base)
{
	char digits[32];
	size_t count = 0;

	do {
		digits[count++] = "0123456789abcdef"[number % base];
		number /= base;
	} while (number != 0);
	while (count > 0)
		snt__text_char(text, digits[--count]);
}

void snt__text_escape(struct snt__text *text, unsigned char byte)
{
	snt__text_string(text, "\\x");
	snt__text_char(text, "0123456789abcdef"[byte >> 4]);
	snt__text_char(text, "0123456789abcdef"[byte & 15]);
}

void snt__text_byte(struct snt__text *text, unsigned char byte)
{
	if (byte >= 0x20 && byte <= 0x7e)
		snt__text_char(text, (char)byte);
	else
		snt__text_escape(text, byte);
}

int snt__text_hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int snt__text_unescape(const char *at, size_t length)
{
	int high, low;

	if (length < 4 || at[0] != '\\' || at[1] != 'x')
		return -1;
	high = snt__text_hex(at[2]);
	low = snt__text_hex(at[3]);
	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

size_t snt__text_end(struct snt__text *text)
{
	if (text->size > 0) {
		size_t last = text->size - 1;

		text->bytes[text->length < last ? text->length : last] = '\0';
	}
	return text->length;
}
