/* SPDX-License-Identifier: MIT */
/*
 * Names to addresses and back. A look-up is a job on the resolver's pool that
 * owns copies of all it needs, so that one given up can finish alone.
 */
#include "addr/endpoint.h"
#include "base/alloc.h"
#include "fiber/call.h"
#include "fiber/job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOST_MAX 256
#define SERVICE_MAX 64

struct job {
	struct snt__job job;
	struct snt__lookup lookup;
	char host[HOST_MAX];
	char service[SERVICE_MAX];
	struct snt_addr addr; /* the reverse way */
	struct snt_nameinfo info;
	struct snt_getnameinfo_opts opts;
	const char *reason;
	int result;
	struct snt_addr addrs[SNT_ADDRS_MAX];
};

static void run_forward(struct snt__job *job)
{
	struct job *look = SNT__CONTAINER(job, struct job, job);

	look->result = snt__io->getaddrinfo(&look->lookup, look->addrs,
					    SNT_ADDRS_MAX, &look->reason);
}

static void run_reverse(struct snt__job *job)
{
	struct job *look = SNT__CONTAINER(job, struct job, job);

	look->result = snt__io->getnameinfo(&look->addr, &look->info,
					    &look->opts, &look->reason);
}

static void release(struct snt__job *job)
{
	snt__free(SNT__CONTAINER(job, struct job, job));
}

/*
 * Frees the job unless it is still running. Alone on its thread and without a
 * deadline, a fiber gains nothing by a second thread.
 */
static int run_job(struct job *look, const char *what)
{
	const struct snt__thread *thread = snt__thread_now();
	enum snt__job_fate fate = SNT__JOB_FINISHED;
	int code = snt__enter(thread->current);

	if (code == 0 && thread->fibers == 0 &&
	    thread->current->deadline == SNT_FOREVER) {
		look->job.run(&look->job);
		return 0;
	}
	look->job.release = release;
	if (code == 0)
		code = snt__job_run(&snt__resolver_pool, &look->job, true,
				    &fate);
	if (code == 0)
		return 0;
	if (fate != SNT__JOB_LEFT)
		snt__free(look);
	if (code == -EAGAIN)
		return snt__fail_text(
			-SNT_ERESOLVE,
			"look up %s: resolver busy: all its threads hang",
			what);
	return snt__fail(code, "look up %s", what);
}

int snt_resolver_set_threads(int threads, int most)
{
	int code = snt__pool_set_limits(&snt__resolver_pool, threads, most);

	return code < 0 ? snt__fail(code, "resolver of %d threads, %d at most",
				    threads, most)
			: 0;
}

/* The job's answer, worded; frees it. */
static int answer(struct job *look, const char *what)
{
	int result = look->result;

	if (result < 0 && look->reason != NULL)
		snt__fail_text(result, "look up %s: %s", what, look->reason);
	else if (result < 0)
		snt__fail(result, "look up %s", what);
	snt__free(look);
	return result;
}

/* "localhost" and what ends in ".localhost": RFC 6761, 6.3. */
static bool is_localhost(const char *host)
{
	static const char name[] = "localhost";
	size_t length = strlen(host), size = sizeof name - 1;

	if (length > 0 && host[length - 1] == '.')
		length--;
	if (length < size || strncasecmp(host + length - size, name, size) != 0)
		return false;
	return length == size || host[length - size - 1] == '.';
}

/* Addresses that need no look-up, IPv6 first (RFC 6724). */
static int known(const struct in6_addr *v6, uint32_t v4, int family,
		 struct snt_addr *addrs)
{
	int count = 0;

	memset(addrs, 0, 2 * sizeof addrs[0]);
	if (family != AF_INET) {
		addrs[count].size = sizeof addrs[count].sa.in6;
		addrs[count].sa.in6.sin6_family = AF_INET6;
		addrs[count++].sa.in6.sin6_addr = *v6;
	}
	if (family != AF_INET6) {
		addrs[count].size = sizeof addrs[count].sa.in;
		addrs[count].sa.in.sin_family = AF_INET;
		addrs[count++].sa.in.sin_addr.s_addr = htonl(v4);
	}
	return count;
}

/* A literal alone, without its port: put into the form the parser reads. */
static int parse_host(const char *host, struct snt__endpoint *endpoint)
{
	char text[HOST_MAX + 8];
	bool v6 = strchr(host, ':') != NULL;
	/* The address forms of these names begin otherwise: see endpoint.h. */
	bool other = strcmp(host, "unix") == 0 || strcmp(host, "fd") == 0;

	/* The parser words what is wrong with a name; a cut one is too long. */
	snprintf(text, sizeof text, "%s%s%s:0", v6 ? "[" : "", host,
		 v6      ? "]"
		 : other ? "."
			 : "");
	return snt__endpoint_parse(endpoint, text, snt__io->if_nametoindex);
}

