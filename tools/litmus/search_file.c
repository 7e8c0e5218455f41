/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * search_file.c - a search that is not finished, as a file
 *
 * Lines of text: what it is a search of, what was found, what is to do (the
 * frontier's own lines), and a checksum of all that.  It says nothing of the
 * machine that wrote it.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/litmus/exploration.h"

static const char magic[] = "uffdsim search 3\n";

static uint64_t checksum(const char *text, size_t len)
{
	uint64_t h = 0xcbf29ce484222325ULL;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)text[i]) * 0x100000001b3ULL;
	return h;
}

/* --------------------------------------------------------------------- writing */

static void write_best(FILE *f, const char *name, const struct best *b)
{
	if (!b->token)
		return;
	fprintf(f, "best %s %" PRIu64 " %" PRIu64 " %s ", name, b->switches, b->steps, b->token);
	for (uint64_t i = 0; i < b->steps; i++)
		fprintf(f, "%02x", b->picks[i]);
	fputc('\n', f);
}

static void write_found(FILE *f, const struct exploration *x)
{
	const struct litmus_explore_result *res = x->res;

	fprintf(f, "found %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", res->positive, res->negative,
		res->unasserted);
	write_best(f, "witness", &x->witness);
	write_best(f, "finding", &x->finding);
	for (unsigned v = 0; v < NR_LITMUS_VERDICTS; v++) {
		if (!res->verdicts[v])
			continue;
		fprintf(f, "verdict %u %" PRIu64 "\n", v, res->verdicts[v]);
		write_best(f, "verdict", &x->verdicts[v]);
	}
	states_write(&x->states, f, (size_t)x->m.prog->nr_keys);
	fputs("end found\n", f);
}

static void write_counts(FILE *f, const struct sim_explore_result *c)
{
	fprintf(f, "counts %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
		" %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
		c->executions, c->pruned, c->in_full, c->diverged, c->waited, c->deadlocks,
		c->step_bound, c->endless, c->bugs, c->unmodelled, c->steps, c->max_depth);
}

/* What a file is about: another with another first part is of another search. */
static char *heading(const struct exploration *x)
{
	const struct sim_explore_config cfg = exploration_config((struct exploration *)x);

	char *patches = patches_identity(&x->m), *text;

	if (!patches)
		return NULL;
	/* The program's hash is of the profile, too. */
	text = format_text("profile %s%s\nprogram %016" PRIx64 "\nmode %d steps %" PRIu64
			   " races %d awaits %d\n",
			   profile_name(x->m.prof), patches, x->m.program, (int)cfg.mode,
			   cfg.max_steps, x->m.opt->races, cfg.awaits);
	free(patches);
	return text;
}

/* Part @part of the search, or all of it (-1); the first part has what was found before. */
static int write_text(const struct search *s, int part, char **text, size_t *size)
{
	FILE *f = open_memstream(text, size);
	char *head = heading(s->x);

	if (!f || !head) {
		free(head);
		return -ENOMEM;
	}
	fprintf(f, "%s%spart %u %u\n", magic, head, s->part, s->parts);
	free(head);
	if (part <= 0) {
		write_counts(f, &s->counts);
		write_found(f, s->x);
		sim_lock_orders_write(s->x->m.sim, f);
	} else {
		write_counts(f, &(struct sim_explore_result){ 0 });
		fputs("found 0 0 0\nend found\nend orders\n", f);
	}
	sim_frontier_write(s->f, f, part);
	return fclose(f) ? -ENOMEM : 0;
}

/* All of it is there or none of it, whenever the power goes. */
static int replace_file(const char *path, const char *text, size_t size)
{
	char *tmp = format_text("%s.%d.tmp", path, (int)getpid());
	FILE *f;
	int r = 0;

	if (!tmp)
		return -ENOMEM;
	f = fopen(tmp, "w");
	if (!f) {
		r = -errno;
		free(tmp);
		return r;
	}
	fwrite(text, 1, size, f);
	fprintf(f, "checksum %016" PRIx64 "\n", checksum(text, size));
	if (fflush(f) || fsync(fileno(f)))
		r = -errno;
	if (fclose(f) && !r)
		r = -errno;
	if (!r && rename(tmp, path))
		r = -errno;
	if (r)
		unlink(tmp);
	free(tmp);
	return r;
}

static int write_file(const struct search *s, int part, const char *path)
{
	size_t size;
	char *text = NULL;
	int r = write_text(s, part, &text, &size);

	if (!r)
		r = replace_file(path, text, size);
	free(text);
	return r;
}

int search_write(const struct search *s, const char *path)
{
	return write_file(s, -1, path);
}

int search_write_part(const struct search *s, unsigned part, unsigned parts, const char *path)
{
	struct search piece = *s;

	piece.part = part;
	piece.parts = parts;
	return write_file(&piece, (int)part, path);
}

/* --------------------------------------------------------------------- reading */

