/* SPDX-License-Identifier: MIT */
/*
 * What a simulated world's name server knows: hosts by their names, and the
 * names that were set, which come first. And the services that every host
 * knows. Built for some hundred names, looked through from end to
 * end; who asks, and how long it takes, is lookup.c's.
 */
#include "io/sim/calls.h"

#include "addr/scan.h"
#include "base/error.h"
#include "io/sim/net.h"

#include <string.h>

struct name {
	struct snt__link in_names;
	size_t count;
	struct snt__sim_ip *ips; /* behind the text */
	char text[];
};

struct snt__sim_names {
	struct snt__link names;
	/* Of the hosts' look-ups, by the host's number. */
	struct snt__sim_dice *dice;
	uint32_t dice_count;
};

/* As /etc/services has them. */
static const struct {
	const char *name;
	int port;
	bool stream, datagram;
} services[] = {
	{ "echo", 7, true, true },           { "discard", 9, true, true },
	{ "daytime", 13, true, true },       { "chargen", 19, true, true },
	{ "ftp", 21, true, false },          { "ssh", 22, true, false },
	{ "telnet", 23, true, false },       { "smtp", 25, true, false },
	{ "time", 37, true, true },          { "domain", 53, true, true },
	{ "tftp", 69, false, true },         { "http", 80, true, false },
	{ "pop3", 110, true, false },        { "ntp", 123, false, true },
	{ "imap2", 143, true, false },       { "snmp", 161, true, true },
	{ "https", 443, true, true },        { "syslog", 514, false, true },
	{ "imaps", 993, true, false },       { "mysql", 3306, true, false },
	{ "postgresql", 5432, true, false },
};

void snt__sim_names_begin(struct snt__sim_world *world)
{
	world->names = snt__sim_alloc(sizeof *world->names);
	snt__list_init(&world->names->names);
}

static void drop(struct name *name)
{
	snt__list_remove(&name->in_names);
	snt__sim_free(name);
}

void snt__sim_names_end(struct snt__sim_world *world)
{
	struct snt__link *link;

	while ((link = snt__list_first(&world->names->names)) != NULL)
		drop(SNT__CONTAINER(link, struct name, in_names));
	snt__sim_free(world->names->dice);
	snt__sim_free(world->names);
	world->names = NULL;
}

/* Whatever the locale: names are ASCII. */
static int lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

bool snt__sim_names_same(const char *a, const char *b)
{
	while (*a != '\0' && lower(*a) == lower(*b)) {
		a++;
		b++;
	}
	/* A root's dot at the end is as good as none. */
	if (*a == '.' && a[1] == '\0')
		a++;
	if (*b == '.' && b[1] == '\0')
		b++;
	return *a == '\0' && *b == '\0';
}

static struct name *find_set(const char *text)
{
	const struct snt__link *names = &snt__sim_world->names->names;

	for (struct snt__link *link = names->next; link != names;
	     link = link->next) {
		struct name *name = SNT__CONTAINER(link, struct name, in_names);

		if (snt__sim_names_same(name->text, text))
			return name;
	}
	return NULL;
}

/* Addresses separated by spaces. */
static int parse_ips(const char *text, struct snt__sim_ips *ips)
{
	struct snt__word word = { .text = text, .end = text };
	int code = 0;

	ips->count = 0;
	while (code == 0) {
		struct snt__sim_ip *ip = &ips->ip[ips->count];

		word.begin = word.end + strspn(word.end, " ");
		word.end = word.begin + strcspn(word.begin, " ");
		if (word.begin == word.end)
			return 0;
		if (ips->count == SNT__SIM_IPS)
			return snt__scan_refuse(text, word.begin,
						"more than %d addresses",
						SNT__SIM_IPS);
		*ip = (struct snt__sim_ip){ { [10] = 0xff, [11] = 0xff } };
		if (memchr(word.begin, ':', (size_t)(word.end - word.begin)))
			code = snt__scan_ipv6(ip->bytes, word);
		else
			code = snt__scan_ipv4(ip->bytes + 12, word);
		ips->count++;
	}
	return code;
}

