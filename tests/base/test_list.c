/* SPDX-License-Identifier: MIT */
/* Lists whose links live inside the things listed. */
#include "base/list.h"
#include "../runner.h"

struct thing {
	int number;
	struct snt__link link;
};

static struct snt__link list;
static struct thing things[3];

static void set_up(size_t count)
{
	snt__list_init(&list);
	for (size_t i = 0; i < 3; i++) {
		things[i].number = (int)i;
		snt__list_init(&things[i].link);
		if (i < count)
			snt__list_append(&list, &things[i].link);
	}
}

static int first_number(void)
{
	struct snt__link *link = snt__list_first(&list);

	return link ? SNT__CONTAINER(link, struct thing, link)->number : -1;
}

static void a_new_list_is_empty(void)
{
	set_up(0);
	assert_true(snt__list_empty(&list));
	assert_null(snt__list_first(&list));
}

static void what_is_appended_leaves_in_order(void)
{
	set_up(3);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(first_number(), i);
		snt__list_remove(&things[i].link);
	}
	assert_true(snt__list_empty(&list));
}

static void a_link_can_leave_from_the_middle(void)
{
	set_up(3);
	snt__list_remove(&things[1].link);
	assert_int_equal(first_number(), 0);
	snt__list_remove(&things[0].link);
	assert_int_equal(first_number(), 2);
	assert_ptr_equal(list.prev, &things[2].link);
}

static void removing_twice_is_harmless(void)
{
	set_up(2);
	snt__list_remove(&things[0].link);
	snt__list_remove(&things[0].link);
	assert_int_equal(first_number(), 1);
	assert_true(snt__list_empty(&things[0].link));
}

static void a_link_can_join_again(void)
{
	set_up(2);
	snt__list_remove(&things[0].link);
	snt__list_append(&list, &things[0].link);
	assert_int_equal(first_number(), 1);
	snt__list_remove(&things[1].link);
	assert_int_equal(first_number(), 0);
}

static const struct test_case cases[] = {
	TEST(a_new_list_is_empty),
	TEST(what_is_appended_leaves_in_order),
	TEST(a_link_can_leave_from_the_middle),
	TEST(removing_twice_is_harmless),
	TEST(a_link_can_join_again),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
