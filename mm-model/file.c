/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * file.c - descriptors, and the calls that dispatch on what one stands for
 */
#include <string.h>

#include "mm-model/cred.h"
#include "mm-model/file.h"
#include "mm-model/userfaultfd.h"

#define MAX_RW_COUNT 0x7ffff000ULL

static uint64_t slot_key(const struct files_struct *files, int fd)
{
	return sim_key(MM_CLASS_FILES, files->obj.id, fd);
}

/* The whole table; who changes a slot changes a part of it. */
static uint64_t table_key(const struct files_struct *files)
{
	return slot_key(files, MAX_FDS);
}

static void slot_changes(const struct files_struct *files, int fd)
{
	sim_touch(files->obj.sim, slot_key(files, fd), SIM_WRITE);
	sim_touch(files->obj.sim, table_key(files), SIM_PART_WRITE);
}

static uint64_t file_key(const struct file *file)
{
	return sim_obj_key(&file->obj);
}

struct files_struct *files_alloc(struct kernel *k)
{
	struct files_struct *files = sim_zalloc(k->sim, sizeof(*files));

	if (files)
		sim_obj_init(k->sim, &files->obj, (enum sim_class)MM_CLASS_FILES, "files");
	return files;
}

struct files_struct *files_dup(struct kernel *k, struct files_struct *old)
{
	struct files_struct *files = files_alloc(k);

	if (!files)
		return NULL;
	if (old->max) {
		files->fd = sim_zalloc(k->sim, old->max * sizeof(*files->fd));
		if (!files->fd) {
			files_put(k, files);
			return NULL;
		}
		files->max = old->max;
	}
	sim_touch(k->sim, table_key(old), SIM_READ);
	for (unsigned i = 0; i < old->max; i++) {
		files->fd[i] = old->fd[i];
		if (!files->fd[i])
			continue;
		files->fd[i]->refs++;
		files->fd[i]->fds++;
	}
	return files;
}

/* A descriptor goes. */
static void fd_drop(struct file *file)
{
	sim_touch(file->obj.sim, file_key(file), SIM_WRITE);
	if (!--file->fds && file->f_op->last_fd)
		file->f_op->last_fd(file);
	fput(file);
}

void files_put(struct kernel *k, struct files_struct *files)
{
	for (unsigned i = 0; i < files->max; i++)
		if (files->fd[i])
			fd_drop(files->fd[i]);
	if (files->fd)
		sim_free(k->sim, files->fd, files->max * sizeof(*files->fd));
	sim_obj_fini(&files->obj);
	sim_free(k->sim, files, sizeof(*files));
}

struct file *file_alloc(struct kernel *k, const struct file_operations *f_op, uint64_t flags)
{
	struct file *file = sim_zalloc(k->sim, sizeof(*file));

	if (!file)
		return NULL;
	sim_obj_init(k->sim, &file->obj, (enum sim_class)MM_CLASS_FILE, "file");
	file->f_op = f_op;
	file->refs = 1;
	file->readable = (flags & O_ACCMODE) != O_WRONLY;
	file->writable = (flags & O_ACCMODE) != O_RDONLY;
	file->nonblock = flags & O_NONBLOCK;
	return file;
}

/* Room for descriptor number @fd. */
static int files_grow(struct files_struct *files, unsigned fd)
{
	struct sim *sim = files->obj.sim;
	unsigned max = files->max ? files->max * 2 : 8;
	struct file **table;

	if (fd < files->max)
		return 0;
	table = sim_zalloc(sim, max * sizeof(*table));
	if (!table)
		return -ENOMEM;
	if (files->fd) {
		memcpy(table, files->fd, files->max * sizeof(*table));
		sim_free(sim, files->fd, files->max * sizeof(*table));
	}
	files->fd = table;
	files->max = max;
	return 0;
}

int fd_install(struct files_struct *files, struct file *file)
{
	unsigned fd = FIRST_FD;

	while (fd < files->max && files->fd[fd]) {
		sim_touch(files->obj.sim, slot_key(files, fd), SIM_READ);
		fd++;
	}
	if (fd >= MAX_FDS)
		return -EMFILE;
	if (files_grow(files, fd))
		return -ENOMEM;
	slot_changes(files, fd);
	files->fd[fd] = file;
	file->fds++;
	return fd;
}

