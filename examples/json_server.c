/* SPDX-License-Identifier: MIT */
/*
 * Adds numbers for whoever asks, a line of JSON each way: {"add":[1,2.5]} is
 * answered by {"sum":3.5}, and what is no such request by {"error":"..."}.
 *
 *   json_server [ADDR]
 */
#include <sennit.h>
#include <sennit/json.h>
#include <stdio.h>

static json_t *answer(const json_t *request)
{
	json_t *numbers = json_object_get(request, "add"), *number;
	double sum = 0;
	size_t i;

	if (!json_is_array(numbers))
		return json_pack("{s:s}", "error", "no array \"add\"");
	json_array_foreach(numbers, i, number) sum += json_number_value(number);
	return json_pack("{s:f}", "sum", sum);
}

static int client(void *arg)
{
	snt_auto(socket) conn = arg;
	snt_auto(stream) stream = NULL;

	SNT_TRY(snt_makefile(&stream, conn, NULL));
	for (;;) {
		json_auto_t *request = NULL, *reply = NULL;
		int n = snt_recv_json(stream, NULL, &request);

		if (n != 1 && n != -EBADMSG)
			return n;
		reply = n == 1 ? answer(request) /* else the next may be better */
			       : json_pack("{s:s}", "error", snt_errmsg());
		SNT_TRY(snt_send_json(stream, NULL, reply));
	}
}

int main(int argc, char **argv)
{
	const struct snt_group_opts opts = { .limit = 500, .keep_going = true };
	const char *text = argc > 1 ? argv[1] : "localhost:7000";
	snt_auto(socket) server = NULL;
	snt_auto(group) clients = NULL;
	char name[SNT_ADDR_TEXT];
	struct snt_socket *conn;

	if (snt_create_server(&server, text, NULL) == 0 &&
	    snt_group_open(&clients, &opts) == 0 &&
	    snt_getsockname_text(server, name, sizeof name) > 0) {
		printf("listening on %s\n", name), fflush(stdout);
		while (snt_accept(server, &conn) == 0)
			if (snt_spawn(clients, client, conn, NULL) < 0)
				snt_close(conn);
	}
	return fprintf(stderr, "json_server: %s\n", snt_errmsg()), 1;
}
