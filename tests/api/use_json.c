/* SPDX-License-Identifier: MIT */
/* A user's program with JSON: the installed headers and libraries are all it
 * knows. */
#include <sennit.h>
#include <sennit/json.h>

#include <stdio.h>

static int talk(void)
{
	json_auto_t *sent = json_pack("{s:[i,f]}", "a", 1, 2.5);
	json_auto_t *got = NULL;
	snt_auto(socket) a = NULL;
	snt_auto(socket) b = NULL;
	snt_auto(stream) from = NULL;
	snt_auto(stream) to = NULL;

	SNT_TRY(snt_socketpair(&a, &b, SOCK_STREAM));
	SNT_TRY(snt_makefile(&to, a, NULL));
	SNT_TRY(snt_makefile(&from, b, NULL));
	SNT_TRY(snt_send_json(to, NULL, sent));
	SNT_TRY(snt_recv_json(from, NULL, &got));
	json_dumpf(got, stdout, JSON_COMPACT);
	puts("");
	return 0;
}

int main(void)
{
	int code = talk();

	if (code < 0) {
		fprintf(stderr, "%s\n", snt_errmsg());
		return 1;
	}
	return 0;
}
