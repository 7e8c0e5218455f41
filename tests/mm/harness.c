/* SPDX-License-Identifier: BSD-2-Clause */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct job {
	task_fn fn;
	void *arg;
	struct task_struct *task;
};

struct world *world_new(const char *profile)
{
	const struct sim_config cfg = { .check_steps = true };

	return world_new_in(profile, &cfg);
}

struct world *world_new_in(const char *profile, const struct sim_config *cfg)
{
	struct world *w = calloc(1, sizeof(*w));
	char err[128];

	assert_non_null(w);
	assert_int_equal(profile_parse(profile, &w->prof, err, sizeof(err)), 0);
	assert_int_equal(sim_create(&w->sim, cfg), 0);
	w->k = kernel_create(w->sim, &w->prof);
	assert_non_null(w->k);
	w->main = kernel_init_process(w->k);
	return w;
}

void world_free(struct world *w)
{
	sim_destroy(w->sim);
	free(w);
}

static void run_job(void *arg)
{
	struct job *job = arg;

	job->fn(job->task, job->arg);
}

struct sim_thread *world_thread(struct world *w, struct process *p, const char *name, task_fn fn,
				void *arg)
{
	struct job *job = sim_zalloc(w->sim, sizeof(*job));
	struct sim_thread *t;

	assert_non_null(job);
	*job = (struct job){ fn, arg, task_create(p ? p : w->main, name) };
	assert_non_null(job->task);
	t = sim_spawn(w->sim, name, run_job, job, 0);
	assert_non_null(t);
	sim_thread_set_data(t, job->task);
	return t;
}

void world_run(struct world *w, enum sim_end expected)
{
	enum sim_end end = sim_run(w->sim, sim_run_to_completion());

	if (end == SIM_END_BUG || end == SIM_END_UNMODELLED)
		print_message("%s\n", sim_finding(w->sim)->text);
	assert_string_equal(sim_end_name(end), sim_end_name(expected));
}

void world_do(struct world *w, task_fn fn, void *arg)
{
	world_thread(w, NULL, "test", fn, arg);
	world_run(w, SIM_END_DONE);
}

void in_world(task_fn fn, void *arg)
{
	struct world *w = world_new("v6.18");

	world_do(w, fn, arg);
	world_free(w);
}

uint64_t map_at(struct task_struct *t, uint64_t addr, unsigned pages, uint64_t prot)
{
	assert_int_equal(sys_mmap(t, addr, pages * PAGE_SIZE, prot, ANON | MAP_FIXED, -1, 0), addr);
	return addr;
}

int uffd_open(struct task_struct *t, uint64_t features)
{
	struct uffdio_api api = { .api = UFFD_API, .features = features };
	int fd = sys_userfaultfd(t, O_CLOEXEC | O_NONBLOCK);
	bool written;

	assert_true(fd >= FIRST_FD);
	assert_int_equal(sys_ioctl(t, fd, UFFDIO_API, &api, 0, &written), 0);
	return fd;
}

int64_t uffd_register(struct task_struct *t, int fd, uint64_t start, unsigned pages, uint64_t mode)
{
	struct uffdio_register r = { .range = { start, pages * PAGE_SIZE }, .mode = mode };
	bool written;

	return sys_ioctl(t, fd, UFFDIO_REGISTER, &r, 0, &written);
}

int64_t uffd_copy(struct task_struct *t, int fd, uint64_t dst, uint64_t src, unsigned pages,
		  uint64_t mode, int64_t *field)
{
	struct uffdio_copy c = { .dst = dst, .src = src, .len = pages * PAGE_SIZE, .mode = mode };
	bool written;
	int64_t ret = sys_ioctl(t, fd, UFFDIO_COPY, &c, 0, &written);

	if (field)
		*field = written ? c.copy : INT64_MAX;
	return ret;
}

int64_t uffd_zeropage(struct task_struct *t, int fd, uint64_t start, unsigned pages, int64_t *field)
{
	struct uffdio_zeropage z = { .range = { start, pages * PAGE_SIZE } };
	bool written;
	int64_t ret = sys_ioctl(t, fd, UFFDIO_ZEROPAGE, &z, 0, &written);

	if (field)
		*field = written ? z.zeropage : INT64_MAX;
	return ret;
}

int64_t uffd_wp(struct task_struct *t, int fd, uint64_t start, unsigned pages, uint64_t mode)
{
	struct uffdio_writeprotect wp = { .range = { start, pages * PAGE_SIZE }, .mode = mode };
	bool written;

	return sys_ioctl(t, fd, UFFDIO_WRITEPROTECT, &wp, 0, &written);
}

int64_t uffd_unregister(struct task_struct *t, int fd, uint64_t start, unsigned pages)
{
	struct uffdio_range r = { start, pages * PAGE_SIZE };
	bool written;

	return sys_ioctl(t, fd, UFFDIO_UNREGISTER, &r, 0, &written);
}

