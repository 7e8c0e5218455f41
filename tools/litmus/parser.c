/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parser.c - the parts of a file: header, init, threads or sequence, conditions
 */
#include <string.h>

#include "tools/litmus/parser.h"

int advance(struct parser *p)
{
	if (at_op(p, '(') || at_op(p, '['))
		p->lx.parens++;
	else if ((at_op(p, ')') || at_op(p, ']')) && p->lx.parens)
		p->lx.parens--;
	p->prev_end = p->prog->text + p->lx.at;
	return lex_next(&p->lx, &p->t);
}

int peek_token(struct parser *p, struct token *t)
{
	struct lexer lx = p->lx;

	return lex_next(&lx, t);
}

bool at_op(const struct parser *p, uint16_t op)
{
	return p->t.kind == TOK_OP && p->t.op == op;
}

bool at_word(const struct parser *p, const char *word)
{
	return p->t.kind == TOK_NAME && p->t.len == strlen(word) && !memcmp(p->t.s, word, p->t.len);
}

int unexpected(struct parser *p, const char *wanted)
{
	const struct token *t = &p->t;

	if (t->kind == TOK_END)
		return lit_error(p->prog, p->err, t->pos, "expected %s, not the end of the file",
				 wanted);
	if (t->kind == TOK_NL)
		return lit_error(p->prog, p->err, t->pos, "expected %s, not the end of the line",
				 wanted);
	if (t->kind == TOK_STR)
		return lit_error(p->prog, p->err, t->pos, "expected %s, not a string", wanted);
	return lit_error(p->prog, p->err, t->pos, "expected %s, not '%.*s'", wanted,
			 t->len > 40 ? 40 : (int)t->len, t->s);
}

int expect_op(struct parser *p, uint16_t op)
{
	char wanted[] = { '\'', (char)op, '\'', 0 };

	return at_op(p, op) ? advance(p) : unexpected(p, wanted);
}

int enter(struct parser *p)
{
	if (++p->depth > LIT_MAX_DEPTH)
		return lit_error(p->prog, p->err, p->t.pos, "nested more than %d levels deep",
				 LIT_MAX_DEPTH);
	return 0;
}

