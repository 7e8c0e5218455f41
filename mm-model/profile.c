/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * profile.c - the table of kernels, and names for its columns
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mm-model/mm_types.h"

#define FEATURES_4_17 \
	(UFFD_FEATURE_EVENT_FORK | UFFD_FEATURE_EVENT_REMAP | UFFD_FEATURE_EVENT_REMOVE | \
	 UFFD_FEATURE_MISSING_HUGETLBFS | UFFD_FEATURE_MISSING_SHMEM | UFFD_FEATURE_EVENT_UNMAP | \
	 UFFD_FEATURE_SIGBUS | UFFD_FEATURE_THREAD_ID)
#define FEATURES_5_15 \
	(FEATURES_4_17 | UFFD_FEATURE_PAGEFAULT_FLAG_WP | UFFD_FEATURE_MINOR_HUGETLBFS | \
	 UFFD_FEATURE_MINOR_SHMEM)
#define FEATURES_6_1 (FEATURES_5_15 | UFFD_FEATURE_EXACT_ADDRESS | UFFD_FEATURE_WP_HUGETLBFS_SHMEM)
#define FEATURES_6_9 \
	(FEATURES_6_1 | UFFD_FEATURE_WP_UNPOPULATED | UFFD_FEATURE_POISON | \
	 UFFD_FEATURE_WP_ASYNC | UFFD_FEATURE_MOVE)

#define BIT(n)      (1ULL << (n))
#define IOCTLS_4_17 (BIT(_UFFDIO_WAKE) | BIT(_UFFDIO_COPY) | BIT(_UFFDIO_ZEROPAGE))
#define IOCTLS_5_15 (IOCTLS_4_17 | BIT(_UFFDIO_WRITEPROTECT) | BIT(_UFFDIO_CONTINUE))
#define IOCTLS_6_9  (IOCTLS_5_15 | BIT(_UFFDIO_POISON) | BIT(_UFFDIO_MOVE))

#define BEFORE_5_7  .fault_retries_once = true, .fault_waits_for_waker = true

/* What each row adds to the one above it. */
#define SINCE_5_15 \
	.uffd_wp = true, .wp_copy_flushes = true, .user_mode_only = true, .api_once = true, .maywrite_needed = true
#define SINCE_6_1 \
	SINCE_5_15, .dev_userfaultfd = true, .unregister_clears_wp = true, .anon_exclusive = true, \
		    .wp_wants_writenotify = true
#define SINCE_6_9 \
	SINCE_6_1, .map_changing_lock = true, .fault_vma_lock = true, .fill_vma_lock = true, \
		   .wp_unpopulated = true, .close_clears_wp = true, .wp_skips_holes = true, \
		   .clean_anon_writable = true, .pmd_restores_write = true, \
		   .split_keeps_dirty = true, .unprotect_restores_write = true, \
		   .copy_checks_src = true, .fill_checks_any_size = true, \
		   .hugetlb_fill_rechecks = true, .hugetlb_pte_stable = true, \
		   .hugetlb_private_vma_lock = true, .hugetlb_zap_restores_reserve = true
/* As 6.12.117 has it: two later changes came back to that stable series. */
#define SINCE_6_12 \
	SINCE_6_9, .eagain_writes_field = true, .remap_clears_wp = true, \
		   .split_maps_zero_page = true, .swapin_writable = true
#define SINCE_6_18 \
	SINCE_6_12, .madvise_vma_lock = true, .unregister_checks_ctx = true, \
		    .mremap_multi_vma = true, .merge_unfaulted_either = true, .move_batch = true, \
		    .move_retry_lost = true, .move_split_busy = true, \
		    .hugezero_wp_allocates = true, .collapse_readonly = true, .pt_reclaim = true, \
		    .large_folio_reuse = true, .map_dirty_as_dirty = true, \
		    .around_within_file = true, .hugetlb_zap_restores_mapped = true

