/* SPDX-License-Identifier: BSD-2-Clause */
/* Random programs: what their calls do, and the machine they begin on. */
#include "random_calls.h"

static const char *const op_names[NR_OPS] = {
	"load", "store", "memset", "COPY", "COPY|WP", "COPY|DONTWAKE", "ZEROPAGE", "POISON",
	"CONTINUE", "WRITEPROTECT(wp)", "WRITEPROTECT(0)", "MOVE", "MOVE|HOLES",
	"MOVE(within)", "WAKE", "REGISTER(missing)",
	"REGISTER(missing|wp)", "UNREGISTER", "read", "poll", "close", "munmap", "mmap",
	"mprotect(rw)", "mprotect(read)", "mremap(away)", "mremap(back)", "mremap(dontunmap)",
	"mremap(grow)", "DONTNEED", "FREE", "COLD", "PAGEOUT", "GUARD_INSTALL", "GUARD_REMOVE",
	"POPULATE_WRITE", "COLLAPSE", "DONTFORK", "WIPEONFORK", "fork", "userfaultfd", "userfaultfd(events)",
	"userfaultfd(SIGBUS)", "open", "SCAN", "SCAN(wp)",
	"write(pipe)", "read(pipe)", "vmsplice", "pread(mem)", "pwrite(mem)", "process_vm_readv",
	"process_vm_writev", "pin", "unpin", "mlock", "munlock", "mseal",
	"ftruncate(less)", "ftruncate(more)", "fallocate(punch)", "fallocate", "REMOVE",
	"REGISTER(minor)", "mmap(file)", "load(alias)", "store(alias)",
};

unsigned below(uint64_t *x, unsigned n)
{
	return sim_splitmix(x) % n;
}

const char *random_profile(uint64_t *x)
{
	static const char *const profiles[] = { "v6.18", "v6.18", "v6.9",
						"v5.15", "v4.18", "v4.17" };

	return profiles[below(x, ARRAY_SIZE(profiles))];
}

uint8_t random_file(const struct program *p, uint64_t *x)
{
	static const uint8_t kinds[] = { 0, MAP_SHARED, MAP_PRIVATE };
	uint8_t kind = kinds[below(x, ARRAY_SIZE(kinds))];

	return p->wp && strcmp(p->profile, "v6") < 0 ? 0 : kind;
}

void random_memory(struct program *p, uint64_t *x, unsigned huge)
{
	p->registered = below(x, 4);
	p->late_fork = below(x, 2);
	p->populated = (unsigned)sim_splitmix(x);
	p->zero = (unsigned)sim_splitmix(x);
	p->protected = (unsigned)sim_splitmix(x);
	p->wp = strcmp(p->profile, "v5") > 0 && below(x, 2);
	p->file = random_file(p, x);
	p->swap = strcmp(p->profile, "v6") > 0 && below(x, 2);
	p->huge = !p->swap && !p->file && !below(x, huge);
}

uint64_t random_wp_feature(const struct program *p, uint64_t *x)
{
	if (strcmp(p->profile, "v6") <= 0 || below(x, 4))
		return 0;
	return below(x, 2) ? UFFD_FEATURE_WP_ASYNC : UFFD_FEATURE_WP_UNPOPULATED;
}

unsigned random_op(const struct program *p, uint64_t *x)
{
	return below(x, p->file ? NR_OPS : SHRINK);
}

struct call random_call(const struct program *p, uint64_t *x, unsigned op)
{
	struct call c = { .op = (uint8_t)op, .huge = p->huge };

	c.page = (uint8_t)below(x, p->pages + 1);
	c.pages = (uint8_t)(1 + below(x, p->pages));
	c.fd = FIRST_FD + !below(x, 4);
	c.whole = p->huge && below(x, 2);
	return c;
}

void print_program(const struct program *p)
{
	print_message("seed %llu: %s%s, features 0x%llx%s%s%s%s%s%s%s, populated %x, zero %x, protected %x\n",
		      (unsigned long long)p->seed, p->profile,
		      p->file == MAP_SHARED  ? ", shared file" :
		      p->file == MAP_PRIVATE ? ", private file" : "",
		      (unsigned long long)p->features,
		      p->registered ? ", registered" : "", p->wp ? " with wp" : "",
		      p->blocking ? ", blocking" : "", p->source_missing ? ", no source" : "",
		      p->late_fork ? ", late fork" : "", p->swap ? ", swap" : "",
		      p->huge ? ", huge" : "", p->populated, p->zero, p->protected);
	for (unsigned i = 0; i < p->nr; i++) {
		print_message("  worker %u%s:", i, p->w[i].in_child ? " (child)" : "");
		for (unsigned j = 0; j < p->w[i].nr; j++) {
			const struct call *c = &p->w[i].calls[j];

			print_message(" %s(%u+%u,%u);", op_names[c->op], c->page,
				      c->whole ? HPAGE_PMD_NR : c->pages, c->fd);
		}
		print_message("\n");
	}
}

