/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>

#include "harness.h"

static void sizes_out_of_range_are_refused(void **state)
{
	static const struct sim_config bad[] = {
		{ .arena_size = 1 },
		{ .arena_size = (size_t)1 << 40 },
		{ .stack_size = 100 },
		{ .stack_size = (size_t)1 << 40 },
	};
	struct sim *sim = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(sim_create(&sim, &bad[i]), -EINVAL);
	assert_null(sim);
}

static void memory_is_zeroed_and_aligned(void **state)
{
	struct sim *sim = t_machine();

	for (size_t size = 1; size < 10000; size = size * 3 / 2 + 1) {
		unsigned char *p = sim_zalloc(sim, size);

		assert_non_null(p);
		assert_int_equal((uintptr_t)p % 16, 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xff, size);
	}
	sim_destroy(sim);
}

static void freed_memory_has_the_pattern_and_rests(void **state)
{
	struct sim *sim = t_machine();
	unsigned char *first = sim_zalloc(sim, 64);
	void *p;

	sim_free(sim, first, 64);
	assert_int_equal(first[40], 0x6b);
	p = sim_zalloc(sim, 64);
	assert_ptr_not_equal(p, first);
	assert_int_equal(first[40], 0x6b);
	sim_destroy(sim);
}

static void freed_memory_is_used_again_in_the_end(void **state)
{
	struct sim *sim = t_machine_with((struct sim_config){ .arena_size = 64 << 10 });

	for (int i = 0; i < 100000; i++) {
		void *p = sim_zalloc(sim, 100);

		assert_non_null(p);
		sim_free(sim, p, 100);
	}
	sim_destroy(sim);
}

static void a_full_arena_gives_null(void **state)
{
	struct sim *sim = t_machine_with((struct sim_config){ .arena_size = 64 << 10 });
	unsigned n = 0;

	assert_null(sim_zalloc(sim, (size_t)1 << 50));
	assert_null(sim_zalloc(sim, 1 << 20));
	while (sim_zalloc(sim, 4096))
		n++;
	assert_in_range(n, 8, 16);
	assert_non_null(sim_zalloc(sim, 16));
	sim_destroy(sim);
}

static void the_nth_allocation_fails_once(void **state)
{
	struct sim *sim = t_machine();

	sim_fail_alloc(sim, 2);
	assert_non_null(sim_zalloc(sim, 8));
	assert_null(sim_zalloc(sim, 8));
	assert_non_null(sim_zalloc(sim, 8));
	sim_destroy(sim);
}

static void write_into_freed_block(void *arg)
{
	struct sim *sim = arg;
	char *p[8];

	for (int i = 0; i < 8; i++)
		p[i] = sim_zalloc(sim, 48);
	for (int i = 0; i < 8; i++)
		sim_free(sim, p[i], 48);
	p[0][20] = 1;
	sim_zalloc(sim, 48);
	sim_yield(sim, SIM_OP_YIELD, "later");
}

static void a_write_after_free_is_found(void **state)
{
	struct sim *sim = t_machine();

	sim_spawn(sim, "t", write_into_freed_block, sim, 0);
	t_expect_bug(sim, SIM_BUG_USE_AFTER_FREE, "offset 20");
	sim_destroy(sim);
}

struct dead {
	struct sim *sim;
	struct mutex *m;
	bool freed;
};

static void use_dead_object(void *arg)
{
	struct dead *d = arg;

	sim_obj_fini(&d->m->obj);
	if (d->freed)
		sim_free(d->sim, d->m, sizeof(*d->m));
	mutex_lock(d->m);
}

static void an_object_after_its_end_is_found(void **state)
{
	for (int freed = 0; freed < 2; freed++) {
		struct sim *sim = t_machine();
		struct dead d = { sim, sim_zalloc(sim, sizeof(*d.m)), freed };

		mutex_init(sim, d.m, "m");
		sim_spawn(sim, "t", use_dead_object, &d, 0);
		t_expect_bug(sim, SIM_BUG_USE_AFTER_FREE, freed ? "memory was freed" : "m is used");
		sim_destroy(sim);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_out_of_range_are_refused),
		cmocka_unit_test(memory_is_zeroed_and_aligned),
		cmocka_unit_test(freed_memory_has_the_pattern_and_rests),
		cmocka_unit_test(freed_memory_is_used_again_in_the_end),
		cmocka_unit_test(a_full_arena_gives_null),
		cmocka_unit_test(the_nth_allocation_fails_once),
		cmocka_unit_test(a_write_after_free_is_found),
		cmocka_unit_test(an_object_after_its_end_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