/* -1: a name. */
static int port_of(const char *service)
{
	char *end;
	unsigned long port;

	if (service == NULL || service[0] == '\0')
		return 0;
	if (service[0] < '0' || service[0] > '9')
		return -1;
	port = strtoul(service, &end, 10);
	return *end == '\0' && port <= 65535 ? (int)port : -EINVAL;
}

/*
 * Addresses of a host that need no look-up, without ports; at most two.
 * -EAGAIN: look it up. -EINVAL: no host, not even for the look-up, which would
 * read "0x7f.1" its own way.
 */
static int without_lookup(const char *host, int family, bool passive,
			  struct snt_addr *addrs)
{
	struct snt__endpoint endpoint;
	int code;

	if (host == NULL)
		return passive ? known(&in6addr_any, INADDR_ANY, family, addrs)
			       : known(&in6addr_loopback, INADDR_LOOPBACK,
				       family, addrs);
	code = parse_host(host, &endpoint);
	if (code < 0)
		return code;
	if (endpoint.kind == SNT__ENDPOINT_IP) {
		if (family != 0 && endpoint.addr.sa.any.sa_family != family)
			return snt__fail_text(
				-SNT_ENONAME,
				"look up %s: it is of the other family", host);
		addrs[0] = endpoint.addr;
		return 1;
	}
	if (endpoint.kind != SNT__ENDPOINT_NAME)
		return snt__fail_text(-EINVAL, "look up \"%s\": not a host",
				      host);
	if (is_localhost(host))
		return known(&in6addr_loopback, INADDR_LOOPBACK, family, addrs);
	return -EAGAIN;
}

static void set_ports(struct snt_addr *addrs, int count, int port)
{
	for (int i = 0; i < count; i++)
		(void)!snt_addr_set_port(&addrs[i], (uint16_t)port);
}

/* port -1: the service's. */
static int resolve_name(const struct snt__lookup *lookup, int port,
			struct snt_addr *addrs, size_t capacity)
{
	const char *what =
		lookup->host != NULL ? lookup->host : lookup->service;
	struct job *look = snt__alloc(sizeof *look);
	int code;

	if (look == NULL)
		return snt__fail(-ENOMEM, "look up %s", what);
	look->job.run = run_forward;
	look->lookup = *lookup;
	if (lookup->host != NULL) {
		snprintf(look->host, sizeof look->host, "%s", lookup->host);
		look->lookup.host = look->host;
	}
	if (lookup->service != NULL) {
		snprintf(look->service, sizeof look->service, "%s",
			 lookup->service);
		look->lookup.service = look->service;
	}
	code = run_job(look, what);
	if (code < 0)
		return code;
	if (port >= 0)
		set_ports(look->addrs, look->result, port);
	for (int i = 0; i < look->result && (size_t)i < capacity; i++)
		addrs[i] = look->addrs[i];
	return answer(look, what);
}

int snt_getaddrinfo(const char *host, const char *service,
		    struct snt_addr *addrs, size_t capacity,
		    const struct snt_getaddrinfo_opts *opts)
{
	static const struct snt_getaddrinfo_opts defaults;
	struct snt__lookup lookup = { .type = SOCK_STREAM };
	struct snt_addr few[2];
	int port = port_of(service), count;

	if (opts == NULL)
		opts = &defaults;
	if (host != NULL && host[0] == '\0')
		host = NULL;
	if (port < -1 || (host == NULL && service == NULL) ||
	    (service != NULL && strlen(service) >= SERVICE_MAX))
		return snt__fail_text(
			-EINVAL,
			"look up: needs a host, and a port or service");
	count = snt__enter(snt__fiber_now());
	if (count < 0)
		return snt__fail(count, "look up %s", host ? host : service);
	count = without_lookup(host, opts->family, opts->passive, few);
	if (count >= 0 && port >= 0) {
		set_ports(few, count, port);
		for (int i = 0; i < count && (size_t)i < capacity; i++)
			addrs[i] = few[i];
		return count;
	}
	if (count < 0 && count != -EAGAIN)
		return count;
	lookup.service = port < 0 ? service : NULL;
	lookup.family = opts->family;
	/* Of localhost only the service is looked up; no host is loopback. */
	if (host == NULL || !is_localhost(host))
		lookup.host = host;
	lookup.passive = host == NULL && opts->passive;
	if (opts->type != 0)
		lookup.type = opts->type;
	return resolve_name(&lookup, port, addrs, capacity);
}

int snt_getnameinfo(const struct snt_addr *addr, struct snt_nameinfo *info,
		    const struct snt_getnameinfo_opts *opts)
{
	char what[SNT_ADDR_TEXT];
	struct job *look = snt__alloc(sizeof *look);
	int code = 0;

	snt_addr_format(addr, what, sizeof what);
	if (look == NULL)
		return snt__fail(-ENOMEM, "look up %s", what);
	look->job.run = run_reverse;
	look->addr = *addr;
	if (opts != NULL)
		look->opts = *opts;
	if (look->opts.numeric)
		run_reverse(&look->job);
	else
		code = run_job(look, what);
	if (code < 0)
		return code;
	if (look->result == 0)
		*info = look->info;
	return answer(look, what);
}