/* -------------------------------------------------------------------- workers */

struct job {
	const struct worker *w;
	struct outcome *out;
	struct task_struct *task;
};

/* From the source, or from the next page of the memory itself. */
static int64_t do_move(struct task_struct *t, const struct call *c, uint64_t start, uint64_t len)
{
	struct uffdio_move m = { .dst = start, .src = SOURCE(c) + (start - A0), .len = len };
	bool written;

	if (c->op == MOVE_WITHIN)
		m.src = c->page ? start - PAGE_SIZE : start + PAGE_SIZE;
	if (c->op != MOVE)
		m.mode = UFFDIO_MOVE_MODE_ALLOW_SRC_HOLES;
	sys_ioctl(t, c->fd, UFFDIO_MOVE, &m, 0, &written);
	return m.move;
}

static int64_t do_ioctl(struct task_struct *t, const struct call *c, uint64_t start, uint64_t len)
{
	struct uffdio_copy copy = { .dst = start, .src = SOURCE(c), .len = len };
	struct uffdio_zeropage fill = { .range = { start, len } };
	struct uffdio_writeprotect wp = { .range = { start, len } };
	bool written;

	switch (c->op) {
	case COPY:
	case COPY_WP:
	case COPY_DONTWAKE:
		copy.mode = c->op == COPY_WP ? UFFDIO_COPY_MODE_WP :
			    c->op == COPY ? 0 : UFFDIO_COPY_MODE_DONTWAKE;
		sys_ioctl(t, c->fd, UFFDIO_COPY, &copy, 0, &written);
		return copy.copy;
	case ZEROPAGE:
	case POISON:
	case CONTINUE:
		sys_ioctl(t, c->fd,
			  c->op == ZEROPAGE ? UFFDIO_ZEROPAGE :
			  c->op == POISON   ? UFFDIO_POISON : UFFDIO_CONTINUE,
			  &fill, 0, &written);
		return fill.zeropage;
	case MOVE:
	case MOVE_HOLES:
	case MOVE_WITHIN:
		return do_move(t, c, start, len);
	case WAKE:
	case UNREGISTER:
		return sys_ioctl(t, c->fd, c->op == WAKE ? UFFDIO_WAKE : UFFDIO_UNREGISTER,
				 &wp.range, 0, &written);
	default:
		wp.mode = c->op == PROTECT ? UFFDIO_WRITEPROTECT_MODE_WP : 0;
		return sys_ioctl(t, c->fd, UFFDIO_WRITEPROTECT, &wp, 0, &written);
	}
}

static int64_t do_read(struct task_struct *t, int fd)
{
	struct uffd_msg msg;
	int64_t ret = sys_read_uffd(t, fd, &msg);

	return ret < 0 ? ret : msg.event;
}

static int64_t do_uffd(struct task_struct *t, uint64_t features)
{
	struct uffdio_api api = { .api = UFFD_API, .features = features };
	int64_t fd = sys_userfaultfd(t, O_NONBLOCK);
	bool written;

	if (fd >= 0)
		sys_ioctl(t, fd, UFFDIO_API, &api, 0, &written);
	return fd;
}

/* All that it tells, in one number. */
static int64_t do_scan(struct task_struct *t, const struct call *c, uint64_t start, uint64_t len)
{
	struct page_region room[4] = { 0 };
	struct pm_scan_request req = {
		.arg = { .size = sizeof(req.arg), .start = start, .end = start + len, .vec = A0,
			 .vec_len = 4, .return_mask = 0x1ff },
		.room = room,
	};
	bool written = false;
	int64_t ret, n;

	if (c->op == SCAN_WP)
		req.arg.flags = PM_SCAN_WP_MATCHING;
	ret = n = sys_ioctl(t, PAGEMAP_FD, PAGEMAP_SCAN, &req, 0, &written);
	for (int64_t i = 0; i < n; i++)
		ret = (ret & 0xffffffffff) << 20 ^ (int64_t)((room[i].end - room[i].start) | room[i].categories);
	return ret ^ (int64_t)(req.arg.walk_end << 1);
}

