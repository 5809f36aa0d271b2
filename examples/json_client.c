/* SPDX-License-Identifier: MIT */
/*
 * Has numbers added by json_server.c.
 *
 *   json_client ADDR NUMBER...
 */
#include <sennit.h>
#include <sennit/json.h>
#include <stdio.h>
#include <stdlib.h>

static int ask(const char *text, const json_t *request, json_t **reply)
{
	snt_auto(socket) conn = NULL;
	snt_auto(stream) stream = NULL;
	int n;

	snt_timeout_scope(limit, 10 * SNT_SECOND);
	SNT_TRY(snt_create_connection(&conn, text, NULL));
	SNT_TRY(snt_makefile(&stream, conn, NULL));
	SNT_TRY(snt_send_json(stream, NULL, request));
	SNT_TRY(n = snt_recv_json(stream, NULL, reply));
	return n == 1 ? 0 : snt_fail(-SNT_EEND, "%s: no answer", text);
}

int main(int argc, char **argv)
{
	json_t *numbers = json_array();
	json_auto_t *request = json_pack("{s:o}", "add", numbers);
	json_auto_t *reply = NULL;
	const char *error = NULL;
	double sum;

	if (argc < 3)
		return puts("usage: json_client ADDR NUMBER..."), 2;
	for (int i = 2; i < argc; i++)
		json_array_append_new(numbers, json_real(atof(argv[i])));
	if (ask(argv[1], request, &reply) < 0)
		error = snt_errmsg();
	else if (json_unpack(reply, "{s:F}", "sum", &sum) == 0)
		printf("%g\n", sum);
	else if (json_unpack(reply, "{s:s}", "error", &error) != 0)
		error = "an answer without a sum";
	if (error != NULL)
		return fprintf(stderr, "json_client: %s\n", error), 1;
	return 0;
}