/* Oldest first. */
static const struct profile profiles[] = {
	{
		.name = "v4.17",
		.version = KERNEL(4, 17),
		.summary = "events, but nothing holds back a fill that races with them",
		.mmap_changing = MMAP_CHANGING_NONE,
		.fork_fail_forgets = FORK_FAIL_ALL,
		BEFORE_5_7,
		.features = FEATURES_4_17,
		.register_ioctls = IOCTLS_4_17,
	},
	{
		.name = "v4.18",
		.version = KERNEL(4, 18),
		.summary = "fills answer EAGAIN while the one mmap_changing flag is set",
		.mmap_changing = MMAP_CHANGING_BOOL,
		.fork_fail_forgets = FORK_FAIL_ALL,
		BEFORE_5_7,
		.features = FEATURES_4_17,
		.register_ioctls = IOCTLS_4_17,
	},
	{
		.name = "v5.15",
		.version = KERNEL(5, 15),
		.summary = "mmap_changing counts the events in flight; write protection",
		.mmap_changing = MMAP_CHANGING_COUNTER,
		.fork_fail_forgets = FORK_FAIL_ALL,
		SINCE_5_15,
		.features = FEATURES_5_15,
		.register_ioctls = IOCTLS_5_15,
	},
	{
		.name = "v6.1",
		.version = KERNEL(6, 1),
		.summary = "pages known to be exclusive; write protection of files and huge pages",
		.mmap_changing = MMAP_CHANGING_COUNTER,
		.fork_fail_forgets = FORK_FAIL_ALL,
		SINCE_6_1,
		.mmap_merges_next_first = true,
		.soft_dirty = true,
		.features = FEATURES_6_1,
		.register_ioctls = IOCTLS_5_15,
	},
	{
		.name = "v6.9",
		.version = KERNEL(6, 9),
		.summary = "faults and fills under the VMA lock; map_changing_lock",
		.mmap_changing = MMAP_CHANGING_COUNTER,
		.fork_fail_forgets = FORK_FAIL_ALL,
		SINCE_6_9,
		.mmap_merges_next_first = true,
		.features = FEATURES_6_9,
		.register_ioctls = IOCTLS_6_9,
	},
	{
		.name = "v6.12",
		.version = KERNEL(6, 12),
		.pagemap_each_of_leaf = true,
		.summary = "mremap clears uffd-wp without its event (6.12.y, as stable has it)",
		.mmap_changing = MMAP_CHANGING_COUNTER,
		.fork_fail_forgets = FORK_FAIL_ALL,
		SINCE_6_12,
		.dontunmap_shuns_source = true,
		.dontunmap_unlocks_part = true,
		.soft_dirty = true,
		.memory_failure = true,
		.features = FEATURES_6_9,
		.register_ioctls = IOCTLS_6_9,
	},
	{
		.name = "v6.18",
		.version = KERNEL(6, 18),
		.summary = "mremap moves several VMAs; merges with one side never faulted",
		.mmap_changing = MMAP_CHANGING_COUNTER,
		.fork_fail_forgets = FORK_FAIL_ALL,
		SINCE_6_18,
		.features = FEATURES_6_9,
		.register_ioctls = IOCTLS_6_9,
	},
};
#define NR_PROFILES (sizeof(profiles) / sizeof(profiles[0]))

/* ---------------------------------------------------------- named choices */

static const char *const bool_values[] = { "no", "yes", NULL };
static const char *const changing_values[] = { "none", "bool", "counter", NULL };
static const char *const fork_fail_values[] = { "nothing", "context", "all", NULL };
static const char *const rwsem_values[] = { "fair", "unfair", NULL };
static const char *const tlb_values[] = { "off", "on", NULL };
static const char *const spurious_values[] = { "no", "1", "2", "3", NULL };

struct choice {
	const char *name;
	size_t offset;
	const char *const *values; /* index is the value */
};
#define YES_NO(field) \
	{ \
#field, offsetof(struct profile, field), bool_values \
	}
static const struct choice choices[] = {
	{ "mmap_changing", offsetof(struct profile, mmap_changing), changing_values },
	{ "fork_fail_forgets", offsetof(struct profile, fork_fail_forgets), fork_fail_values },
	{ "rwsem", offsetof(struct profile, rwsem_unfair), rwsem_values },
	{ "tlb", offsetof(struct profile, tlb), tlb_values },
	{ "spurious", offsetof(struct profile, spurious), spurious_values },
	YES_NO(map_changing_lock),
	YES_NO(fault_vma_lock),
	YES_NO(fill_vma_lock),
	YES_NO(madvise_vma_lock),
	YES_NO(copy_faults_locked),
	YES_NO(remove_keeps_vma),
	YES_NO(fault_retries_once),
	YES_NO(fault_waits_for_waker),
	YES_NO(wp_copy_flushes),
	YES_NO(eagain_writes_field),
	YES_NO(uffd_wp),
	YES_NO(wp_unpopulated),
	YES_NO(user_mode_only),
	YES_NO(dev_userfaultfd),
	YES_NO(api_once),
	YES_NO(maywrite_needed),
	YES_NO(remap_clears_wp),
	YES_NO(unregister_checks_ctx),
	YES_NO(unregister_clears_wp),
	YES_NO(close_clears_wp),
	YES_NO(mremap_multi_vma),
	YES_NO(dontunmap_shuns_source),
	YES_NO(dontunmap_unlocks_part),
	YES_NO(merge_unfaulted_either),
	YES_NO(wp_skips_holes),
	YES_NO(anon_exclusive),
	YES_NO(unprotect_restores_write),
	YES_NO(clean_anon_writable),
	YES_NO(wp_wants_writenotify),
	YES_NO(mmap_merges_next_first),
	YES_NO(fill_checks_any_size),
	YES_NO(map_dirty_as_dirty),
	YES_NO(around_within_file),
	YES_NO(copy_checks_src),
	YES_NO(hugetlb_fill_rechecks),
	YES_NO(hugetlb_pte_stable),
	YES_NO(hugetlb_private_vma_lock),
	YES_NO(hugetlb_zap_restores_reserve),
	YES_NO(hugetlb_zap_restores_mapped),
	YES_NO(swapin_writable),
	YES_NO(move_batch),
	YES_NO(move_retry_lost),
	YES_NO(soft_dirty),
	YES_NO(memory_failure),
	YES_NO(move_split_busy),
	YES_NO(pmd_restores_write),
	YES_NO(split_keeps_dirty),
	YES_NO(split_maps_zero_page),
	YES_NO(hugezero_wp_allocates),
	YES_NO(pagemap_each_of_leaf),
	YES_NO(pt_reclaim),
	YES_NO(collapse_readonly),
	YES_NO(large_folio_reuse),
};
#define NR_CHOICES (sizeof(choices) / sizeof(choices[0]))

