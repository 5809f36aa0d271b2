/* SPDX-License-Identifier: MIT */
/* The heap of deadlines, against a sorted array that does the same slowly. */
#include "base/heap.h"
#include "../runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NODES 300

struct model {
	struct snt__heap heap;
	struct snt__heap_node nodes[NODES];
	bool inside[NODES];
	/* Indexes in the order they must leave. */
	size_t order[NODES];
	size_t count;
};

static struct model model;

static void model_insert(size_t index, int64_t key)
{
	size_t place = model.count;

	snt__heap_insert(&model.heap, &model.nodes[index], key);
	while (place > 0 && model.nodes[model.order[place - 1]].key > key) {
		model.order[place] = model.order[place - 1];
		place--;
	}
	model.order[place] = index;
	model.inside[index] = true;
	model.count++;
}

static void model_remove(size_t index)
{
	size_t place = 0;

	snt__heap_remove(&model.heap, &model.nodes[index]);
	while (model.order[place] != index)
		place++;
	model.count--;
	memmove(&model.order[place], &model.order[place + 1],
		(model.count - place) * sizeof model.order[0]);
	model.inside[index] = false;
}

static void check_first(void)
{
	struct snt__heap_node *first = snt__heap_first(&model.heap);

	if (model.count == 0)
		assert_null(first);
	else
		assert_ptr_equal(first, &model.nodes[model.order[0]]);
}

static void an_empty_heap_has_no_first(void)
{
	check_first();
}

static void the_smallest_key_comes_first(void)
{
	model_insert(0, 5);
	model_insert(1, 3);
	model_insert(2, 9);
	check_first();
	model_remove(1);
	check_first();
	model_remove(0);
	check_first();
	model_remove(2);
	check_first();
}

static void equal_keys_leave_in_the_order_they_came(void)
{
	for (size_t i = 0; i < 100; i++)
		model_insert(i * 37 % 100, 7);
	while (model.count > 0) {
		check_first();
		model_remove(model.order[0]);
	}
}

static void extreme_keys_are_ordered(void)
{
	model_insert(0, INT64_MAX);
	model_insert(1, INT64_MIN);
	model_insert(2, 0);
	model_insert(3, -1);
	while (model.count > 0) {
		check_first();
		model_remove(model.order[0]);
	}
}

static void any_node_can_be_removed(void)
{
	for (size_t gone = 0; gone < 20; gone++) {
		for (size_t i = 0; i < 20; i++)
			model_insert(i, (int64_t)(i * 7 % 20));
		model_remove(gone);
		while (model.count > 0) {
			check_first();
			model_remove(model.order[0]);
		}
	}
}

static void a_removed_node_can_be_inserted_again(void)
{
	for (int i = 0; i < 10; i++) {
		model_insert(0, i);
		model_insert(1, 10 - i);
		check_first();
		model_remove(0);
		check_first();
		model_remove(1);
	}
}

/* Few keys, so that many are equal. */
static void random_work_agrees_with_the_model(void)
{
	unsigned seed = (unsigned)time(NULL) ^ (unsigned)clock();
	const char *given = getenv("HEAP_SEED");

	if (given != NULL)
		seed = (unsigned)strtoul(given, NULL, 0);
	printf("HEAP_SEED=%u\n", seed);
	srandom(seed);
	for (int i = 0; i < 100000; i++) {
		size_t index = (size_t)random() % NODES;

		if (!model.inside[index])
			model_insert(index, random() % 50);
		else if (random() % 2 == 0)
			model_remove(index);
		else
			model_remove(model.order[0]);
		check_first();
	}
	while (model.count > 0) {
		model_remove(model.order[0]);
		check_first();
	}
}

static const struct test_case cases[] = {
	TEST(an_empty_heap_has_no_first),
	TEST(the_smallest_key_comes_first),
	TEST(equal_keys_leave_in_the_order_they_came),
	TEST(extreme_keys_are_ordered),
	TEST(any_node_can_be_removed),
	TEST(a_removed_node_can_be_inserted_again),
	TEST(random_work_agrees_with_the_model),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