static int refuse(const struct search *s, const char *path, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int refuse(const struct search *s, const char *path, const char *fmt, ...)
{
	const struct machine *m = &s->x->m;
	char text[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return lit_error(m->prog, m->err, (struct pos){ 0, 0 }, "%s: %s", path, text);
}

static int read_whole(const char *path, char **ret, size_t *size)
{
	FILE *in = fopen(path, "r"), *out;
	char buf[65536];
	size_t n;
	int r = 0;

	if (!in)
		return -errno;
	out = open_memstream(ret, size);
	if (!out) {
		fclose(in);
		return -ENOMEM;
	}
	while ((n = fread(buf, 1, sizeof(buf), in)) > 0)
		fwrite(buf, 1, n, out);
	if (ferror(in))
		r = -EIO;
	fclose(in);
	if (fclose(out) && !r)
		r = -ENOMEM;
	return r;
}

/* The last line is about all others. */
static bool has_checksum(char *text, size_t size)
{
	const size_t len = strlen("checksum 0123456789abcdef\n");
	uint64_t sum;

	if (size < len || strlen(text) != size ||
	    sscanf(text + size - len, "checksum %" SCNx64, &sum) != 1 ||
	    sum != checksum(text, size - len))
		return false;
	text[size - len] = 0;
	return true;
}

static char *line_end(char *at)
{
	char *end = strchr(at, '\n');

	return end ? end + 1 : at + strlen(at);
}

static bool read_picks(struct best *b, const char *hex)
{
	b->picks = malloc(b->steps + 1);
	for (uint64_t i = 0; b->picks && i < b->steps; i++) {
		unsigned pick;

		if (sscanf(hex + 2 * i, "%2x", &pick) != 1 || pick >= SIM_MAX_THREADS)
			return false;
		b->picks[i] = (uint8_t)pick;
	}
	return b->picks;
}

static bool read_best(struct exploration *x, const char *line, unsigned verdict)
{
	struct best b = { 0 }, *to;
	char name[8], token[4096];
	int at = 0;
	bool ok;

	if (sscanf(line, "best %7s %" SCNu64 " %" SCNu64 " %4095s %n", name, &b.switches, &b.steps,
		   token, &at) != 4 || !at || strcspn(line + at, "\n") != 2 * b.steps)
		return false;
	to = !strcmp(name, "witness") ? &x->witness :
	     !strcmp(name, "finding") ? &x->finding : &x->verdicts[verdict];
	b.token = strdup(token);
	ok = b.token && read_picks(&b, line + at) && !best_merge(to, &b);
	best_fini(&b);
	return ok;
}

static char *read_found(struct exploration *x, char *at)
{
	uint64_t positive, negative, unasserted, count;
	unsigned verdict = 0;

	if (sscanf(at, "found %" SCNu64 " %" SCNu64 " %" SCNu64 "\n", &positive, &negative,
		   &unasserted) != 3)
		return NULL;
	x->res->positive += positive;
	x->res->negative += negative;
	x->res->unasserted += unasserted;
	for (at = line_end(at); strncmp(at, "end found\n", 10); at = line_end(at)) {
		if (!*at)
			return NULL;
		if (sscanf(at, "verdict %u %" SCNu64, &verdict, &count) == 2) {
			if (verdict >= NR_LITMUS_VERDICTS)
				return NULL;
			x->res->verdicts[verdict] += count;
		} else if (!strncmp(at, "best ", 5)) {
			if (!read_best(x, at, verdict))
				return NULL;
		} else {
			at = states_read(&x->states, at, x->m.prog);
			if (!at)
				return NULL;
		}
	}
	return line_end(at);
}

static bool read_counts(struct search *s, const char *at)
{
	struct sim_explore_result c = { 0 };

	if (sscanf(at, "counts %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
		   " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
		   " %" SCNu64 "\n",
		   &c.executions, &c.pruned, &c.in_full, &c.diverged, &c.waited, &c.deadlocks,
		   &c.step_bound, &c.endless, &c.bugs, &c.unmodelled, &c.steps, &c.max_depth) != 12)
		return false;
	sim_explore_result_add(&s->counts, &c);
	return true;
}

/* Which line of the heading differs says why it does not fit. */
static int read_heading(struct search *s, const char *path, char **at)
{
	static const char *const whats[] = { "another profile or patch", "another scenario",
					     "other options" };
	char *head = heading(s->x), *want = head;
	int r = head ? 0 : -ENOMEM;

	for (unsigned i = 0; i < 3 && !r; i++) {
		size_t len = strcspn(want, "\n") + 1;

		if (strncmp(*at, want, len))
			r = refuse(s, path, "it was made for %s (\"%.*s\", not \"%.*s\")",
				   whats[i], (int)strcspn(*at, "\n"), *at, (int)len - 1, want);
		*at = line_end(*at);
		want += len;
	}
	free(head);
	return r;
}

static int read_text(struct search *s, const char *path, char *text, size_t size)
{
	char *at = text;
	const char *end;
	int r;

	if (strncmp(text, "uffdsim search ", 15))
		return refuse(s, path, "this is no file of a search");
	if (strncmp(text, magic, strlen(magic)))
		return refuse(s, path, "its format is another version's");
	if (!has_checksum(text, size))
		return refuse(s, path, "it is damaged: the checksum is wrong");
	at = line_end(at);
	r = read_heading(s, path, &at);
	if (r)
		return r;
	if (sscanf(at, "part %u %u\n", &s->part, &s->parts) != 2)
		return refuse(s, path, "it is damaged");
	at = line_end(at);
	if (!read_counts(s, at))
		return refuse(s, path, "it is damaged");
	at = read_found(s->x, line_end(at));
	r = at ? sim_lock_orders_read(s->x->m.sim, at, &end) : -EINVAL;
	if (!r)
		r = sim_frontier_read(&s->f, end, &end);
	return r == -EINVAL ? refuse(s, path, "it is damaged") : r;
}

int search_read(struct search *s, const char *path)
{
	size_t size = 0;
	char *text = NULL;
	int r = read_whole(path, &text, &size);

	if (r && r != -ENOMEM)
		r = refuse(s, path, "%s", strerror(-r));
	else if (!r)
		r = read_text(s, path, text, size);
	free(text);
	return r;
}
