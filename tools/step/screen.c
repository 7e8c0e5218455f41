/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * screen.c - a walk on the terminal
 *
 *	 threads                 |
 *	-------------------------|  what happened so far,
 *	 locks, queues           |  as a diagram
 *	-------------------------|
 *	 memory                  |
 *	keys
 */
#include <curses.h>
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "tools/step/walk.h"

enum { COLOUR_HEAD = 1, COLOUR_CAN, COLOUR_CANNOT, COLOUR_CHOSEN, COLOUR_END };

struct screen {
	struct walk *w;
	const char *title;
	unsigned chosen; /* thread */
	int top[3];      /* the first line shown of the diagram, the state, the memory */
	int focus;
	char message[200];
	bool over;
};

struct box {
	int y, x, h, w;
};

/* ------------------------------------------------------------------------ drawing */

static char *capture(const struct walk *w, void (*print)(const struct walk *w, FILE *out))
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	print(w, f);
	return fclose(f) ? NULL : text;
}

static int count_lines(const char *text)
{
	int n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void put_heading(const struct box *b, const char *text)
{
	attron(COLOR_PAIR(COLOUR_HEAD) | A_BOLD);
	mvprintw(b->y, b->x, "%-*.*s", b->w, b->w, text);
	attroff(COLOR_PAIR(COLOUR_HEAD) | A_BOLD);
}

/* Lines of @text from @top on, below a heading. */
static void put_text(const struct box *b, const char *heading, const char *text, int top)
{
	const char *p = text;

	put_heading(b, heading);
	for (int skip = top; skip > 0 && p && *p; skip--)
		p += strcspn(p, "\n") + 1;
	for (int i = 1; i < b->h && p && *p; i++) {
		int len = (int)strcspn(p, "\n");

		mvprintw(b->y + i, b->x, "%.*s", len < b->w ? len : b->w, p);
		p += len + (p[len] == '\n');
	}
}

static void put_threads(const struct screen *s, const struct box *b)
{
	char *text = capture(s->w, walk_print_threads), *p = text;

	put_heading(b, " threads   (up, down; Enter: a step)");
	for (unsigned i = 1; p && *p && (int)i < b->h; i++) {
		int len = (int)strcspn(p, "\n");
		int attr = *p == '-' ? COLOR_PAIR(COLOUR_CANNOT) : COLOR_PAIR(COLOUR_CAN);

		if (i == s->chosen)
			attr = COLOR_PAIR(COLOUR_CHOSEN) | A_BOLD;
		attron((attr_t)attr);
		mvprintw(b->y + (int)i, b->x, "%-*.*s", b->w - 1, len < b->w ? len : b->w - 1, p);
		attroff((attr_t)attr);
		p += len + (p[len] == '\n');
	}
	free(text);
}

static void print_locks_and_queues(const struct walk *w, FILE *out)
{
	walk_print_locks(w, out);
	walk_print_queues(w, out);
}

static void put_diagram(struct screen *s, const struct box *b)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	int lines;

	if (!f)
		return;
	walk_print_diagram(s->w, f, b->w > 24 ? (unsigned)b->w : 24);
	if (fclose(f))
		return;
	/* The end is what one wants to see; scrolling goes back from there. */
	lines = count_lines(text);
	if (s->top[0] > lines)
		s->top[0] = lines;
	put_text(b, " what happened", text, lines - (b->h - 1) - s->top[0]);
	free(text);
}

static void put_status(const struct screen *s)
{
	const char *end = walk_end(s->w);

	attron(A_REVERSE);
	mvprintw(0, 0, "%-*s", COLS, "");
	mvprintw(0, 1, "%s   step %u of %u", s->title, walk_place(s->w), walk_length(s->w));
	if (end)
		printw("   the end: %.*s", COLS / 2, end);
	mvprintw(LINES - 1, 0, "%-*.*s", COLS - 1, COLS - 1,
		 *s->message ? s->message :
			       " Enter step  n next  b back  g begin  G end  PgUp/PgDn scroll  Tab "
			       "pane  s save token  q quit");
	attroff(A_REVERSE);
}

