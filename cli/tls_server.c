/* SPDX-License-Identifier: MIT */
/*
 * A server without --cert is for first steps, so it says all that the second
 * step needs: the fingerprint, and the command for the other terminal. The file
 * that the command names holds the certificate only. The key is in no file.
 *
 * The file lasts as long as the server: nothing can be done with it later.
 */
#include "tls_server.h"

#include "exit_code.h"
#include "tls_context.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAMES_MAX 64

/* Empty where it is none that a client could ask for. */
static void read_host(char host[ADDRESS_HOST], const struct address *address)
{
	address_host(host, address);
	if (strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0)
		host[0] = '\0';
}

static int make_certificate(struct tls_server *server,
			    const struct address *addresses, size_t count)
{
	char hosts[NAMES_MAX][ADDRESS_HOST], own[ADDRESS_HOST] = "";
	const char *names[NAMES_MAX + 5] = { "localhost", "127.0.0.1", "::1" };
	struct snt_make_certificate_opts opts = { .names = names };
	size_t used = 3;

	for (size_t i = 0; i < count && i < NAMES_MAX; i++) {
		bool known = !addresses[i].tls;

		read_host(hosts[i], &addresses[i]);
		for (size_t j = 0; j < used && !known; j++)
			known = strcmp(names[j], hosts[i]) == 0;
		if (!known && hosts[i][0] != '\0')
			names[used++] = hosts[i];
		/* Every interface: others know this machine by its name. */
		if (!known && hosts[i][0] == '\0' && own[0] == '\0' &&
		    gethostname(own, sizeof own - 1) == 0 &&
		    strcmp(own, "localhost") != 0)
			names[used++] = own;
	}
	names[used] = NULL;
	server->made = true;
	return snt_make_certificate(server->context, &opts);
}

static bool make_folder(struct tls_server *server)
{
	const char *const parents[] = { getenv("XDG_RUNTIME_DIR"),
					getenv("TMPDIR"), "/tmp" };

	for (size_t i = 0; i < sizeof parents / sizeof parents[0]; i++) {
		/* A path that depends on where a command is typed is no use. */
		if (parents[i] == NULL || parents[i][0] != '/')
			continue;
		if (snprintf(server->folder, sizeof server->folder,
			     "%s/sennit-XXXXXX",
			     parents[i]) < (int)sizeof server->folder &&
		    mkdtemp(server->folder) != NULL)
			return true;
	}
	server->folder[0] = '\0';
	return false;
}

static bool write_file(struct tls_server *server)
{
	char pem[8192];
	ptrdiff_t size = snt_getcert_pem(server->context, 0, pem, sizeof pem);
	int length = snprintf(server->file, sizeof server->file,
			      "%s/certificate.pem", server->folder);
	mode_t before = umask(0077);
	FILE *file = NULL;
	bool good = false;

	if (size > 0 && length < (int)sizeof server->file)
		file = fopen(server->file, "wxe");
	umask(before);
	if (file != NULL) {
		good = fwrite(pem, 1, (size_t)size, file) == (size_t)size;
		good = fclose(file) == 0 && good;
	}
	return good;
}

static int keep_certificate(struct tls_server *server)
{
	errno = 0;
	if (make_folder(server) && write_file(server))
		return STATUS_OK;
	fprintf(stderr,
		"sennit: no --cert, and no place to put the certificate made "
		"instead (XDG_RUNTIME_DIR, TMPDIR or /tmp): %s\n",
		snt_strerror(errno != 0 ? -errno : -EIO));
	return STATUS_FAILURE;
}

int tls_server_open(struct tls_server *server, const struct options *options,
		    const struct address *addresses, size_t count)
{
	struct snt_tls_opts opts;
	size_t tls = 0;
	int code;

	*server = (struct tls_server){ .options = options };
	for (size_t i = 0; i < count; i++)
		tls += addresses[i].tls;
	if (tls == 0)
		return STATUS_OK;
	tls_server_opts(&opts, options);
	code = snt_create_default_context(&server->context, SNT_TLS_SERVER,
					  &opts);
	if (code == 0 && options->tls.cert == NULL)
		code = make_certificate(server, addresses, count);
	if (code < 0)
		return report(PHASE_SETUP, code);
	return server->made ? keep_certificate(server) : STATUS_OK;
}

/* What a client calls the address: a name of the certificate where that leads
 * there, so that nothing else has to be told. */
static int print_command(const struct tls_server *server,
			 const struct address *address,
			 const struct snt_socket *socket)
{
	char text[SNT_ADDR_TEXT], host[ADDRESS_HOST];
	struct snt_addr name;

	SNT_TRY(snt_getsockname(socket, &name));
	read_host(host, address);
	fprintf(stderr, "sennit: who trusts it: %s connect tls://",
		program_invocation_name);
	if (address->has_port) {
		const char *shown = host[0] != '\0' ? host : "localhost";
		bool ipv6 = strchr(shown, ':') != NULL;

		fprintf(stderr, "%s%s%s:%u", ipv6 ? "[" : "", shown,
			ipv6 ? "]" : "", snt_addr_port(&name));
	} else {
		snt_addr_format(&name, text, sizeof text);
		fprintf(stderr, "%s --servername localhost", text);
	}
	fprintf(stderr, " --cafile %s\n", server->file);
	return 0;
}

void tls_server_tell(const struct tls_server *server,
		     const struct address *address,
		     const struct snt_socket *socket)
{
	struct snt_certificate made;

	if (!server->made || snt_getcert(server->context, 0, &made) < 0)
		return;
	fprintf(stderr,
		"sennit: no --cert: made a certificate for this run, for %s\n"
		"sennit: its fingerprint (SHA-256): %s\n",
		made.names, made.fingerprint);
	(void)!print_command(server, address, socket);
}

bool tls_server_renew(struct tls_server *server)
{
	const struct tls_options *tls = &server->options->tls;
	struct snt_certificate now = { 0 };
	char last[16];
	int code;

	if (tls->cert == NULL)
		return false;
	code = snt_load_cert_chain(server->context, tls->cert, tls->key, NULL);
	if (code == 0)
		code = snt_getcert(server->context, 0, &now);
	if (code < 0) {
		fprintf(stderr, "sennit: SIGHUP: the old --cert stays: %s\n",
			snt_errmsg());
		return true;
	}
	tls_day(last, sizeof last, now.not_after);
	fprintf(stderr, "sennit: SIGHUP: read %s again: %s, until %s\n",
		tls->cert, now.subject, last);
	return true;
}

void tls_server_forget(struct tls_server *server)
{
	if (server->file[0] != '\0')
		unlink(server->file);
	if (server->folder[0] != '\0')
		rmdir(server->folder);
	server->file[0] = '\0';
	server->folder[0] = '\0';
}

void tls_server_close(struct tls_server *server)
{
	tls_server_forget(server);
	snt_tls_context_close(server->context);
	server->context = NULL;
}
