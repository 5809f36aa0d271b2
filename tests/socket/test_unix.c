/* SPDX-License-Identifier: MIT */
/* Servers on Unix paths: the file's life, and names that are no file. */
#include "net.h"

#include <sys/stat.h>
#include <sys/un.h>

static char directory[] = "/tmp/sennit-unix-XXXXXX";
static char path[128], text[160];

static void in_directory(void)
{
	if (!simulated())
		assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof path, "%s/socket", directory);
	snprintf(text, sizeof text, "unix:%s", path);
}

static bool exists(void)
{
	struct snt__file_id id;
	struct stat status;

	if (simulated())
		return snt__sim_io.file_id(path, &id) == 0;
	return lstat(path, &status) == 0;
}

/* In which nothing was left. */
static void leave_directory(void)
{
	if (simulated())
		assert_false(exists());
	else
		assert_int_equal(rmdir(directory), 0);
}

static void remove_file(void)
{
	assert_int_equal(simulated() ? snt__sim_io.unlink(path) : unlink(path),
			 0);
}

static void the_file_is_there_until_close(void)
{
	struct snt_socket *server, *peer, *conn;

	in_directory();
	server = server_on(text);
	assert_true(exists());
	OK(snt_create_connection(&peer, text, NULL));
	OK(snt_accept(server, &conn));
	snt_close(conn);
	snt_close(peer);
	assert_true(exists());
	snt_close(server);
	assert_false(exists());
	leave_directory();
}

static void a_file_nobody_listens_on_is_replaced(void)
{
	struct snt_addr addr;
	struct snt_socket *server;
	int fd;

	in_directory();
	addr = parsed(text);
	fd = raw_socket(AF_UNIX, SOCK_STREAM);
	assert_int_equal(raw_bind(fd, &addr), 0);
	raw_close(fd);
	assert_true(exists());
	server = server_on(text);
	snt_close(connected_to(server));
	snt_close(server);
	leave_directory();
}

static void a_live_server_is_not_replaced(void)
{
	struct snt_socket *first, *second, *peer, *conn;

	in_directory();
	first = server_on(text);
	FAILS(snt_create_server(&second, text, NULL), -EADDRINUSE);
	TELLS(text);
	TELLS("address already in use");
	peer = connected_to(first);
	OK(snt_sendall(peer, "x", 1));
	OK(snt_accept(first, &conn));
	snt_close(conn);
	snt_close(peer);
	snt_close(first);
	leave_directory();
}

static void a_busy_server_is_not_replaced(void)
{
	struct snt_server_opts opts = { .backlog = 1 };
	struct snt_socket *first, *second, *peers[8];
	struct snt_addr addr;
	int count = 0;

	in_directory();
	addr = parsed(text);
	OK(snt_create_server(&first, text, &opts));
	do {
		OK(snt_socket(&peers[count], AF_UNIX, SOCK_STREAM, 0));
		snt_settimeout(peers[count], SNT_NOWAIT);
	} while (snt_connect(peers[count++], &addr) == 0);
	FAILS(snt_create_server(&second, text, NULL), -EADDRINUSE);
	while (count > 0)
		snt_close(peers[--count]);
	snt_close(first);
	leave_directory();
}

/* Whatever is there and is no socket, is somebody's. */
static void a_file_that_is_no_socket_is_not_replaced(void)
{
	struct snt_socket *server;
	FILE *file;

	in_directory();
	file = fopen(path, "we");
	assert_non_null(file);
	fclose(file);
	FAILS(snt_create_server(&server, text, NULL), -EADDRINUSE);
	assert_true(exists());
	remove_file();
	assert_int_equal(symlink("/nonexistent", path), 0);
	FAILS(snt_create_server(&server, text, NULL), -EADDRINUSE);
	assert_true(exists());
	remove_file();
	leave_directory();
}

static void a_file_that_became_anothers_is_not_removed(void)
{
	struct snt_socket *first, *second;

	in_directory();
	first = server_on(text);
	remove_file();
	second = server_on(text);
	snt_close(first);
	assert_true(exists());
	snt_close(connected_to(second));
	snt_close(second);
	leave_directory();
}

static void a_file_that_was_removed_already_is_no_matter(void)
{
	struct snt_socket *server;

	in_directory();
	server = server_on(text);
	remove_file();
	snt_close(server);
	leave_directory();
}

static void detach_leaves_the_file(void)
{
	struct snt_socket *server;
	int fd;

	in_directory();
	server = server_on(text);
	fd = (int)OK(snt_detach(server));
	assert_true(exists());
	raw_close(fd);
	remove_file();
	leave_directory();
}

