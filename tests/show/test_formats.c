/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_formats.c - markdown, SVG, HTML and traces of whole runs
 */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "tools/show/show.h"

/* Two threads that meet at a lock, a page that is filled, a wake-up; names that need escapes. */
static const char scenario[] =
	"uffd formats\n"
	"init {\n"
	"A = mmap(NULL, 1p, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)\n"
	"S = mmap(NULL, 1p, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)\n"
	"memset(S, 0x11, 1p)\n"
	"u = userfaultfd(O_CLOEXEC)\n"
	"ioctl(u, UFFDIO_API, {api=UFFD_API, features=0})\n"
	"ioctl(u, UFFDIO_REGISTER, {range={A, 1p}, mode=UFFDIO_REGISTER_MODE_MISSING})\n"
	"}\n"
	"thread reader {\nx = *A\ny = x < 3 && 1 > 0\n}\n"
	"thread monitor {\nread(u, m)\nr = ioctl(u, UFFDIO_COPY, {dst=A, src=S, len=1p, "
	"mode=0})\n}\n";

struct drawn {
	struct litmus *prog;
	struct litmus_run_result run;
	struct diagram *d;
	struct show_options opt;
	char *notes[2];
};

static void setup(struct drawn *x)
{
	const struct litmus_options opt = { .trace = true };
	struct litmus_error err;

	memset(x, 0, sizeof(*x));
	assert_int_equal(litmus_parse(scenario, strlen(scenario), &x->prog, &err), 0);
	assert_int_equal(litmus_run(x->prog, &opt, &x->run, &err), 0);
	x->notes[0] = (char *)"a <note> & more | `here`";
	x->opt = (struct show_options){ .title = "A \"title\" <here> & there:", .notes = x->notes };
	x->d = diagram_new(x->prog, &x->run, &x->opt);
	assert_non_null(x->d);
}

static void teardown(struct drawn *x)
{
	diagram_free(x->d);
	litmus_run_result_fini(&x->run);
	litmus_free(x->prog);
}

typedef void (*printer)(FILE *out, const struct diagram *d, const struct show_options *opt);

static void page(FILE *out, const struct diagram *d, const struct show_options *opt)
{
	html_begin(out, "a < b", "1 & 2");
	html_print(out, d, opt);
	html_end(out);
}

static char *print(const struct drawn *x, printer p)
{
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	p(f, x->d, &x->opt);
	fclose(f);
	return text;
}

/* ------------------------------------------------------------------------------- XML */

#define MAX_DEPTH 32

static bool is_void(const char *name, size_t len)
{
	return (len == 4 && !strncmp(name, "meta", 4)) ||
	       (len == 8 && !strncmp(name, "!DOCTYPE", 8));
}

/* Every element is closed, in the right order; no '<' or '&' stands for itself. */
static void assert_balanced(const char *p)
{
	const char *open[MAX_DEPTH];
	size_t len[MAX_DEPTH], depth = 0;

	for (; *p; p++) {
		if (*p == '&')
			assert_true(!strncmp(p, "&amp;", 5) || !strncmp(p, "&lt;", 4) ||
				    !strncmp(p, "&gt;", 4) || !strncmp(p, "&quot;", 6));
		if (*p != '<')
			continue;
		if (p[1] == '/') {
			assert_true(depth > 0);
			depth--;
			assert_int_equal(strncmp(p + 2, open[depth], len[depth]), 0);
			assert_int_equal(p[2 + len[depth]], '>');
			continue;
		}
		assert_true(isalpha((unsigned char)p[1]) || p[1] == '!');
		assert_true(depth < MAX_DEPTH);
		open[depth] = p + 1;
		len[depth] = strcspn(p + 1, " />\n");
		p += strcspn(p, ">");
		if (p[-1] != '/' && !is_void(open[depth], len[depth]))
			depth++;
	}
	assert_int_equal(depth, 0);
}