/* The kernel reaches for the memory. */
static int64_t do_kernel(struct task_struct *t, const struct call *c, uint64_t start, uint64_t len)
{
	int pid = sys_getpid(t);
	uint8_t v = 0x70 + c->fd;
	int64_t ret;

	switch (c->op) {
	case PIPE_WRITE:
		return sys_write(t, PIPE_FD, start, c->fd & 1 ? 2 : len);
	case PIPE_READ:
		return sys_read(t, PIPE_FD, start, c->fd & 1 ? 2 : len);
	case VMSPLICE:
		return sys_vmsplice(t, PIPE_FD, start, len, 0);
	case MEM_READ:
		ret = sys_pread(t, MEM_FD, start, &v);
		return ret == 1 ? v : ret;
	case MEM_WRITE:
		return sys_pwrite(t, MEM_FD, start, v);
	case VM_READV:
		return sys_process_vm_readv(t, pid, start, start - A0 + SOURCE(c), len);
	case VM_WRITEV:
		return sys_process_vm_writev(t, pid, start - A0 + SOURCE(c), start, len);
	case PIN:
		return sys_io_uring_register(t, RING_FD, 0, start, len);
	case UNPIN:
		return sys_io_uring_register(t, RING_FD, 1, 0, 0);
	case MLOCK:
		return sys_mlock2(t, start, len, c->fd & 1);
	case MUNLOCK:
		return sys_munlock(t, start, len);
	default:
		return sys_mseal(t, start, len, 0);
	}
}

/* The memory has a file. */
static int64_t do_file(struct task_struct *t, const struct call *c, uint64_t start, uint64_t len)
{
	uint64_t off = start - A0;
	uint8_t v = 0;
	enum access_result r;

	switch (c->op) {
	case SHRINK:
		return sys_ftruncate(t, FILE_FD, off);
	case EXTEND:
		return sys_ftruncate(t, FILE_FD, off + len);
	case PUNCH:
		return sys_fallocate(t, FILE_FD, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, off, len);
	case ALLOCATE:
		return sys_fallocate(t, FILE_FD, c->fd & 1 ? FALLOC_FL_KEEP_SIZE : 0, off, len);
	case MMAP_FILE:
		return sys_mmap(t, start, len, RW, MAP_FIXED | (c->fd & 1 ? MAP_SHARED : MAP_PRIVATE),
				FILE_FD, off);
	case REGISTER_MINOR:
		return uffd_register(t, c->fd, start, c->pages,
				     UFFDIO_REGISTER_MODE_MISSING | UFFDIO_REGISTER_MODE_MINOR);
	case ALIAS_LOAD:
		r = user_load(t, ALIAS + off, &v);
		return r << 8 | v;
	default:
		return user_store(t, ALIAS + off, t->tid + c->pages);
	}
}

static void run_child(void *arg)
{
	struct task_struct *t = arg;

	user_store(t, A0, 0xc1);
	user_store(t, A0 + PAGE_SIZE, 0xc2);
}

static int64_t do_fork(struct task_struct *t, struct outcome *out)
{
	struct sim *sim = t->process->k->sim;
	struct process *child;
	int64_t ret = sys_fork(t, &child);
	struct task_struct *task;
	struct sim_thread *thread;

	if (ret < 0 || out->children++)
		return ret < 0 ? ret : 1;
	task = task_create(child, "child");
	thread = task ? sim_spawn(sim, "child", run_child, task, 0) : NULL;
	if (thread)
		sim_thread_set_data(thread, task);
	return 1;
}

static int64_t do_memory(struct task_struct *t, const struct call *c, uint64_t start, uint64_t len)
{
	switch (c->op) {
	case MUNMAP:
		return sys_munmap(t, start, len);
	case MMAP:
		return sys_mmap(t, start, len, RW, ANON | MAP_FIXED, -1, 0);
	case MPROTECT:
		return sys_mprotect(t, start, len, RW);
	case PROTECT_NONE:
		return sys_mprotect(t, start, len, c->fd & 1 ? PROT_READ : PROT_NONE);
	case MREMAP_AWAY:
		return sys_mremap(t, start, len, len, MREMAP_MAYMOVE | MREMAP_FIXED,
				  start - A0 + TARGET(c));
	case MREMAP_BACK:
		return sys_mremap(t, start - A0 + TARGET(c), len, len, MREMAP_MAYMOVE | MREMAP_FIXED,
				  start);
	case MREMAP_STAY:
		return sys_mremap(t, start, len, len,
				  MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP,
				  start - A0 + TARGET(c));
	default:
		return sys_mremap(t, start, len, len + PAGE_SIZE, MREMAP_MAYMOVE, 0);
	}
}