struct file *fget(struct files_struct *files, int fd)
{
	if (fd < 0 || fd >= MAX_FDS)
		return NULL;
	sim_touch(files->obj.sim, slot_key(files, fd), SIM_READ);
	if ((unsigned)fd >= files->max || !files->fd[fd])
		return NULL;
	files->fd[fd]->refs++;
	return files->fd[fd];
}

uint64_t fd_poll(struct files_struct *files, int fd, uint64_t events)
{
	struct file *file;

	if (fd < 0 || fd >= MAX_FDS)
		return POLLNVAL;
	sim_touch(files->obj.sim, slot_key(files, fd), SIM_READ);
	file = (unsigned)fd < files->max ? files->fd[fd] : NULL;
	if (!file)
		return POLLNVAL;
	if (file->f_op->poll)
		return file->f_op->poll(file, events) & (events | POLLERR | POLLHUP);
	return events & (POLLIN | POLLOUT); /* no poll method: always ready */
}

void fput(struct file *file)
{
	struct sim *sim = file->obj.sim;

	/* While a descriptor is left calls end in any order; then which is the last matters. */
	sim_touch(sim, file_key(file), file->fds ? SIM_READ : SIM_WRITE);
	if (--file->refs)
		return;
	if (file->f_op->release)
		file->f_op->release(file);
	sim_obj_fini(&file->obj);
	sim_free(sim, file, sizeof(*file));
}

void get_file(struct file *file)
{
	sim_touch(file->obj.sim, file_key(file), SIM_READ);
	file->refs++;
}

/* -------------------------------------------------------------------- calls */

/* Every call on a descriptor begins with the look-up of it. */
static struct file *call_begin(struct task_struct *t, int fd, const char *what)
{
	sim_yield(t->process->k->sim, SIM_OP_READ, what);
	return fget(t->process->files, fd);
}

int64_t file_open(struct task_struct *t, struct file *file)
{
	int fd;

	if (!file)
		return -ENOMEM;
	fd = fd_install(t->process->files, file);
	if (fd < 0)
		fput(file);
	return fd;
}

static int64_t dev_userfaultfd_ioctl(struct task_struct *t, struct file *file, uint64_t cmd,
				     void *arg, uint64_t value, bool *written)
{
	return cmd == USERFAULTFD_IOC_NEW ? new_userfaultfd(t, value) : -EINVAL;
}

static const struct file_operations dev_userfaultfd_fops = {
	.name = "/dev/userfaultfd",
	.ioctl = dev_userfaultfd_ioctl,
};

static int64_t dev_userfaultfd_open(struct task_struct *t, uint64_t flags)
{
	if (!t->process->k->prof->dev_userfaultfd)
		return -ENOENT;
	if (!capable(t))
		return -EACCES;
	return file_open(t, file_alloc(t->process->k, &dev_userfaultfd_fops, flags));
}

int64_t sys_open(struct task_struct *t, const char *path, uint64_t flags)
{
	static const struct {
		const char *path;
		int64_t (*open)(struct task_struct *t, uint64_t flags);
	} files[] = {
		{ "/dev/userfaultfd", dev_userfaultfd_open },
		{ "/dev/zero", zero_open },
		{ "/proc/self/mem", proc_mem_open },
		{ "/proc/self/pagemap", pagemap_open },
		{ "/proc/self/clear_refs", clear_refs_open },
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (strcmp(path, files[i].path))
			continue;
		sim_yield(t->process->k->sim, SIM_OP_WRITE, "open");
		return files[i].open(t, flags);
	}
	if (strchr(path, '/'))
		sim_unmodelled(t->process->k->sim, "open of \"%s\"", path);
	sim_yield(t->process->k->sim, SIM_OP_WRITE, "open");
	return generic_file_open(t, path, flags);
}

int64_t sys_dup(struct task_struct *t, int fd)
{
	struct file *file;

	sim_yield(t->process->k->sim, SIM_OP_WRITE, "dup");
	file = fget(t->process->files, fd);
	return file ? file_open(t, file) : -EBADF;
}

int64_t sys_close(struct task_struct *t, int fd)
{
	struct files_struct *files = t->process->files;
	struct file *file;

	sim_yield(t->process->k->sim, SIM_OP_WRITE, "close");
	if (!fd_kind(t, fd))
		return -EBADF;
	slot_changes(files, fd);
	file = files->fd[fd];
	files->fd[fd] = NULL;
	fd_drop(file);
	return 0;
}

