/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * read_write.c - read() and write() of a memfd, of huge pages and of /dev/zero
 *
 * A read copies what the cache has and makes no page; nothing is locked while it
 * waits for user memory.  A write holds the inode's lock all along, also while it
 * waits for its source, and takes pages as a fault does, without asking userfaultfd.
 */
#include "mm-model/fs.h"
#include "mm-model/hugetlb.h"

/* Where the bytes go or come from: user memory, or one byte that the caller keeps. */
struct iov_iter {
	struct task_struct *t;
	uint64_t user;
	uint8_t *byte; /* NULL: user memory */
};

/* The page at @index with a reference, or NULL for a hole. */
typedef int (*find_fn)(struct inode *inode, uint64_t index, struct page **ret);

static int find_shmem(struct inode *inode, uint64_t index, struct page **ret)
{
	int err = shmem_get_folio(NULL, inode, index, ret, SGP_READ, NULL, NULL);

	if (!err && *ret)
		folio_unlock(*ret);
	return err;
}

static int find_huge(struct inode *inode, uint64_t index, struct page **ret)
{
	struct page *folio = hugetlb_find_page(inode, index / HPAGE_PMD_NR);

	*ret = folio ? folio_page(folio, index % HPAGE_PMD_NR) : NULL;
	return 0;
}

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* How much of @n bytes at @pos lies in one page and within @size. */
static uint64_t in_page(uint64_t pos, uint64_t n, uint64_t size)
{
	return pos < size ? min_u64(min_u64(n, size - pos), PAGE_SIZE - (pos & ~PAGE_MASK)) : 0;
}

/* How many of @n bytes could be copied. */
static uint64_t copy_folio_to_iter(struct iov_iter *to, struct page *page, unsigned off, uint64_t n)
{
	if (!to->byte)
		return n - copy_page_to_iter(to->t, to->user, page, off, n);
	*to->byte = page_read(page, off);
	return n;
}

static int64_t file_read_iter(struct inode *inode, uint64_t pos, struct iov_iter *to, uint64_t len,
			      find_fn find)
{
	uint64_t done = 0;

	while (done < len) {
		struct page *page = NULL;
		uint64_t n, copied;
		int err;

		if (pos + done >= i_size_read(inode))
			break;
		err = find(inode, (pos + done) >> PAGE_SHIFT, &page);
		if (err)
			return done || err == -EINVAL ? (int64_t)done : err;
		/* It may have shrunk. */
		n = in_page(pos + done, len - done, i_size_read(inode));
		copied = copy_folio_to_iter(to, page ? page : inode->k->zero_page,
					    (pos + done) & ~PAGE_MASK, n);
		if (page)
			put_page(page);
		done += copied;
		to->user += copied;
		if (copied < n)
			return done ? (int64_t)done : -EFAULT;
		if (!n)
			break;
	}
	return done;
}

/* ---------------------------------------------------------------------- writing */

static uint64_t copy_folio_from_iter_atomic(struct iov_iter *from, struct page *page, unsigned off,
					    uint64_t n)
{
	if (!from->byte)
		return n - copy_page_from_iter_atomic(from->t, from->user, page, off, n);
	page_write(page, off, *from->byte);
	return n;
}

/* The largest folio that the file might have, which is what a write thinks of at once. */
#define WRITE_CHUNK PMD_SIZE

/* Page by page up to the first that cannot be read: was there any? */
static bool fault_in_readable(const struct iov_iter *from, uint64_t n)
{
	uint64_t addr = from->user, end = addr + n;

	if (from->byte)
		return true;
	for (; addr < end; addr = (addr & PAGE_MASK) + PAGE_SIZE)
		if (fault_in_user_readable(from->t, addr))
			break;
	return addr > from->user;
}

/* Before the page of the file is asked for, as kernels once did. */
static bool fault_in_first(const struct inode *inode, const struct iov_iter *from, uint64_t pos,
			   uint64_t len)
{
	const struct profile *prof = inode->k->prof;
	uint64_t chunk = prof->write_faults_chunk ? WRITE_CHUNK : PAGE_SIZE;

	return prof->write_faults_late ||
	       fault_in_readable(from, min_u64(len, chunk - (pos & (chunk - 1))));
}

/* One page: how many bytes, 0 if the source is not there, or -errno. */
static int64_t shmem_write_page(struct inode *inode, uint64_t pos, struct iov_iter *from,
				uint64_t n)
{
	struct page *page;
	uint64_t copied;
	int err = shmem_get_folio(NULL, inode, pos >> PAGE_SHIFT, &page, SGP_WRITE, NULL, NULL);

	if (err)
		return err;
	copied = copy_folio_from_iter_atomic(from, page, pos & ~PAGE_MASK, n);
	if (pos + copied > i_size_read(inode))
		i_size_write(inode, pos + copied);
	folio_mark_dirty(page);
	folio_unlock(page);
	put_page(page);
	return copied;
}

