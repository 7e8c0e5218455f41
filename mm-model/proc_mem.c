/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * proc_mem.c - /proc/self/mem: a debugger's view of the memory of who opened it
 */
#include "mm-model/cred.h"
#include "mm-model/file.h"
#include "mm-model/gup.h"

static int64_t mem_rw(struct task_struct *t, struct file *file, uint64_t addr, uint8_t *byte,
		      unsigned flags)
{
	struct mm_struct *mm = file->private_data;

	return access_remote_byte(t, mm, addr, byte, flags | FOLL_FORCE) ? 1 : -EIO;
}

static int64_t mem_pread(struct task_struct *t, struct file *file, uint64_t pos, uint8_t *byte)
{
	return mem_rw(t, file, pos, byte, 0);
}

static int64_t mem_pwrite(struct task_struct *t, struct file *file, uint64_t pos, uint8_t byte)
{
	return mem_rw(t, file, pos, &byte, FOLL_WRITE);
}

/* At the position of the file, which is 0: nothing can be mapped there. */
static int64_t mem_write_text(struct task_struct *t, struct file *file, const char *text)
{
	return *text ? -EIO : 0;
}

static int64_t mem_read(struct task_struct *t, struct file *file, uint64_t buf, uint64_t len)
{
	return len ? -EIO : 0;
}

/* The source is copied before anybody looks where to. */
static int64_t mem_write(struct task_struct *t, struct file *file, uint64_t buf, uint64_t len)
{
	struct page *page = alloc_page(t->process->k);
	int64_t ret = len ? -EIO : 0;

	if (!page)
		return -ENOMEM;
	if (copy_page_from_iter(t, buf, page, 0, len < PAGE_SIZE ? len : PAGE_SIZE))
		ret = -EFAULT;
	put_page(page);
	return ret;
}

/* A regular file without a size. */
static int64_t mem_setattr(struct file *file, uint64_t size)
{
	return 0;
}

static const struct file_operations proc_mem_operations = {
	.name = "/proc/self/mem",
	.read = mem_read,
	.write = mem_write,
	.setattr = mem_setattr,
	.write_text = mem_write_text,
	.pread = mem_pread,
	.pwrite = mem_pwrite,
};

int64_t proc_mem_open(struct task_struct *t, uint64_t flags)
{
	struct file *file;

	if (!proc_self_accessible(t))
		return -EACCES;
	file = file_alloc(t->process->k, &proc_mem_operations, flags);
	if (file)
		file->private_data = t->mm;
	return file_open(t, file);
}
