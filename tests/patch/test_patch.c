/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_patch.c - patches that are wrong are refused with a reason, and those that do
 * what they must not are found out
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <uffdsim/litmus.h>
#include <uffdsim/patch.h>
#include <uffdsim/profile.h>

/* Rows say what is special about them. */
#pragma GCC diagnostic ignored "-Woverride-init"
#define PATCH(...)                                                                                 \
	(struct uffdsim_patch)                                                                     \
	{                                                                                          \
		.abi = UFFDSIM_PATCH_ABI, .size = sizeof(struct uffdsim_patch),                    \
		.api = &uffdsim_api, .name = "idea", .about = "An idea.", __VA_ARGS__              \
	}

static bool never(struct vm_area_struct *vma, uint64_t addr, pte_t pte)
{
	return false;
}

/* ---------------------------------------------------------------------- refused */

static int take(struct profile *p, const struct uffdsim_patch *patch, char *err, size_t errlen)
{
	assert_int_equal(profile_parse("v6.18", p, err, errlen), 0);
	return profile_patch(p, patch, err, errlen);
}

static void test_refused(void **state)
{
	const struct {
		const char *promise, *message;
		struct uffdsim_patch patch;
	} rows[] = {
		{ "another version of the header", "a patch for version 2 of <uffdsim/patch.h>",
		  PATCH(.abi = 2) },
		{ "no patch at all", "no patch: it says that it has 8 bytes", PATCH(.size = 8) },
		{ "no name", "a patch wants a name", PATCH(.name = NULL) },
		{ "a name with a blank", "a patch wants a name", PATCH(.name = "my idea") },
		{ "a name that is too long", "a patch wants a name",
		  PATCH(.name = "abcdefghijklmnopqrstuvwxyzabcdefg") },
		{ "nothing about it", "patch \"idea\": a paragraph", PATCH(.about = "") },
		{ "nothing in it", "patch \"idea\": it decides nothing and sets nothing",
		  PATCH() },
		{ "a choice that is none",
		  "patch \"idea\": sets \"+nonsense=yes\": unknown variant",
		  PATCH(.sets = "+nonsense=yes") },
		{ "a value that is none", "variant \"mmap_changing=some\": mmap_changing is one of",
		  PATCH(.sets = "+mmap_changing=some") },
	};
	struct profile *p = malloc(profile_size());

	assert_non_null(p);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char err[240] = "";

		if (take(p, &rows[i].patch, err, sizeof(err)) != -EINVAL ||
		    !strstr(err, rows[i].message))
			fail_msg("%s: \"%s\"", rows[i].promise, err);
	}
	free(p);
}

static void test_one_decides(void **state)
{
	const struct uffdsim_patch a = PATCH(.decide.can_change_pte_writable = never);
	const struct uffdsim_patch b =
		PATCH(.name = "other", .decide.can_change_pte_writable = never);
	const struct uffdsim_patch c = PATCH(.name = "third", .sets = "+split_remove=yes");
	struct profile *p = malloc(profile_size());
	char err[240];

	assert_int_equal(take(p, &a, err, sizeof(err)), 0);
	assert_int_equal(profile_patch(p, &c, err, sizeof(err)), 0);
	assert_ptr_equal(profile_patch_nth(p, 1), &c);
	assert_null(profile_patch_nth(p, 2));
	assert_string_equal(choice_value(choice_find("split_remove"), p), "yes");
	assert_int_equal(profile_patch(p, &b, err, sizeof(err)), -EEXIST);
	assert_string_equal(
		err, "patches \"idea\" and \"other\" both decide can_change_pte_writable");
	free(p);
}

/* A header with more decisions fits while the patch does not use them, one with fewer always. */
static void test_sizes(void **state)
{
	struct {
		struct uffdsim_patch patch;
		void *decision;
	} newer = { .patch = PATCH(.size = sizeof(newer),
				   .decide.can_change_pte_writable = never) };
	struct uffdsim_patch older =
		PATCH(.size = offsetof(struct uffdsim_patch, decide) + sizeof(void *),
		      .decide.can_change_pte_writable = never,
		      .decide.vma_can_userfault = (void *)never /* behind its end */);
	struct profile *p = malloc(profile_size());
	struct decision_info d;
	char err[240];

	assert_int_equal(take(p, &newer.patch, err, sizeof(err)), 0);
	newer.decision = p;
	assert_int_equal(take(p, &newer.patch, err, sizeof(err)), -EINVAL);
	assert_non_null(strstr(err, "what this uffdsim does not know"));
	assert_int_equal(take(p, &older, err, sizeof(err)), 0);
	for (unsigned i = 0; decision_nth(i, &d); i++)
		assert_int_equal(patch_decides(&older, i),
				 !strcmp(d.name, "can_change_pte_writable"));
	free(p);
}

static void test_table(void **state)
{
	struct decision_info d;

	for (unsigned i = 0; decision_nth(i, &d); i++) {
		assert_true(d.name[0] && d.about[0] && d.kernel[0] && d.locks[0]);
		for (unsigned j = 0; d.choices[j]; j++)
			if (!choice_find(d.choices[j]))
				fail_msg("%s goes by %s, which is no choice", d.name, d.choices[j]);
	}
}

/* ------------------------------------------------------------ scenarios with a patch */

