/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * page.c - the museum as a page of Markdown, from the files alone: nothing is explored
 */
#include <string.h>

#include "tools/museum/museum.h"

static const char intro[] =
	"# The museum of userfaultfd bugs\n"
	"\n"
	"Made by `uffdsim museum --markdown` from the files of\n"
	"[tests/litmus/museum](../tests/litmus/museum/README.md); do not edit.\n"
	"\n"
	"Each entry is a scenario that asks that a bug does not show.  Under a profile that had the\n"
	"bug exploration finds it; under one that has it fixed, never, all executions explored.\n"
	"`uffdsim museum` runs them all both ways, `uffdsim museum M06` shows the diagram of one.\n"
	"A profile stands for a kernel; `+NAME=VALUE` changes one of its choices, where no whole\n"
	"kernel is in the table or the bug never was in one.\n";

static const char lessons[] =
	"\n## What must always hold\n"
	"\n"
	"What the bugs have in common is looked for in every scenario: by `mm_check()` and the checks\n"
	"beside it (verdict `invariant`), and by the other verdicts (`uffdsim help verdicts`).\n"
	"\n"
	"| invariant | looked for by | tripped by |\n"
	"|---|---|---|\n"
	"| mmap\\_changing counts the events in flight | `mm_check()` | M03 |\n"
	"| a VMA's uffd flags and its context come and go together, and the context lives | `mm_check()` | M21 |\n"
	"| no entry is writable and uffd-wp | `mm_check()` | M25 |\n"
	"| no uffd-wp where nobody is registered for it (`+stale_wp_is_bug=yes`: every kernel can leave some) | `mm_check()` | [checks/stale-wp](../tests/litmus/checks/stale-wp.litmus) (M18a) |\n"
	"| who sleeps has a message or a wake-up coming | `lost-wakeup`, `unanswered` | M10 |\n"
	"| no thread waits for a message that only it could read | `self-wait` | M12 |\n"
	"| what was learned before a lock was dropped is learned anew | `use-after-free`, `mm_check()` | M06, M32 |\n"
	"| a store that completed is in the page that stays mapped | when a copy is installed, with `--tlb` | M13 |\n"
	"| dirty and soft-dirty go only where somebody means them to | when an entry is set; `mm_check()` | M24, M27 |\n"
	"| no MISSING for a page that is there | when it is reported, huge pages | M23 |\n"
	"| an error leaves counts and owners as they were | `mm_check()` | M03, M40b |\n"
	"| everybody gets on if everybody has a turn | `livelock` | M14b, M38a |\n"
	"\n"
	"## Not shown\n"
	"\n"
	"- M40 (a), a swap slot that is used for another page while MOVE looks away: a page's owner is\n"
	"  not kept, and the swap cache is left in the step that fills it.\n"
	"- M40 (c), two MOVEs that take references of one huge folio and so keep each other from\n"
	"  splitting it: MOVE's reference, its folio lock and the split are one step here.\n"
	"- M40 (d), a huge entry under migration: there is no migration.\n"
	"- M39's companion, CVE-2024-46787: memory with a file has no huge pages, and collapse does not\n"
	"  take a table away from one.\n";

/* What Markdown would take for its own. */
static void print_escaped(FILE *out, const char *s)
{
	for (; *s; s++) {
		if (strchr("\\`*_[]<>|", *s))
			fputc('\\', out);
		fputc(*s, out);
	}
}

static const char *file_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void print_row(FILE *out, const struct museum_entry *e)
{
	fprintf(out, "| %s | [", e->id);
	print_escaped(out, e->title);
	fprintf(out, "](../tests/litmus/museum/%s) | ", file_of(e->path));
	print_escaped(out, e->kernels);
	fputs(" |\n", out);
}

static void print_runs(FILE *out, const struct museum_entry *e, bool bug, const char *title)
{
	const char *sep = " ";

	fprintf(out, "- %s:", title);
	for (size_t i = 0; i < e->nr_runs; i++) {
		const struct museum_run *run = &e->runs[i];

		if (run->bug != bug)
			continue;
		fprintf(out, "%s`%s`", sep, run->profile);
		if (run->with)
			fprintf(out, " with [%s](../tests/litmus/museum/%s)", file_of(run->with),
				file_of(run->with));
		sep = ", ";
	}
	fputc('\n', out);
}

/* The description's lines are indented as the file has them. */
static void print_description(FILE *out, const char *s)
{
	char text[2] = { 0 };

	for (; *s; s++) {
		text[0] = *s;
		print_escaped(out, text);
		if (*s == '\n')
			s += strspn(s + 1, " \t");
	}
	fputc('\n', out);
}

static void print_entry(FILE *out, const struct museum_entry *e)
{
	fprintf(out, "\n## %s ", e->id);
	print_escaped(out, e->title);
	fputs("\n\n", out);
	print_description(out, litmus_description(e->prog));
	fputs("\n- kernels: ", out);
	print_escaped(out, e->kernels);
	fputs("\n- source: ", out);
	print_escaped(out, e->source);
	fputc('\n', out);
	print_runs(out, e, true, "with the bug");
	print_runs(out, e, false, "fixed");
	fprintf(out, "- file: [%s](../tests/litmus/museum/%s)\n", file_of(e->path),
		file_of(e->path));
	if (*e->note) {
		fputs("- note: ", out);
		print_escaped(out, e->note);
		fputc('\n', out);
	}
}

void museum_print_markdown(FILE *out, const struct museum *m)
{
	fputs(intro, out);
	fputs("\n| | bug | kernels |\n|---|---|---|\n", out);
	for (size_t i = 0; i < m->nr; i++)
		print_row(out, &m->entries[i]);
	for (size_t i = 0; i < m->nr; i++)
		print_entry(out, &m->entries[i]);
	fputs(lessons, out);
}
