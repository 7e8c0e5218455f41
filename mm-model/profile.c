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
	{ KERNEL(4, 17), "events, but nothing holds back a fill that races with them", "" },
	{ KERNEL(4, 18), "fills answer EAGAIN while the one mmap_changing flag is set", "" },
	{ KERNEL(5, 15), "mmap_changing counts the events in flight; write protection", "" },
	{ KERNEL(6, 1), "pages known to be exclusive; write protection of files and huge pages",
	  "+soft_dirty=yes" },
	{ KERNEL(6, 9), "faults and fills under the VMA lock; map_changing_lock", "" },
	{ KERNEL(6, 12), "mremap clears uffd-wp without its event (6.12.y, as stable has it)",
	  "+soft_dirty=yes+memory_failure=yes" },
	{ KERNEL(6, 18), "mremap moves several VMAs; merges with one side never faulted", "" },
};
#define NR_PROFILES (sizeof(kernels) / sizeof(kernels[0]))

/* Derived from the tables before anybody asks, and constant from then on. */
static struct profile profiles[NR_PROFILES];

/* ---------------------------------------------------------- named choices */

const char *const choice_no_yes[] = { "no", "yes", NULL };

static const struct choice_table *const tables[] = {
	&choices_surface, &choices_event, &choices_uffd,    &choices_wp,
	&choices_vma,     &choices_huge,  &choices_machine, &choices_museum,
};

/* The @i-th choice of all tables. */
const struct choice *choice_nth(unsigned i)
{
	for (unsigned t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
		if (i < tables[t]->nr)
			return &tables[t]->rows[i];
		i -= tables[t]->nr;
	}
	return NULL;
}

unsigned choice_get(const struct profile *p, const struct choice *c)
{
	const char *at = (const char *)p + c->offset;

	if (c->bit)
		return !!(*(const uint64_t *)at & c->bit);
	if (c->values == choice_no_yes)
		return *(const bool *)at;
	return *(const unsigned *)at; /* enumerations, too */
}

void choice_set(struct profile *p, const struct choice *c, unsigned v)
{
	char *at = (char *)p + c->offset;

	if (c->bit)
		*(uint64_t *)at = v ? *(uint64_t *)at | c->bit : *(uint64_t *)at & ~c->bit;
	else if (c->values == choice_no_yes)
		*(bool *)at = v;
	else
		*(unsigned *)at = v;
}

static bool came_back_to(const struct choice_change *change, unsigned version)
{
	for (unsigned i = 0; i < sizeof(change->stable) / sizeof(change->stable[0]); i++)
		if (change->stable[i] == version)
			return true;
	return false;
}

unsigned choice_at(const struct choice *c, unsigned version)
{
	unsigned v = c->oldest;

	for (unsigned i = 0; i < sizeof(c->changes) / sizeof(c->changes[0]); i++)
		if (c->changes[i].since &&
		    (c->changes[i].since <= version || came_back_to(&c->changes[i], version)))
			v = c->changes[i].value;
	return v;
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

/* One "CHOICE=VALUE" of a profile's name. */
static int apply_variant(struct profile *p, const char *text, size_t len, char *err, size_t errlen)
{
	const char *eq = memchr(text, '=', len);
	size_t name_len = eq ? (size_t)(eq - text) : len;

	const struct choice *c;

	for (unsigned i = 0; (c = choice_nth(i)); i++) {
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

/* What follows a kernel's name: "+CHOICE=VALUE" any number of times. */
static int apply_variants(struct profile *p, const char *text, char *err, size_t errlen)
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
	return apply_variants(buf, name + len, err, errlen);
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
		if (apply_variants(p, kernels[i].config, err, sizeof(err)) < 0)
			p->summary = "its configuration names an unknown choice";
	}
}
