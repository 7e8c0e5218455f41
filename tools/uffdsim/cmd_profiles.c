/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cmd_profiles.c - uffdsim profiles: the kernels that are known, in what they
 * differ, and what a choice or a variant is about
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include <uffdsim/profile.h>

#include "tools/uffdsim/uffdsim.h"

#define WIDTH 100

struct asked {
	const char *names[2]; /* "v6.18+x"; or one "+x" */
	unsigned nr;
	bool json, choices, decisions;
};

/* ------------------------------------------------------------------------------ text */

static void put_wrapped(const char *text, int indent)
{
	int col = 0;

	for (const char *word = text; *word; word += strspn(word, " ")) {
		int len = (int)strcspn(word, " ");

		if (col && col + 1 + len > WIDTH) {
			putchar('\n');
			col = 0;
		}
		col += printf("%*s%.*s", col ? 1 : indent, "", len, word);
		word += len;
	}
	putchar('\n');
}

static void put_source(const char *source, const char *scenario, int indent)
{
	printf("%*sSource: %s\n", indent, "", source);
	if (scenario)
		printf("%*sScenario: tests/litmus/%s.litmus\n", indent, "", scenario);
}

static void put_change(const struct choice_change_info *ch, int indent)
{
	char text[512];

	snprintf(text, sizeof(text), "%s%s%s%s: %s: %s (%s)", ch->kernel,
		 ch->stable[0] ? ", back in " : "", ch->stable, "", ch->value, ch->what,
		 ch->commit ? ch->commit : "commit not looked up");
	put_wrapped(text, indent);
}

static void put_values(const struct choice_info *i)
{
	for (unsigned v = 0; i->values[v]; v++)
		printf("%s%s", v ? ", " : "", i->values[v]);
	putchar('\n');
}

static void put_choice(const struct choice *c)
{
	struct choice_change_info ch;
	struct choice_info i;

	choice_describe(c, &i);
	printf("%s: ", i.name);
	put_values(&i);
	put_wrapped(i.about, 4);
	for (unsigned j = 0; choice_change_nth(c, j, &ch); j++)
		put_change(&ch, 4);
	put_source(i.source, i.scenario, 4);
}

static void put_variant(const struct variant *v)
{
	printf("+%s: %s\n", v->name, v->sets + 1);
	put_wrapped(v->about, 4);
	put_source(v->source, v->scenario, 4);
}

static void put_decision(const struct decision_info *d)
{
	char text[400];

	printf("%s\n", d->name);
	put_wrapped(d->about, 4);
	snprintf(text, sizeof(text), "Kernel: %s", d->kernel);
	put_wrapped(text, 4);
	printf("    Locks: %s\n", d->locks);
	if (!d->choices[0])
		return;
	fputs("    Choices:", stdout);
	for (unsigned i = 0; d->choices[i]; i++)
		printf(" %s", d->choices[i]);
	putchar('\n');
}

/* The changes that only one of the two kernels has are why they differ. */
static void put_difference(const struct choice *c, const struct profile *a, const struct profile *b)
{
	struct choice_change_info ch;
	struct choice_info i;
	bool kernels = false;

	choice_describe(c, &i);
	printf("%s: %s -> %s\n", i.name, choice_value(c, a), choice_value(c, b));
	for (unsigned j = 0; choice_change_nth(c, j, &ch); j++) {
		if (choice_change_in(c, j, a) == choice_change_in(c, j, b))
			continue;
		put_change(&ch, 4);
		kernels = true;
	}
	if (!kernels)
		puts("    no change of the kernel: configuration, or a variant");
	put_wrapped(i.about, 4);
	if (i.scenario)
		printf("    Scenario: tests/litmus/%s.litmus\n", i.scenario);
}

/* ------------------------------------------------------------------------------ JSON */

static json_t *string_or_null(const char *s)
{
	return s ? json_string(s) : json_null();
}

static json_t *change_json(const struct choice_change_info *ch)
{
	return json_pack("{s:s, s:s, s:s, s:o, s:s}", "kernel", ch->kernel, "stable", ch->stable,
			 "value", ch->value, "commit", string_or_null(ch->commit), "what",
			 ch->what);
}

