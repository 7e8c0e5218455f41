/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * log.c - lines of strace
 *
 *     10884 poll([{fd=3, events=POLLIN}], 1, -1 <unfinished ...>
 *     10887 <... poll resumed>) = 1 ([{fd=3, revents=POLLIN}])
 *
 * The pid may stand in brackets, and a time may follow it.
 */
#include "tools/import/log.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char unfinished[] = " <unfinished ...>";

/* ------------------------------------------------------------------- fields */

bool log_number(const char *text, int64_t *ret)
{
	char *end;

	while (*text == ' ')
		text++;
	if (!isdigit((unsigned char)*text) && *text != '-')
		return false;
	*ret = *text == '-' ? strtoll(text, &end, 0) : (int64_t)strtoull(text, &end, 0);
	return end != text;
}

bool log_field(const char *text, const char *name, char *buf, size_t size)
{
	size_t len = strlen(name), n = 0;
	const char *s = text;

	while ((s = strstr(s, name))) {
		if (s[len] == '=' && (s == text || s[-1] == '{' || s[-1] == ' '))
			break;
		s += len;
	}
	if (!s)
		return false;
	for (s += len + 1; *s && *s != ',' && *s != '}' && *s != ' ' && n + 1 < size; s++)
		buf[n++] = *s;
	buf[n] = 0;
	return n;
}

static unsigned octal(const char **s)
{
	unsigned n = 0;

	for (int i = 0; i < 3 && **s >= '0' && **s <= '7'; i++)
		n = n * 8 + (unsigned)(*(*s)++ - '0');
	return n;
}

size_t log_bytes(const char *text, uint8_t *buf, size_t size)
{
	static const char letters[] = "n\nt\tr\rv\vf\fa\ab\b";
	size_t n = 0;

	if (*text++ != '"')
		return 0;
	while (*text && *text != '"' && n < size) {
		const char *l;

		if (*text != '\\') {
			buf[n++] = (uint8_t)*text++;
			continue;
		}
		text++;
		l = *text ? strchr(letters, *text) : NULL;
		if (*text >= '0' && *text <= '7') {
			buf[n++] = (uint8_t)octal(&text);
		} else if (*text == 'x') {
			buf[n++] = (uint8_t)strtoul(text + 1, (char **)&text, 16);
		} else {
			buf[n++] = (uint8_t)(l && (l - letters) % 2 == 0 ? l[1] : *text);
			text += !!*text;
		}
	}
	return n;
}

/* -------------------------------------------------------------------- lines */

/* Past what is inside quotes, braces, brackets, parentheses, to one of @stop at the outside. */
static const char *skip_to(const char *s, const char *stop)
{
	int depth = 0;
	bool quoted = false;

	for (; *s; s++) {
		if (quoted) {
			if (*s == '\\' && s[1])
				s++;
			else if (*s == '"')
				quoted = false;
		} else if (*s == '"') {
			quoted = true;
		} else if (!depth && strchr(stop, *s)) {
			return s;
		} else if (strchr("({[", *s)) {
			depth++;
		} else if (strchr(")}]", *s)) {
			depth--;
		}
	}
	return s;
}

static void split_args(struct log_call *c)
{
	const char *s = strchr(c->text, '(');

	if (!s)
		return;
	for (int i = 0; i < CALL_ARGS && *++s && *s != ')'; i++) {
		const char *end;

		s += strspn(s, " ");
		end = skip_to(s, ",)");
		c->args[i] = strndup(s, (size_t)(end - s));
		s = end;
		if (*s != ',')
			break;
	}
}

/* "= 0x7f... (comment)", "= -1 EAGAIN (...)", "= ?" */
static void take_result(struct log_call *c, const char *s)
{
	while (*s == ' ')
		s++;
	if (*s++ != '=')
		return;
	while (*s == ' ')
		s++;
	c->ret = strdup(s);
	if (!log_number(s, &c->value))
		c->value = -1;
	c->failed = *s == '-' || *s == '?';
}

/* @text: a whole call with its result. */
static void finish(struct log_call *c, const char *text, unsigned line)
{
	const char *open = strchr(text, '('), *close;

	if (!open)
		return;
	close = skip_to(open + 1, ")");
	free(c->text);
	c->text = strndup(text, (size_t)(close - text) + (*close == ')'));
	if (!c->text)
		return;
	split_args(c);
	if (*close == ')')
		take_result(c, close + 1);
	c->leave = line;
}

