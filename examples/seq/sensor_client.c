/* SPDX-License-Identifier: MIT */
/*
 * A sensor: a reading every 20 ms. One that was lost is not sent again, since
 * the next is newer; how many there were is sent until it has arrived.
 *
 *   sensor_client [ADDR] [COUNT]
 */
#include <arpa/inet.h>
#include <sennit.h>
#include <stdio.h>
#include <stdlib.h>

#define PERIOD (20 * SNT_MILLISECOND)

static int32_t measure(uint32_t i)
{
	return 21500 + (int32_t)(i * 7919 % 100); /* thousandths of a degree */
}

static int run(const char *text, uint32_t count)
{
	snt_auto(seq) sink = NULL;
	uint32_t raw[2] = { 0, 0 };

	SNT_TRY(snt_seq_create_connection(&sink, text, NULL));
	for (uint32_t i = 0; i < count; i++) {
		raw[0] = htonl(i);
		raw[1] = htonl((uint32_t)measure(i));
		SNT_TRY(snt_seq_send(sink, SNT_SEQ_LATEST, raw, sizeof raw));
		SNT_TRY(snt_sleep(PERIOD));
	}
	raw[0] = htonl(count);
	SNT_TRY(snt_seq_send(sink, SNT_SEQ_ORDERED, raw, sizeof raw));
	return snt_seq_shutdown(sink);
}

int main(int argc, char **argv)
{
	int code = run(argc > 1 ? argv[1] : "localhost:7000",
		       argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 100);

	if (code < 0)
		fprintf(stderr, "sensor_client: %s\n", snt_errmsg());
	return code < 0;
}