static unsigned choice_get(const struct profile *p, const struct choice *c)
{
	const char *at = (const char *)p + c->offset;

	if (c->values == bool_values)
		return *(const bool *)at;
	return *(const unsigned *)at; /* enumerations, too */
}

static void choice_set(struct profile *p, const struct choice *c, unsigned v)
{
	char *at = (char *)p + c->offset;

	if (c->values == bool_values)
		*(bool *)at = v;
	else
		*(unsigned *)at = v;
}

const struct profile *profile_default(void)
{
	return &profiles[NR_PROFILES - 1];
}

const struct profile *profile_nth(unsigned i)
{
	return i < NR_PROFILES ? &profiles[i] : NULL;
}

size_t profile_size(void)
{
	return sizeof(struct profile);
}

const char *profile_name(const struct profile *p)
{
	return p->variants[0] ? p->variants : p->name;
}

const char *profile_summary(const struct profile *p)
{
	return p->summary;
}

bool profile_choice(const struct profile *p, unsigned i, const char **name, const char **value)
{
	if (i >= NR_CHOICES)
		return false;
	*name = choices[i].name;
	*value = choices[i].values[choice_get(p, &choices[i])];
	return true;
}

void profile_machine(const struct profile *p, struct sim_config *cfg)
{
	cfg->rwsem_unfair = p->rwsem_unfair;
	cfg->never_alone = p->tlb;
}

unsigned profile_spurious(const struct profile *p)
{
	return p->spurious;
}

/* One "CHOICE=VALUE" of a profile's name. */
static int apply_variant(struct profile *p, const char *text, size_t len, char *err, size_t errlen)
{
	const char *eq = memchr(text, '=', len);
	size_t name_len = eq ? (size_t)(eq - text) : len;

	for (unsigned i = 0; i < NR_CHOICES; i++) {
		const struct choice *c = &choices[i];

		if (strlen(c->name) != name_len || strncmp(c->name, text, name_len))
			continue;
		for (unsigned v = 0; eq && c->values[v]; v++) {
			size_t n = len - name_len - 1;

			if (strlen(c->values[v]) == n && !strncmp(c->values[v], eq + 1, n)) {
				choice_set(p, c, v);
				return 0;
			}
		}
		snprintf(err, errlen, "variant \"%.*s\": %s is one of %s, %s%s%s", (int)len, text,
			 c->name, c->values[0], c->values[1], c->values[2] ? ", " : "",
			 c->values[2] ? c->values[2] : "");
		return -EINVAL;
	}
	snprintf(err, errlen, "unknown variant \"%.*s\" (CHOICE=VALUE; see `uffdsim profiles`)",
		 (int)len, text);
	return -EINVAL;
}

static const struct profile *find_profile(const char *name, size_t len)
{
	for (unsigned i = 0; i < NR_PROFILES; i++)
		if (strlen(profiles[i].name) == len && !strncmp(profiles[i].name, name, len))
			return &profiles[i];
	return NULL;
}

int profile_parse(const char *name, struct profile *buf, char *err, size_t errlen)
{
	size_t len = strcspn(name, "+");
	const struct profile *base = find_profile(name, len);
	int ret;

	if (!base) {
		int n = snprintf(err, errlen, "unknown profile \"%.*s\" (known:", (int)len, name);

		for (unsigned i = 0; i < NR_PROFILES && n > 0 && (size_t)n < errlen; i++)
			n += snprintf(err + n, errlen - n, " %s%s", profiles[i].name,
				      i + 1 < NR_PROFILES ? "" : ")");
		return -EINVAL;
	}
	*buf = *base;
	if (!name[len])
		return 0;
	if (strlen(name) >= sizeof(buf->variants)) {
		snprintf(err, errlen, "profile name longer than %zu characters",
			 sizeof(buf->variants) - 1);
		return -EINVAL;
	}
	strcpy(buf->variants, name);
	for (name += len; *name; name += len) {
		name++;
		len = strcspn(name, "+");
		ret = apply_variant(buf, name, len, err, errlen);
		if (ret)
			return ret;
	}
	return 0;
}
