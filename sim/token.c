/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * token.c - a schedule in a few characters
 *
 *     v1:0123456789abcdef:12b3a
 *
 * Twelve choices as run-to-completion would make them, then thread b (1), three
 * more, then thread a (0), then run-to-completion to the end.  A zero is left
 * out.  A token has one spelling: a choice that is no deviation is refused.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim_internal.h"

static const char letters[SIM_MAX_THREADS + 1] = "abcdefghijklmnopqrstuvwxyzABCDEF";

static const char unfinished[] = "the run ended before the token did";

/* The next deviation of the token; false at its end or if it is garbage. */
static bool next_deviation(struct sim_replay *r)
{
	const char *p = r->next, *letter;
	uint64_t skip = 0;

	r->deviate = -1;
	if (!*p) {
		r->error = NULL;
		return false;
	}
	for (; *p >= '0' && *p <= '9'; p++) {
		if (skip > UINT32_MAX) {
			r->error = "token: a number is too large";
			return false;
		}
		skip = skip * 10 + (uint64_t)(*p - '0');
	}
	letter = *p ? strchr(letters, *p) : NULL;
	if (!letter) {
		r->error = "token: a thread's letter is missing";
		return false;
	}
	r->skip = skip;
	r->deviate = (int)(letter - letters);
	r->next = p + 1;
	r->error = unfinished;
	return true;
}

static int pick_replay(void *state, const struct sim_choice *choice)
{
	struct sim_replay *r = state;
	int id = sched_default(choice->enabled, choice->fresh, choice->current);
	int want = r->deviate;

	if (want < 0)
		return id;
	if (r->skip) {
		r->skip--;
		return id;
	}
	if (!(choice->enabled >> want & 1)) {
		r->error = "token: the thread it names cannot go on there";
		return -1;
	}
	if (want == id) {
		r->error = "token: a choice of it is the one that would be made anyway";
		return -1;
	}
	next_deviation(r);
	return want;
}

static const char *program_mismatch(const char *token, uint64_t program)
{
	char want[24];

	snprintf(want, sizeof(want), "%016" PRIx64 ":", program);
	if (strncmp(token, "v1:", 3))
		return "token: does not begin with v1:";
	if (strspn(token + 3, "0123456789abcdef") != 16 || token[19] != ':')
		return "token: the program's hash is missing";
	if (strncmp(token + 3, want, 17))
		return "token: made for another program";
	return NULL;
}

/* The whole token is read once so that garbage is refused before anything runs. */
int sim_replay_init(struct sim_replay *r, const char *token, uint64_t program,
		    struct sim_strategy *ret)
{
	struct sim_replay probe;

	*r = (struct sim_replay){ .next = "", .deviate = -1 };
	r->error = program_mismatch(token, program);
	if (r->error)
		return -EINVAL;
	probe.next = token + 20;
	while (next_deviation(&probe))
		;
	r->error = probe.error;
	if (r->error)
		return -EINVAL;
	r->next = token + 20;
	next_deviation(r);
	*ret = (struct sim_strategy){ .pick = pick_replay, .state = r };
	return 0;
}

char *sim_token(uint64_t program, const uint8_t *picks, const uint32_t *enabled, uint64_t n)
{
	uint32_t seen = 0;
	uint64_t skip = 0;
	int current = -1;
	size_t size;
	char *buf;
	FILE *f = open_memstream(&buf, &size);
	bool failed;

	if (!f)
		return NULL;
	fprintf(f, "v1:%016" PRIx64 ":", program);
	for (uint64_t i = 0; i < n; i++) {
		int id = sched_default(enabled[i], enabled[i] & ~seen, current);

		if (id == picks[i]) {
			skip++;
		} else {
			if (skip)
				fprintf(f, "%" PRIu64, skip);
			putc(letters[picks[i]], f);
			skip = 0;
		}
		if (seen >> picks[i] & 1)
			current = picks[i];
		seen |= 1u << picks[i];
	}
	failed = ferror(f);
	if (fclose(f) || failed) {
		free(buf);
		return NULL;
	}
	return buf;
}