int64_t uffd_wake(struct task_struct *t, int fd, uint64_t start, unsigned pages)
{
	struct uffdio_range r = { start, pages * PAGE_SIZE };
	bool written;

	return sys_ioctl(t, fd, UFFDIO_WAKE, &r, 0, &written);
}

int64_t uffd_fill(struct task_struct *t, int fd, uint64_t cmd, uint64_t start, unsigned pages,
		  uint64_t mode, int64_t *field)
{
	struct uffdio_zeropage z = { .range = { start, pages * PAGE_SIZE }, .mode = mode };
	bool written;
	int64_t ret = sys_ioctl(t, fd, cmd, &z, 0, &written);

	if (field)
		*field = written ? z.zeropage : UNTOUCHED;
	return ret;
}

static long long page_of(uint64_t addr)
{
	return (long long)(addr - A0) / (long long)PAGE_SIZE;
}

static void print_msg(char *buf, size_t size, const struct uffd_msg *m)
{
	switch (m->event) {
	case UFFD_EVENT_PAGEFAULT:
		snprintf(buf, size, "fault %lld @%lld", (long long)m->arg.pagefault.flags,
			 page_of(m->arg.pagefault.address));
		break;
	case UFFD_EVENT_FORK:
		snprintf(buf, size, "fork %u", m->arg.fork.ufd);
		break;
	case UFFD_EVENT_REMAP:
		snprintf(buf, size, "remap %lld->%lld+%lld", page_of(m->arg.remap.from),
			 page_of(m->arg.remap.to), (long long)(m->arg.remap.len / PAGE_SIZE));
		break;
	default:
		snprintf(buf, size, "%s %lld-%lld",
			 m->event == UFFD_EVENT_REMOVE ? "remove" : "unmap",
			 page_of(m->arg.remove.start), page_of(m->arg.remove.end));
	}
}

const char *uffd_read(struct task_struct *t, int fd)
{
	static _Thread_local char buf[64];
	struct uffd_msg msg;
	int64_t ret = sys_read_uffd(t, fd, &msg);

	if (ret == sizeof(msg))
		print_msg(buf, sizeof(buf), &msg);
	else
		snprintf(buf, sizeof(buf), "%s", strerrorname_np((int)-ret));
	return buf;
}

const char *uffd_wait(struct task_struct *t, int fd)
{
	assert_int_equal(sys_poll(t, fd, POLLIN), POLLIN);
	return uffd_read(t, fd);
}

void watched_memory(struct task_struct *t, void *arg)
{
	int fd = uffd_open(t, *(uint64_t *)arg);

	map_at(t, A0, 6, RW);
	map_at(t, PAGE(8), 2, RW);
	for (unsigned i = 0; i < 6; i++)
		store(t, PAGE(i), 1);
	assert_int_equal(uffd_register(t, fd, A0, 4, MISSING | WP), 0);
	assert_int_equal(uffd_register(t, fd, PAGE(8), 2, MISSING | WP), 0);
}

void assert_result(const char *promise, int64_t ret, int64_t expected)
{
	if (ret != expected)
		fail_msg("%s: %lld, not %lld", promise, (long long)ret, (long long)expected);
}

void store(struct task_struct *t, uint64_t addr, uint8_t v)
{
	assert_int_equal(user_store(t, addr, v), ACCESS_OK);
}

uint8_t load(struct task_struct *t, uint64_t addr)
{
	uint8_t v;

	assert_int_equal(user_load(t, addr, &v), ACCESS_OK);
	return v;
}

const char *maps(struct world *w, struct process *p)
{
	static _Thread_local char buf[1024];
	struct observed_map m;
	size_t n = 0;

	buf[0] = '\0';
	for (unsigned i = 0; observe_map(p ? p : w->main, i, &m); i++)
		n += snprintf(buf + n, sizeof(buf) - n, "%s%lld-%lld %c%c%c%s%s", i ? "; " : "",
			      page_of(m.start), page_of(m.end), m.r ? 'r' : '-',
			      m.w ? 'w' : '-', m.x ? 'x' : '-', m.missing ? " um" : "",
			      m.wp ? " uw" : "");
	return buf;
}

const char *pagemap(struct world *w, struct process *p, uint64_t addr, unsigned pages)
{
	static _Thread_local char buf[512];
	size_t n = 0;

	buf[0] = '\0';
	for (unsigned i = 0; i < pages; i++) {
		char letters[8];

		observe_pagemap(p ? p : w->main, addr + i * PAGE_SIZE, letters);
		n += snprintf(buf + n, sizeof(buf) - n, "%s%s", i ? " " : "", letters);
	}
	return buf;
}
