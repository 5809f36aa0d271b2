/* SPDX-License-Identifier: MIT */
/* Torture of JSON messages: of jansson's memory as well as of ours. */
#include "together.h"

#include <sennit/json.h>
#include <stdlib.h>

static long live; /* jansson's blocks */

static void *take(size_t size)
{
	void *block;

	if (torture_call("memory", (const int[]){ ENOMEM, 0 }) < 0)
		return NULL;
	block = malloc(size);
	live += block != NULL;
	return block;
}

static void give(void *block)
{
	live -= block != NULL;
	free(block);
}

static json_t *large(void)
{
	json_t *value = json_array();

	for (int i = 0; i < 400; i++)
		if (json_array_append_new(value, json_integer(i)) < 0) {
			json_decref(value);
			return NULL;
		}
	return value;
}

static int put_value(struct snt_stream *stream, json_t *value)
{
	json_auto_t *mine = value;

	if (mine == NULL)
		return snt_fail(-ENOMEM, "the test's own value");
	return snt_send_json(stream, NULL, mine);
}

static int put(void *arg)
{
	struct snt_socket *socket = ((struct snt_socket **)arg)[0];
	snt_auto(stream) stream = NULL;

	SNT_TRY(snt_makefile(&stream, socket, NULL));
	SNT_TRY(put_value(stream,
			  json_pack("{s:[i,f,s,n]}", "key", 1, 2.5, "three")));
	SNT_TRY(snt_write(stream, "{\"a\":1,\"a\":2}\n", 14));
	SNT_TRY(put_value(stream, large()));
	return snt_shutdown(socket, SHUT_WR);
}

static int get(void *arg)
{
	snt_auto(stream) stream = NULL;
	json_auto_t *first = NULL;
	json_auto_t *second = NULL;
	json_auto_t *none = NULL;

	SNT_TRY(snt_makefile(&stream, ((struct snt_socket **)arg)[1], NULL));
	EXPECT(snt_recv_json(stream, NULL, &first), 1);
	if (json_array_size(json_object_get(first, "key")) != 4)
		return WRONG;
	EXPECT(snt_recv_json(stream, NULL, &none), -EBADMSG);
	EXPECT(snt_recv_json(stream, NULL, &second), 1);
	if (json_array_size(second) != 400)
		return WRONG;
	EXPECT(snt_recv_json(stream, NULL, &none), 0);
	return none == NULL ? 0 : WRONG;
}

static int talk(void)
{
	int (*const fns[])(void *) = { get, put };
	snt_auto(socket) a = NULL;
	snt_auto(socket) b = NULL;
	int code;

	json_set_alloc_funcs(take, give);
	SNT_TRY(snt_socketpair(&a, &b, SOCK_STREAM));
	code = run_together(fns, COUNT(fns), (struct snt_socket *[]){ a, b });
	return live == 0 ? code : WRONG;
}

static const struct scenario scenarios[] = {
	{ "talk", talk, EXPECTS_FAILURE },
};

int main(int argc, char **argv)
{
	return torture_run(argc, argv, scenarios, COUNT(scenarios));
}
