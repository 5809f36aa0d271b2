/* SPDX-License-Identifier: MIT */
/*
 * sennit echo: binds every address for every worker, tells where, starts the
 * workers and waits for signals.
 *
 * All of an address's handles are made here, before the first line is printed:
 * the first binds alone, so that a second server is refused, and opens the
 * port to the others. A handle is used by the worker's thread only, after it
 * was made; of what this thread and a worker share, only the leash is used at
 * the same time, and it is two handles.
 */
#include "echo.h"

#include "buffer.h"
#include "exit_code.h"
#include "group.h"
#include "tls_context.h"
#include "tls_server.h"
#include "verbs.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct echo {
	struct address *addresses;
	struct worker *workers;
	struct served *served; /* of every worker, one after the other */
	size_t address_count;
	size_t worker_count;
	size_t started;
	struct tls_server tls; /* one for all workers */
	struct seq_setup seq;  /* likewise */
	struct snt_signals *signals;
	struct snt_group *watchers;
	struct snt_group *signal_group;
	int status;
};

static int out_of_memory(void)
{
	fputs("sennit: out of memory\n", stderr);
	return STATUS_FAILURE;
}

static int prepare(struct echo *echo, const struct options *options)
{
	echo->workers = calloc((size_t)options->workers, sizeof *echo->workers);
	echo->addresses = calloc(echo->address_count, sizeof *echo->addresses);
	echo->served = calloc((size_t)options->workers * echo->address_count,
			      sizeof *echo->served);
	if (echo->workers == NULL || echo->addresses == NULL ||
	    echo->served == NULL)
		return out_of_memory();
	echo->worker_count = (size_t)options->workers;
	for (size_t i = 0; i < echo->worker_count; i++) {
		struct worker *worker = &echo->workers[i];
		int code = snt_socketpair(&worker->leash, &worker->collar,
					  SOCK_STREAM);

		if (code < 0)
			return report(PHASE_LISTEN, code);
		worker->options = options;
		worker->count = echo->address_count;
		worker->served = &echo->served[i * worker->count];
	}
	return STATUS_OK;
}

/* text with the port that it became. */
static int real_text(char *real, size_t size, const char *text,
		     const struct snt_socket *server)
{
	const char *colon = strrchr(text, ':');
	struct snt_addr name;
	int code = snt_getsockname(server, &name);

	if (code == 0)
		snprintf(real, size, "%.*s:%u", (int)(colon - text), text,
			 snt_addr_port(&name));
	return code;
}

static int bind_address(struct echo *echo, size_t number)
{
	const struct address *address = &echo->addresses[number];
	bool shared = echo->worker_count > 1 && address->has_port;
	struct snt_server_opts opts = {
		.type = address->type,
		.share_port = shared,
		.tls = address->tls ? echo->tls.context : NULL,
	};
	const char *text = address->text;
	char real[512];

	for (size_t i = 0; i < (shared ? echo->worker_count : 1); i++) {
		struct served *served = &echo->workers[i].served[number];

		if (address->is_group) {
			SNT_TRY(group_hear(&served->handle, address));
			continue;
		}
		SNT_TRY(snt_create_server(&served->handle, text, &opts));
		if (address->is_seq && i == 0)
			echo->status = seq_setup_check(&echo->seq, address,
						       served->handle);
		if (i > 0 || !shared)
			continue;
		SNT_TRY(real_text(real, sizeof real, text, served->handle));
		text = real;
		opts.share_port = false;
		opts.join_port = true;
	}
	return 0;
}

static int read_all(struct echo *echo, const struct options *options,
		    const char *const *texts, size_t count)
{
	int status = STATUS_OK;

	for (size_t i = 0; i < count && status == STATUS_OK; i++)
		status = address_read(&echo->addresses[i], texts[i]);
	if (status == STATUS_OK)
		status = tls_check_needed(options, "echo", echo->addresses,
					  count);
	if (status == STATUS_OK)
		status = seq_check_needed(options, "echo", echo->addresses,
					  count);
	for (size_t i = 0; i < count && status == STATUS_OK; i++)
		if (echo->addresses[i].is_seq) {
			status = seq_setup_open(&echo->seq, options,
						&echo->addresses[i]);
			break;
		}
	if (status == STATUS_OK)
		status = tls_server_open(&echo->tls, options, echo->addresses,
					 count);
	return status;
}

