/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * expect.c - explore scenarios and compare with what they say they expect
 *
 * A scenario ends with blocks of comment lines, one for each profile:
 *
 *	# expect PROFILE: Ok|No Always|Sometimes|Never complete|incomplete deadlocks=N
 *	#   STATE
 *
 * with STATE as the summary of an exploration prints it, in any order, and `>`
 * in place of `=` where only a lower bound is meant.  No complete search may have
 * given up what it began, unless there was a finding.  The result is TAP: a line
 * for each block, after a failure what was expected (-) and what came out (+).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uffdsim/litmus.h>

#define MAX_BLOCKS 32
#define MAX_STATES 256

/* Invariants are looked at after every step, except where each step is made many times over. */
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define CHECK false
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define CHECK false
#endif
#ifndef CHECK
#define CHECK true
#endif

/* Pointers go into the text of the file, which is cut up. */
struct block {
	unsigned line;
	const char *profile, *head; /* "v6.18", "Ok Never complete deadlocks=0" */
	char verdict[8], observation[16], complete[16], relation;
	unsigned long long deadlocks;
	unsigned nr_states;
	const char *states[MAX_STATES];
};

struct file {
	const char *path, *name; /* the name is the last part of the path */
	char *text;
	size_t len;
	struct litmus *prog;
	unsigned nr_blocks;
	struct block *blocks;
};

struct tap {
	unsigned tests, failed;
};