static struct log_call *add(struct log *log, int pid, unsigned line, const char *text)
{
	struct log_call *v = realloc(log->v, (log->nr + 1) * sizeof(*v)), *c;

	if (!v)
		return NULL;
	log->v = v;
	c = &v[log->nr++];
	memset(c, 0, sizeof(*c));
	c->pid = pid;
	c->enter = line;
	c->name = strndup(text, strcspn(text, "("));
	return c->name ? c : NULL;
}

/* The rest of a call that began earlier. */
static int resume(struct log *log, int pid, unsigned line, const char *text)
{
	const char *rest = strstr(text, "resumed>");

	for (size_t i = log->nr; rest && i-- > 0;) {
		struct log_call *c = &log->v[i];
		char *whole;

		if (c->pid != pid || c->leave)
			continue;
		if (asprintf(&whole, "%s%s", c->text ? c->text : "", rest + 8) < 0)
			return -ENOMEM;
		finish(c, whole, line);
		free(whole);
		break;
	}
	return 0;
}

/* "10884 ", "[pid 10884] "; then perhaps a time. */
static const char *take_pid(const char *s, int *pid)
{
	char *end;

	*pid = 0;
	if (!strncmp(s, "[pid ", 5))
		s += 5 + strspn(s + 5, " ");
	if (isdigit((unsigned char)*s)) {
		long n = strtol(s, &end, 10);

		if (*end == ' ' || *end == ']') {
			*pid = (int)n;
			s = end + (*end == ']');
		}
	}
	s += strspn(s, " ");
	if (isdigit((unsigned char)*s) && strcspn(s, ":.") < strcspn(s, " "))
		s += strcspn(s, " ");
	return s + strspn(s, " ");
}

static int parse_line(struct log *log, const char *line, unsigned number)
{
	int pid;
	const char *s = take_pid(line, &pid), *cut = strstr(s, unfinished);
	struct log_call *c;

	if (!strncmp(s, "<... ", 5))
		return resume(log, pid, number, s);
	if (!isalpha((unsigned char)*s) || !strchr(s, '('))
		return 0;
	c = add(log, pid, number, s);
	if (!c)
		return -ENOMEM;
	if (cut) {
		c->text = strndup(s, (size_t)(cut - s));
		return c->text ? 0 : -ENOMEM;
	}
	finish(c, s, number);
	return 0;
}

/* Did a call of the log make it? */
static bool is_child(const struct log *log, int pid)
{
	for (size_t i = 0; i < log->nr; i++)
		if (log->v[i].value == pid && strstr("clone3 clone vfork fork", log->v[i].name))
			return true;
	return false;
}

/* As long as there is one process strace may leave its pid out. */
static void name_first_process(struct log *log)
{
	int first = 0;

	for (size_t i = 0; i < log->nr && !first; i++)
		if (log->v[i].pid && !is_child(log, log->v[i].pid))
			first = log->v[i].pid;
	for (size_t i = 0; i < log->nr; i++)
		if (!log->v[i].pid)
			log->v[i].pid = first;
}

int log_parse(const char *text, struct log *ret)
{
	unsigned number = 0;
	int r = 0;

	memset(ret, 0, sizeof(*ret));
	while (*text && !r) {
		size_t len = strcspn(text, "\n");
		char *line = strndup(text, len);

		r = line ? parse_line(ret, line, ++number) : -ENOMEM;
		free(line);
		text += len + (text[len] == '\n');
	}
	/* A call that never returned. */
	for (size_t i = 0; i < ret->nr && !r; i++)
		if (!ret->v[i].leave && ret->v[i].text)
			split_args(&ret->v[i]);
	name_first_process(ret);
	if (r < 0)
		log_free(ret);
	return r;
}

void log_free(struct log *log)
{
	for (size_t i = 0; i < log->nr; i++) {
		free(log->v[i].name);
		free(log->v[i].text);
		free(log->v[i].ret);
		for (int k = 0; k < CALL_ARGS; k++)
			free(log->v[i].args[k]);
	}
	free(log->v);
	memset(log, 0, sizeof(*log));
}
