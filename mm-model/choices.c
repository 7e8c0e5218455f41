/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * choices.c - the table of choices: finding one, its value in a kernel, its history
 */
#include <stdio.h>
#include <string.h>

#include "mm-model/choices.h"

const char *const choice_no_yes[] = { "no", "yes", NULL };

static const struct choice_table *const tables[] = {
	&choices_surface, &choices_event,   &choices_uffd,   &choices_wp,   &choices_vma,
	&choices_huge,    &choices_machine, &choices_museum, &choices_call,
	&choices_posted,  &choices_proposal, &choices_rwp,
};

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

/* ------------------------------------------------------------- for who wants to read */

bool name_is(const char *name, const char *text, size_t len)
{
	size_t i = 0;

	for (; i < len && name[i]; i++)
		if (name[i] != text[i] && !(strchr("-_", name[i]) && strchr("-_", text[i])))
			return false;
	return i == len && !name[i];
}

const struct choice *choice_find(const char *name)
{
	const struct choice *c;

	for (unsigned i = 0; (c = choice_nth(i)); i++)
		if (name_is(c->name, name, strlen(name)))
			return c;
	return NULL;
}

void choice_describe(const struct choice *c, struct choice_info *ret)
{
	*ret = (struct choice_info){ .name = c->name,
				     .values = c->values,
				     .about = c->about,
				     .source = c->source,
				     .scenario = c->scenario };
}

const char *choice_value(const struct choice *c, const struct profile *p)
{
	return c->values[choice_get(p, c)];
}

bool choice_change_nth(const struct choice *c, unsigned i, struct choice_change_info *ret)
{
	const struct choice_change *ch = &c->changes[i];
	size_t len = 0;

	if (i >= sizeof(c->changes) / sizeof(c->changes[0]) || !ch->since)
		return false;
	*ret = (struct choice_change_info){ .value = c->values[ch->value],
					    .commit = ch->commit,
					    .what = ch->what };
	snprintf(ret->kernel, sizeof(ret->kernel), "%u.%u", ch->since / 1000, ch->since % 1000);
	for (unsigned j = 0; j < sizeof(ch->stable) / sizeof(ch->stable[0]); j++)
		if (ch->stable[j])
			len += (size_t)snprintf(ret->stable + len, sizeof(ret->stable) - len,
						"%s%u.%u.y", len ? " " : "", ch->stable[j] / 1000,
						ch->stable[j] % 1000);
	return true;
}

bool choice_change_in(const struct choice *c, unsigned i, const struct profile *p)
{
	const struct choice_change *ch = &c->changes[i];

	return ch->since <= p->version || came_back_to(ch, p->version);
}
