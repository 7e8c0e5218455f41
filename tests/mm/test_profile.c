/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Profiles: which there are, how they are named, and what a monitor sees of them.
 */
#include "harness.h"

#include <string.h>

#include "mm-model/choices.h"

static const char *const oldest_first[] = { "v4.11", "v4.14", "v4.17", "v4.18", "v5.7", "v5.8",
					    "v5.9",  "v5.14", "v5.15", "v5.19", "v6.1", "v6.6",
					    "v6.9",  "v6.12", "v6.18", "v7.1" };

static void test_profiles_are_listed_oldest_first(void **state)
{
	for (unsigned i = 0; i < ARRAY_SIZE(oldest_first); i++) {
		assert_string_equal(profile_name(profile_nth(i)), oldest_first[i]);
		assert_true(strlen(profile_summary(profile_nth(i))) > 10);
	}
	assert_null(profile_nth(ARRAY_SIZE(oldest_first)));
	/* The newest that answers have been recorded of. */
	assert_string_equal(profile_name(profile_default()), "v6.18");
}

static const struct {
	const char *name;
	int ret;
	const char *err; /* part of the reason */
} names[] = {
	{ "v6.18", 0, NULL },
	{ "v6.18+map_changing_lock=no", 0, NULL },
	{ "v5.15+mmap_changing=bool+uffd_wp=no", 0, NULL },
	{ "v4.18+mmap_changing=none", 0, NULL },
	{ "", -EINVAL, "unknown profile \"\"" },
	{ "v6.2", -EINVAL, "(known: v4.11 v4.14 v4.17 v4.18 v5.7 " },
	{ "v6.18.1", -EINVAL, "unknown profile \"v6.18.1\"" },
	{ "v6.18+", -EINVAL, "unknown variant \"\"" },
	{ "v6.18+color=red", -EINVAL, "unknown variant \"color=red\"" },
	{ "v6.18+uffd_wp", -EINVAL, "uffd_wp is one of no, yes" },
	{ "v6.18+uffd_wp=", -EINVAL, "uffd_wp is one of no, yes" },
	{ "v6.18+mmap_changing=yes", -EINVAL, "one of none, bool, counter" },
	{ "v6.18+uffd_wp=yes+uffd_wp=yes+uffd_wp=yes+uffd_wp=yes+uffd_wp=yes+uffd_wp=yes+uffd_wp="
	  "yes"
	  "+uffd_wp=yes+uffd_wp=yes+uffd_wp=yes+uffd_wp=yes+uffd_wp=yes",
	  -EINVAL, "longer" },
};

static void test_a_name_is_a_kernel_and_changes_to_it(void **state)
{
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		struct profile p;
		char err[160] = "";

		assert_int_equal(profile_parse(names[i].name, &p, err, sizeof(err)), names[i].ret);
		if (names[i].ret && !strstr(err, names[i].err))
			fail_msg("%s: %s", names[i].name, err);
		if (!names[i].ret)
			assert_string_equal(profile_name(&p), names[i].name);
	}
}

static const char *choice_of(const struct profile *p, const char *wanted)
{
	const char *name, *value;

	for (unsigned i = 0; profile_choice(p, i, &name, &value); i++)
		if (!strcmp(name, wanted))
			return value;
	return "";
}

static const struct {
	const char *profile, *choice, *value;
} choices[] = {
	{ "v4.17", "mmap_changing", "none" },
	{ "v4.18", "mmap_changing", "bool" },
	{ "v5.15", "mmap_changing", "counter" },
	{ "v5.15", "map_changing_lock", "no" },
	{ "v6.9", "map_changing_lock", "yes" },
	{ "v6.9", "eagain_writes_field", "no" },
	{ "v6.9", "remap_clears_wp", "no" },
	{ "v6.18", "remap_clears_wp", "yes" },
	{ "v6.18", "eagain_writes_field", "yes" },
	{ "v6.9", "unregister_checks_ctx", "no" },
	{ "v6.12", "remap_clears_wp", "yes" },
	{ "v6.12", "eagain_writes_field", "yes" },
	{ "v6.12", "unregister_checks_ctx", "no" },
	{ "v6.1", "fault_vma_lock", "no" },
	{ "v6.1", "clean_anon_writable", "no" },
	{ "v6.1", "copy_checks_src", "no" },
	{ "v4.11", "fork_fail_forgets", "nothing" },
	{ "v5.8", "cow_counts_references", "no" },
	{ "v5.9", "cow_counts_references", "yes" },
	{ "v6.6", "fault_vma_lock", "yes" },
	{ "v6.6", "fill_vma_lock", "no" },
	{ "v7.1", "fill_spares_guards", "yes" },
	{ "v6.18+uffd-wp=no", "uffd_wp", "no" },
	{ "v6.18+UFFD_FEATURE_MOVE=no", "UFFD_FEATURE_MOVE", "no" },
	{ "v6.18+uffd_wp=no", "uffd_wp", "no" },
	{ "v6.18+uffd_wp=no", "wp_unpopulated", "yes" },
	{ "v4.18+mmap_changing=counter", "mmap_changing", "counter" },
};

