/* SPDX-License-Identifier: BSD-2-Clause */
#include "script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SOURCE_PAGE 4096 /* of c, far from the rest */

static uint64_t script_prot(const char *s)
{
	return (strchr(s, 'r') ? PROT_READ : 0) | (strchr(s, 'w') ? PROT_WRITE : 0) |
	       (strchr(s, 'x') ? PROT_EXEC : 0);
}

static uint64_t script_mremap_flags(const char *s)
{
	return (strchr(s, 'm') ? MREMAP_MAYMOVE : 0) | (strchr(s, 'f') ? MREMAP_FIXED : 0) |
	       (strchr(s, 'd') ? MREMAP_DONTUNMAP : 0);
}

static int64_t script_expected(const char *s)
{
	static const struct {
		const char *name;
		int64_t value;
	} names[] = {
		{ "EPERM", -EPERM },         { "EAGAIN", -EAGAIN },      { "ENOMEM", -ENOMEM },
		{ "EACCES", -EACCES },       { "EFAULT", -EFAULT },      { "EBADF", -EBADF },
		{ "EEXIST", -EEXIST },       { "ENODEV", -ENODEV },      { "EINVAL", -EINVAL },
		{ "EOVERFLOW", -EOVERFLOW }, { "SEGV", ACCESS_SIGSEGV }, { "BUS", ACCESS_SIGBUS },
		{ "ENOENT", -ENOENT },       { "EBUSY", -EBUSY },
	};

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(s, names[i].name))
			return names[i].value;
	return strtoll(s, NULL, 0);
}

static int64_t script_load(struct task_struct *t, uint64_t addr)
{
	uint8_t v = 0;
	enum access_result ret = user_load(t, addr, &v);

	return ret == ACCESS_OK ? v : (int64_t)ret;
}

static int64_t script_copy(struct script *s, uint64_t addr, unsigned pages)
{
	uint64_t src = A0 + SOURCE_PAGE * PAGE_SIZE;
	int64_t ret;

	map_at(s->parent, src, pages, RW);
	user_memset(s->parent, src, 0x11, pages * PAGE_SIZE);
	ret = uffd_copy(s->parent, s->uffd, addr, src, pages, 0, NULL);
	sys_munmap(s->parent, src, pages * PAGE_SIZE);
	return ret;
}

static int64_t script_move(struct script *s, struct task_struct *t, const uint64_t *v,
			   uint64_t mode)
{
	struct uffdio_move m = {
		.dst = A0 + v[0] * PAGE_SIZE,
		.src = A0 + v[2] * PAGE_SIZE,
		.len = v[1] * PAGE_SIZE,
		.mode = mode,
	};
	bool written;
	int64_t ret = sys_ioctl(t, s->uffd, UFFDIO_MOVE, &m, 0, &written);

	return written ? m.move : ret;
}

static int64_t script_fill(struct script *s, struct task_struct *t, uint64_t cmd, uint64_t addr,
			   uint64_t len)
{
	struct uffdio_zeropage z = { .range = { addr, len } };
	bool written;

	return sys_ioctl(t, s->uffd, cmd, &z, 0, &written);
}

static int64_t script_soft_dirty(struct task_struct *t, uint64_t addr)
{
	struct page_region room[1];
	struct pm_scan_request req = {
		.arg = { .size = sizeof(req.arg), .start = addr, .end = addr + PAGE_SIZE, .vec = A0,
			 .vec_len = 1, .category_mask = PAGE_IS_SOFT_DIRTY },
		.room = room,
	};
	int64_t fd = sys_open(t, "/proc/self/pagemap", O_RDONLY), ret;
	bool written;

	ret = sys_ioctl(t, fd, PAGEMAP_SCAN, &req, 0, &written);
	sys_close(t, fd);
	return ret;
}

static int64_t script_rwprotect(struct script *s, struct task_struct *t, uint64_t addr,
				uint64_t len, uint64_t mode)
{
	struct uffdio_rwprotect rwp = { { addr, len }, mode };
	bool written;

	return sys_ioctl(t, s->uffd, UFFDIO_RWPROTECT, &rwp, 0, &written);
}

static int64_t script_unregister(struct script *s, struct task_struct *t, uint64_t addr,
				 uint64_t len)
{
	struct uffdio_range range = { addr, len };
	bool written;

	return sys_ioctl(t, s->uffd, UFFDIO_UNREGISTER, &range, 0, &written);
}

/* Page by page: a region each. */
static int64_t script_accessed(struct task_struct *t, uint64_t addr, uint64_t pages)
{
	int fd = sys_open(t, "/proc/self/pagemap", O_RDONLY);
	int64_t accessed = 0;

	for (uint64_t i = 0; i < pages; i++, addr += PAGE_SIZE) {
		struct page_region region[1];
		struct pm_scan_request req = {
			.arg = { .size = sizeof(req.arg), .start = addr, .end = addr + PAGE_SIZE,
				 .vec = A0, .vec_len = 1, .category_mask = PAGE_IS_ACCESSED,
				 .return_mask = PAGE_IS_ACCESSED },
			.room = region,
		};
		bool written;

		accessed += sys_ioctl(t, fd, PAGEMAP_SCAN, &req, 0, &written);
	}
	sys_close(t, fd);
	return accessed;
}

static int64_t script_fork(struct script *s)
{
	int64_t ret = sys_fork(s->parent, &s->child);

	if (ret > 0)
		s->child_task = task_create(s->child, "child");
	return ret;
}

