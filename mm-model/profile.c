/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * profile.c - the kernels that are known, and what follows from the table of choices
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "mm-model/choices.h"
#include "mm-model/mm_types.h"

/* Oldest first.  What each does is in the table of choices (choices.h). */
static const struct {
	unsigned version;
	const char *summary;
	const char *config; /* what Debian's configuration adds, in the syntax of variants */
} kernels[] = {
	{ KERNEL(4, 11), "the first with events, shared memory and huge pages", "" },
	{ KERNEL(4, 14), "SIGBUS instead of a message, and the thread's number in it", "" },
	{ KERNEL(4, 17), "events, but nothing holds back a fill that races with them", "" },
	{ KERNEL(4, 18), "fills answer EAGAIN while the one mmap_changing flag is set", "" },
	{ KERNEL(5, 7),
	  "write protection of anonymous memory; faults are tried any number of times", "" },
	{ KERNEL(5, 8), "a pin that reads breaks COW", "" },
	{ KERNEL(5, 9), "a store reuses a page only if nothing else holds it", "" },
	{ KERNEL(5, 14),
	  "minor faults of huge pages and shared memory; the child decides on uffd-wp", "" },
	{ KERNEL(5, 15), "mmap_changing counts the events in flight", "" },
	{ KERNEL(5, 19), "pages known to be exclusive; write protection of files and huge pages",
	  "" },
	{ KERNEL(6, 1), "UNREGISTER ends protection; /dev/userfaultfd (6.1.y, as stable has it)",
	  "+soft_dirty=yes" },
	{ KERNEL(6, 6), "userfaults under the VMA lock; UFFDIO_POISON", "" },
	{ KERNEL(6, 9), "fills under the VMA lock; map_changing_lock; UFFDIO_MOVE", "" },
	{ KERNEL(6, 12), "mremap clears uffd-wp without its event (6.12.y, as stable has it)",
	  "+soft_dirty=yes+memory_failure=yes" },
	{ KERNEL(6, 18), "mremap moves several VMAs; merges with one side never faulted", "" },
	{ KERNEL(7, 1), "fills spare guards; read, not compared with a live kernel", "" },
};
#define NR_PROFILES (sizeof(kernels) / sizeof(kernels[0]))

/* Derived from the tables before anybody asks, and constant from then on. */
static struct profile profiles[NR_PROFILES];

/* The newest that was compared with a live kernel. */
const struct profile *profile_default(void)
{
	const unsigned compared = KERNEL(6, 18);
	unsigned i = 0;

	while (profiles[i].version != compared)
		i++;
	return &profiles[i];
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
	const struct choice *c = choice_nth(i);

	if (!c)
		return false;
	*name = c->name;
	*value = c->values[choice_get(p, c)];
	return true;
}

void profile_machine(const struct profile *p, struct sim_config *cfg)
{
	cfg->rwsem_unfair = p->rwsem_unfair;
	cfg->memory = p->memory;
	cfg->never_alone = p->tlb;
}

unsigned profile_spurious(const struct profile *p)
{
	return p->spurious;
}

static int not_a_value(const struct choice *c, const char *text, size_t len, char *err,
		       size_t errlen)
{
	int n = snprintf(err, errlen, "variant \"%.*s\": %s is one of", (int)len, text, c->name);

	for (unsigned v = 0; c->values[v] && n > 0 && (size_t)n < errlen; v++)
		n += snprintf(err + n, errlen - n, "%s %s", v ? "," : "", c->values[v]);
	return -EINVAL;
}

static const struct variant *find_variant(const char *text, size_t len)
{
	for (const struct variant *v = variants; v->name; v++)
		if (name_is(v->name, text, len))
			return v;
	return NULL;
}

const struct variant *variant_nth(unsigned i)
{
	const struct variant *v = variants;

	while (i && v->name) {
		v++;
		i--;
	}
	return v->name ? v : NULL;
}

const struct variant *variant_find(const char *name)
{
	return find_variant(name, strlen(name));
}

/* One "CHOICE=VALUE" of a profile's name, or the name of a variant. */
static int apply_variant(struct profile *p, const char *text, size_t len, char *err, size_t errlen)
{
	const char *eq = memchr(text, '=', len);
	size_t name_len = eq ? (size_t)(eq - text) : len;
	const struct variant *variant = find_variant(text, len);
	const struct choice *c;

	if (variant)
		return profile_apply(p, variant->sets, err, errlen);
	for (unsigned i = 0; (c = choice_nth(i)); i++) {
		if (!name_is(c->name, text, name_len))
			continue;
		for (unsigned v = 0; eq && c->values[v]; v++) {
			if (name_is(c->values[v], eq + 1, len - name_len - 1)) {
				choice_set(p, c, v);
				return 0;
			}
		}
		return not_a_value(c, text, len, err, errlen);
	}
	snprintf(err, errlen,
		 "unknown variant \"%.*s\" (CHOICE=VALUE or a name; see `uffdsim profiles "
		 "--choices`)",
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

/* What follows a kernel's name: "+CHOICE=VALUE" any number of times. */
int profile_apply(struct profile *p, const char *text, char *err, size_t errlen)
{
	size_t len;
	int ret;

	for (; *text; text += len) {
		text++;
		len = strcspn(text, "+");
		ret = apply_variant(p, text, len, err, errlen);
		if (ret)
			return ret;
	}
	return 0;
}

static void unknown_profile(const char *name, size_t len, char *err, size_t errlen)
{
	int n = snprintf(err, errlen, "unknown profile \"%.*s\" (known:", (int)len, name);

	for (unsigned i = 0; i < NR_PROFILES && n > 0 && (size_t)n < errlen; i++)
		n += snprintf(err + n, errlen - n, " %s%s", profiles[i].name,
			      i + 1 < NR_PROFILES ? "" : ")");
}

int profile_parse(const char *name, struct profile *buf, char *err, size_t errlen)
{
	size_t len = strcspn(name, "+");
	const struct profile *base = find_profile(name, len);

	if (!base) {
		unknown_profile(name, len, err, errlen);
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
	return profile_apply(buf, name + len, err, errlen);
}

__attribute__((constructor)) static void derive_profiles(void)
{
	const struct choice *c;
	char err[160];

	for (unsigned i = 0; i < NR_PROFILES; i++) {
		struct profile *p = &profiles[i];

		p->version = kernels[i].version;
		p->summary = kernels[i].summary;
		snprintf(p->name, sizeof(p->name), "v%u.%u", p->version / 1000, p->version % 1000);
		for (unsigned j = 0; (c = choice_nth(j)); j++)
			choice_set(p, c, choice_at(c, p->version));
		if (profile_apply(p, kernels[i].config, err, sizeof(err)) < 0)
			p->summary = "its configuration names an unknown choice";
	}
}