static int bind_all(struct echo *echo)
{
	for (size_t i = 0; i < echo->address_count; i++) {
		int code;

		for (size_t j = 0; j < echo->worker_count; j++)
			echo->workers[j].served[i] = (struct served){
				.worker = &echo->workers[j],
				.datagrams =
					echo->addresses[i].type == SOCK_DGRAM,
				.tls = echo->addresses[i].tls,
				.seq = echo->addresses[i].is_seq ? &echo->seq
								 : NULL,
			};
		code = bind_address(echo, i);
		if (code < 0)
			return report(PHASE_LISTEN, code);
		if (echo->status != STATUS_OK)
			return echo->status;
	}
	return STATUS_OK;
}

/* To whoever sits there and sees nothing happen. */
static void tell_what_to_type(const struct address *address,
			      const struct snt_socket *server,
			      const struct options *options)
{
	struct snt_addr name;

	if (!isatty(STDOUT_FILENO) || snt_getsockname(server, &name) < 0)
		return;
	printf("\nIn another terminal, type\n\n    %s connect ",
	       program_invocation_name);
	if (address->is_seq && options->tls.insecure)
		fputs("--insecure ", stdout);
	else if (address->is_seq && options->tls.key != NULL)
		printf("--key %s ", options->tls.key);
	address_name(stdout, address, &name);
	puts("\n\nand then a line of text. Ctrl-C here ends it.");
}

static int announce(const struct echo *echo)
{
	int status;

	for (size_t i = 0; i < echo->address_count; i++) {
		int code = address_print(stdout, &echo->addresses[i],
					 echo->workers[0].served[i].handle);

		if (code < 0)
			return report(PHASE_LISTEN, code);
	}
	/* The command of a certificate that was made says it already. */
	if (!echo->tls.made)
		tell_what_to_type(&echo->addresses[0],
				  echo->workers[0].served[0].handle,
				  echo->workers[0].options);
	status = flush_stdout(STATUS_OK);
	for (size_t i = 0; i < echo->address_count; i++)
		if (echo->addresses[i].tls) {
			tls_server_tell(&echo->tls, &echo->addresses[i],
					echo->workers[0].served[i].handle);
			break;
		}
	return status;
}

/* Again does nothing. */
static void drain_all(struct echo *echo)
{
	for (size_t i = 0; i < echo->started; i++)
		/* A worker that is done already needs no telling. */
		(void)!snt_shutdown(echo->workers[i].leash, SHUT_WR);
}

/* The next that means the end. */
static int wait_signal(struct echo *echo)
{
	int number;

	do
		number = snt_signals_wait(echo->signals);
	while (number == SIGHUP && tls_server_renew(&echo->tls));
	return number;
}

static int watch_signals(void *arg)
{
	struct echo *echo = arg;
	int number = wait_signal(echo);

	if (number < 0)
		return 0;
	drain_all(echo);
	number = wait_signal(echo);
	if (number > 0) {
		tls_server_forget(&echo->tls);
		_exit(STATUS_SIGNAL + number);
	}
	return 0;
}

struct watch {
	struct echo *echo;
	struct worker *worker;
};

/* Until the worker is done. If nobody told it to be, the others have to be. */
static int watch_worker(void *arg)
{
	struct watch watch = *(struct watch *)arg;
	char byte;
	ptrdiff_t n;

	free(arg);
	n = snt_recv(watch.worker->leash, &byte, sizeof byte);
	drain_all(watch.echo);
	return n < 0 ? (int)n : 0;
}

static void *run_thread(void *arg)
{
	struct worker *worker = arg;
	int code = snt_report_overflow();

	/* It serves without the report too. */
	if (code < 0)
		report(PHASE_LISTEN, code);
	worker_serve(worker);
	buffers_release();
	return NULL;
}