int snt__sim_names_set(const char *name, const char *addrs)
{
	size_t length = strlen(name);
	struct snt__word word = { name, name, name + length };
	struct snt__sim_ips ips;
	struct name *made, *before;
	int code = snt__scan_name(word);

	if (code == 0 && snt__sim_names_same(name, "localhost"))
		code = snt__fail_text(-EINVAL,
				      "\"localhost\" is each host itself");
	if (code == 0)
		code = parse_ips(addrs, &ips);
	if (code != 0)
		return code;
	before = find_set(name);
	if (before != NULL)
		drop(before);
	/* Addresses are bytes, so they may stand anywhere. */
	made = snt__sim_alloc(sizeof *made + length + 1 +
			      ips.count * sizeof ips.ip[0]);
	memcpy(made->text, name, length + 1);
	made->count = ips.count;
	made->ips = (struct snt__sim_ip *)(made->text + length + 1);
	memcpy(made->ips, ips.ip, ips.count * sizeof ips.ip[0]);
	snt__list_append(&snt__sim_world->names->names, &made->in_names);
	return 0;
}

static const struct snt__sim_host *find_host(const char *name)
{
	const struct snt__link *hosts = &snt__sim_world->hosts;

	for (const struct snt__link *link = hosts->next; link != hosts;
	     link = link->next) {
		const struct snt__sim_host *host =
			SNT__CONTAINER(link, struct snt__sim_host, in_world);

		if (snt__sim_names_same(host->name, name))
			return host;
	}
	return NULL;
}

/* IPv6 first where the asking host has it (RFC 6724, rules 1 and 6). */
void snt__sim_names_list(const struct snt__sim_host *host,
			 struct snt__sim_ips *found)
{
	bool six = snt__sim_host_now()->has[1];

	found->count = 0;
	for (int turn = 0; turn < 2; turn++) {
		int i = six ? 1 - turn : turn;

		if (host->has[i])
			found->ip[found->count++] = host->ips[i];
	}
}

bool snt__sim_names_find(const char *text, struct snt__sim_ips *found)
{
	const struct name *name = find_set(text);
	const struct snt__sim_host *host;

	found->count = 0;
	if (name != NULL) {
		found->count = name->count;
		memcpy(found->ip, name->ips, name->count * sizeof name->ips[0]);
		return true;
	}
	host = find_host(text);
	if (host != NULL)
		snt__sim_names_list(host, found);
	return host != NULL;
}

const char *snt__sim_names_of(const struct snt__sim_ip *ip)
{
	const struct snt__sim_host *host = snt__sim_ip_host(ip);
	const struct snt__link *names = &snt__sim_world->names->names;

	if (host != NULL)
		return host->name;
	for (struct snt__link *link = names->next; link != names;
	     link = link->next) {
		struct name *name = SNT__CONTAINER(link, struct name, in_names);

		for (size_t i = 0; i < name->count; i++)
			if (snt__sim_ip_equal(&name->ips[i], ip))
				return name->text;
	}
	return NULL;
}

struct snt__sim_dice *snt__sim_names_dice(const struct snt__sim_host *host)
{
	struct snt__sim_names *names = snt__sim_world->names;
	uint32_t count = 2 * host->number + 8;
	struct snt__sim_dice *dice;

	if (host->number < names->dice_count)
		return &names->dice[host->number];
	dice = snt__sim_alloc(count * sizeof *dice);
	if (names->dice_count > 0)
		memcpy(dice, names->dice, names->dice_count * sizeof *dice);
	for (uint32_t i = names->dice_count; i < count; i++)
		dice[i] = snt__sim_dice("look-up", i);
	snt__sim_free(names->dice);
	names->dice = dice;
	names->dice_count = count;
	return &dice[host->number];
}

int snt__sim_service_port(const char *service, bool datagram)
{
	for (size_t i = 0; i < sizeof services / sizeof services[0]; i++)
		if (strcmp(services[i].name, service) == 0 &&
		    (datagram ? services[i].datagram : services[i].stream))
			return services[i].port;
	return -1;
}

const char *snt__sim_service_name(int port, bool datagram)
{
	for (size_t i = 0; i < sizeof services / sizeof services[0]; i++)
		if (services[i].port == port &&
		    (datagram ? services[i].datagram : services[i].stream))
			return services[i].name;
	return NULL;
}