/* What vfs_read() and vfs_write() ask before the file's own method. */
static int rw_verify(bool mode, bool method, uint64_t buf, uint64_t len)
{
	if (!mode)
		return -EBADF;
	if (!method)
		return -EINVAL;
	return access_ok(buf, len) ? 0 : -EFAULT;
}

int64_t sys_read(struct task_struct *t, int fd, uint64_t buf, uint64_t len)
{
	struct file *file = call_begin(t, fd, "read");
	int64_t ret;

	if (!file)
		return -EBADF;
	ret = rw_verify(file->readable, file->f_op->read, buf, len);
	if (!ret)
		ret = file->f_op->read(t, file, buf, len < MAX_RW_COUNT ? len : MAX_RW_COUNT);
	fput(file);
	return ret;
}

int64_t sys_write(struct task_struct *t, int fd, uint64_t buf, uint64_t len)
{
	struct file *file = call_begin(t, fd, "write");
	int64_t ret;

	if (!file)
		return -EBADF;
	ret = rw_verify(file->writable, file->f_op->write, buf, len);
	if (!ret)
		ret = file->f_op->write(t, file, buf, len < MAX_RW_COUNT ? len : MAX_RW_COUNT);
	fput(file);
	return ret;
}

int64_t sys_write_text(struct task_struct *t, int fd, const char *text)
{
	struct file *file = call_begin(t, fd, "write");
	int64_t ret;

	if (!file)
		return -EBADF;
	ret = rw_verify(file->writable, file->f_op->write || file->f_op->write_text, 0, 0);
	if (!ret && !file->f_op->write_text)
		sim_unmodelled(t->process->k->sim, "write of a text to %s", file->f_op->name);
	if (!ret)
		ret = file->f_op->write_text(t, file, text);
	fput(file);
	return ret;
}

int64_t sys_pread(struct task_struct *t, int fd, int64_t pos, uint8_t *byte)
{
	struct file *file;
	int64_t ret;

	if (pos < 0)
		return -EINVAL;
	file = call_begin(t, fd, "pread");
	if (!file)
		return -EBADF;
	ret = file->f_op->stream ? -ESPIPE : rw_verify(file->readable, file->f_op->pread, 0, 1);
	if (!ret)
		ret = file->f_op->pread(t, file, pos, byte);
	fput(file);
	return ret;
}

int64_t sys_pwrite(struct task_struct *t, int fd, int64_t pos, uint8_t byte)
{
	struct file *file;
	int64_t ret;

	if (pos < 0)
		return -EINVAL;
	file = call_begin(t, fd, "pwrite");
	if (!file)
		return -EBADF;
	ret = file->f_op->stream ? -ESPIPE : rw_verify(file->writable, file->f_op->pwrite, 0, 1);
	if (!ret)
		ret = file->f_op->pwrite(t, file, pos, byte);
	fput(file);
	return ret;
}

int64_t unmodelled_rw(struct task_struct *t, struct file *file, uint64_t buf, uint64_t len)
{
	sim_unmodelled(t->process->k->sim, "read() and write() of %s", file->f_op->name);
}

int64_t unmodelled_pread(struct task_struct *t, struct file *file, uint64_t pos, uint8_t *byte)
{
	sim_unmodelled(t->process->k->sim, "pread() of %s", file->f_op->name);
}

int64_t unmodelled_pwrite(struct task_struct *t, struct file *file, uint64_t pos, uint8_t byte)
{
	sim_unmodelled(t->process->k->sim, "pwrite() of %s", file->f_op->name);
}

int64_t sys_ftruncate(struct task_struct *t, int fd, int64_t len)
{
	struct file *file;
	int64_t ret;

	if (len < 0)
		return -EINVAL;
	file = call_begin(t, fd, "ftruncate");
	if (!file)
		return -EBADF;
	ret = file->f_op->setattr && file->writable ? 0 : -EINVAL;
	if (!ret)
		ret = file->f_op->setattr(file, len);
	fput(file);
	return ret;
}