static int64_t do_access(struct task_struct *t, const struct call *c, uint64_t start, uint64_t len)
{
	uint8_t v = 0;
	enum access_result r;

	switch (c->op) {
	case LOAD:
		r = user_load(t, start, &v);
		return r << 8 | v;
	case STORE:
		return user_store(t, start, t->tid + c->pages);
	default:
		return user_memset(t, start, t->tid + c->pages, len);
	}
}

static const int advice[NR_OPS] = {
	[DONTNEED] = MADV_DONTNEED, [FREE] = MADV_FREE, [COLD] = MADV_COLD,
	[PAGEOUT] = MADV_PAGEOUT, [GUARD] = MADV_GUARD_INSTALL, [UNGUARD] = MADV_GUARD_REMOVE,
	[POPULATE] = MADV_POPULATE_WRITE, [COLLAPSE] = MADV_COLLAPSE, [DONTFORK] = MADV_DONTFORK,
	[WIPEONFORK] = MADV_WIPEONFORK, [REMOVE] = MADV_REMOVE,
};

static int64_t do_call(struct task_struct *t, const struct call *c, struct outcome *out)
{
	uint64_t start = A0 + c->page * PAGE_SIZE;
	uint64_t len = c->whole ? PMD_SIZE : c->pages * PAGE_SIZE;

	if (c->op <= MEMSET)
		return do_access(t, c, start, len);
	if (advice[c->op])
		return sys_madvise(t, start, len, advice[c->op]);
	switch (c->op) {
	case REGISTER:
	case REGISTER_WP:
		return uffd_register(t, c->fd, start, len / PAGE_SIZE,
				     UFFDIO_REGISTER_MODE_MISSING |
					     (c->op == REGISTER_WP ? UFFDIO_REGISTER_MODE_WP : 0));
	case READ:
		return do_read(t, c->fd);
	case POLL:
		return sys_poll(t, c->fd, POLLIN);
	case CLOSE:
		return sys_close(t, c->fd);
	case FORK:
		return do_fork(t, out);
	case UFFD:
	case UFFD_EVENTS:
	case UFFD_SIGBUS:
		return do_uffd(t, c->op == UFFD	       ? UFFD_FEATURE_WP_UNPOPULATED :
				  c->op == UFFD_EVENTS ? EVENTS : UFFD_FEATURE_SIGBUS);
	case SCAN:
	case SCAN_WP:
		return do_scan(t, c, start, len);
	case OPEN_DEV:
		return sys_open(t, "/dev/userfaultfd", O_RDWR);
	default:
		if (c->op >= SHRINK)
			return do_file(t, c, start, len);
		if (c->op >= PIPE_WRITE)
			return do_kernel(t, c, start, len);
		if (c->op >= MUNMAP && c->op <= MREMAP_GROW)
			return do_memory(t, c, start, len);
		return do_ioctl(t, c, start, len);
	}
}

static void run_worker(void *arg)
{
	struct job *job = arg;

	for (unsigned i = 0; i < job->w->nr; i++) {
		job->out->result[i] = do_call(job->task, &job->w->calls[i], job->out);
		job->out->done++;
	}
}

/* ---------------------------------------------------------------------- set-up */

static void set_up_registered(struct task_struct *t, const struct program *p)
{
	struct uffdio_api api = { .api = UFFD_API, .features = p->features };
	int fd = sys_userfaultfd(t, p->blocking ? 0 : O_NONBLOCK);
	uint64_t mode = UFFDIO_REGISTER_MODE_MISSING | (p->wp ? UFFDIO_REGISTER_MODE_WP : 0);
	bool written;

	assert_int_equal(sys_ioctl(t, fd, UFFDIO_API, &api, 0, &written), 0);
	assert_int_equal(uffd_register(t, fd, A0, p->huge ? HPAGE_PMD_NR : p->pages, mode), 0);
	if (p->huge && p->wp && p->protected & 4)
		uffd_wp(t, fd, A0, HPAGE_PMD_NR, UFFDIO_WRITEPROTECT_MODE_WP);
	for (unsigned i = 0; i < p->pages; i++)
		if (p->wp && p->protected >> i & 1)
			uffd_wp(t, fd, A0 + i * PAGE_SIZE, 1, UFFDIO_WRITEPROTECT_MODE_WP);
}

/* Descriptors that are there from the start, above those that the calls make. */
static void open_files(struct task_struct *t)
{
	int64_t fd = sys_open(t, "/proc/self/pagemap", O_RDONLY);

	while (fd < PAGEMAP_FD)
		fd = sys_dup(t, fd);
	assert_int_equal(sys_pipe(t), PIPE_FD);
	assert_int_equal(sys_open(t, "/proc/self/mem", O_RDWR), MEM_FD);
	/* Before 5.1 something else has its number. */
	if (sys_io_uring_setup(t, 1) != RING_FD)
		assert_int_equal(sys_dup(t, MEM_FD), RING_FD);
	assert_int_equal(sys_memfd_create(t, "f", 0), FILE_FD);
	while (--fd >= FIRST_FD)
		sys_close(t, fd);
}

