/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * svg.c - a picture: a column a thread, its turns as cards, arrows where it goes on elsewhere
 *
 * No fonts, scripts or other files are needed.  Text is measured in characters: every font
 * of the list is monospaced, and a wider one only comes nearer to the card's edge.
 */
#include <stdlib.h>
#include <string.h>

#include "tools/show/show.h"

#define FONT_SIZE  13
#define CHAR_WIDTH 7.85
#define LINE       19 /* from line to line */
#define PAD        12 /* between a card's edge and its text */
#define COLUMN_GAP 34
#define TURN_GAP   16 /* between two turns */
#define MARGIN     22
#define HEADER     34
#define WIDTH      96 /* characters of two columns */
#define FOOT_WIDTH 92
#define FOOT_GAP   10

struct colour {
	const char *strong, *card;
};

/* Told apart by those who do not see red and green as different. */
static const struct colour colours[] = {
	{ "#1f5fa8", "#eef4fb" }, { "#b4530a", "#fdf3e7" }, { "#1b7a5a", "#ebf7f1" },
	{ "#7a3e9d", "#f6effa" }, { "#a3264b", "#fceff3" }, { "#5b6470", "#f2f4f6" },
};

struct picture {
	FILE *out;
	const struct diagram *d;
	unsigned wide[SIM_MAX_THREADS + 1];
	double x[SIM_MAX_THREADS + 1], width; /* left edges of the cards */
	double y;
};

static const struct colour *colour_of(unsigned column)
{
	return &colours[column % (sizeof(colours) / sizeof(colours[0]))];
}

static double card_width(const struct picture *p, unsigned column)
{
	return p->wide[column] * CHAR_WIDTH + 2 * PAD;
}

static double middle(const struct picture *p, unsigned column)
{
	return p->x[column] + card_width(p, column) / 2;
}

/* ---------------------------------------------------------------------- text */

/* Lines that @text takes in @chars, the first one @indent in; printed if @out. */
static unsigned put_text(FILE *out, const char *text, unsigned chars, unsigned indent,
			 const char *cls, double x, double y)
{
	unsigned lines = 0, more = 0;

	do {
		unsigned room = chars > indent + more + 8 ? chars - indent - more : 8;
		unsigned len = text_wrap_at(text, room);

		if (out) {
			char *part = format_text("%.*s", (int)len, text);

			fprintf(out, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">", cls,
				x + (indent + more) * CHAR_WIDTH, y + lines * LINE);
			xml_escape(out, part ? part : "");
			fputs("</text>\n", out);
			free(part);
		}
		text += len;
		text += strspn(text, " ");
		more = strcmp(cls, "foot") ? 3 : 0;
		lines++;
	} while (*text);
	return lines;
}

static const char *class_of(const struct row *r)
{
	static const char *const names[ROW_KINDS] = {
		[ROW_CALL] = "call",     [ROW_RETURN] = "return",   [ROW_STEP] = "step",
		[ROW_LOCK] = "lock",     [ROW_BLOCKED] = "blocked", [ROW_WAKE] = "wake",
		[ROW_CHANGE] = "change", [ROW_HOLDS] = "holds",     [ROW_FINDING] = "finding",
		[ROW_REPEAT] = "repeat",
	};

	return names[r->kind];
}

/* Lines that a row takes; printed at p->y if @print. */
static unsigned put_row(const struct picture *p, const struct row *r, bool print)
{
	char *text = row_text(r);
	unsigned lines;

	lines = put_text(NULL, text ? text : "", p->wide[r->column], 2 * r->depth, "", 0, 0);
	if (print && r->kind == ROW_CHANGE)
		fprintf(p->out,
			"<rect class=\"chip\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" "
			"rx=\"4\"/>\n",
			p->x[r->column] + PAD + 2 * r->depth * CHAR_WIDTH - 5,
			p->y - FONT_SIZE - 0.5,
			(lines > 1 ? p->wide[r->column] - 2 * r->depth : strlen(r->text)) *
					CHAR_WIDTH +
				10,
			lines * LINE - 1.5);
	if (print)
		put_text(p->out, text ? text : "", p->wide[r->column], 2 * r->depth, class_of(r),
			 p->x[r->column] + PAD, p->y);
	free(text);
	return lines;
}