/* Before 6.12 those that shift a file, and UNSHARE, were asked about one by one, and last. */
static int fallocate_mode_old(uint64_t mode)
{
	const uint64_t holes = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE;

	if ((mode & holes) == holes ||
	    (mode & FALLOC_FL_PUNCH_HOLE && !(mode & FALLOC_FL_KEEP_SIZE)))
		return -EOPNOTSUPP;
	if (mode & FALLOC_FL_COLLAPSE_RANGE && mode != FALLOC_FL_COLLAPSE_RANGE)
		return -EINVAL;
	if (mode & FALLOC_FL_INSERT_RANGE && mode != FALLOC_FL_INSERT_RANGE)
		return -EINVAL;
	if (mode & FALLOC_FL_UNSHARE_RANGE &&
	    mode & ~(uint64_t)(FALLOC_FL_UNSHARE_RANGE | FALLOC_FL_KEEP_SIZE))
		return -EINVAL;
	return 0;
}

/* What does not depend on the file: vfs_fallocate() up to its type. */
static int fallocate_mode_ok(const struct profile *prof, uint64_t mode, int64_t off, int64_t len)
{
	const uint64_t known = FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE |
			       FALLOC_FL_COLLAPSE_RANGE | FALLOC_FL_ZERO_RANGE |
			       FALLOC_FL_INSERT_RANGE | FALLOC_FL_UNSHARE_RANGE;
	uint64_t kind = mode & ~(uint64_t)FALLOC_FL_KEEP_SIZE;

	if (off < 0 || len <= 0)
		return -EINVAL;
	/* Apart from keeping the size they exclude each other. */
	if (mode & ~known)
		return -EOPNOTSUPP;
	if (!prof->fallocate_one_mode)
		return fallocate_mode_old(mode);
	if (kind & (kind - 1))
		return -EOPNOTSUPP;
	if (kind == FALLOC_FL_PUNCH_HOLE && kind == mode)
		return -EOPNOTSUPP;
	if (kind & (FALLOC_FL_COLLAPSE_RANGE | FALLOC_FL_INSERT_RANGE) && kind != mode)
		return -EOPNOTSUPP;
	return 0;
}

int64_t vfs_fallocate(struct kernel *k, struct file *file, uint64_t mode, int64_t off, int64_t len)
{
	int ret = fallocate_mode_ok(k->prof, mode, off, len);

	if (ret)
		return ret;
	if (!file->writable)
		return -EBADF;
	if (file->f_op == &pipefifo_fops)
		return -EBADF; /* of the end that is read from */
	if (!file->f_op->setattr)
		return -ENODEV;
	if (off > INT64_MAX - len)
		return -EFBIG;
	return file->f_op->fallocate ? file->f_op->fallocate(file, mode, off, len) : -EOPNOTSUPP;
}

int64_t sys_fallocate(struct task_struct *t, int fd, uint64_t mode, int64_t off, int64_t len)
{
	struct file *file = call_begin(t, fd, "fallocate");
	int64_t ret;

	if (!file)
		return -EBADF;
	ret = vfs_fallocate(t->process->k, file, mode, off, len);
	fput(file);
	return ret;
}

int64_t sys_read_uffd(struct task_struct *t, int fd, struct uffd_msg *msg)
{
	struct file *file = call_begin(t, fd, "read");
	int64_t ret;

	if (!file)
		return -EBADF;
	ret = rw_verify(file->readable, file->f_op->read, 0, 0);
	if (!ret && file->f_op != &userfaultfd_fops)
		sim_unmodelled(t->process->k->sim, "a message read from %s", file->f_op->name);
	if (!ret)
		ret = userfaultfd_read(t, file, msg);
	fput(file);
	return ret;
}

int64_t sys_ioctl(struct task_struct *t, int fd, uint64_t cmd, void *arg, uint64_t value,
		  bool *written)
{
	struct file *file = call_begin(t, fd, "ioctl");
	int64_t ret = -ENOTTY;

	*written = false;
	if (!file)
		return -EBADF;
	if (file->f_op->ioctl)
		ret = file->f_op->ioctl(t, file, cmd, arg, value, written);
	fput(file);
	return ret;
}

const char *fd_kind(struct task_struct *t, int fd)
{
	const struct files_struct *files = t->process->files;

	if (fd < 0 || fd >= MAX_FDS)
		return NULL;
	sim_touch(files->obj.sim, slot_key(files, fd), SIM_READ);
	if ((unsigned)fd >= files->max || !files->fd[fd])
		return NULL;
	return files->fd[fd]->f_op->name;
}
