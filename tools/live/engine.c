/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine.c - requests in, scenarios run, answers out
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "tools/live/channel.h"
#include "tools/live/engine.h"
#include "tools/live/host.h"
#include "tools/live/scratch.h"
#include "tools/live/serve.h"
#include "tools/live/settings.h"

#define GIVE_WAY_US 5000

/* Anywhere in the text is good enough: a lock too many does no harm. */
static bool mentions(const struct litmus *prog, const char *word)
{
	return memmem(prog->text, prog->len, word, strlen(word));
}

void engine_end(struct engine *e)
{
	live_kill(e->run);
	if (e->scratch[0])
		scratch_empty(e->scratch);
}

/* ------------------------------------------------------------------- requests */

static int cannot(struct engine *e, const char *why)
{
	e->ans->status = LITMUS_UNMODELLED;
	snprintf(e->ans->err.text, sizeof(e->ans->err.text), "%s", why);
	return 0;
}

/* open() of something that is not in /dev or /proc */
static bool needs_files(const struct litmus *prog)
{
	const char *p = prog->text;

	if (mentions(prog, "swapon("))
		return true;
	while ((p = strstr(p, "open(\""))) {
		p += 6;
		if (*p != '/')
			return true;
	}
	return false;
}

/* Of a thread that is still in a system call a kernel only tells that it is. */
static bool asks_why(const struct litmus *prog)
{
	for (int i = 0; i < prog->nr_atoms; i++)
		if (prog->atoms[i].kind == ATOM_VERDICT && prog->atoms[i].index != VERDICT_DEADLOCK)
			return true;
	return false;
}

/* False: @why tells what the machine lacks. */
static bool machine_take(struct engine *e, const struct litmus *prog, char *why, size_t size)
{
	if (mentions(prog, "HUGETLB") && !settings_huge_begin(&e->pool, why, size))
		return false;
	if (mentions(prog, "swapon(") || mentions(prog, "MADV_PAGEOUT") ||
	    mentions(prog, "MADV_COLD"))
		e->swap = settings_lock_swap(mentions(prog, "swapon("));
	return true;
}

static void machine_release(struct engine *e)
{
	settings_huge_end(&e->pool);
	settings_unlock(e->swap);
	e->swap = -1;
}

int engine_give_way(struct engine *e, struct machine *m)
{
	char why[200];

	if (e->pool.fd < 0 && e->swap < 0)
		return 0;
	engine_end(e);
	machine_release(e);
	/* Who waits needs a moment to take it. */
	usleep(GIVE_WAY_US);
	if (machine_take(e, m->prog, why, sizeof(why)))
		return 0;
	cannot(e, why);
	m->status = LITMUS_UNMODELLED;
	return 1;
}

static int run_program(struct engine *e, const struct litmus *prog)
{
	char why[200];
	int r;

	if (mentions(prog, "kill("))
		return cannot(e, "kill() of one thread: those of a live run end together");
	if (mentions(prog, "exit("))
		return cannot(e, "exit(): what is looked at goes on after it");
	if (asks_why(prog))
		return cannot(e, "of all verdicts a live kernel shows only deadlock");
	if (mentions(prog, "\"/dev/userfaultfd\"") && access("/dev/userfaultfd", F_OK))
		return cannot(e, "no /dev/userfaultfd on this machine");
	if (needs_files(prog)) {
		if (!scratch_begin(e->scratch, sizeof(e->scratch)))
			return cannot(e, "no disk for files of a scenario's own");
		e->run->scratch = e->scratch;
	}
	if (!machine_take(e, prog, why, sizeof(why)))
		return cannot(e, why);
	r = prog->sequence || prog->nr_threads == 1 ? engine_sequence(e, prog) :
						      engine_rounds(e, prog);
	machine_release(e);
	scratch_end(e->scratch);
	return r;
}

static void serve_one(struct engine *e, const char *text, size_t len)
{
	struct litmus *prog = NULL;
	int r = litmus_parse(text, len, &prog, &e->ans->err);

	if (r == -EINVAL)
		e->ans->status = LITMUS_BAD;
	else if (!r)
		r = run_program(e, prog);
	if (r < 0 && r != -EINVAL)
		cannot(e, strerror(-r));
	litmus_free(prog);
}

static bool serve_request(struct engine *e, const struct channel *c, const char *text, size_t len)
{
	struct engine_answer ans = { .magic = ENGINE_MAGIC };
	char *buf = NULL;
	size_t size = 0;
	bool ok;

	e->ans = &ans;
	e->out = open_memstream(&buf, &size);
	if (!e->out)
		return false;
	serve_one(e, text, len);
	if (fclose(e->out))
		return false;
	ans.len = (uint32_t)size;
	ok = channel_write(c, &ans, sizeof(ans)) && channel_write(c, buf, size);
	free(buf);
	return ok;
}

/* Nothing of the sanitizer's may lie where scenarios live. */
static void clear_arena(void)
{
	host_unmap(LIVE_ARENA_LOW, LIVE_ARENA_END - LIVE_ARENA_LOW);
}

void engine_serve(const struct channel *c)
{
	struct engine e = { .run = live_run_map(), .pool.fd = -1, .swap = -1 };
	struct engine_request req;
	char *text;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	signal(SIGPIPE, SIG_IGN);
	clear_arena();
	host_keep_code();
	while (e.run && channel_read(c, &req, sizeof(req)) && req.magic == ENGINE_MAGIC) {
		text = malloc((size_t)req.len + 1);
		if (!text || !channel_read(c, text, req.len))
			break;
		text[req.len] = 0;
		e.req = &req;
		if (!serve_request(&e, c, text, req.len))
			break;
		free(text);
	}
	scratch_end(e.scratch);
}