static void __attribute__((format(printf, 3, 4)))
tap_result(struct tap *tap, bool good, const char *fmt, ...)
{
	va_list ap;

	tap->tests++;
	tap->failed += !good;
	printf("%s %u - ", good ? "ok" : "not ok", tap->tests);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

/* ------------------------------------------------------------------- the file */

static int read_file(struct file *f)
{
	FILE *in = fopen(f->path, "rb");

	if (!in)
		return -errno;
	f->text = malloc(LITMUS_MAX_SIZE + 1);
	if (!f->text) {
		fclose(in);
		return -ENOMEM;
	}
	f->len = fread(f->text, 1, LITMUS_MAX_SIZE, in);
	f->text[f->len] = 0;
	fclose(in);
	return 0;
}

static char *skip_blanks(char *s) { return s + strspn(s, " \t"); }

/* PROFILE: VERDICT OBSERVATION COMPLETE deadlocks=N */
static bool parse_head(struct block *b, char *s)
{
	char *colon = strchr(s, ':');
	int end = -1;

	if (!colon)
		return false;
	*colon = 0;
	b->profile = s;
	b->head = skip_blanks(colon + 1);
	sscanf(b->head, "%7s %15s %15s deadlocks%c%llu %n", b->verdict, b->observation, b->complete,
	       &b->relation, &b->deadlocks, &end);
	return end > 0 && !b->head[end] && (b->relation == '=' || b->relation == '>');
}

/* One comment line.  *cur is the block that is being read, NULL outside of one. */
static const char *parse_comment(struct file *f, struct block **cur, char *s, unsigned line)
{
	struct block *b = *cur;

	s = skip_blanks(s + 1);
	if (!strncmp(s, "expect ", 7)) {
		if (f->nr_blocks == MAX_BLOCKS)
			return "too many blocks";
		*cur = b = &f->blocks[f->nr_blocks++];
		b->line = line;
		return parse_head(b, skip_blanks(s + 7))
			       ? NULL
			       : "not \"expect PROFILE: Ok|No OBSERVATION complete|incomplete "
				 "deadlocks=N\"";
	}
	if (!b || !*s) {
		*cur = NULL;
		return NULL;
	}
	if (b->nr_states == MAX_STATES)
		return "too many states";
	b->states[b->nr_states++] = s;
	return NULL;
}

/* Cuts f->text into lines. */
static const char *parse_blocks(struct file *f, unsigned *line)
{
	struct block *cur = NULL;
	const char *wrong = NULL;
	char *s = f->text, *next;

	for (*line = 1; s && !wrong; s = next, ++*line) {
		size_t len = strcspn(s, "\r\n");

		next = strchr(s, '\n');
		next = next ? next + 1 : NULL;
		while (len && (s[len - 1] == ' ' || s[len - 1] == '\t'))
			len--;
		s[len] = 0;
		if (*s == '#')
			wrong = parse_comment(f, &cur, s, *line);
		else
			cur = NULL;
	}
	--*line;
	if (!wrong && !f->nr_blocks)
		wrong = "no expect block";
	return wrong;
}

/* ------------------------------------------------------------------ comparison */

static bool contains(const struct block *b, const char *text)
{
	for (unsigned i = 0; i < b->nr_states; i++)
		if (!strcmp(b->states[i], text))
			return true;
	return false;
}

static bool came_out(const struct litmus_explore_result *res, const char *text)
{
	for (size_t i = 0; i < res->nr_states; i++)
		if (!strcmp(res->states[i].text, text))
			return true;
	return false;
}

/* The number of differences between the sets; shows them if @show. */
static unsigned compare_states(const struct block *b, const struct litmus_explore_result *res,
			       bool show)
{
	unsigned n = 0;

	for (unsigned i = 0; i < b->nr_states; i++) {
		if (came_out(res, b->states[i]))
			continue;
		n++;
		if (show)
			printf("#   - %s\n", b->states[i]);
	}
	for (size_t i = 0; i < res->nr_states; i++) {
		if (contains(b, res->states[i].text))
			continue;
		n++;
		if (show)
			printf("#   + %s\n", res->states[i].text);
	}
	return n;
}

static bool same_head(const struct block *b, const struct litmus_explore_result *res)
{
	return !strcmp(b->verdict, res->ok ? "Ok" : "No") &&
	       !strcmp(b->observation, res->observation) &&
	       !strcmp(b->complete, res->complete ? "complete" : "incomplete") &&
	       (b->relation == '=' ? res->deadlocks == b->deadlocks
				   : res->deadlocks > b->deadlocks);
}

/*
 * What is begun is finished, unless something cuts it short.  Who learns of stores late
 * waits for something that the search does not understand.
 */
static bool thrown_away(const struct block *b, const struct litmus_explore_result *res)
{
	return res->complete && !res->bugs && !strstr(b->profile, "+memory=") &&
	       (res->pruned || res->in_full || res->diverged);
}

static void print_message(const struct litmus_explore_result *res)
{
	const char *s = res->message;

	while (s && *s) {
		size_t len = strcspn(s, "\n");

		printf("#   ! %.*s\n", (int)len, s);
		s += len + (s[len] == '\n');
	}
	if (res->message_token)
		printf("#   ! run --replay %s\n", res->message_token);
}

static void print_difference(const struct file *f, const struct block *b,
			     const struct litmus_explore_result *res)
{
	printf("# %s:%u: profile %s\n", f->path, b->line, b->profile);
	if (!same_head(b, res)) {
		printf("#   - %s\n", b->head);
		printf("#   + %s %s %s deadlocks=%llu\n", res->ok ? "Ok" : "No", res->observation,
		       res->complete ? "complete" : "incomplete",
		       (unsigned long long)res->deadlocks);
	}
	compare_states(b, res, true);
	if (thrown_away(b, res))
		printf("#   + prefixes given up: %llu, nodes in full: %llu, diverged: %llu\n",
		       (unsigned long long)res->pruned, (unsigned long long)res->in_full,
		       (unsigned long long)res->diverged);
	if (res->witness)
		printf("#   decided by: run --replay %s\n", res->witness);
	if (res->deadlock_token)
		printf("#   deadlock: run --replay %s\n", res->deadlock_token);
	print_message(res);
}

/* What asserts an invariant must have it looked at. */
static bool needs_check(const struct litmus *prog)
{
	size_t len;

	return CHECK || strstr(litmus_text(prog, &len), "invariant");
}

static void explore_block(struct tap *tap, const struct file *f, const struct block *b)
{
	struct litmus_options opt = { .profile = b->profile, .check = needs_check(f->prog) };
	struct litmus_explore_result res;
	struct litmus_error err = { 0 };
	int ret = litmus_explore(f->prog, &opt, &res, &err);
	bool good;

	if (ret) {
		tap_result(tap, false, "%s %s", f->name, b->profile);
		printf("# %s:%u: %s\n", f->path, err.line ? err.line : b->line,
		       err.text[0] ? err.text : strerror(-ret));
		return;
	}
	good = same_head(b, &res) && !compare_states(b, &res, false) && !res.unasserted &&
	       !res.unmodelled && res.status < LITMUS_BAD && !thrown_away(b, &res);
	tap_result(tap, good, "%s %s # %llu executions", f->name, b->profile,
		   (unsigned long long)res.executions);
	if (!good)
		print_difference(f, b, &res);
	litmus_explore_result_fini(&res);
}

/* ------------------------------------------------------------------------ main */

static void fail_file(struct tap *tap, const struct file *f, unsigned line, const char *why)
{
	tap_result(tap, false, "%s", f->name);
	printf("# %s:%u: %s\n", f->path, line, why);
}

/* Everything but the allocation of @f's parts. */
static void check_loaded(struct tap *tap, struct file *f)
{
	struct litmus_error err = { 0 };
	const char *wrong;
	unsigned line;
	int ret = read_file(f);

	if (ret) {
		fail_file(tap, f, 0, strerror(-ret));
		return;
	}
	ret = litmus_parse(f->text, f->len, &f->prog, &err);
	if (ret) {
		fail_file(tap, f, err.line, ret == -EINVAL ? err.text : strerror(-ret));
		return;
	}
	wrong = parse_blocks(f, &line);
	if (wrong) {
		fail_file(tap, f, line, wrong);
		return;
	}
	for (unsigned i = 0; i < f->nr_blocks; i++)
		explore_block(tap, f, &f->blocks[i]);
}

static void check_file(struct tap *tap, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct file f = { .path = path, .name = slash ? slash + 1 : path };

	f.blocks = calloc(MAX_BLOCKS, sizeof(*f.blocks));
	if (f.blocks)
		check_loaded(tap, &f);
	else
		fail_file(tap, &f, 0, strerror(ENOMEM));
	litmus_free(f.prog);
	free(f.blocks);
	free(f.text);
}

int main(int argc, char **argv)
{
	struct tap tap = { 0 };

	if (argc < 2) {
		fprintf(stderr, "usage: %s FILE.litmus...\n", argv[0]);
		return 2;
	}
	for (int i = 1; i < argc; i++)
		check_file(&tap, argv[i]);
	printf("1..%u\n", tap.tests);
	return tap.failed ? 1 : 0;
}
