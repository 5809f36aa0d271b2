/* SPDX-License-Identifier: MIT */
/*
 * Prints the readings of sensors as they come, and how many did not: `missed`
 * tells of those before each, and the sensor's own count of all at the end.
 *
 *   sensor_server [ADDR]
 */
#include "serve.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <sennit.h>
#include <stdio.h>
#include <string.h>

static int watch(void *arg)
{
	snt_auto(seq) sensor = arg;
	struct snt_seq_message message;
	uint32_t raw[2], came = 0, made = 0;
	char name[SNT_ADDR_TEXT];
	struct snt_addr addr;
	int code;

	SNT_TRY(snt_seq_getpeername(sensor, &addr));
	snt_addr_format(&addr, name, sizeof name);
	while ((code = snt_seq_recv(sensor, &message)) > 0) {
		if (message.size != sizeof raw)
			return fprintf(stderr, "%s: no sensor\n", name);
		memcpy(raw, message.data, sizeof raw);
		if (message.channel == SNT_SEQ_ORDERED) {
			made = ntohl(raw[0]);
			continue;
		}
		came++;
		printf("%s: reading %u is %d, %" PRIu64 " missed\n", name,
		       ntohl(raw[0]), (int)ntohl(raw[1]), message.missed);
		fflush(stdout);
	}
	if (code == 0)
		printf("%s: %u of %u came\n", name, came, made);
	else
		printf("%s: %u came, then: %s\n", name, came, snt_errmsg());
	fflush(stdout);
	/* Or it may never hear that all has come. */
	return code < 0 ? code : snt_seq_shutdown(sensor);
}

int main(int argc, char **argv)
{
	return serve(argc > 1 ? argv[1] : "localhost:7000", watch, 1000);
}
