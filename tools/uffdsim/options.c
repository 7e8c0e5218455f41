/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * options.c - the words behind a verb
 */
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <uffdsim/mm.h>

#include "tools/uffdsim/uffdsim.h"

int usage_error(const char *verb, const char *fmt, const char *word)
{
	fprintf(stderr, "uffdsim %s: ", verb);
	fprintf(stderr, fmt, word);
	fprintf(stderr, "\nTry 'uffdsim help %s'.\n", verb);
	return EXIT_USAGE;
}

bool parse_u64(const char *s, uint64_t *ret)
{
	char *end;

	errno = 0;
	*ret = strtoull(s, &end, 0);
	return *s >= '0' && *s <= '9' && !*end && !errno;
}

/* Without a number. */
#define CACHE_MIB "1024"

static bool set_number(struct options *opt, int id, const char *arg)
{
	uint64_t n;

	if (id == OPT_CACHE && !arg)
		arg = CACHE_MIB;
	if (!parse_u64(arg, &n))
		return false;
	switch (id) {
	case OPT_CACHE:
		opt->lit.cache = n;
		return n && n <= 1u << 20;
	case OPT_SEED:
		opt->lit.random = true;
		opt->lit.seed = n;
		return true;
	case OPT_FAIL_ALLOC:
		opt->lit.fail_alloc = n;
		return n;
	case OPT_MAX_EXECUTIONS:
		opt->lit.max_executions = n;
		return n;
	case OPT_MAX_STEPS:
		opt->lit.max_steps = n;
		return n;
	case OPT_PREEMPTIONS:
		opt->lit.bounded = true;
		opt->lit.preemptions = (unsigned)n;
		return n <= 1000;
	case OPT_PCT:
		opt->lit.pct = (unsigned)n;
		return n && n <= LITMUS_MAX_PCT;
	case OPT_JOBS:
		opt->lit.jobs = (unsigned)n;
		return n && n <= 1024;
	case OPT_CHECKPOINT_MS:
		opt->lit.checkpoint_ms = (unsigned)n;
		return n && n <= 1000000000;
	case OPT_SPLIT:
		opt->lit.split = (unsigned)n;
		return n && n <= 65536;
	case OPT_SECONDS:
		opt->lit.max_seconds = (double)n;
		return n;
	case OPT_RUNS:
		opt->runs = n;
		return n;
	case OPT_WIDTH:
		opt->show.width = (unsigned)n;
		return n >= 20 && n <= 1000;
	}
	return false;
}

/* Names with commas between them. */
static bool parse_verdicts(const char *s, uint32_t *mask)
{
	while (*s) {
		size_t len = strcspn(s, ",");
		unsigned v;

		for (v = 0; v < NR_LITMUS_VERDICTS; v++)
			if (strlen(litmus_verdict_info(v)->name) == len &&
			    !memcmp(litmus_verdict_info(v)->name, s, len))
				break;
		if (v == NR_LITMUS_VERDICTS)
			return false;
		*mask |= 1u << v;
		s += len + (s[len] == ',');
	}
	return *mask;
}

/* A switch is a choice of the profile, so that a token and a report say what it was. */
static bool add_variant(struct options *opt, const char *choice, const char *value)
{
	size_t len = strlen(opt->variants), room = sizeof(opt->variants) - len;

	return snprintf(opt->variants + len, room, "+%s=%s", choice, value) < (int)room;
}