static const mode_t modes[] = { 0600, 0660, 0666, 0777 };

static void the_files_mode_can_be_set(void)
{
	in_directory();
	for (size_t i = 0; i < COUNT(modes); i++) {
		struct snt_server_opts opts = { .mode = modes[i] };
		struct snt_socket *server;
		struct stat status;

		OK(snt_create_server(&server, text, &opts));
		assert_int_equal(stat(path, &status), 0);
		assert_int_equal(status.st_mode & 07777, modes[i]);
		snt_close(server);
	}
	leave_directory();
}

static void the_mode_is_else_what_umask_says(void)
{
	struct snt_socket *server;
	struct stat status;

	in_directory();
	umask(0137);
	server = server_on(text);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0640);
	snt_close(server);
	leave_directory();
}

static void an_abstract_name_has_no_file_and_one_server(void)
{
	struct snt_socket *server, *second, *peer;
	char name[64];

	snprintf(name, sizeof name, "unix:@sennit-test-%d", getpid());
	server = server_on(name);
	FAILS(snt_create_server(&second, name, NULL), -EADDRINUSE);
	TELLS(name);
	OK(snt_create_connection(&peer, name, NULL));
	snt_close(peer);
	snt_close(server);
	server = server_on(name);
	snt_close(server);
}

static void a_path_too_long_is_refused_with_a_sentence(void)
{
	char longest[sizeof "unix:" + 200];
	struct snt_socket *server;

	memset(longest, 'x', sizeof longest);
	memcpy(longest, "unix:/tmp/", 10);
	longest[sizeof longest - 1] = '\0';
	FAILS(snt_create_server(&server, longest, NULL), -EINVAL);
	assert_true(strlen(snt_errmsg()) > 10);
	FAILS(snt_create_connection(&server, longest, NULL), -EINVAL);
}

/* 107 bytes and their NUL fill sun_path; 108 bytes do without. */
static void the_longest_paths_work(void)
{
	in_directory();
	for (size_t size = 107; size <= 108; size++) {
		struct snt_socket *server, *peer;
		char longest[128];
		int code;

		snprintf(longest, sizeof longest, "unix:%s/", directory);
		memset(longest + strlen(longest), 'x',
		       size + 5 - strlen(longest));
		longest[size + 5] = '\0';
		code = snt_create_server(&server, longest, NULL);
		if (size > 107 && code == -EINVAL)
			continue;
		OK(code);
		OK(snt_create_connection(&peer, longest, NULL));
		snt_close(peer);
		snt_close(server);
	}
	leave_directory();
}

static void a_directory_that_does_not_exist_is_told(void)
{
	struct snt_socket *server;

	FAILS(snt_create_server(&server, "unix:/nonexistent/socket", NULL),
	      -ENOENT);
	TELLS("unix:/nonexistent/socket: no such file or directory");
}

static void an_unnamed_peer_has_an_unnamed_address(void)
{
	struct snt_socket *a, *b;
	struct snt_addr addr;
	char byte;

	OK(snt_socketpair(&a, &b, SOCK_STREAM));
	OK(snt_getpeername(a, &addr));
	assert_string_equal(text_of(&addr), "unix:");
	snt_settimeout(a, SNT_NOWAIT);
	FAILS(snt_recv(a, &byte, 1), -EAGAIN);
	TELLS("unnamed");
	snt_close(a);
	snt_close(b);
}

static const struct test_case cases[] = {
	TEST(the_file_is_there_until_close),
	TEST(a_file_nobody_listens_on_is_replaced),
	TEST(a_live_server_is_not_replaced),
	TEST(a_busy_server_is_not_replaced),
	/* Simulated hosts have no files but those of sockets, which have no
	 * modes, and every directory. */
	TEST_KERNEL(a_file_that_is_no_socket_is_not_replaced),
	TEST(a_file_that_became_anothers_is_not_removed),
	TEST(a_file_that_was_removed_already_is_no_matter),
	TEST(detach_leaves_the_file),
	TEST_KERNEL(the_files_mode_can_be_set),
	TEST_KERNEL(the_mode_is_else_what_umask_says),
	TEST(an_abstract_name_has_no_file_and_one_server),
	TEST(a_path_too_long_is_refused_with_a_sentence),
	TEST(the_longest_paths_work),
	TEST_KERNEL(a_directory_that_does_not_exist_is_told),
	TEST(an_unnamed_peer_has_an_unnamed_address),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
