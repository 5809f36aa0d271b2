/* SPDX-License-Identifier: MIT */
/* What this machine's interfaces are, and which addresses they have. */
#include "veth.h"

static const struct snt_interface_info *
find(const struct snt_interface_list *list, const char *name)
{
	size_t i = 0;

	while (i < list->count && strcmp(list->interfaces[i].name, name) != 0)
		i++;
	if (i == list->count)
		fail_msg("there is no %s", name);
	return &list->interfaces[i];
}

/* "192.0.2.1:0/24", with what else there is of it. */
static const char *addr_text(const struct snt_interface_addr *addr)
{
	static char text[3 * SNT_ADDR_TEXT];
	size_t length;

	length = snt_addr_format(&addr->addr, text, sizeof text);
	length += (size_t)sprintf(text + length, "/%d", addr->prefix);
	if (addr->broadcast.size > 0) {
		length += (size_t)sprintf(text + length, " all ");
		length += snt_addr_format(&addr->broadcast, text + length,
					  SNT_ADDR_TEXT);
	}
	if (addr->peer.size > 0) {
		length += (size_t)sprintf(text + length, " peer ");
		snt_addr_format(&addr->peer, text + length, SNT_ADDR_TEXT);
	}
	return text;
}

static bool has(const struct snt_interface_info *info, const char *text)
{
	for (size_t i = 0; i < info->addr_count; i++)
		if (strcmp(addr_text(&info->addrs[i]), text) == 0)
			return true;
	return false;
}

static void the_loopback_says_that_it_is_one(void)
{
	snt_auto(interface_list) list = NULL;
	const struct snt_interface_info *lo;

	OK(snt_interfaces(&list));
	lo = find(list, "lo");
	assert_true(lo->up && lo->running && lo->loopback);
	assert_false(lo->broadcast || lo->point_to_point);
	assert_int_equal(lo->mtu, 65536);
	assert_int_equal(lo->hardware_size, 0);
	assert_true(has(lo, "127.0.0.1:0/8"));
	assert_true(has(lo, "[::1]:0/128"));
}

static void names_and_indexes_are_those_of_if_nameindex(void)
{
	snt_auto(interface_list) list = NULL;
	char name[16];

	own_veth();
	OK(snt_interfaces(&list));
	assert_int_equal(OK(snt_if_nameindex(NULL, 0)), list->count);
	for (size_t i = 0; i < list->count; i++) {
		OK(snt_if_indextoname(list->interfaces[i].index, name));
		assert_string_equal(name, list->interfaces[i].name);
	}
}

static void an_interface_to_a_network_tells_how_to_reach_all_of_it(void)
{
	snt_auto(interface_list) list = NULL;
	const struct snt_interface_info *info;
	const char *name = own_veth();

	OK(snt_interfaces(&list));
	info = find(list, name);
	assert_true(info->up && info->running);
	assert_true(info->broadcast && info->multicast);
	assert_false(info->loopback || info->point_to_point);
	assert_int_equal(info->mtu, simulated() ? 1500 : 1400);
	assert_int_equal(info->hardware_size, 6);
	assert_int_equal(info->hardware[0], 2);
	assert_int_equal(info->hardware[5], 1);
	assert_int_equal(info->addr_count, 2);
	assert_true(has(info, simulated()
				      ? "10.0.0.1:0/16 all 10.0.255.255:0"
				      : "192.0.2.1:0/24 all 192.0.2.255:0"));
	assert_true(has(info,
			simulated() ? "[fd00::1]:0/64" : "[2001:db8::1]:0/64"));
}

static void an_interface_that_is_switched_off_says_so(void)
{
	snt_auto(interface_list) list = NULL;

	own_veth();
	ip("link set v1 down");
	OK(snt_interfaces(&list));
	assert_false(find(list, "v1")->up);
	assert_int_equal(find(list, "v1")->addr_count, 0);
	/* Its other end is up; the kernel sees a little later that it has no
	 * carrier. */
	while (find(list, "v0")->running) {
		snt_interface_list_free(list);
		OK(snt_sleep(SNT_MILLISECOND));
		OK(snt_interfaces(&list));
	}
	assert_true(find(list, "v0")->up);
}

static void an_address_with_a_label_is_its_interface_s(void)
{
	snt_auto(interface_list) list = NULL;

	own_veth();
	ip("addr add 198.51.100.7/28 dev v0 label v0:one");
	OK(snt_interfaces(&list));
	assert_int_equal(list->count, 3);
	assert_true(has(find(list, "v0"), "198.51.100.7:0/28"));
	assert_true(has(find(list, "v0"), "192.0.2.1:0/24 all 192.0.2.255:0"));
}

static void the_other_end_of_a_tunnel_is_told(void)
{
	snt_auto(interface_list) list = NULL;
	const struct snt_interface_info *info;

	own_network();
	ip("tuntap add t0 mode tun");
	ip("addr add 192.0.2.1 peer 192.0.2.9 dev t0");
	OK(snt_interfaces(&list));
	info = find(list, "t0");
	assert_true(info->point_to_point);
	assert_false(info->broadcast);
	assert_true(has(info, "192.0.2.1:0/32 peer 192.0.2.9:0"));
}

static void a_link_local_address_has_its_zone(void)
{
	snt_auto(interface_list) list = NULL;
	char text[64];

	own_veth();
	ip("addr add fe80::7/64 nodad dev v0");
	OK(snt_interfaces(&list));
	snprintf(text, sizeof text, "[fe80::7%%%u]:0/64",
		 find(list, "v0")->index);
	assert_true(has(find(list, "v0"), text));
}

static void many_addresses_are_all_there(void)
{
	snt_auto(interface_list) list = NULL;
	char words[80];

	own_veth();
	for (int i = 1; i <= 40; i++) {
		snprintf(words, sizeof words,
			 "addr add 2001:db8:1::%x/64 nodad dev v0", i);
		ip(words);
	}
	OK(snt_interfaces(&list));
	assert_int_equal(find(list, "v0")->addr_count, 42);
	assert_true(has(find(list, "v0"), "[2001:db8:1::1]:0/64"));
	assert_true(has(find(list, "v0"), "[2001:db8:1::28]:0/64"));
	assert_int_equal(find(list, "lo")->addr_count, 2);
}

static void without_descriptors_it_says_so(void)
{
	struct snt_interface_list *list = NULL;
	int last = raw_socket(AF_INET, SOCK_DGRAM), before;

	before = limit_descriptors(last + 1);
	FAILS(snt_interfaces(&list), -EMFILE);
	assert_null(list);
	limit_descriptors(before);
	raw_close(last);
}

static void no_list_can_be_freed(void)
{
	snt_interface_list_free(NULL);
}

static const struct test_case cases[] = {
	TEST(the_loopback_says_that_it_is_one),
	TEST(names_and_indexes_are_those_of_if_nameindex),
	TEST(an_interface_to_a_network_tells_how_to_reach_all_of_it),
	TEST_KERNEL(an_interface_that_is_switched_off_says_so),
	TEST_KERNEL(an_address_with_a_label_is_its_interface_s),
	TEST_KERNEL(the_other_end_of_a_tunnel_is_told),
	TEST_KERNEL(a_link_local_address_has_its_zone),
	TEST_KERNEL(many_addresses_are_all_there),
	TEST_KERNEL(without_descriptors_it_says_so),
	TEST(no_list_can_be_freed),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