/* With @a and @b only what sets these apart. */
static json_t *changes_json(const struct choice *c, const struct profile *a,
			    const struct profile *b)
{
	struct choice_change_info ch;
	json_t *list = json_array();

	for (unsigned j = 0; choice_change_nth(c, j, &ch); j++)
		if (!a || choice_change_in(c, j, a) != choice_change_in(c, j, b))
			json_array_append_new(list, change_json(&ch));
	return list;
}

static json_t *choice_json(const struct choice *c, const struct profile *a, const struct profile *b)
{
	struct choice_info i;
	json_t *o, *values = json_array();

	choice_describe(c, &i);
	o = json_pack("{s:s}", "choice", i.name);
	if (a) {
		json_object_set_new(o, "from", json_string(choice_value(c, a)));
		json_object_set_new(o, "to", json_string(choice_value(c, b)));
	}
	for (unsigned v = 0; i.values[v]; v++)
		json_array_append_new(values, json_string(i.values[v]));
	json_object_set_new(o, "values", values);
	json_object_set_new(o, "changes", changes_json(c, a, b));
	json_object_set_new(o, "about", json_string(i.about));
	json_object_set_new(o, "source", json_string(i.source));
	json_object_set_new(o, "scenario", string_or_null(i.scenario));
	return o;
}

static json_t *variant_json(const struct variant *v)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:o}", "variant", v->name, "sets", v->sets + 1,
			 "about", v->about, "source", v->source, "scenario",
			 string_or_null(v->scenario));
}

static json_t *decision_json(const struct decision_info *d)
{
	json_t *choices = json_array();

	for (unsigned i = 0; d->choices[i]; i++)
		json_array_append_new(choices, json_string(d->choices[i]));
	return json_pack("{s:s, s:s, s:s, s:s, s:o}", "decision", d->name, "about", d->about,
			 "kernel", d->kernel, "locks", d->locks, "choices", choices);
}

static json_t *profile_json(const struct profile *p)
{
	json_t *o = json_object(), *values = json_object();
	const char *name, *value;

	json_object_set_new(o, "profile", json_string(profile_name(p)));
	json_object_set_new(o, "summary", json_string(profile_summary(p)));
	json_object_set_new(
		o, "default",
		json_boolean(!strcmp(profile_name(p), profile_name(profile_default()))));
	for (unsigned j = 0; profile_choice(p, j, &name, &value); j++)
		json_object_set_new(values, name, json_string(value));
	json_object_set_new(o, "choices", values);
	return o;
}

