/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "helper.h"

static char message[300];

struct litmus *parse(const char *text)
{
	struct litmus_error err;
	struct litmus *prog = NULL;

	if (litmus_parse(text, strlen(text), &prog, &err))
		fail_msg("%u:%u: %s", err.line, err.col, err.text);
	return prog;
}

static const char *place(const struct litmus_error *err)
{
	snprintf(message, sizeof(message), "%u:%u: %s", err->line, err->col, err->text);
	return message;
}

const char *parse_error(const char *text)
{
	struct litmus_error err;
	struct litmus *prog = NULL;

	if (!litmus_parse(text, strlen(text), &prog, &err)) {
		litmus_free(prog);
		return "it parses";
	}
	return place(&err);
}

static char *run(const char *text, struct litmus_run_result *res, struct litmus_error *err)
{
	struct litmus *prog = parse(text);
	struct litmus_options opt = { 0 };
	char *buf;
	size_t size;
	FILE *f = open_memstream(&buf, &size);

	assert_non_null(f);
	opt.json = f;
	assert_int_equal(litmus_run(prog, &opt, res, err), 0);
	fclose(f);
	litmus_free(prog);
	return buf;
}

char *run_json(const char *text, enum litmus_status *status)
{
	struct litmus_run_result res;
	struct litmus_error err;
	char *ret = run(text, &res, &err);

	if (status)
		*status = res.status;
	litmus_run_result_fini(&res);
	return ret;
}

const char *run_error(const char *text, enum litmus_status status)
{
	struct litmus_run_result res;
	struct litmus_error err;

	free(run(text, &res, &err));
	assert_int_equal(res.status, status);
	assert_non_null(res.message);
	litmus_run_result_fini(&res);
	return place(&err);
}

static char *explore(const char *text, bool json, enum litmus_status *status)
{
	struct litmus *prog = parse(text);
	struct litmus_options opt = { 0 };
	struct litmus_explore_result res;
	struct litmus_error err;
	char *buf;
	size_t size;
	FILE *f = open_memstream(&buf, &size);

	assert_non_null(f);
	assert_int_equal(litmus_explore(prog, &opt, &res, &err), 0);
	if (json)
		assert_int_equal(litmus_print_json(f, prog, &res, false, false), 0);
	else
		assert_int_equal(litmus_print_summary(f, prog, &res, false, false), 0);
	fclose(f);
	if (status)
		*status = res.status;
	litmus_explore_result_fini(&res);
	litmus_free(prog);
	return buf;
}

char *summary(const char *text, enum litmus_status *status)
{
	return explore(text, false, status);
}

char *explore_json(const char *text)
{
	return explore(text, true, NULL);
}

const char *after_init(const char *json)
{
	for (int i = 0; i < WORLD_STEPS; i++) {
		json = strchr(json, '\n');
		assert_non_null(json);
		json++;
	}
	return json;
}