static void test_choices_have_the_values_of_their_kernel(void **state)
{
	for (unsigned i = 0; i < ARRAY_SIZE(choices); i++) {
		struct profile p;
		char err[160];

		assert_int_equal(profile_parse(choices[i].profile, &p, err, sizeof(err)), 0);
		assert_string_equal(choice_of(&p, choices[i].choice), choices[i].value);
	}
}

static void test_the_table_of_choices_is_in_order(void **state)
{
	const struct choice *c, *other;

	for (unsigned i = 0; (c = choice_nth(i)); i++) {
		unsigned before = 0, v = c->oldest, nr = 0;

		while (c->values[nr])
			nr++;
		for (unsigned j = 0; j < ARRAY_SIZE(c->changes) && c->changes[j].since; j++) {
			if (c->changes[j].since <= before || c->changes[j].value == v ||
			    c->changes[j].value >= nr || !c->changes[j].what)
				fail_msg("%s: change %u", c->name, j);
			before = c->changes[j].since;
			v = c->changes[j].value;
		}
		if (!c->about || strlen(c->about) < 12 || !c->source)
			fail_msg("%s: not explained", c->name);
		for (unsigned j = 0; (other = choice_nth(j)); j++)
			if (j != i && !strcmp(other->name, c->name))
				fail_msg("%s: twice", c->name);
	}
}

static void test_each_variant_sets_what_it_says(void **state)
{
	const struct variant *v;
	unsigned nr = 0;

	for (; (v = variant_nth(nr)); nr++) {
		struct profile by_name, by_choices;
		char name[160], err[160] = "";

		snprintf(name, sizeof(name), "v6.18+%s", v->name);
		if (profile_parse(name, &by_name, err, sizeof(err)))
			fail_msg("%s: %s", name, err);
		snprintf(name, sizeof(name), "v6.18%s", v->sets);
		if (profile_parse(name, &by_choices, err, sizeof(err)))
			fail_msg("%s: %s", name, err);
		memcpy(by_name.variants, by_choices.variants, sizeof(by_name.variants));
		assert_memory_equal(&by_name, &by_choices, sizeof(by_name));
		if (choice_find(v->name) || strlen(v->about) < 60 || !v->source || !v->scenario)
			fail_msg("%s", v->name);
	}
	assert_true(nr >= 13);
}

/* --------------------------------------------------- what is refused, and where */

static void refused(struct task_struct *t, void *arg)
{
	const char *profile = arg;
	bool v411 = !strcmp(profile, "v4.11"), old = v411 || !strcmp(profile, "v4.14");

	map_at(t, A0, 2, RW);
	assert_int_equal(sys_madvise(t, A0, PAGE_SIZE, MADV_WIPEONFORK), v411 ? -EINVAL : 0);
	assert_int_equal(sys_madvise(t, A0, PAGE_SIZE, MADV_COLD), old ? -EINVAL : 0);
	assert_int_equal(sys_madvise(t, A0, PAGE_SIZE, MADV_POPULATE_READ), old ? -EINVAL : 0);
	assert_int_equal(sys_mseal(t, A0, 0, 0), old ? -ENOSYS : 0);
	assert_int_equal(sys_mmap(t, A0, PAGE_SIZE, PROT_READ,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
				  0) == -EEXIST,
			 !old);
	assert_int_equal(sys_io_uring_setup(t, 1) == -ENOSYS, old);
	assert_int_equal(sys_memfd_create(t, "h", MFD_HUGETLB) == -EINVAL, v411);
}

static void test_what_came_later_is_refused_as_by_that_kernel(void **state)
{
	static const char *const kernels[] = { "v4.11", "v4.14", "v6.18", "v7.1" };

	for (unsigned i = 0; i < ARRAY_SIZE(kernels); i++) {
		struct world *w = world_new(kernels[i]);

		world_do(w, refused, (void *)kernels[i]);
		world_free(w);
	}
}

