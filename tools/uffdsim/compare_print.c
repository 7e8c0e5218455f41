/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * compare_print.c - a comparison as text, markdown, a page, and JSON
 */
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "tools/uffdsim/compare.h"

static const char *row_change(const struct comparison *c, const struct outcome_row *row)
{
	if (c->sequence)
		return row->count[WITH] ? "with" : "base";
	if (row->count[BASE] && row->count[WITH])
		return "";
	/* What was not searched to its end may be there all the same. */
	if (!c->res[row->count[BASE] ? WITH : BASE].complete)
		return row->count[WITH] ? "seen only with" : "seen only in base";
	return row->count[WITH] ? "became possible" : "became impossible";
}

static const char *met(const struct litmus_explore_result *res)
{
	return res->ok ? "Ok" : "No";
}

static const char *condition_change(const struct comparison *c)
{
	if (!comparison_condition_differs(c))
		return "";
	return c->res[WITH].ok ? "now met" : "now fails";
}

static const char *coverage(const struct litmus_explore_result *res)
{
	return res->complete ? "complete" : res->cut_reason ? res->cut_reason : "incomplete";
}

/* ------------------------------------------------------------------------------- text */

static void put_count(FILE *out, uint64_t n)
{
	if (n)
		fprintf(out, "%12" PRIu64, n);
	else
		fprintf(out, "%12s", "-");
}

static void text_table(FILE *out, const struct comparison *c)
{
	fprintf(out, "%12s%12s  %s\n", "base", "with", "final state");
	for (size_t i = 0; i < c->nr_rows; i++) {
		const struct outcome_row *row = &c->rows[i];
		const char *what = row_change(c, row);

		put_count(out, row->count[BASE]);
		put_count(out, row->count[WITH]);
		fprintf(out, "  %s%s%s\n", row->text, *what ? "   <- " : "", what);
	}
	for (unsigned v = 0; v < NR_LITMUS_VERDICTS; v++) {
		if (!comparison_verdict_differs(c, v))
			continue;
		put_count(out, c->res[BASE].verdicts[v]);
		put_count(out, c->res[WITH].verdicts[v]);
		fprintf(out, "  %s   <- %s\n", litmus_verdict_info(v)->name,
			c->res[WITH].verdicts[v] ? "now found" : "found no more");
	}
	if (c->res[BASE].has_condition) {
		const char *what = condition_change(c);

		fprintf(out, "%12s%12s  %s%s%s\n", met(&c->res[BASE]), met(&c->res[WITH]),
			c->res[BASE].condition, *what ? "   <- " : "", what);
	}
	fprintf(out, "%12" PRIu64 "%12" PRIu64 "  executions (%s; %s)\n", c->res[BASE].executions,
		c->res[WITH].executions, coverage(&c->res[BASE]), coverage(&c->res[WITH]));
}

static void text_records(FILE *out, const struct comparison *c)
{
	for (size_t i = 0; i < c->nr_rows; i++)
		fprintf(out, "%s %s\n", c->rows[i].count[WITH] ? "with" : "base", c->rows[i].text);
}

static void put_diagrams(FILE *out, const struct options *opt, const struct comparison *c)
{
	for (size_t i = 0; i < c->nr_changes; i++) {
		const struct exhibit *e = &c->changes[i].exhibit;
		struct show_options show = opt->show;

		if (!c->changes[i].shown)
			continue;
		show.title = e->title;
		show.expected = true;
		show.notes = (char **)e->notes;
		if (opt->format != SHOW_HTML)
			fputc('\n', out);
		if (opt->format == SHOW_HTML)
			html_print(out, e->d, &show);
		else if (opt->format == SHOW_MARKDOWN)
			markdown_print(out, e->d, &show);
		else
			text_print(out, e->d, &show);
	}
}

void compare_print_text(FILE *out, const struct options *opt, const struct comparison *c)
{
	fprintf(out, "%s: %s\n  base %s\n  with %s\n", litmus_name(c->prog),
		c->differs ? "differs" : "the same", c->name[BASE], c->name[WITH]);
	if (c->sequence)
		text_records(out, c);
	else
		text_table(out, c);
	put_diagrams(out, opt, c);
}

/* --------------------------------------------------------------------------- markdown */

/* A bar would end the cell. */
static void put_cell(FILE *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '|')
			fputc('\\', out);
		fputc(*s, out);
	}
}

static void markdown_row(FILE *out, const char *text, uint64_t base, uint64_t with,
			 const char *change)
{
	fputs("| `", out);
	put_cell(out, text);
	fprintf(out, "` | %" PRIu64 " | %" PRIu64 " | %s |\n", base, with, change);
}

void compare_print_markdown(FILE *out, const struct options *opt, const struct comparison *c)
{
	fprintf(out, "## %s\n\n", litmus_name(c->prog));
	fprintf(out, "| final state | %s | %s | |\n|---|---|---|---|\n", c->name[BASE],
		c->name[WITH]);
	for (size_t i = 0; i < c->nr_rows; i++)
		markdown_row(out, c->rows[i].text, c->rows[i].count[BASE], c->rows[i].count[WITH],
			     row_change(c, &c->rows[i]));
	for (unsigned v = 0; v < NR_LITMUS_VERDICTS && !c->sequence; v++)
		if (comparison_verdict_differs(c, v))
			markdown_row(out, litmus_verdict_info(v)->name, c->res[BASE].verdicts[v],
				     c->res[WITH].verdicts[v],
				     c->res[WITH].verdicts[v] ? "now found" : "found no more");
	if (!c->sequence && c->res[BASE].has_condition) {
		fputs("| `", out);
		put_cell(out, c->res[BASE].condition);
		fprintf(out, "` | %s | %s | %s |\n", met(&c->res[BASE]), met(&c->res[WITH]),
			condition_change(c));
	}
	if (!c->sequence)
		fprintf(out, "| executions | %" PRIu64 " (%s) | %" PRIu64 " (%s) | |\n",
			c->res[BASE].executions, coverage(&c->res[BASE]), c->res[WITH].executions,
			coverage(&c->res[WITH]));
	put_diagrams(out, opt, c);
}