/* One command; @n fields of it were there. */
static int64_t script_call(struct script *s, struct task_struct *t, char cmd, int n,
				  const uint64_t *v, const char *word, uint64_t extra)
{
	uint64_t addr = A0 + v[0] * PAGE_SIZE, len = v[1] * PAGE_SIZE;
	uint64_t mode;

	switch (cmd) {
	case 'm':
		return sys_mmap(t, addr, len, script_prot(word), ANON | MAP_FIXED | extra, -1, 0);
	case 'u':
		return sys_munmap(t, addr, len);
	case 'p':
		return sys_mprotect(t, addr, len, script_prot(word));
	case 'r':
		return sys_mremap(t, addr, len, v[2] * PAGE_SIZE, script_mremap_flags(word),
				  n > 5 ? A0 + extra * PAGE_SIZE : 0);
	case 'a':
		return sys_madvise(t, addr, len, v[2]);
	case 'w':
		return n < 4 ? user_store(t, addr, v[1])
			     : user_memset(t, addr, v[1], v[2] * PAGE_SIZE);
	case 'l':
		return script_load(t, addr);
	case 'o':
		s->uffd = uffd_open(t, extra);
		return s->uffd;
	case 'g':
		mode = (strchr(word, 'm') ? UFFDIO_REGISTER_MODE_MISSING : 0) |
		       (strchr(word, 'w') ? UFFDIO_REGISTER_MODE_WP : 0) |
		       (strchr(word, 'r') ? UFFDIO_REGISTER_MODE_RWP : 0);
		return uffd_register(t, s->uffd, addr, v[1], mode);
	case 'c':
		return script_copy(s, addr, v[1]);
	case 'v':
		return script_move(s, t, v, extra);
	case 'z':
	case 'k':
		return script_fill(s, t, cmd == 'z' ? UFFDIO_ZEROPAGE : UFFDIO_POISON, addr, len);
	case 'x':
		return uffd_wp(t, s->uffd, addr, v[1], v[2]);
	case 'q':
		return script_rwprotect(s, t, addr, len, v[2]);
	case 'n':
		return script_unregister(s, t, addr, len);
	case 'e':
		return script_accessed(t, addr, v[1]);
	case 'y':
		return sys_write_text(t, sys_open(t, "/proc/self/clear_refs", O_WRONLY), "4");
	case 'd':
		return script_soft_dirty(t, addr);
	case 's':
		return v[0] ? sys_swapon(t, "swap", 0) : sys_swapoff(t, "swap");
	case 'f':
		return script_fork(s);
	}
	fail_msg("unknown command '%c'", cmd);
	return 0;
}

/* The text of one command, "=RESULT" cut off. */
static void script_step(struct script *s, char *text)
{
	char *expected = strchr(text, '='), cmd, word[16] = "-";
	uint64_t v[3] = { 0 }, extra = 0;
	struct task_struct *t = s->parent;
	int64_t ret;
	int n;

	if (expected)
		*expected++ = '\0';
	if (*text == '@') {
		t = s->child_task;
		text++;
	}
	switch (*text) {
	case 'm':
		n = sscanf(text, "%c %lu %lu %15s %lx", &cmd, &v[0], &v[1], word, &extra);
		break;
	case 'r':
		n = sscanf(text, "%c %lu %lu %lu %15s %lu", &cmd, &v[0], &v[1], &v[2], word,
			   &extra);
		break;
	case 'p':
	case 'g':
		n = sscanf(text, "%c %lu %lu %15s", &cmd, &v[0], &v[1], word);
		break;
	case 'v':
		n = sscanf(text, "%c %lu %lu %lu %lx", &cmd, &v[0], &v[1], &v[2], &extra);
		break;
	case 'o':
		n = sscanf(text, "%c %lx", &cmd, &extra);
		break;
	default:
		n = sscanf(text, "%c %lu %li %lu", &cmd, &v[0], (int64_t *)&v[1], &v[2]);
	}
	ret = script_call(s, t, cmd, n, v, word, extra);
	if (!expected && (ret < 0 || ((cmd == 'w') && ret)))
		fail_msg("%s: \"%s\" gave %lld", s->text, text, (long long)ret);
	if (expected && ret != script_expected(expected))
		fail_msg("%s: \"%s\" gave %lld, not %s", s->text, text, (long long)ret, expected);
}

void script_run(struct task_struct *t, void *arg)
{
	struct script *s = arg;
	char buf[1024], *save, *text;

	s->parent = t;
	assert_true(strlen(s->text) < sizeof(buf));
	strcpy(buf, s->text);
	for (text = strtok_r(buf, ";", &save); text; text = strtok_r(NULL, ";", &save))
		script_step(s, text + strspn(text, " "));
}

#define PAGEMAP_PAGES 12

static void script_check(const char *profile, const struct script_row *row)
{
	struct script s = { .w = world_new(profile), .text = row->text };
	const char *shown;

	world_do(s.w, script_run, &s);
	shown = maps(s.w, NULL);
	if (row->maps && strcmp(shown, row->maps))
		fail_msg("%s\n  after %s\n  maps are %s\n  not      %s", row->promise, row->text,
			 shown, row->maps);
	shown = pagemap(s.w, NULL, A0, PAGEMAP_PAGES);
	if (row->pagemap && strncmp(shown, row->pagemap, strlen(row->pagemap)))
		fail_msg("%s\n  after %s\n  pagemap is %s\n  not        %s", row->promise,
			 row->text, shown, row->pagemap);
	world_free(s.w);
}

void script_table(const char *profile, const struct script_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		script_check(profile, &rows[i]);
}