static int64_t generic_perform_write(struct inode *inode, uint64_t pos, struct iov_iter *from,
				     uint64_t len)
{
	uint64_t done = 0;
	int64_t n = 0;

	while (done < len) {
		uint64_t part = in_page(pos + done, len - done, UINT64_MAX);

		n = fault_in_first(inode, from, pos + done, len - done)
			    ? shmem_write_page(inode, pos + done, from, part)
			    : -EFAULT;
		if (!n && !fault_in_readable(from, part))
			n = -EFAULT;
		if (n < 0)
			break;
		done += n;
		from->user += n;
	}
	return done ? (int64_t)done : n;
}

static int64_t shmem_write_iter(struct inode *inode, uint64_t pos, struct iov_iter *from,
				uint64_t len)
{
	int64_t ret;

	down_write(&inode->i_rwsem);
	ret = pos < MAX_LFS_FILESIZE
		      ? generic_perform_write(inode, pos, from, min_u64(len, MAX_LFS_FILESIZE - pos))
		      : -EFBIG;
	up_write(&inode->i_rwsem);
	return ret;
}

/* ------------------------------------------------------------------ the methods */

static uint64_t file_pos(const struct file *file)
{
	sim_touch(file->obj.sim, sim_obj_key(&file->obj), SIM_READ);
	return file->f_pos;
}

static void file_moved(struct file *file, uint64_t pos, int64_t n)
{
	if (n <= 0)
		return;
	sim_touch(file->obj.sim, sim_obj_key(&file->obj), SIM_WRITE);
	file->f_pos = pos + n;
}

static int64_t read_at_pos(struct task_struct *t, struct file *file, uint64_t buf, uint64_t len,
			   find_fn find)
{
	struct iov_iter to = { .t = t, .user = buf };
	uint64_t pos = file_pos(file);
	int64_t ret = file_read_iter(file->f_inode, pos, &to, len, find);

	file_moved(file, pos, ret);
	return ret;
}

int64_t shmem_read(struct task_struct *t, struct file *file, uint64_t buf, uint64_t len)
{
	return read_at_pos(t, file, buf, len, find_shmem);
}

int64_t shmem_write(struct task_struct *t, struct file *file, uint64_t buf, uint64_t len)
{
	struct iov_iter from = { .t = t, .user = buf };
	uint64_t pos = file_pos(file);
	int64_t ret = len ? shmem_write_iter(file->f_inode, pos, &from, len) : 0;

	file_moved(file, pos, ret);
	return ret;
}

int64_t shmem_pread(struct task_struct *t, struct file *file, uint64_t pos, uint8_t *byte)
{
	struct iov_iter to = { .t = t, .byte = byte };

	return file_read_iter(file->f_inode, pos, &to, 1, find_shmem);
}

int64_t shmem_pwrite(struct task_struct *t, struct file *file, uint64_t pos, uint8_t byte)
{
	struct iov_iter from = { .t = t, .byte = &byte };

	return shmem_write_iter(file->f_inode, pos, &from, 1);
}

int64_t hugetlbfs_read(struct task_struct *t, struct file *file, uint64_t buf, uint64_t len)
{
	return read_at_pos(t, file, buf, len, find_huge);
}

int64_t hugetlbfs_pread(struct task_struct *t, struct file *file, uint64_t pos, uint8_t *byte)
{
	struct iov_iter to = { .t = t, .byte = byte };

	return file_read_iter(file->f_inode, pos, &to, 1, find_huge);
}

int64_t read_zero(struct task_struct *t, struct file *file, uint64_t buf, uint64_t len)
{
	uint64_t done = 0;

	while (done < len) {
		uint64_t n = in_page(buf + done, len - done, UINT64_MAX);

		if (copy_page_to_iter(t, buf + done, t->process->k->zero_page, 0, n))
			return done ? (int64_t)done : -EFAULT;
		done += n;
	}
	return done;
}

/* Nobody looks at what is written. */
int64_t write_zero(struct task_struct *t, struct file *file, uint64_t buf, uint64_t len)
{
	return len;
}

int64_t pread_zero(struct task_struct *t, struct file *file, uint64_t pos, uint8_t *byte)
{
	*byte = 0;
	return 1;
}

int64_t pwrite_zero(struct task_struct *t, struct file *file, uint64_t pos, uint8_t byte)
{
	return 1;
}
