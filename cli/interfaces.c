/* SPDX-License-Identifier: MIT */
/*
 * sennit interfaces: what this machine can be reached by, and what can stand
 * behind the % of an address. Asks nobody, sends nothing.
 */
#include "exit_code.h"
#include "json.h"
#include "verbs.h"

#include <sennit.h>
#include <string.h>

/* Without the port that it does not have: "192.0.2.1", "fe80::1%eth0". */
static void addr_text(char *text, size_t size, const struct snt_addr *addr)
{
	struct snt_addr bare = *addr;
	size_t length;

	text[0] = '\0';
	if (snt_addr_set_port(&bare, 0) < 0)
		return;
	length = snt_addr_format(&bare, text, size);
	/* ":0" behind it, and of IPv6 brackets around it. */
	if (length > 2)
		text[length -= 2] = '\0';
	if (text[0] != '[')
		return;
	text[length - 1] = '\0';
	memmove(text, text + 1, length - 1);
}

static void hardware_text(char text[3 * SNT_HARDWARE_MAX],
			  const struct snt_interface_info *info)
{
	size_t at = 0;

	text[0] = '\0';
	for (size_t i = 0; i < info->hardware_size; i++)
		at += (size_t)sprintf(text + at, "%s%02x", i > 0 ? ":" : "",
				      info->hardware[i]);
}

static void print_addr(const struct snt_interface_addr *addr)
{
	char text[SNT_ADDR_TEXT];

	addr_text(text, sizeof text, &addr->addr);
	printf("    %s/%d", text, addr->prefix);
	addr_text(text, sizeof text, &addr->broadcast);
	if (text[0] != '\0')
		printf(" broadcast %s", text);
	addr_text(text, sizeof text, &addr->peer);
	if (text[0] != '\0')
		printf(" peer %s", text);
	putchar('\n');
}

static void print_info(const struct snt_interface_info *info)
{
	char hardware[3 * SNT_HARDWARE_MAX];

	hardware_text(hardware, info);
	printf("%s  %u  %s%s%s%s%s%s  mtu %d%s%s\n", info->name, info->index,
	       info->up ? "up" : "down",
	       info->up && !info->running ? " no-carrier" : "",
	       info->loopback ? " loopback" : "",
	       info->point_to_point ? " point-to-point" : "",
	       info->broadcast ? " broadcast" : "",
	       info->multicast ? " multicast" : "", info->mtu,
	       hardware[0] != '\0' ? "  " : "", hardware);
	for (size_t i = 0; i < info->addr_count; i++)
		print_addr(&info->addrs[i]);
}

static void print_addr_json(const struct snt_interface_addr *addr)
{
	char text[SNT_ADDR_TEXT];

	putchar('{');
	addr_text(text, sizeof text, &addr->addr);
	json_text("address", text);
	printf(",\"prefix\":%d,", addr->prefix);
	addr_text(text, sizeof text, &addr->broadcast);
	json_text("broadcast", text);
	putchar(',');
	addr_text(text, sizeof text, &addr->peer);
	json_text("peer", text);
	putchar('}');
}

static void print_json(const struct snt_interface_info *info)
{
	const struct {
		const char *name;
		bool is;
	} flags[] = {
		{ "up", info->up },
		{ "running", info->running },
		{ "loopback", info->loopback },
		{ "point_to_point", info->point_to_point },
		{ "broadcast", info->broadcast },
		{ "multicast", info->multicast },
	};
	char hardware[3 * SNT_HARDWARE_MAX];

	putchar('{');
	json_text("name", info->name);
	printf(",\"index\":%u", info->index);
	for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
		putchar(',');
		json_truth(flags[i].name, flags[i].is);
	}
	printf(",\"mtu\":%d,", info->mtu);
	hardware_text(hardware, info);
	json_text("hardware", hardware);
	fputs(",\"addresses\":[", stdout);
	for (size_t i = 0; i < info->addr_count; i++) {
		if (i > 0)
			putchar(',');
		print_addr_json(&info->addrs[i]);
	}
	fputs("]}", stdout);
}

int interfaces_run(const struct options *options)
{
	snt_auto(interface_list) list = NULL;
	int code = snt_interfaces(&list);

	if (code < 0)
		return report(PHASE_SETUP, code);
	if (options->json)
		putchar('[');
	for (size_t i = 0; i < list->count; i++) {
		if (!options->json) {
			print_info(&list->interfaces[i]);
			continue;
		}
		if (i > 0)
			putchar(',');
		print_json(&list->interfaces[i]);
	}
	if (options->json)
		puts("]");
	return flush_stdout(STATUS_OK);
}
