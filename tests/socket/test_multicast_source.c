/* SPDX-License-Identifier: MIT */
/* Groups joined from one source: others are not heard. */
#include "groups.h"

static struct snt_addr stranger_of(const struct stage *stage)
{
	struct snt_addr stranger = stage->direct;

	if (stranger.sa.any.sa_family == AF_INET)
		stranger.sa.in.sin_addr.s_addr ^= htonl(64);
	else
		stranger.sa.in6.sin6_addr.s6_addr[15] ^= 64;
	return stranger;
}

static void a_source_narrows_a_join_from_everybody(void)
{
	const char *interface = own_veth();

	for (size_t i = 0; i < COUNT(families); i++) {
		struct stage stage = stage_of(i, interface);
		struct snt_addr stranger = stranger_of(&stage);

		OK(snt_join_group(stage.receiver, &stage.group, interface));
		OK(snt_join_source_group(stage.receiver, &stage.group,
					 &stranger, interface));
		say(&stage, "hello", &stage.group);
		say_last(&stage);
		hears(stage.receiver, NOT_HEARD);
		stage_end(&stage);
	}
}

static void blocked_sources_and_chosen_ones_do_not_mix(void)
{
	const char *interface = own_veth();

	for (size_t i = 0; i < COUNT(families); i++) {
		struct stage stage = stage_of(i, interface);
		struct group_source_req block = {
			.gsr_interface =
				(uint32_t)OK(snt_if_nametoindex(interface))
		};

		memcpy(&block.gsr_group, &stage.group.sa, stage.group.size);
		memcpy(&block.gsr_source, &stage.direct.sa, stage.direct.size);
		OK(snt_join_group(stage.receiver, &stage.group, interface));
		OK(snt_setsockopt(stage.receiver,
				  i == 0 ? IPPROTO_IP : IPPROTO_IPV6,
				  MCAST_BLOCK_SOURCE, &block, sizeof block));
		FAILS(snt_join_source_group(stage.receiver, &stage.group,
					    &stage.direct, interface),
		      -EINVAL);
		TELLS("but for some sources");
		stage_end(&stage);
	}
}

static void a_group_from_one_source_is_not_heard_from_others(void)
{
	const char *interface = own_veth();

	for (size_t i = 0; i < COUNT(families); i++) {
		struct stage stage = stage_of(i, interface);
		struct snt_addr source = stage.direct,
				stranger = stranger_of(&stage);

		OK(snt_join_source_group(stage.receiver, &stage.group,
					 &stranger, interface));
		say(&stage, "hello", &stage.group);
		say_last(&stage);
		hears(stage.receiver, NOT_HEARD);
		OK(snt_join_source_group(stage.receiver, &stage.group, &source,
					 interface));
		say(&stage, "hello again", &stage.group);
		hears(stage.receiver, "hello again");
		FAILS(snt_join_source_group(stage.receiver, &stage.group,
					    &source, interface),
		      -EADDRINUSE);
		TELLS("from");
		FAILS(snt_join_group(stage.receiver, &stage.group, interface),
		      -EADDRINUSE);
		OK(snt_leave_source_group(stage.receiver, &stage.group, &source,
					  interface));
		FAILS(snt_leave_source_group(stage.receiver, &stage.group,
					     &source, interface),
		      -EADDRNOTAVAIL);
		say(&stage, "and again", &stage.group);
		say_last(&stage);
		hears(stage.receiver, NOT_HEARD);
		stage_end(&stage);
	}
}

static void the_last_source_leaves_the_group(void)
{
	const char *interface = own_veth();

	for (size_t i = 0; i < COUNT(families); i++) {
		struct stage stage = stage_of(i, interface);

		OK(snt_join_source_group(stage.receiver, &stage.group,
					 &stage.direct, interface));
		OK(snt_leave_source_group(stage.receiver, &stage.group,
					  &stage.direct, interface));
		FAILS(snt_leave_source_group(stage.receiver, &stage.group,
					     &stage.direct, interface),
		      -EADDRNOTAVAIL);
		OK(snt_join_group(stage.receiver, &stage.group, interface));
		stage_end(&stage);
	}
}

static const struct test_case cases[] = {
	TEST(a_source_narrows_a_join_from_everybody),
	TEST(blocked_sources_and_chosen_ones_do_not_mix),
	TEST(a_group_from_one_source_is_not_heard_from_others),
	TEST(the_last_source_leaves_the_group),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