static void draw(struct screen *s)
{
	int left = COLS * 9 / 20, body = LINES - 2;
	int threads = body / 4 + 1, state = body / 3;
	struct box b = { 1, 0, threads, left - 1 };
	char *text;

	erase();
	put_threads(s, &b);
	b.y += b.h;
	b.h = state;
	text = capture(s->w, print_locks_and_queues);
	put_text(&b, s->focus == 1 ? "*locks and queues" : " locks and queues", text, s->top[1]);
	free(text);
	b.y += b.h;
	b.h = body - threads - state;
	text = capture(s->w, walk_print_memory);
	put_text(&b, s->focus == 2 ? "*memory" : " memory", text, s->top[2]);
	free(text);
	mvvline(1, left - 1, ACS_VLINE, body);
	put_diagram(s, &(struct box){ 1, left + 1, body, COLS - left - 1 });
	put_status(s);
	refresh();
}

/* --------------------------------------------------------------------------- keys */

static void choose_next(struct screen *s)
{
	int next = walk_next(s->w);

	if (next > 0)
		s->chosen = (unsigned)next;
}

static void move_choice(struct screen *s, int by)
{
	unsigned to = s->chosen + (unsigned)by;

	if (to && walk_thread(s->w, to))
		s->chosen = to;
}

static void say_token(struct screen *s)
{
	char *token = walk_token(s->w);

	snprintf(s->message, sizeof(s->message), " Token %s  (printed again at the end)",
		 token ? token : "?");
	free(token);
}

static int step(struct screen *s, int thread)
{
	int r;

	if (thread < 0)
		return 0;
	r = walk_step(s->w, (unsigned)thread);
	if (r != -EAGAIN)
		return r;
	snprintf(s->message, sizeof(s->message), " %s cannot go on here",
		 walk_thread(s->w, (unsigned)thread));
	return 0;
}

static void scroll_by(struct screen *s, int by)
{
	/* The diagram scrolls from its end. */
	int *top = &s->top[s->focus];

	*top += s->focus ? by : -by;
	if (*top < 0)
		*top = 0;
}

/* Keys that move on the path; -1: another one. */
static int place_of_key(const struct screen *s, int key)
{
	switch (key) {
	case KEY_LEFT:
	case KEY_BACKSPACE:
	case 'b':
		return walk_place(s->w) ? (int)walk_place(s->w) - 1 : 0;
	case KEY_HOME:
	case 'g':
		return 0;
	}
	return -1;
}

/* Keys that choose what is looked at, and who goes on. */
static void look_key(struct screen *s, int key)
{
	switch (key) {
	case KEY_UP:
	case 'k':
		move_choice(s, -1);
		break;
	case KEY_DOWN:
	case 'j':
		move_choice(s, 1);
		break;
	case '\t':
		s->focus = (s->focus + 1) % 3;
		break;
	case KEY_PPAGE:
		scroll_by(s, -LINES / 3);
		break;
	case KEY_NPAGE:
		scroll_by(s, LINES / 3);
		break;
	case 's':
		say_token(s);
		break;
	case 'q':
		s->over = true;
		break;
	}
}

static int on_key(struct screen *s, int key)
{
	int place = place_of_key(s, key), r;

	*s->message = 0;
	if (place >= 0) {
		r = walk_seek(s->w, (unsigned)place);
	} else if (key == '\n' || key == '\r' || key == KEY_ENTER) {
		r = step(s, (int)s->chosen);
	} else if (key == KEY_RIGHT || key == ' ' || key == 'n') {
		r = step(s, walk_next(s->w));
		choose_next(s);
	} else if (key == KEY_END || key == 'G') {
		r = walk_to_end(s->w);
	} else {
		look_key(s, key);
		return 0;
	}
	/* Whoever was chosen stays so for as long as he can go on. */
	if (!(walk_enabled(s->w) >> s->chosen & 1))
		choose_next(s);
	s->top[0] = 0;
	return r;
}

static void set_colours(void)
{
	if (!has_colors())
		return;
	start_color();
	use_default_colors();
	init_pair(COLOUR_HEAD, COLOR_CYAN, -1);
	init_pair(COLOUR_CAN, COLOR_GREEN, -1);
	init_pair(COLOUR_CANNOT, COLOR_RED, -1);
	init_pair(COLOUR_CHOSEN, COLOR_BLACK, COLOR_GREEN);
}

int walk_screen(struct walk *w, const char *title)
{
	struct screen s = { .w = w, .title = title, .chosen = 1 };
	int r = 0;

	setlocale(LC_CTYPE, ""); /* lines between panes */
	if (!initscr())
		return -ENOTTY;
	cbreak();
	noecho();
	keypad(stdscr, TRUE);
	curs_set(0);
	set_colours();
	choose_next(&s);
	while (!r && !s.over) {
		int key;

		draw(&s);
		key = getch();
		if (key == ERR)
			break;
		r = on_key(&s, key);
	}
	endwin();
	return r;
}