static void print_json(json_t *o)
{
	json_dumpf(o, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(o);
}

/* --------------------------------------------------------------------------- answers */

static int list_profiles(const struct asked *q)
{
	const char *def = profile_name(profile_default());
	json_t *list = json_array();
	const struct profile *p;

	for (unsigned i = 0; (p = profile_nth(i)); i++) {
		if (q->json)
			json_array_append_new(list, profile_json(p));
		else
			printf("%s%s\n    %s\n", profile_name(p),
			       strcmp(profile_name(p), def) ? "" : " (default)",
			       profile_summary(p));
	}
	if (q->json)
		print_json(list);
	else
		json_decref(list);
	return EXIT_MET;
}

static int list_choices(const struct asked *q)
{
	json_t *list = json_array();
	const struct variant *v;
	const struct choice *c;

	for (unsigned i = 0; (c = choice_nth(i)); i++) {
		if (q->json)
			json_array_append_new(list, choice_json(c, NULL, NULL));
		else
			put_choice(c);
	}
	for (unsigned i = 0; (v = variant_nth(i)); i++) {
		if (q->json)
			json_array_append_new(list, variant_json(v));
		else
			put_variant(v);
	}
	if (q->json)
		print_json(list);
	else
		json_decref(list);
	return EXIT_MET;
}

static int list_decisions(const struct asked *q)
{
	json_t *list = json_array();
	struct decision_info d;

	for (unsigned i = 0; decision_nth(i, &d); i++) {
		if (q->json)
			json_array_append_new(list, decision_json(&d));
		else
			put_decision(&d);
	}
	if (q->json)
		print_json(list);
	else
		json_decref(list);
	return EXIT_MET;
}

static bool decision_find(const char *name, struct decision_info *d)
{
	for (unsigned i = 0; decision_nth(i, d); i++)
		if (!strcmp(d->name, name))
			return true;
	return false;
}

/* "+NAME": a choice, a variant, or a decision. */
static int explain(const struct asked *q)
{
	const struct variant *v = variant_find(q->names[0] + 1);
	const struct choice *c = choice_find(q->names[0] + 1);
	struct decision_info d;

	if (!v && !c && !decision_find(q->names[0] + 1, &d)) {
		fprintf(stderr,
			"uffdsim profiles: there is no choice, variant or decision '%s'\n",
			q->names[0] + 1);
		return EXIT_USAGE;
	}
	if (!v && !c && q->json)
		print_json(decision_json(&d));
	else if (!v && !c)
		put_decision(&d);
	else if (q->json)
		print_json(v ? variant_json(v) : choice_json(c, NULL, NULL));
	else if (v)
		put_variant(v);
	else
		put_choice(c);
	return EXIT_MET;
}

static int show_profile(const struct asked *q, const struct profile *p)
{
	const char *name, *value;

	if (q->json) {
		print_json(profile_json(p));
		return EXIT_MET;
	}
	printf("%s\n    %s\n", profile_name(p), profile_summary(p));
	for (unsigned j = 0; profile_choice(p, j, &name, &value); j++)
		printf("    %s = %s\n", name, value);
	return EXIT_MET;
}

static int show_differences(const struct asked *q, const struct profile *a, const struct profile *b)
{
	json_t *list = json_array();
	const struct choice *c;

	for (unsigned i = 0; (c = choice_nth(i)); i++) {
		if (!strcmp(choice_value(c, a), choice_value(c, b)))
			continue;
		if (q->json)
			json_array_append_new(list, choice_json(c, a, b));
		else
			put_difference(c, a, b);
	}
	if (q->json)
		print_json(json_pack("{s:s, s:s, s:o}", "from", q->names[0], "to", q->names[1],
				     "differences", list));
	else
		json_decref(list);
	return EXIT_MET;
}

/* A profile in memory of its own, or NULL after a message. */
static struct profile *profile_get(const char *name)
{
	struct profile *p = calloc(1, profile_size());
	char err[256] = "out of memory";

	if (p && !profile_parse(name, p, err, sizeof(err)))
		return p;
	fprintf(stderr, "uffdsim profiles: %s\n", err);
	free(p);
	return NULL;
}

static int answer(const struct asked *q)
{
	struct profile *p[2] = { NULL, NULL };
	int ret = EXIT_USAGE;

	if (q->choices)
		return list_choices(q);
	if (q->decisions)
		return list_decisions(q);
	if (!q->nr)
		return list_profiles(q);
	if (q->nr == 1 && q->names[0][0] == '+')
		return explain(q);
	p[0] = profile_get(q->names[0]);
	if (p[0] && q->nr == 2)
		p[1] = profile_get(q->names[1]);
	if (p[0] && q->nr == 1)
		ret = show_profile(q, p[0]);
	else if (p[0] && p[1])
		ret = show_differences(q, p[0], p[1]);
	free(p[0]);
	free(p[1]);
	return ret;
}

int cmd_profiles(int argc, char **argv)
{
	struct asked q = { .nr = 0 };

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--json")) {
			q.json = true;
		} else if (!strcmp(argv[i], "--choices")) {
			q.choices = true;
		} else if (!strcmp(argv[i], "--decisions")) {
			q.decisions = true;
		} else if (argv[i][0] == '-' || q.nr == 2) {
			fprintf(stderr, "uffdsim profiles: '%s': takes two names at most\n",
				argv[i]);
			return EXIT_USAGE;
		} else {
			q.names[q.nr++] = argv[i];
		}
	}
	if ((q.choices || q.decisions) && q.nr) {
		fprintf(stderr, "uffdsim profiles: %s takes no names\n",
			q.choices ? "--choices" : "--decisions");
		return EXIT_USAGE;
	}
	return answer(&q);
}