static void map_memory(struct task_struct *t, const struct program *p)
{
	unsigned pages = p->huge ? HPAGE_PMD_NR : p->pages;
	uint64_t len = pages * PAGE_SIZE;

	map_at(t, SOURCE(p), pages, RW);
	if (!p->file) {
		map_at(t, A0, pages, RW);
		if (p->huge) {
			sys_madvise(t, A0, len, MADV_HUGEPAGE);
			sys_madvise(t, SOURCE(p), len, MADV_HUGEPAGE);
		}
		return;
	}
	assert_int_equal(sys_ftruncate(t, FILE_FD, len), 0);
	assert_int_equal(sys_mmap(t, A0, len, RW, p->file | MAP_FIXED, FILE_FD, 0), A0);
	assert_int_equal(sys_mmap(t, ALIAS, len, RW, MAP_SHARED | MAP_FIXED, FILE_FD, 0), ALIAS);
	for (unsigned i = 0; i < p->pages; i++)
		if (p->zero >> i & 1)
			user_memset(t, ALIAS + i * PAGE_SIZE, 0x30 + i, PAGE_SIZE);
}

static void set_up(struct task_struct *t, void *arg)
{
	struct ready *r = arg;
	const struct program *p = r->p;
	bool child = false, late = p->late_fork && !(p->features & UFFD_FEATURE_EVENT_FORK);
	uint8_t v;

	open_files(t);
	if (p->swap)
		sys_swapon(t, "swap", 0);
	map_memory(t, p);
	for (unsigned i = 0; i < p->pages; i++) {
		if (p->populated >> i & 1)
			user_memset(t, A0 + i * PAGE_SIZE, 0x20 + i, PAGE_SIZE);
		else if (p->zero >> i & 1)
			user_load(t, A0 + i * PAGE_SIZE, &v);
		if (!p->source_missing)
			user_memset(t, SOURCE(p) + i * PAGE_SIZE, 0x50 + i, PAGE_SIZE);
	}
	for (unsigned i = 0; i < p->nr; i++)
		child |= p->w[i].in_child;
	if (child && !late)
		assert_true(sys_fork(t, &r->child) > 0);
	if (p->registered)
		set_up_registered(t, p);
	if (child && late)
		assert_true(sys_fork(t, &r->child) > 0);
}

struct victim {
	struct sim *sim;
	struct sim_thread *t;
};

static void kill_victim(void *arg)
{
	const struct victim *v = arg;

	sim_yield(v->sim, SIM_OP_WAKE, "kill");
	sim_kill(v->t);
}

/* What else may happen to the first worker. */
static void disturb(const struct program *p, struct sim *sim, struct sim_thread *t)
{
	struct victim *v = sim_zalloc(sim, sizeof(*v));

	assert_non_null(v);
	*v = (struct victim){ sim, t };
	if (p->spurious)
		assert_int_equal(sim_wake_spuriously(t, 1), 0);
	if (p->killed)
		assert_non_null(sim_spawn(sim, "killer", kill_victim, v, 0));
}

static const char *with_tlb(const struct program *p, char name[64])
{
	snprintf(name, 64, "%s%s", p->profile, p->tlb ? "+tlb=on" : "");
	return name;
}

struct ready make_ready(const struct program *p, bool check_steps)
{
	static const char *const names[] = { "w0", "w1", "w2" };
	char name[64];
	const struct sim_config cfg = {
		.check_steps = check_steps, .never_alone = p->tlb, .arena_size = 1 << 20, .max_steps = p->huge ? 30000 : 3000,
	};
	struct ready r = { .world = world_new_in(with_tlb(p, name), &cfg), .p = p };
	struct sim *sim = r.world->sim;

	world_do(r.world, set_up, &r);
	for (unsigned i = 0; i < p->nr; i++) {
		struct job *job = sim_zalloc(sim, sizeof(*job));
		struct sim_thread *t;

		assert_non_null(job);
		r.out[i] = sim_zalloc(sim, sizeof(*r.out[i]));
		*job = (struct job){ &p->w[i], r.out[i],
				     task_create(p->w[i].in_child ? r.child : r.world->main,
						 names[i]) };
		t = sim_spawn(sim, names[i], run_worker, job, 0);
		assert_non_null(t);
		sim_thread_set_data(t, job->task);
		if (!i)
			disturb(p, sim, t);
	}
	return r;
}