/* --------------------------------------------------------------------- turns */

static size_t turn_end(const struct diagram *d, size_t i)
{
	size_t end = i + 1;

	while (end < d->nr_rows && d->rows[end].column == d->rows[i].column)
		end++;
	return end;
}

/* Whom a row wakes: a line to his column. */
static void put_wake_arrows(const struct picture *p, const struct row *r)
{
	double y = p->y - FONT_SIZE / 3.0;

	for (uint32_t m = r->wakes; m; m &= m - 1) {
		unsigned to = (unsigned)__builtin_ctz(m);
		bool right = to > r->column;
		double from = p->x[r->column] + (right ? card_width(p, r->column) : 0);

		if (to >= p->d->nr_columns || to == r->column)
			continue;
		fprintf(p->out,
			"<path class=\"arrow wakes\" d=\"M%.1f %.1fH%.1f\" "
			"marker-end=\"url(#wakes)\"/>\n",
			from, y, middle(p, to) + (right ? -7 : 7));
	}
}

/* From the end of a turn to the begin of the next one. */
static void put_switch(const struct picture *p, unsigned from, unsigned to)
{
	double a = middle(p, from), b = middle(p, to);

	fprintf(p->out,
		"<path class=\"arrow\" d=\"M%.1f %.1fV%.1fH%.1fV%.1f\" marker-end=\"url(#to)\"/>\n",
		a, p->y - TURN_GAP, p->y - TURN_GAP / 2.0, b, p->y - 1.5);
}

static size_t put_turn(struct picture *p, size_t i)
{
	const struct diagram *d = p->d;
	size_t end = turn_end(d, i);
	unsigned column = d->rows[i].column, lines = 0;
	double top = p->y;

	for (size_t k = i; k < end; k++)
		lines += put_row(p, &d->rows[k], false);
	fprintf(p->out,
		"<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"6\" fill=\"%s\" "
		"stroke=\"%s\" stroke-opacity=\".35\"/>\n",
		p->x[column], top, card_width(p, column), lines * LINE + 11.0,
		colour_of(column)->card, colour_of(column)->strong);
	fprintf(p->out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"3.5\" height=\"%.1f\" fill=\"%s\"/>\n",
		p->x[column], top + 5, lines * LINE + 1.0, colour_of(column)->strong);
	p->y += LINE;
	for (size_t k = i; k < end; k++) {
		put_wake_arrows(p, &d->rows[k]);
		p->y += put_row(p, &d->rows[k], true) * LINE;
	}
	p->y = top + lines * LINE + 11.0 + TURN_GAP;
	if (end < d->nr_rows)
		put_switch(p, column, d->rows[end].column);
	return end;
}

/* ---------------------------------------------------------------- the whole */

static double height_of(const struct picture *p, const char *foot[])
{
	double h = 2 * MARGIN + HEADER + TURN_GAP + FOOT_GAP;
	unsigned chars = (unsigned)((p->width - 2 * MARGIN) / CHAR_WIDTH);

	for (size_t i = 0; i < p->d->nr_rows;) {
		size_t end = turn_end(p->d, i);

		for (; i < end; i++)
			h += put_row(p, &p->d->rows[i], false) * LINE;
		h += 11.0 + TURN_GAP;
	}
	for (unsigned i = 0; foot[i]; i++)
		h += put_text(NULL, foot[i], chars, 0, "foot", 0, 0) * LINE + 4;
	return h;
}

static void put_style(FILE *out)
{
	fprintf(out,
		"<style>\n"
		"text{font:%dpx ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',"
		"'Liberation Mono',monospace;fill:#1c2430}\n"
		".call,.return{font-weight:700}\n"
		".lock{fill:#5b4a8a}.wake{fill:#8a5a00}.change{fill:#0b5c3b}\n"
		".blocked,.finding{fill:#b3261e;font-weight:700}\n"
		".holds,.repeat{fill:#6b7480;font-style:italic}\n"
		".chip{fill:#dff3e6;stroke:#9fd3b4;stroke-width:.8}\n"
		".name{fill:#fff;font-weight:700;text-anchor:middle}\n"
		".title{font-weight:700;font-size:15px}.foot{fill:#3c4654}\n"
		".arrow{fill:none;stroke:#8a94a3;stroke-width:1.3}\n"
		".wakes{stroke:#c98a12;stroke-dasharray:4 3}\n"
		"</style>\n",
		FONT_SIZE);
	fputs("<defs>\n"
	      "<marker id=\"to\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" "
	      "markerHeight=\"7\" orient=\"auto\"><path d=\"M0 .8L7 4L0 7.2z\" "
	      "fill=\"#8a94a3\"/></marker>\n"
	      "<marker id=\"wakes\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" "
	      "markerHeight=\"7\" orient=\"auto\"><path d=\"M0 .8L7 4L0 7.2z\" "
	      "fill=\"#c98a12\"/></marker>\n"
	      "</defs>\n",
	      out);
}