/* A handshake too many: the request is not even read before 5.15. */
static void shake_twice(struct task_struct *t, void *arg)
{
	struct uffdio_api api = { .api = UFFD_API };
	int fd = sys_userfaultfd(t, 0);
	bool written;

	assert_int_equal(sys_ioctl(t, fd, UFFDIO_API, &api, 0, &written), 0);
	assert_int_equal(sys_ioctl(t, fd, UFFDIO_API, &api, 0, &written), -EINVAL);
	assert_int_equal(written, arg == NULL);
	assert_int_equal(api.api, written ? 0 : UFFD_API);
}

static void test_a_second_handshake_writes_zeros_since_5_15(void **state)
{
	static const char *const kernels[] = { "v6.18", "v5.14" };

	for (uintptr_t i = 0; i < ARRAY_SIZE(kernels); i++) {
		struct world *w = world_new(kernels[i]);

		world_do(w, shake_twice, i ? w : NULL);
		world_free(w);
	}
}

/* ------------------------------------------------------ what a monitor sees */

struct seen {
	const char *profile;
	uint64_t features, missing, wp; /* reported by API; `ioctls` of REGISTER, 0: EINVAL */
	bool dev;
};
static const struct seen seen[] = {
	{ "v4.11", 0x7e, 0x1c, 0, false },        { "v4.14", 0x1fe, 0x1c, 0, false },
	{ "v4.17", 0x1fe, 0x1c, 0, false },       { "v4.18", 0x1fe, 0x1c, 0, false },
	{ "v5.7", 0x1ff, 0x1c, 0x5c, false },     { "v5.8", 0x1ff, 0x1c, 0x5c, false },
	{ "v5.9", 0x1ff, 0x1c, 0x5c, false },     { "v5.14", 0x7ff, 0x1c, 0x5c, false },
	{ "v5.15", 0x7ff, 0x1c, 0x5c, false },    { "v5.19", 0x1fff, 0x1c, 0x5c, false },
	{ "v6.1", 0x1fff, 0x1c, 0x5c, true },     { "v6.6", 0x7fff, 0x11c, 0x15c, true },
	{ "v6.9", 0x1ffff, 0x13c, 0x17c, true },  { "v6.12", 0x1ffff, 0x13c, 0x17c, true },
	{ "v6.18", 0x1ffff, 0x13c, 0x17c, true }, { "v7.1", 0x1ffff, 0x13c, 0x17c, true },
};

static uint64_t register_ioctls(struct task_struct *t, int fd, uint64_t mode)
{
	struct uffdio_register r = { .range = { A0, PAGE_SIZE }, .mode = mode };
	bool written;
	int64_t ret = sys_ioctl(t, fd, UFFDIO_REGISTER, &r, 0, &written);

	assert_true(ret == (written ? 0 : -EINVAL));
	return written ? r.ioctls : 0;
}

static void look(struct task_struct *t, void *arg)
{
	const struct seen *s = arg;
	struct uffdio_api api = { .api = UFFD_API };
	int fd = sys_userfaultfd(t, 0);
	bool written;

	map_at(t, A0, 1, RW);
	assert_int_equal(sys_ioctl(t, fd, UFFDIO_API, &api, 0, &written), 0);
	assert_int_equal(api.features, s->features);
	assert_int_equal(register_ioctls(t, fd, MISSING), s->missing);
	assert_int_equal(register_ioctls(t, fd, WP), s->wp);
	assert_int_equal(sys_open(t, "/dev/userfaultfd", O_RDWR), s->dev ? fd + 1 : -ENOENT);
}

static void test_each_kernel_reports_its_own_features_and_ioctls(void **state)
{
	for (unsigned i = 0; i < ARRAY_SIZE(seen); i++) {
		struct world *w = world_new(seen[i].profile);

		world_do(w, look, (void *)&seen[i]);
		world_free(w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_profiles_are_listed_oldest_first),
		cmocka_unit_test(test_a_name_is_a_kernel_and_changes_to_it),
		cmocka_unit_test(test_choices_have_the_values_of_their_kernel),
		cmocka_unit_test(test_the_table_of_choices_is_in_order),
		cmocka_unit_test(test_each_variant_sets_what_it_says),
		cmocka_unit_test(test_what_came_later_is_refused_as_by_that_kernel),
		cmocka_unit_test(test_a_second_handshake_writes_zeros_since_5_15),
		cmocka_unit_test(test_each_kernel_reports_its_own_features_and_ioctls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