/* The first is a fiber here, the others are threads. */
static int start_worker(struct echo *echo, size_t number)
{
	struct worker *worker = &echo->workers[number];
	struct watch *watch = malloc(sizeof *watch);
	int code;

	if (watch == NULL)
		return out_of_memory();
	*watch = (struct watch){ echo, worker };
	code = snt_spawn(echo->watchers, watch_worker, watch,
			 &(struct snt_spawn_opts){ .name = "watch" });
	if (code < 0) {
		free(watch);
		return report(PHASE_LISTEN, code);
	}
	if (number == 0) {
		code = snt_spawn(echo->watchers, worker_serve, worker,
				 &(struct snt_spawn_opts){ .name = "worker" });
		if (code < 0)
			return report(PHASE_LISTEN, code);
	} else {
		code = pthread_create(&worker->thread, NULL, run_thread,
				      worker);
		if (code != 0) {
			fprintf(stderr, "sennit: start worker %zu: %s\n",
				number + 1, snt_strerror(-code));
			return STATUS_FAILURE;
		}
	}
	echo->started++;
	return STATUS_OK;
}

static int start_all(struct echo *echo)
{
	/* SIGHUP is left alone where there is nothing to renew or remove. */
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
	const struct snt_group_opts keep_going = { .keep_going = true };
	int status = STATUS_OK;

	SNT_TRY(snt_group_open(&echo->watchers, &keep_going));
	SNT_TRY(snt_group_open(&echo->signal_group, NULL));
	SNT_TRY(snt_signals_open(&echo->signals, numbers,
				 echo->tls.context != NULL ? 3 : 2));
	SNT_TRY(snt_spawn(echo->signal_group, watch_signals, echo,
			  &(struct snt_spawn_opts){ .name = "signals" }));
	echo->status = announce(echo);
	if (echo->status != STATUS_OK)
		return 0;
	for (size_t i = 0; i < echo->worker_count && status == STATUS_OK; i++)
		status = start_worker(echo, i);
	echo->status = status;
	return 0;
}

/* Until all that were started are done. */
static void finish(struct echo *echo)
{
	if (echo->status != STATUS_OK) {
		drain_all(echo);
		/* The watch of one that never came to be. */
		if (echo->started < echo->worker_count) {
			snt_close(echo->workers[echo->started].collar);
			echo->workers[echo->started].collar = NULL;
		}
	}
	if (echo->watchers != NULL)
		(void)!snt_group_wait(echo->watchers);
	for (size_t i = 0; i < echo->started; i++) {
		if (i > 0)
			pthread_join(echo->workers[i].thread, NULL);
		if (echo->status == STATUS_OK)
			echo->status = echo->workers[i].status;
	}
}

static void release(struct echo *echo)
{
	snt_group_end(echo->signal_group);
	snt_group_end(echo->watchers);
	snt_signals_close(echo->signals);
	for (size_t i = 0; i < echo->worker_count; i++) {
		struct worker *worker = &echo->workers[i];

		for (size_t j = 0; j < worker->count; j++)
			snt_close(worker->served[j].handle);
		snt_close(worker->leash);
		snt_close(worker->collar);
	}
	tls_server_close(&echo->tls);
	seq_setup_close(&echo->seq);
	free(echo->workers);
	free(echo->served);
	free(echo->addresses);
	buffers_release();
}

int echo_run(const struct options *options)
{
	static const char *const otherwise[] = { "localhost:7000" };
	const bool asked = options->address_count > 0;
	const size_t count = asked ? options->address_count : 1;
	const char *const *texts =
		asked ? (const char *const *)options->addresses : otherwise;
	struct echo echo = { .address_count = count };
	int code;

	echo.status = prepare(&echo, options);
	if (echo.status == STATUS_OK)
		echo.status = read_all(&echo, options, texts, count);
	if (echo.status == STATUS_OK)
		echo.status = bind_all(&echo);
	if (echo.status == STATUS_OK) {
		code = start_all(&echo);
		if (code < 0)
			echo.status = report(PHASE_LISTEN, code);
		finish(&echo);
	}
	if (options->verbose && atomic_load(&echo_failures) > 0)
		fprintf(stderr, "sennit: %lu connections or datagrams failed\n",
			atomic_load(&echo_failures));
	release(&echo);
	return echo.status;
}