/* Options that say yes and no more. */
static bool set_flag(struct options *opt, int id)
{
	static const struct {
		int id;
		size_t where;
	} flags[] = {
		{ OPT_JSON, offsetof(struct options, json) },
		{ OPT_C, offsetof(struct options, c) },
		{ OPT_STRACE, offsetof(struct options, strace) },
		{ OPT_SYZ, offsetof(struct options, syz) },
		{ OPT_NOTIME, offsetof(struct options, notime) },
		{ OPT_STATS, offsetof(struct options, stats) },
		{ OPT_NO_TRACE, offsetof(struct options, no_trace) },
		{ OPT_FULL, offsetof(struct options, show.full) },
		{ OPT_SYMMETRY, offsetof(struct options, lit.symmetry) },
		{ OPT_UNROLL, offsetof(struct options, lit.unroll) },
		{ OPT_BRUTE, offsetof(struct options, lit.brute) },
		{ OPT_RANDOM, offsetof(struct options, lit.random) },
		{ OPT_MERGE, offsetof(struct options, merge) },
		{ OPT_LIST, offsetof(struct options, list) },
		{ OPT_MARKDOWN, offsetof(struct options, markdown) },
		{ OPT_PROGRESS, offsetof(struct options, progress) },
		{ OPT_RACES, offsetof(struct options, lit.races) },
		{ OPT_TAP, offsetof(struct options, tap) },
		{ OPT_RECORDS_ONLY, offsetof(struct options, records_only) },
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (flags[i].id == id)
			return *(bool *)((char *)opt + flags[i].where) = true;
	return false;
}

static bool set_option(struct options *opt, int id, const char *arg)
{
	switch (id) {
	case OPT_DIAGRAM:
		return show_format_parse(arg, &opt->format);
	case OPT_TRACE:
		opt->trace = true;
		return !strcmp(arg, "perfetto");
	case OPT_OUTPUT:
		opt->output = arg;
		return *arg;
	case OPT_CHECKPOINT:
		opt->lit.checkpoint = arg;
		return true;
	case OPT_RESUME:
	case OPT_PART:
		opt->lit.resume = arg;
		return true;
	case OPT_CHECK:
		opt->lit.check = opt->lit.leaks = true;
		return true;
	case OPT_PROFILE:
		opt->lit.profile = arg;
		return true;
	case OPT_RWSEM:
		return (!strcmp(arg, "fair") || !strcmp(arg, "unfair")) &&
		       add_variant(opt, "rwsem", arg);
	case OPT_MEMORY:
		return (!strcmp(arg, "sc") || !strcmp(arg, "tso") || !strcmp(arg, "weak")) &&
		       add_variant(opt, "memory", arg);
	case OPT_TLB:
		return add_variant(opt, "tlb", "on");
	case OPT_SPURIOUS:
		return add_variant(opt, "spurious", arg ? arg : "1");
	case OPT_PATCH:
		if (opt->nr_patch_files == MAX_PATCHES)
			return false;
		opt->patch_files[opt->nr_patch_files++] = arg;
		return *arg;
	case OPT_FORBID:
		return parse_verdicts(arg, &opt->lit.forbid);
	case OPT_BASE:
		opt->base = arg;
		return *arg;
	case OPT_WITH:
		opt->with = arg;
		return *arg;
	case OPT_DIR:
		opt->dir = arg;
		return *arg;
	case OPT_KERNEL:
		opt->kernel = arg;
		return true;
	case OPT_REPLAY:
		opt->lit.replay = arg;
		return true;
	}
	return set_flag(opt, id) || set_number(opt, id, arg);
}

static const struct option_desc *find(const struct option_desc *known, const char *word, size_t len)
{
	for (; known->name; known++)
		if (strlen(known->name) == len && !memcmp(known->name, word, len))
			return known;
	return NULL;
}

/* --name, --name VALUE or --name=VALUE; *i is moved on over a value. */
static int parse_option(int argc, char **argv, int *i, const struct option_desc *known,
			struct options *opt)
{
	const char *word = argv[*i] + 2, *eq = strchr(word, '=');
	size_t len = eq ? (size_t)(eq - word) : strlen(word);
	const struct option_desc *d = find(known, word, len);
	const char *arg = eq ? eq + 1 : NULL;

	if (!d)
		return usage_error(argv[0], "unknown option '%s'", argv[*i]);
	if (!d->arg && arg && d->id != OPT_SPURIOUS && d->id != OPT_CACHE)
		return usage_error(argv[0], "'%s': this option takes no value", argv[*i]);
	if (d->arg && !arg) {
		if (*i + 1 >= argc)
			return usage_error(argv[0], "'%s' wants a value", argv[*i]);
		arg = argv[++*i];
	}
	if (!set_option(opt, d->id, arg))
		return usage_error(argv[0], "'%s' is no good value here", arg);
	return 0;
}

/* -j N or -jN, the only short option, is --jobs. */
static int parse_jobs(int argc, char **argv, int *i, const struct option_desc *known,
		      struct options *opt)
{
	const char *arg = argv[*i][2] ? argv[*i] + 2 : *i + 1 < argc ? argv[++*i] : "";

	if (!find(known, "jobs", 4))
		return usage_error(argv[0], "unknown option '%s'", argv[*i]);
	return set_option(opt, OPT_JOBS, arg) ? 0 :
						usage_error(argv[0], "'%s' is no good value here", arg);
}

/* A word that is no option. */
static int take_file(const char *verb, const char *word, struct options *opt,
		     struct file_list *list)
{
	int r;

	if (!list && opt->file)
		return usage_error(verb, "one file at a time: '%s'", word);
	opt->file = word;
	r = list ? file_list_add(list, word) : 0;
	if (!r)
		return 0;
	fprintf(stderr, "%s: %s\n", word, strerror(-r));
	return EXIT_USAGE;
}

static int parse_words(int argc, char **argv, const struct option_desc *known, struct options *opt,
		       struct file_list *list)
{
	bool only_files = false;

	memset(opt, 0, sizeof(*opt));
	opt->lit.catch_overflow = true;
#ifndef NDEBUG
	opt->lit.check = true;
#endif
	for (int i = 1; i < argc; i++) {
		if (!only_files && !strcmp(argv[i], "--")) {
			only_files = true;
		} else if (!only_files && argv[i][0] == '-' && argv[i][1] == '-') {
			int r = parse_option(argc, argv, &i, known, opt);

			if (r)
				return r;
		} else if (!only_files && argv[i][0] == '-' && argv[i][1] == 'j') {
			int r = parse_jobs(argc, argv, &i, known, opt);

			if (r)
				return r;
		} else if (!only_files && argv[i][0] == '-' && argv[i][1]) {
			return usage_error(argv[0], "unknown option '%s'", argv[i]);
		} else {
			int r = take_file(argv[0], argv[i], opt, list);

			if (r)
				return r;
		}
	}
	return 0;
}

int options_parse(int argc, char **argv, const struct option_desc *known, struct options *opt)
{
	return options_parse_files(argc, argv, known, opt, NULL);
}

int options_parse_files(int argc, char **argv, const struct option_desc *known,
			struct options *opt, struct file_list *list)
{
	int r = parse_words(argc, argv, known, opt, list);

	return r || opt->file ? r : usage_error(argv[0], "%s", "a FILE is missing");
}

int options_parse_optional(int argc, char **argv, const struct option_desc *known,
			   struct options *opt)
{
	return parse_words(argc, argv, known, opt, NULL);
}

static void apply_variants(struct options *opt, const struct litmus *prog)
{
	const char *base = opt->lit.profile ? opt->lit.profile : litmus_profile(prog);
	char name[sizeof(opt->profile)];

	if (!opt->variants[0])
		return;
	if (!base)
		base = litmus_patches_base(&opt->lit);
	snprintf(name, sizeof(name), "%s%s", base ? base : profile_name(profile_default()),
		 opt->variants);
	opt->lit.profile = strcpy(opt->profile, name);
}

int load_patches(struct options *opt)
{
	int r = 0;

	if (opt->lit.profile && strlen(opt->lit.profile) < sizeof(opt->profile)) {
		opt->lit.profile = strcpy(opt->profile, opt->lit.profile);
		r = patches_split(opt->profile, &opt->patches);
	}
	for (unsigned i = 0; i < opt->nr_patch_files && !r; i++)
		r = patches_add(&opt->patches, opt->patch_files[i],
				strlen(opt->patch_files[i]));
	opt->nr_patch_files = 0;
	patches_use(opt, &opt->patches);
	return r;
}

int load_file(struct options *opt, struct litmus **ret)
{
	struct litmus_error err;
	int r = load_patches(opt);

	if (r)
		return r;
	r = litmus_parse_file(opt->file, ret, &err);
	if (!r) {
		apply_variants(opt, *ret);
		return 0;
	}
	if (err.text[0])
		litmus_print_error(stderr, opt->file, &err);
	else
		fprintf(stderr, "%s: %s\n", opt->file, strerror(-r));
	return EXIT_USAGE;
}

int report_failure(const struct options *opt, int r, const struct litmus_error *err)
{
	if (r == -EINVAL && err->text[0]) {
		litmus_print_error(stderr, opt->file, err);
		return EXIT_USAGE;
	}
	fprintf(stderr, "%s: %s\n", opt->file, strerror(-r));
	return r == -EINVAL ? EXIT_USAGE : EXIT_MISSING;
}