static void assert_needs_nothing_else(const char *text)
{
	static const char *const words[] = { "<script",    "<link", "<img",  "@import",
					     "@font-face", "src=",  "href=", "<a " };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const char *at = strstr(text, words[i]);

		/* A scenario has `src=S` in its text. */
		while (at && !strcmp(words[i], "src=") && at[4] == 'S')
			at = strstr(at + 1, words[i]);
		if (at)
			fail_msg("found %s", words[i]);
	}
}

static void a_picture_is_xml_and_stands_alone(void **state)
{
	struct drawn x;
	char *text;

	setup(&x);
	text = print(&x, svg_print);
	assert_balanced(text);
	assert_needs_nothing_else(text);
	assert_int_equal(strncmp(text, "<svg xmlns=\"http://www.w3.org/2000/svg\" ", 40), 0);
	assert_non_null(strstr(text, "A &quot;title&quot; &lt;here&gt; &amp; there"));
	assert_non_null(strstr(text, ">y = x &lt; 3 &amp;&amp; 1 &gt; 0<"));
	assert_non_null(strstr(text, "A: - -&gt; pwxd 0x11"));
	assert_non_null(strstr(text, "wakes"));
	free(text);
	teardown(&x);
}

static void a_page_is_whole(void **state)
{
	struct drawn x;
	char *text;

	setup(&x);
	text = print(&x, page);
	assert_balanced(text);
	assert_needs_nothing_else(text);
	assert_non_null(strstr(text, "<title>a &lt; b</title>"));
	assert_non_null(strstr(text, "<pre>1 &amp; 2</pre>"));
	assert_non_null(strstr(text, "a &lt;note&gt; &amp; more"));
	assert_non_null(strstr(text, "<svg "));
	assert_non_null(strstr(text, "for a mail"));
	free(text);
	teardown(&x);
}

/* -------------------------------------------------------------------------- markdown */

static void markdown_has_as_many_cells_everywhere(void **state)
{
	unsigned rows = 0;
	struct drawn x;
	char *text;

	setup(&x);
	text = print(&x, markdown_print);
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		unsigned cells = 0;

		if (*line != '|')
			continue;
		for (char *p = line; *p; p++)
			cells += *p == '|' && (p == line || p[-1] != '\\');
		assert_int_equal(cells, 3);
		rows++;
	}
	assert_int_equal(rows, x.d->nr_rows + 2);
	free(text);
	text = print(&x, markdown_print);
	assert_non_null(strstr(text, "**y = x &lt; 3 &amp;&amp; 1 \\> 0**"));
	assert_non_null(strstr(text, "UFFDIO\\_COPY"));
	assert_non_null(strstr(text, "### A \"title\" <here> & there\n"));
	free(text);
	teardown(&x);
}

/* -------------------------------------------------------------------------- perfetto */

static json_t *trace_of(const struct drawn *x)
{
	json_error_t err;
	json_t *root;
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_int_equal(perfetto_print(f, x->prog, &x->run), 0);
	fclose(f);
	root = json_loads(text, JSON_REJECT_DUPLICATES, &err);
	assert_non_null(root);
	free(text);
	return root;
}

static json_int_t number(const json_t *o, const char *key)
{
	json_t *v = json_object_get(o, key);

	assert_true(json_is_integer(v));
	return json_integer_value(v);
}

static const char *string(const json_t *o, const char *key)
{
	json_t *v = json_object_get(o, key);

	assert_true(json_is_string(v));
	return json_string_value(v);
}

/* What the format asks of each kind of event. */
static void check_event(const json_t *o)
{
	const char *ph = string(o, "ph");

	string(o, "name");
	number(o, "pid");
	number(o, "tid");
	assert_true(number(o, "ts") >= 0);
	if (!strcmp(ph, "X"))
		assert_true(number(o, "dur") > 0);
	else if (!strcmp(ph, "s") || !strcmp(ph, "f"))
		number(o, "id");
	else if (!strcmp(ph, "M"))
		assert_true(json_is_object(json_object_get(o, "args")));
	else
		assert_string_equal(ph, "i");
	if (!strcmp(ph, "f"))
		assert_string_equal(string(o, "bp"), "e");
}