static bool is_keyword(const struct token *t)
{
	static const char *const words[] = { "if", "else", "while", "break" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (t->len == strlen(words[i]) && !memcmp(t->s, words[i], t->len))
			return true;
	return false;
}

int parse_target(struct parser *p, int *name)
{
	uint8_t kind;
	int64_t n;
	int r;

	if (p->t.kind != TOK_NAME || is_keyword(&p->t))
		return unexpected(p, "a name");
	if (constant_find(p->t.s, p->t.len, &kind, &n))
		return lit_error(p->prog, p->err, p->t.pos, "'%.*s' is a constant", (int)p->t.len,
				 p->t.s);
	r = lit_name(p->prog, p->t.s, p->t.len, p->t.pos);
	if (r == -ENOSPC)
		return lit_error(p->prog, p->err, p->t.pos, "more than %d names", LIT_MAX_NAMES);
	if (r < 0)
		return r;
	*name = r;
	return advance(p);
}

int parse_thread_name(struct parser *p, const char **name, const char **proc)
{
	char *full;
	struct token first = p->t, second = { 0 };
	int r;

	if (p->t.kind != TOK_NAME)
		return unexpected(p, "the name of a thread");
	r = advance(p);
	if (!r && at_op(p, '@')) {
		r = advance(p);
		if (!r && p->t.kind != TOK_NAME)
			return unexpected(p, "the name of a process");
		second = p->t;
		if (!r)
			r = advance(p);
	}
	if (r < 0)
		return r;
	full = pool_alloc(p->prog, first.len + second.len + 2);
	if (!full)
		return -ENOMEM;
	memcpy(full, first.s, first.len);
	if (second.s) {
		full[first.len] = '@';
		memcpy(full + first.len + 1, second.s, second.len);
	}
	*name = full;
	if (proc)
		*proc = second.s ? full + first.len + 1 : NULL;
	return 0;
}

static int skip_lines(struct parser *p)
{
	int r = 0;

	while (!r && (p->t.kind == TOK_NL || at_op(p, ';')))
		r = advance(p);
	return r;
}

/* --------------------------------------------------------------------- header */

static int take_rest(struct parser *p, const char *what, const char **ret, struct pos *pos)
{
	struct token t;
	int r = lex_rest(&p->lx, &t);

	if (r < 0)
		return r;
	if (!t.len)
		return lit_error(p->prog, p->err, t.pos, "expected %s", what);
	*ret = pool_strndup(p->prog, t.s, t.len);
	if (pos)
		*pos = t.pos;
	return *ret ? advance(p) : -ENOMEM;
}

static int parse_header(struct parser *p)
{
	int r = skip_lines(p);

	if (r < 0)
		return r;
	if (!at_word(p, "uffd"))
		return unexpected(p, "'uffd NAME'");
	r = take_rest(p, "the name of the scenario", &p->prog->name, NULL);
	if (!r)
		r = skip_lines(p);
	if (!r && p->t.kind == TOK_STR) {
		p->prog->desc = pool_strndup(p->prog, p->t.s, p->t.len);
		r = p->prog->desc ? advance(p) : -ENOMEM;
		if (!r)
			r = skip_lines(p);
	}
	if (!r && at_word(p, "profile")) {
		r = take_rest(p, "the name of a profile", &p->prog->profile, &p->prog->profile_pos);
		if (!r)
			r = skip_lines(p);
	}
	return r;
}

/* --------------------------------------------------------- threads, sequence */

static int new_thread(struct parser *p, struct pos pos, const char *name, const char *proc,
		      struct thread_decl **ret)
{
	struct litmus *prog = p->prog;
	struct thread_decl *t;

	if (!strcmp(name, "init"))
		return lit_error(prog, p->err, pos, "a thread cannot be called init");
	if (prog->nr_threads > LIT_MAX_THREADS)
		return lit_error(prog, p->err, pos, "more than %d threads", LIT_MAX_THREADS);
	t = &prog->threads[prog->nr_threads++];
	t->name = name;
	t->pname = proc;
	t->pos = pos;
	*ret = t;
	return 0;
}

static int parse_thread(struct parser *p)
{
	const char *name, *proc;
	struct thread_decl *t = NULL;
	bool daemon = at_word(p, "daemon");
	struct pos pos;
	int r = daemon ? advance(p) : 0;

	if (r < 0)
		return r;
	if (!at_word(p, "thread"))
		return unexpected(p, "'thread'");
	if (p->prog->sequence)
		return lit_error(p->prog, p->err, p->t.pos,
				 "a file has threads or a sequence, not both");
	r = advance(p);
	pos = p->t.pos;
	if (!r)
		r = parse_thread_name(p, &name, &proc);
	if (r < 0)
		return r;
	if (lit_find_thread(p->prog, name) > 0)
		return lit_error(p->prog, p->err, pos, "a second thread called %s", name);
	r = new_thread(p, pos, name, proc, &t);
	if (r < 0)
		return r;
	t->daemon = daemon;
	return parse_block(p, NULL, &t->body);
}

/* T: statement */
static int parse_issue(struct parser *p, struct stmt **ret)
{
	const char *name, *proc;
	struct pos pos = p->t.pos;
	struct thread_decl *t;
	int r, index;

	r = parse_thread_name(p, &name, &proc);
	if (r < 0)
		return r;
	if (!at_op(p, ':'))
		return unexpected(p, "'THREAD: statement'");
	r = advance(p);
	if (r < 0)
		return r;
	index = lit_find_thread(p->prog, name);
	if (index == 0)
		return lit_error(p->prog, p->err, pos, "init takes no statements here");
	if (index < 0) {
		r = new_thread(p, pos, name, proc, &t);
		if (r < 0)
			return r;
		index = p->prog->nr_threads - 1;
	}
	r = parse_stmt(p, NULL, ret);
	if (!r)
		(*ret)->thread = index;
	return r;
}

static int parse_sequence(struct parser *p)
{
	struct stmt **tail = &p->prog->issue;
	int r;

	if (p->prog->sequence)
		return lit_error(p->prog, p->err, p->t.pos, "a second sequence");
	if (p->prog->nr_threads > 1)
		return lit_error(p->prog, p->err, p->t.pos,
				 "a file has threads or a sequence, not both");
	p->prog->sequence = true;
	r = advance(p);
	while (!r && p->t.kind == TOK_NL)
		r = advance(p);
	if (!r)
		r = expect_op(p, '{');
	while (!r) {
		r = skip_lines(p);
		if (r < 0 || at_op(p, '}'))
			break;
		r = parse_issue(p, tail);
		if (!r)
			tail = &(*tail)->issue;
	}
	return r < 0 ? r : advance(p);
}

static int parse_init(struct parser *p, bool *seen)
{
	int r;

	if (*seen)
		return lit_error(p->prog, p->err, p->t.pos, "a second init");
	if (p->prog->nr_threads > 1 || p->prog->sequence)
		return lit_error(p->prog, p->err, p->t.pos, "init comes before the threads");
	*seen = true;
	p->prog->threads[0].pos = p->t.pos;
	r = advance(p);
	return r < 0 ? r : parse_block(p, NULL, &p->prog->threads[0].body);
}

static int parse_part(struct parser *p, bool *init)
{
	if (at_word(p, "init"))
		return parse_init(p, init);
	if (at_word(p, "thread") || at_word(p, "daemon"))
		return parse_thread(p);
	if (at_word(p, "sequence"))
		return parse_sequence(p);
	if (at_word(p, "exists") || at_word(p, "forall") || at_op(p, '~'))
		return parse_condition(p);
	if (at_word(p, "locations"))
		return parse_locations(p);
	if (at_word(p, "profile"))
		return lit_error(p->prog, p->err, p->t.pos,
				 "profile belongs right after the header, once");
	return unexpected(p, "init, thread, sequence, exists, ~exists, forall or locations");
}

int lit_parse(struct litmus *prog, struct litmus_error *err)
{
	struct parser p = { .prog = prog, .err = err };
	bool init = false;
	int r;

	prog->threads[0].name = "init";
	prog->threads[0].pos = (struct pos){ 1, 1 };
	prog->nr_threads = 1;
	lex_init(&p.lx, prog, err);
	r = lex_next(&p.lx, &p.t);
	if (!r)
		r = parse_header(&p);
	while (!r && p.t.kind != TOK_END) {
		r = parse_part(&p, &init);
		if (!r)
			r = skip_lines(&p);
	}
	if (!r && !init && prog->nr_threads == 1 && !prog->sequence)
		r = lit_error(prog, err, p.t.pos,
			      "nothing to run: no init, no threads, no sequence");
	return r;
}
