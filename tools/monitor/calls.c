/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * calls.c - system calls and accesses in the shape that monitors know
 */
#include <errno.h>
#include <string.h>

#include "tools/monitor/describe.h"

static struct task_struct *me(void)
{
	return thread_running()->task;
}

static int64_t result(const char *name, int64_t ret)
{
	if (is_described())
		describe_result(name, ret, "");
	return ret;
}

/* ------------------------------------------------------------------- mappings */

void u_name(const char *name, uint64_t addr, uint64_t len)
{
	struct books *b = program_running()->b;

	if (b->nr_names < MAX_NAMES)
		b->names[b->nr_names++] = (struct name){ name, addr, addr + len };
}

uint64_t u_map(const char *name, unsigned pages)
{
	uint64_t len = pages * PAGE_SIZE;
	int64_t addr = u_mmap(0, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (addr < 0)
		sim_bug(program_running()->sim, SIM_BUG_MISUSE, "u_map(%s, %u): no room", name,
			pages);
	u_name(name, (uint64_t)addr, len);
	return (uint64_t)addr;
}

int64_t u_mmap(uint64_t addr, uint64_t len, int prot, int flags, int fd, int64_t off)
{
	char a[WORDS], b[WORDS], c[WORDS];
	int64_t ret;

	if (is_described())
		describe_call("mmap(%s, %s, %s, 0x%x, %d, %lld)", words_place(a, addr),
			      words_length(b, len), words_prot(c, (unsigned)prot), (unsigned)flags,
			      fd, (long long)off);
	ret = sys_mmap(me(), addr, len, (unsigned)prot, (unsigned)flags, fd, (uint64_t)off);
	if (ret < 0)
		return result("mmap()", ret);
	if (is_described())
		describe_words("mmap() = %s", words_place(a, (uint64_t)ret));
	return ret;
}

int64_t u_munmap(uint64_t addr, uint64_t len)
{
	char a[WORDS], b[WORDS];

	if (is_described())
		describe_call("munmap(%s, %s)", words_place(a, addr), words_length(b, len));
	return result("munmap()", sys_munmap(me(), addr, len));
}

int64_t u_mprotect(uint64_t addr, uint64_t len, int prot)
{
	char a[WORDS], b[WORDS], c[WORDS];

	if (is_described())
		describe_call("mprotect(%s, %s, %s)", words_place(a, addr), words_length(b, len),
			      words_prot(c, (unsigned)prot));
	return result("mprotect()", sys_mprotect(me(), addr, len, (unsigned)prot));
}

int64_t u_madvise(uint64_t addr, uint64_t len, int advice)
{
	char a[WORDS], b[WORDS], c[WORDS];

	if (is_described())
		describe_call("madvise(%s, %s, %s)", words_place(a, addr), words_length(b, len),
			      words_advice(c, advice));
	return result("madvise()", sys_madvise(me(), addr, len, advice));
}

int64_t u_mremap(uint64_t addr, uint64_t old_len, uint64_t new_len, int flags, uint64_t new_addr)
{
	char a[WORDS], b[WORDS], c[WORDS], d[WORDS];
	int64_t ret;

	if (is_described())
		describe_call("mremap(%s, %s, %s, 0x%x, %s)", words_place(a, addr),
			      words_length(b, old_len), words_length(c, new_len), (unsigned)flags,
			      words_place(d, new_addr));
	ret = sys_mremap(me(), addr, old_len, new_len, (unsigned)flags, new_addr);
	if (ret < 0)
		return result("mremap()", ret);
	if (is_described())
		describe_words("mremap() = %s", words_place(a, (uint64_t)ret));
	return ret;
}

int64_t u_fork(const char *name, uffdsim_fn fn)
{
	struct program *p = program_running();
	struct process *child;
	int64_t ret;

	describe_call("fork()");
	ret = sys_fork(me(), &child);
	if (ret > 0 && !program_spawn(p, child, name, fn, false))
		sim_bug(p->sim, SIM_BUG_NOMEM, "no room for thread %s", name);
	if (ret <= 0)
		return result("fork()", ret);
	describe_words("fork() = %s", name);
	return ret;
}

/* ------------------------------------------------------------------- accesses */

static const char *signal_name(enum access_result r)
{
	return r == ACCESS_SIGBUS ? "SIGBUS" : "SIGSEGV";
}

int u_load(uint64_t addr)
{
	enum access_result r;
	char a[WORDS];
	uint8_t v;

	if (is_described())
		describe_call("*%s", words_place(a, addr));
	r = user_load(me(), addr, &v);
	if (r == ACCESS_OK)
		describe_words("load = 0x%x", v);
	else
		describe_words("load = %s", signal_name(r));
	return r == ACCESS_OK ? v : -(int)r;
}

static int store_result(enum access_result r)
{
	if (r == ACCESS_OK)
		describe_words("store = 0");
	else
		describe_words("store = %s", signal_name(r));
	return -(int)r;
}

int u_store(uint64_t addr, uint8_t v)
{
	char a[WORDS];

	if (is_described())
		describe_call("*%s = 0x%x", words_place(a, addr), v);
	return store_result(user_store(me(), addr, v));
}

int u_memset(uint64_t addr, uint8_t v, uint64_t len)
{
	char a[WORDS], b[WORDS];

	if (is_described())
		describe_call("memset(%s, 0x%x, %s)", words_place(a, addr), v,
			      words_length(b, len));
	return store_result(user_memset(me(), addr, v, len));
}

int u_peek(uint64_t addr)
{
	return observe_peek(kernel_init_process(program_running()->kernel), addr);
}

/* ---------------------------------------------------------------- descriptors */

int u_userfaultfd(int flags)
{
	describe_call("userfaultfd(0x%x)", (unsigned)flags);
	return (int)result("userfaultfd()", sys_userfaultfd(me(), (unsigned)flags));
}

static int64_t scan(int fd, struct pm_scan_arg *arg)
{
	struct pm_scan_request r = { .arg = *arg };
	bool written = false;
	int64_t ret = sys_ioctl(me(), fd, PAGEMAP_SCAN, &r, 0, &written);

	*arg = r.arg;
	return ret;
}

int64_t u_ioctl(int fd, unsigned long cmd, void *arg)
{
	char a[WORDS], b[WORDS];
	bool written = false;
	int64_t ret;

	if (is_described())
		describe_call("ioctl(%d, %s, %s)", fd, words_request(a, cmd),
			      words_argument(b, cmd, arg, false));
	if (cmd == PAGEMAP_SCAN)
		ret = scan(fd, arg);
	else
		ret = sys_ioctl(me(), fd, cmd, arg, (uintptr_t)arg, &written);
	if (is_described())
		describe_result(words_request(a, cmd), ret,
				written ? words_argument(b, cmd, arg, true) : "");
	return ret;
}

static void note_reader(int fd)
{
	if (fd >= 0 && fd < 64)
		thread_running()->reads |= 1ULL << fd;
}

/* After the first message only those that are there: who waited has something to do. */
int64_t u_read(int fd, void *buf, size_t len)
{
	struct uffd_msg msg;
	size_t done = 0;
	char a[WORDS];
	int64_t ret = -EINVAL;

	note_reader(fd);
	while (len - done >= sizeof(msg)) {
		describe_call("read(%d, message)", fd);
		ret = sys_read_uffd(me(), fd, &msg);
		if (is_described())
			describe_result("read()", ret,
					ret == sizeof(msg) ? words_message(a, &msg) : "");
		if (ret != sizeof(msg))
			break;
		memcpy((char *)buf + done, &msg, sizeof(msg));
		done += sizeof(msg);
	}
	return done ? (int64_t)done : ret;
}

int u_poll(struct pollfd *fds, unsigned nr, int timeout)
{
	struct program *p = program_running();
	int64_t ret;

	for (unsigned i = 0; i < nr; i++)
		note_reader(fds[i].fd);
	if (timeout > 0 && !p->timers)
		p->wants_timers = true;
	if (nr == 1)
		describe_call("poll({%d}, %d)", fds[0].fd, timeout);
	else
		describe_call("poll({%d, ...}, %d)", nr ? fds[0].fd : -1, timeout);
	ret = sys_poll_fds(me(), fds, nr, timeout);
	return (int)result("poll()", ret);
}

int u_close(int fd)
{
	describe_call("close(%d)", fd);
	return (int)result("close()", sys_close(me(), fd));
}

int u_memfd_create(const char *name, unsigned flags)
{
	describe_call("memfd_create(\"%s\", 0x%x)", name, flags);
	return (int)result("memfd_create()", sys_memfd_create(me(), name, flags));
}

int64_t u_ftruncate(int fd, int64_t len)
{
	describe_call("ftruncate(%d, %lld)", fd, (long long)len);
	return result("ftruncate()", sys_ftruncate(me(), fd, len));
}

int64_t u_fallocate(int fd, int mode, int64_t off, int64_t len)
{
	describe_call("fallocate(%d, 0x%x, %lld, %lld)", fd, (unsigned)mode, (long long)off,
		      (long long)len);
	return result("fallocate()", sys_fallocate(me(), fd, (unsigned)mode, off, len));
}

int u_pipe(void)
{
	describe_call("pipe()");
	return (int)result("pipe()", sys_pipe(me()));
}

static void describe_transfer(const char *what, int fd, uint64_t addr, uint64_t len)
{
	char a[WORDS], b[WORDS];

	if (is_described())
		describe_call("%s(%d, %s, %s)", what, fd, words_place(a, addr),
			      words_length(b, len));
}

int64_t u_vmsplice(int fd, uint64_t addr, uint64_t len, unsigned flags)
{
	describe_transfer("vmsplice", fd, addr, len);
	return result("vmsplice()", sys_vmsplice(me(), fd, addr, len, flags));
}

int64_t u_read_into(int fd, uint64_t addr, uint64_t len)
{
	describe_transfer("read", fd, addr, len);
	return result("read()", sys_read(me(), fd, addr, len));
}

int64_t u_write_from(int fd, uint64_t addr, uint64_t len)
{
	describe_transfer("write", fd, addr, len);
	return result("write()", sys_write(me(), fd, addr, len));
}