/* Where threads wait for their turn: a line behind the cards. */
static void put_lifelines(const struct picture *p, double bottom)
{
	for (unsigned i = 0; i < p->d->nr_columns; i++)
		fprintf(p->out,
			"<path d=\"M%.1f %.1fV%.1f\" stroke=\"%s\" stroke-opacity=\".3\" "
			"stroke-dasharray=\"2 4\"/>\n",
			middle(p, i), p->y, bottom, colour_of(i)->strong);
}

static void put_header(struct picture *p)
{
	for (unsigned i = 0; i < p->d->nr_columns; i++) {
		fprintf(p->out,
			"<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" rx=\"6\" "
			"fill=\"%s\"/>\n"
			"<text class=\"name\" x=\"%.1f\" y=\"%.1f\">",
			p->x[i], p->y, card_width(p, i), HEADER - 6, colour_of(i)->strong,
			middle(p, i), p->y + 19);
		xml_escape(p->out, p->d->names[i]);
		fputs("</text>\n", p->out);
	}
	p->y += HEADER - 6;
}

static void layout(struct picture *p)
{
	double x = MARGIN, least = FOOT_WIDTH * CHAR_WIDTH;

	text_widths(p->d, WIDTH, p->wide);
	for (unsigned i = 0; i < p->d->nr_columns; i++) {
		if (p->wide[i] < 16)
			p->wide[i] = 16;
		p->x[i] = x;
		x += card_width(p, i) + COLUMN_GAP;
	}
	p->width = x - COLUMN_GAP + MARGIN;
	if (p->width < least)
		p->width = least;
}

static void put_all(struct picture *p, double height, const char *foot[])
{
	unsigned chars = (unsigned)((p->width - 2 * MARGIN) / CHAR_WIDTH);
	double foot_height = 0;

	for (unsigned i = 0; foot[i]; i++)
		foot_height += put_text(NULL, foot[i], chars, 0, "foot", 0, 0) * LINE + 4;
	put_header(p);
	put_lifelines(p, height - MARGIN - foot_height - TURN_GAP - FOOT_GAP - 6);
	p->y += TURN_GAP;
	for (size_t i = 0; i < p->d->nr_rows;)
		i = put_turn(p, i);
	p->y += FOOT_GAP;
	for (unsigned i = 0; foot[i]; i++)
		p->y += put_text(p->out, foot[i], chars, 0, "foot", MARGIN, p->y) * LINE + 4;
}

void svg_print(FILE *out, const struct diagram *d, const struct show_options *opt)
{
	struct picture p = { .out = out, .d = d, .y = MARGIN };
	char *legend = d->legend ? format_text("PTE bits: %s", d->legend) : NULL;
	char *cycle = d->cycle ? format_text("Wait-for cycle: %s", d->cycle) : NULL;
	char *title = title_new(opt);
	const char *foot[4] = { NULL };
	unsigned nr = 0;
	double height;

	if (d->sentence)
		foot[nr++] = d->sentence;
	if (cycle)
		foot[nr++] = cycle;
	if (legend)
		foot[nr++] = legend;
	layout(&p);
	height = height_of(&p, foot);
	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
		"viewBox=\"0 0 %.0f %.0f\" role=\"img\">\n<title>",
		p.width, height, p.width, height);
	xml_escape(out, title ? title : "");
	fputs("</title>\n", out);
	put_style(out);
	fprintf(out, "<rect width=\"%.0f\" height=\"%.0f\" fill=\"#fff\"/>\n", p.width, height);
	put_all(&p, height, foot);
	fputs("</svg>\n", out);
	free(title);
	free(legend);
	free(cycle);
}
