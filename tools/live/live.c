/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * live.c - the caller's side of an engine
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <uffdsim/mm.h>

#include "tools/live/engine.h"
#include "tools/live/host.h"
#include "tools/live/diff_internal.h"
#include "tools/live/live.h"
#include "tools/live/settings.h"

struct live {
	int fd;
	pid_t pid;
	char release[65];
	char profile[16];
	struct diff_summary *sum;
};

/* Descriptors far from those that a scenario may name. */
#define ENGINE_FD 900

static void engine_child(int fd)
{
	int high = host_move_fd(fd, ENGINE_FD);

	if (high < 0)
		_exit(1);
	setpgid(0, 0);
	engine_serve(high, high);
}

/* The newest known profile that is not newer than the kernel: "v6.18". */
static void find_profile(struct live *l)
{
	int major = 0, minor = 0, a, b;
	const struct profile *p;

	sscanf(l->release, "%d.%d", &major, &minor);
	for (unsigned i = 0; (p = profile_nth(i)); i++)
		if (sscanf(profile_name(p), "v%d.%d", &a, &b) == 2 &&
		    (a < major || (a == major && b <= minor)))
			snprintf(l->profile, sizeof(l->profile), "%s", profile_name(p));
}

static int start_local(struct live *l)
{
	struct utsname uts;
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		return -errno;
	fflush(NULL);
	l->pid = fork();
	if (l->pid < 0) {
		close(fds[0]);
		close(fds[1]);
		return -errno;
	}
	if (!l->pid) {
		close(fds[0]);
		engine_child(fds[1]);
	}
	close(fds[1]);
	l->fd = fds[0];
	uname(&uts);
	snprintf(l->release, sizeof(l->release), "%s", uts.release);
	return 0;
}

int live_open(const struct live_config *cfg, struct live **ret, char *why, size_t whylen)
{
	struct live *l;
	int r;

	if (!settings_good(false, why, whylen))
		return -ENOTSUP;
	l = calloc(1, sizeof(*l));
	if (!l)
		return -ENOMEM;
	r = start_local(l);
	if (r < 0) {
		snprintf(why, whylen, "cannot start: %s", strerror(-r));
		free(l);
		return r;
	}
	find_profile(l);
	*ret = l;
	return 0;
}

void live_close(struct live *l)
{
	if (!l)
		return;
	close(l->fd);
	while (waitpid(l->pid, NULL, 0) < 0 && errno == EINTR)
		;
	free(l);
}

void live_count_into(struct live *l, struct diff_summary *sum)
{
	l->sum = sum;
}

struct diff_summary *live_summary(const struct live *l)
{
	return l->sum;
}

const char *live_profile(const struct live *l)
{
	return l->profile;
}

const char *live_release(const struct live *l)
{
	return l->release;
}

static void fill_request(const struct live *l, const struct live_options *opt, size_t len,
			 struct engine_request *req)
{
	*req = (struct engine_request){
		.magic = ENGINE_MAGIC,
		.len = (uint32_t)len,
		.runs = opt->runs ? opt->runs : 1000,
		.seed = opt->seed,
		.limit_ms = opt->limit_ms ? opt->limit_ms : 10000,
		.flags = (opt->state ? ENGINE_STATE : 0) | (opt->text ? ENGINE_TEXT : 0) |
			 (opt->notime ? ENGINE_NOTIME : 0) | (opt->skip_blocked ? ENGINE_SKIP : 0),
	};
	snprintf(req->profile, sizeof(req->profile), "%s", opt->profile ? opt->profile : l->profile);
}

int live_run(struct live *l, const char *text, size_t len, const struct live_options *opt,
	     struct live_answer *ans)
{
	static const struct live_options none;
	struct engine_request req;
	struct engine_answer got;

	memset(ans, 0, sizeof(*ans));
	fill_request(l, opt ? opt : &none, len, &req);
	if (!full_write(l->fd, &req, sizeof(req)) || !full_write(l->fd, text, len) ||
	    !full_read(l->fd, &got, sizeof(got)) || got.magic != ENGINE_MAGIC)
		return -EIO;
	ans->status = (enum litmus_status)got.status;
	ans->err = got.err;
	ans->len = got.len;
	ans->out = malloc((size_t)got.len + 1);
	if (!ans->out)
		return -ENOMEM;
	if (!full_read(l->fd, ans->out, got.len))
		return -EIO;
	ans->out[got.len] = 0;
	return 0;
}

void live_answer_fini(struct live_answer *ans)
{
	free(ans->out);
	memset(ans, 0, sizeof(*ans));
}