/* ------------------------------------------------------------------------------- HTML */

static void html_cell(FILE *out, const char *s)
{
	fputs("<td style=\"padding:.15rem .9rem .15rem 0\"><code>", out);
	xml_escape(out, s);
	fputs("</code></td>", out);
}

static void html_row(FILE *out, const char *text, const char *base, const char *with,
		     const char *change)
{
	fputs(*change ? "<tr style=\"font-weight:600\">" : "<tr>", out);
	html_cell(out, text);
	html_cell(out, base);
	html_cell(out, with);
	html_cell(out, change);
	fputs("</tr>\n", out);
}

static void html_count_row(FILE *out, const char *text, uint64_t base, uint64_t with,
			   const char *change)
{
	char b[24], w[24];

	snprintf(b, sizeof(b), "%" PRIu64, base);
	snprintf(w, sizeof(w), "%" PRIu64, with);
	html_row(out, text, base ? b : "-", with ? w : "-", change);
}

static void html_table(FILE *out, const struct comparison *c)
{
	fputs("<section>\n<h2>", out);
	xml_escape(out, litmus_name(c->prog));
	fputs("</h2>\n<table>\n", out);
	html_row(out, "final state", c->name[BASE], c->name[WITH], "");
	for (size_t i = 0; i < c->nr_rows; i++)
		html_count_row(out, c->rows[i].text, c->rows[i].count[BASE], c->rows[i].count[WITH],
			       row_change(c, &c->rows[i]));
	for (unsigned v = 0; v < NR_LITMUS_VERDICTS && !c->sequence; v++)
		if (comparison_verdict_differs(c, v))
			html_count_row(out, litmus_verdict_info(v)->name, c->res[BASE].verdicts[v],
				       c->res[WITH].verdicts[v],
				       c->res[WITH].verdicts[v] ? "now found" : "found no more");
	if (!c->sequence && c->res[BASE].has_condition)
		html_row(out, c->res[BASE].condition, met(&c->res[BASE]), met(&c->res[WITH]),
			 condition_change(c));
	if (!c->sequence)
		html_count_row(out, "executions", c->res[BASE].executions, c->res[WITH].executions,
			       "");
	fputs("</table>\n</section>\n", out);
}

void compare_print_html(FILE *out, const struct options *opt, const struct comparison *c, size_t nr)
{
	html_begin(out, "uffdsim compare", NULL);
	for (size_t i = 0; i < nr; i++) {
		html_table(out, &c[i]);
		put_diagrams(out, opt, &c[i]);
	}
	html_end(out);
}

/* ------------------------------------------------------------------------------- JSON */

static json_t *side_json(const struct comparison *c, int side)
{
	const struct litmus_explore_result *res = &c->res[side];
	json_t *o = json_pack("{s:s}", "profile", c->profile[side]), *states = json_array();

	for (size_t i = 0; i < c->patches[side]->nr; i++) {
		if (!i)
			json_object_set_new(o, "patches", json_array());
		json_array_append_new(json_object_get(o, "patches"),
				      json_string(c->patches[side]->patches[i].patch->name));
	}

	if (c->sequence) {
		json_decref(states);
		return o;
	}
	json_object_set_new(o, "complete", json_boolean(res->complete));
	json_object_set_new(o, "executions", json_integer((json_int_t)res->executions));
	json_object_set_new(o, "ok", json_boolean(res->ok));
	json_object_set_new(o, "deadlocks", json_integer((json_int_t)res->deadlocks));
	for (size_t i = 0; i < res->nr_states; i++)
		json_array_append_new(states, json_pack("{s:I, s:s}", "count",
							(json_int_t)res->states[i].count, "state",
							res->states[i].text));
	json_object_set_new(o, "states", states);
	return o;
}

static json_t *change_json(const struct change *ch)
{
	json_t *o = json_pack("{s:s}", ch->is_verdict ? "verdict" : "state", ch->what);

	if (ch->token)
		json_object_set_new(o, "witness", json_string(ch->token));
	return o;
}

static json_t *changes_json(const struct comparison *c, int side)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->nr_changes; i++)
		if (c->changes[i].side == side)
			json_array_append_new(list, change_json(&c->changes[i]));
	/* Of a sequence the records of one side alone. */
	for (size_t i = 0; i < c->nr_rows && c->sequence; i++)
		if (c->rows[i].count[side])
			json_array_append_new(list, json_loads(c->rows[i].text, 0, NULL));
	return list;
}

void compare_print_json(FILE *out, const struct comparison *c)
{
	json_t *o = json_pack("{s:s, s:s, s:b, s:o, s:o, s:o, s:o}", "test", litmus_name(c->prog),
			      "file", c->path, "differs", c->differs, "base", side_json(c, BASE),
			      "with", side_json(c, WITH), "possible", changes_json(c, WITH),
			      "impossible", changes_json(c, BASE));

	if (comparison_condition_differs(c))
		json_object_set_new(o, "condition", json_string(condition_change(c)));
	json_dumpf(o, out, JSON_COMPACT);
	fputc('\n', out);
	json_decref(o);
}
