/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program.c - lines of a scenario, to text and back
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tools/fuzz/program.h"

void program_init(struct program *p, const char *name, bool threads)
{
	p->nr = 0;
	p->nr_parts = threads ? 1 : 2;
	p->threads = threads;
	p->about[0] = p->locations[0] = '\0';
	snprintf(p->name, sizeof(p->name), "%s", name);
	snprintf(p->part[0], sizeof(p->part[0]), "init");
	snprintf(p->part[1], sizeof(p->part[1]), "sequence");
}

unsigned program_add_thread(struct program *p, const char *name)
{
	if (p->nr_parts == PROGRAM_PARTS)
		return p->nr_parts - 1;
	snprintf(p->part[p->nr_parts], sizeof(p->part[0]), "%s", name);
	return p->nr_parts++;
}

bool program_add(struct program *p, unsigned part, const char *fmt, ...)
{
	struct program_line *l = &p->line[p->nr];
	va_list ap;
	int n;

	if (p->nr == PROGRAM_LINES)
		return false;
	va_start(ap, fmt);
	n = vsnprintf(l->text, sizeof(l->text), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(l->text))
		return false;
	l->part = (uint8_t)part;
	p->nr++;
	return true;
}

void program_drop(struct program *p, const bool *drop)
{
	unsigned n = 0;

	for (unsigned i = 0; i < p->nr; i++)
		if (!drop[i] && n++ != i)
			p->line[n - 1] = p->line[i];
	p->nr = n;
}

/* By part; the order within a part stays. */
static void sort_lines(struct program *p)
{
	for (unsigned i = 1; i < p->nr; i++) {
		struct program_line l = p->line[i];
		unsigned k = i;

		if (p->line[i - 1].part <= l.part)
			continue;
		while (k && p->line[k - 1].part > l.part) {
			p->line[k] = p->line[k - 1];
			k--;
		}
		p->line[k] = l;
	}
}

static size_t put(char *buf, size_t at, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static size_t put(char *buf, size_t at, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf + at, PROGRAM_TEXT - at, fmt, ap);
	va_end(ap);
	return n < 0 || at + (size_t)n >= PROGRAM_TEXT ? at : at + (size_t)n;
}

static const char *part_head(const struct program *p, unsigned part)
{
	return part && p->threads ? "thread " : "";
}

size_t program_print(struct program *p, char *buf)
{
	size_t at = put(buf, 0, "uffd %s\n", p->name);

	sort_lines(p);
	if (p->about[0])
		at = put(buf, at, "\"%s\"\n", p->about);
	for (unsigned part = 0; part < p->nr_parts; part++) {
		at = put(buf, at, "\n%s%s {\n", part_head(p, part), p->part[part]);
		for (unsigned i = 0; i < p->nr; i++)
			if (p->line[i].part == part)
				at = put(buf, at, "\t%s\n", p->line[i].text);
		at = put(buf, at, "}\n");
	}
	if (p->locations[0])
		at = put(buf, at, "\nlocations %s\n", p->locations);
	return at;
}

int program_step_at(const struct program *p, unsigned line)
{
	unsigned at = 1 + !!p->about[0]; /* the last line of the head */

	for (const char *s = p->about; *s; s++)
		at += *s == '\n';
	for (unsigned part = 0, i = 0; part < p->nr_parts; part++) {
		at += 2; /* "", "part {" */
		for (; i < p->nr && p->line[i].part == part; i++)
			if (++at == line)
				return (int)i;
		at++; /* "}" */
	}
	return -1;
}

/* --------------------------------------------------------------------- back */

static bool scan_line(struct program *p, const char *l, size_t len, int *part)
{
	if (*l == '\t')
		return *part >= 0 && program_add(p, (unsigned)*part, "%.*s", (int)len - 1, l + 1);
	if (!strncmp(l, "init {", 6))
		*part = 0;
	else if (!strncmp(l, "sequence {", 10))
		*part = 1;
	else if (!strncmp(l, "locations ", 10))
		snprintf(p->locations, sizeof(p->locations), "%.*s", (int)len - 10, l + 10);
	else if (!strncmp(l, "thread ", 7) && len > 9 && p->nr_parts < PROGRAM_PARTS) {
		char name[24];

		if (!p->threads)
			program_init(p, p->name, true);
		snprintf(name, sizeof(name), "%.*s", (int)len - 9, l + 7);
		*part = (int)program_add_thread(p, name);
	} else {
		return !len || *l == '}' || *l == '#';
	}
	return true;
}

bool program_scan(struct program *p, const char *text)
{
	char name[64];
	int part = -1;
	bool quoted = false, threads = strstr(text, "\nthread ");

	if (sscanf(text, "uffd %63s", name) != 1)
		return false;
	program_init(p, name, threads);
	for (text += strcspn(text, "\n"); *text;) {
		size_t len = strcspn(++text, "\n");

		if (*text == '"' || quoted) {
			/* Descriptions are not kept. */
			quoted = (*text == '"' && !quoted && len < 2) || text[len - 1] != '"';
		} else if (!scan_line(p, text, len, &part)) {
			return false;
		}
		text += len;
	}
	return true;
}