static const char dontneed[] =
	"uffd dontneed\n"
	"init {\n"
	"	A = mmap(NULL, 1p, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)\n"
	"	u = userfaultfd(O_NONBLOCK)\n"
	"	ioctl(u, UFFDIO_API, {api=UFFD_API, features=UFFD_FEATURE_EVENT_REMOVE})\n"
	"	ioctl(u, UFFDIO_REGISTER, {range={A, 1p}, mode=UFFDIO_REGISTER_MODE_WP})\n"
	"	*A = 1\n"
	"}\n"
	"thread process {\n"
	"	r = madvise(A, 1p, MADV_DONTNEED)\n"
	"}\n"
	"thread monitor {\n"
	"	poll(u, POLLIN)\n"
	"	read(u, m)\n"
	"}\n"
	"thread protector {\n"
	"	w = ioctl(u, UFFDIO_WRITEPROTECT, {range={A, 1p}, mode=UFFDIO_WRITEPROTECT_MODE_WP})\n"
	"}\n"
	"forall (process:r = 0)\n";

static void explore(const struct uffdsim_patch *patch, struct litmus_explore_result *res)
{
	const struct litmus_patch use = { .patch = patch };
	const struct litmus_options opt = { .patches = &use, .nr_patches = 1, .check = true };
	struct litmus_error err = { 0 };
	struct litmus *prog = NULL;

	assert_int_equal(litmus_parse(dontneed, strlen(dontneed), &prog, &err), 0);
	assert_int_equal(litmus_explore(prog, &opt, res, &err), 0);
	litmus_free(prog);
}

static pte_t takes_away(struct vm_area_struct *vma, uint64_t addr, pte_t pte, unsigned cp_flags)
{
	return PTE(0);
}

static pte_t elsewhere(struct vm_area_struct *vma, uint64_t addr, pte_t pte, unsigned cp_flags)
{
	return PTE(pte.val + PAGE_SIZE);
}

static int without_relock(struct madvise_behavior *mb)
{
	remove_prep(mb);
	remove_unlock(mb);
	remove_tell(mb);
	return 0;
}

static int without_tell(struct madvise_behavior *mb)
{
	remove_prep(mb);
	return remove_zap(mb);
}

static int zap_unlocked(struct madvise_behavior *mb)
{
	remove_prep(mb);
	remove_unlock(mb);
	remove_tell(mb);
	return remove_zap(mb);
}

static int prep_twice(struct madvise_behavior *mb)
{
	remove_prep(mb);
	remove_prep(mb);
	return 0;
}

static int tell_unprepared(struct madvise_behavior *mb)
{
	remove_tell(mb);
	return 0;
}

static void sleeps(struct userfaultfd_ctx *ctx, unsigned event)
{
	map_changing_write_lock(ctx);
	map_changing_write_unlock(ctx);
}

static void counts_up(struct userfaultfd_ctx *ctx, unsigned event)
{
	mmap_changing_add(ctx, 1);
}

static void forgets(struct userfaultfd_ctx *ctx, unsigned event)
{
}

static void test_found_out(void **state)
{
	const struct {
		const char *promise, *finding;
		struct uffdsim_patch patch;
	} rows[] = {
		{ "an entry that is gone", "patch idea, change_pte: the entry does not map",
		  PATCH(.decide.change_pte = takes_away) },
		{ "an entry of another page", "patch idea, change_pte: the entry does not map",
		  PATCH(.decide.change_pte = elsewhere) },
		{ "without its lock", "it came back without mmap_lock",
		  PATCH(.decide.userfaultfd_remove = without_relock) },
		{ "an event that is not told", "remove_tell() is missing",
		  PATCH(.decide.userfaultfd_remove = without_tell) },
		{ "pages dropped without a lock", "remove_zap() without mmap_lock",
		  PATCH(.decide.userfaultfd_remove = zap_unlocked) },
		{ "announced twice", "remove_prep() a second time",
		  PATCH(.decide.userfaultfd_remove = prep_twice) },
		{ "told without being announced", "remove_tell() without remove_prep()",
		  PATCH(.decide.userfaultfd_remove = tell_unprepared) },
		{ "sleeps under a spinlock", "down_write inside a spinlock section",
		  PATCH(.decide.userfaultfd_event_complete = sleeps) },
		{ "raised and never lowered", "mmap_changing is 1 with 0 events in flight",
		  PATCH(.decide.userfaultfd_event_begin = counts_up,
			.decide.userfaultfd_event_end = forgets) },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct litmus_explore_result res;

		explore(&rows[i].patch, &res);
		if (!res.bugs || !strstr(res.message, rows[i].finding))
			fail_msg("%s: %s", rows[i].promise, res.message ? res.message : "nothing");
		assert_int_equal(res.status, LITMUS_NOT_MET);
		litmus_explore_result_fini(&res);
	}
}

/* mmap_lock is not given back: no wrong use, since read() needs no lock. */
static int tells_locked(struct madvise_behavior *mb)
{
	remove_prep(mb);
	remove_tell(mb);
	return remove_zap(mb);
}

static void test_named(void **state)
{
	const struct uffdsim_patch patch =
		PATCH(.sets = "+event_lock=none", .decide.userfaultfd_remove = tells_locked);
	struct litmus_explore_result res;

	explore(&patch, &res);
	assert_int_equal(res.status, LITMUS_MET);
	assert_true(res.complete);
	assert_string_equal(res.patches, "idea: userfaultfd_remove, +event_lock=none\n");
	assert_string_equal(res.profile, "v6.18");
	litmus_explore_result_fini(&res);
}

static void test_base(void **state)
{
	const struct uffdsim_patch patch =
		PATCH(.base = "v5.14", .decide.can_change_pte_writable = never);
	struct litmus_explore_result res;

	explore(&patch, &res);
	assert_string_equal(res.profile, "v5.14");
	litmus_explore_result_fini(&res);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused), cmocka_unit_test(test_one_decides),
		cmocka_unit_test(test_sizes),	cmocka_unit_test(test_table),
		cmocka_unit_test(test_found_out), cmocka_unit_test(test_named),
		cmocka_unit_test(test_base),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
