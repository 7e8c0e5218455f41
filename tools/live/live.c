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
#include "tools/live/channel.h"
#include "tools/live/diff_internal.h"
#include "tools/live/live.h"
#include "tools/live/qemu.h"
#include "tools/live/serve.h"
#include "tools/live/settings.h"

struct live {
	struct channel c;
	pid_t pid;
	char release[72];
	char profile[16];
	bool booted;
	struct diff_summary *sum;
};

static void engine_child(int fd)
{
	int high = host_move_fd(fd, ENGINE_FD);

	if (high < 0)
		_exit(1);
	setpgid(0, 0);
	engine_serve(&(struct channel){ .in = high, .out = high });
	_exit(0);
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
	l->c = (struct channel){ .in = fds[0], .out = fds[0] };
	uname(&uts);
	snprintf(l->release, sizeof(l->release), "%s", uts.release);
	return 0;
}

static int start_booted(struct live *l, const struct live_config *cfg, char *why, size_t whylen)
{
	struct hello hello = { 0 };
	int r = qemu_start(cfg->kernel, cfg->verbose, &l->c, &l->pid, &hello, why, whylen);

	snprintf(l->release, sizeof(l->release), "%s", hello.release);
	l->booted = true;
	return r;
}

static int start_here(struct live *l, char *why, size_t whylen)
{
	int r;

	if (!settings_good(false, why, whylen))
		return -ENOTSUP;
	r = start_local(l);
	if (r < 0)
		snprintf(why, whylen, "cannot start: %s", strerror(-r));
	return r;
}

int live_open(const struct live_config *cfg, struct live **ret, char *why, size_t whylen)
{
	struct live *l = calloc(1, sizeof(*l));
	int r;

	if (!l)
		return -ENOMEM;
	if (cfg && cfg->kernel)
		r = start_booted(l, cfg, why, whylen);
	else
		r = start_here(l, why, whylen);
	if (r < 0) {
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
	close(l->c.in);
	/* An emulated machine has nothing to tidy up. */
	if (l->booted)
		kill(l->pid, SIGKILL);
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

int live_pid(const struct live *l)
{
	return l->pid;
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
	snprintf(req->profile, sizeof(req->profile), "%s",
		 opt->profile ? opt->profile : l->profile);
}

int live_run(struct live *l, const char *text, size_t len, const struct live_options *opt,
	     struct live_answer *ans)
{
	static const struct live_options none;
	struct engine_request req;
	struct engine_answer got;

	memset(ans, 0, sizeof(*ans));
	fill_request(l, opt ? opt : &none, len, &req);
	if (!channel_write(&l->c, &req, sizeof(req)) || !channel_write(&l->c, text, len) ||
	    !channel_read(&l->c, &got, sizeof(got)) || got.magic != ENGINE_MAGIC)
		return -EIO;
	ans->status = (enum litmus_status)got.status;
	ans->err = got.err;
	ans->len = got.len;
	ans->out = malloc((size_t)got.len + 1);
	if (!ans->out)
		return -ENOMEM;
	if (!channel_read(&l->c, ans->out, got.len))
		return -EIO;
	ans->out[got.len] = 0;
	return 0;
}

void live_answer_fini(struct live_answer *ans)
{
	free(ans->out);
	memset(ans, 0, sizeof(*ans));
}