static bool same_track(const json_t *a, const json_t *b)
{
	return number(a, "pid") == number(b, "pid") && number(a, "tid") == number(b, "tid");
}

/* Two slices of a track are one inside of the other, or apart. */
static void check_nesting(const json_t *events)
{
	for (size_t i = 0; i < json_array_size(events); i++) {
		for (size_t k = 0; k < i; k++) {
			const json_t *a = json_array_get(events, i), *b = json_array_get(events, k);
			json_int_t a0, a1, b0, b1;

			if (*string(a, "ph") != 'X' || *string(b, "ph") != 'X' || !same_track(a, b))
				continue;
			a0 = number(a, "ts");
			a1 = a0 + number(a, "dur");
			b0 = number(b, "ts");
			b1 = b0 + number(b, "dur");
			if (!(a1 <= b0 || b1 <= a0 || (a0 >= b0 && a1 <= b1) ||
			      (b0 >= a0 && b1 <= a1)))
				fail_msg("%s and %s overlap", string(a, "name"), string(b, "name"));
		}
	}
}

static const json_t *find(const json_t *events, const char *ph, const char *name)
{
	for (size_t i = 0; i < json_array_size(events); i++) {
		const json_t *o = json_array_get(events, i);

		if (!strcmp(string(o, "ph"), ph) && !strcmp(string(o, "name"), name))
			return o;
	}
	fail_msg("no event %s %s", ph, name);
	return NULL;
}

static void a_trace_is_what_perfetto_reads(void **state)
{
	const json_t *events, *start, *finish, *args;
	struct drawn x;
	json_t *root;

	setup(&x);
	root = trace_of(&x);
	events = json_object_get(root, "traceEvents");
	assert_true(json_is_array(events));
	for (size_t i = 0; i < json_array_size(events); i++)
		check_event(json_array_get(events, i));
	check_nesting(events);
	start = find(events, "s", "wake-up");
	finish = find(events, "f", "wake-up");
	assert_int_equal(number(start, "id"), number(finish, "id"));
	assert_true(number(start, "ts") < number(finish, "ts"));
	args = json_object_get(find(events, "X", "mfill_atomic_install_pte()"), "args");
	assert_string_equal(json_string_value(json_array_get(json_object_get(args, "pte"), 0)),
			    "A: - -> pwxd 0x11");
	assert_string_equal(string(json_object_get(find(events, "X", "x = *A"), "args"), "result"),
			    "load = 0x11");
	find(events, "X", "handle_userfault()");
	find(events, "X", "vma_start_read(vma A)");
	json_decref(root);
	teardown(&x);
}

/* Whatever bytes a file has in its strings, what is drawn is UTF-8. */
static void any_bytes_become_text(void **state)
{
	static const char file[] =
		"uffd bytes\nthread T {\nf = memfd_create(\"\xc3\xa9 \xff\xc3( "
		"\xed\xa0\x80 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\", 0)\n}\n";
	const struct litmus_options opt = { .trace = true };
	struct litmus_error err;
	struct drawn x = { 0 };
	char *text;

	assert_int_equal(litmus_parse(file, strlen(file), &x.prog, &err), 0);
	assert_int_equal(litmus_run(x.prog, &opt, &x.run, &err), 0);
	x.d = diagram_new(x.prog, &x.run, &x.opt);
	text = print(&x, svg_print);
	assert_non_null(strstr(text, "\xc3\xa9 ??" "( ??? a"));
	assert_null(strchr(text, '\xff'));
	free(text);
	json_decref(trace_of(&x));
	teardown(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_picture_is_xml_and_stands_alone),
		cmocka_unit_test(a_page_is_whole),
		cmocka_unit_test(markdown_has_as_many_cells_everywhere),
		cmocka_unit_test(a_trace_is_what_perfetto_reads),
		cmocka_unit_test(any_bytes_become_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
