/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * file.c - descriptors, and the calls that dispatch on what one stands for
 */
#include <string.h>

#include "mm-model/file.h"
#include "mm-model/userfaultfd.h"

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
	file->fds--;
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

struct file *file_alloc(struct kernel *k, enum file_kind kind)
{
	struct file *file = sim_zalloc(k->sim, sizeof(*file));

	if (!file)
		return NULL;
	sim_obj_init(k->sim, &file->obj, (enum sim_class)MM_CLASS_FILE, "file");
	file->kind = kind;
	file->refs = 1;
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

	sim_touch(files->obj.sim, slot_key(files, fd), SIM_READ);
	file = files->fd[fd];
	if (!file)
		return POLLNVAL;
	if (file->kind == FILE_USERFAULTFD)
		return userfaultfd_poll(file) & (events | POLLERR | POLLHUP);
	return events & (POLLIN | POLLOUT); /* no poll method: always ready */
}

void fput(struct file *file)
{
	struct sim *sim = file->obj.sim;

	/* While a descriptor is left calls end in any order; then which is the last matters. */
	sim_touch(sim, file_key(file), file->fds ? SIM_READ : SIM_WRITE);
	if (--file->refs)
		return;
	if (file->kind == FILE_USERFAULTFD)
		userfaultfd_release(file->ctx);
	sim_obj_fini(&file->obj);
	sim_free(sim, file, sizeof(*file));
}

/* -------------------------------------------------------------------- calls */

/* Every call on a descriptor begins with the look-up of it. */
static struct file *call_begin(struct task_struct *t, int fd, const char *what)
{
	sim_yield(t->process->k->sim, SIM_OP_READ, what);
	return fget(t->process->files, fd);
}

int64_t sys_open(struct task_struct *t, const char *path, uint64_t flags)
{
	struct kernel *k = t->process->k;
	struct file *file;
	int fd;

	if (strcmp(path, "/dev/userfaultfd"))
		sim_unmodelled(k->sim, "open of \"%s\"", path);
	sim_yield(k->sim, SIM_OP_WRITE, "open");
	if (!k->prof->dev_userfaultfd)
		return -ENOENT;
	file = file_alloc(k, FILE_DEV_USERFAULTFD);
	if (!file)
		return -ENOMEM;
	fd = fd_install(t->process->files, file);
	if (fd < 0)
		fput(file);
	return fd;
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

/* A negative descriptor is passed over, and without a time limit nothing else ends it. */
static int64_t poll_nothing(struct sim *sim)
{
	while (!fatal_signal_pending(sim_current(sim))) {
		set_current_state(sim, TASK_KILLABLE);
		schedule(sim, NULL, "poll");
	}
	return -EINTR;
}

int64_t sys_poll(struct task_struct *t, int fd, uint64_t events)
{
	struct file *file = call_begin(t, fd, "poll");
	int64_t ret;

	if (fd < 0)
		return poll_nothing(t->process->k->sim);
	if (!file)
		return POLLNVAL;
	if (file->kind == FILE_USERFAULTFD)
		ret = userfaultfd_poll_wait(t, fd, file, events);
	else
		ret = fd_poll(t->process->files, fd, events);
	fput(file);
	return ret;
}

int64_t sys_read_uffd(struct task_struct *t, int fd, struct uffd_msg *msg)
{
	struct file *file = call_begin(t, fd, "read");
	int64_t ret = -EINVAL;

	if (!file)
		return -EBADF;
	if (file->kind == FILE_USERFAULTFD)
		ret = userfaultfd_read(t, file, msg);
	fput(file);
	return ret;
}

int64_t sys_ioctl(struct task_struct *t, int fd, uint64_t cmd, void *arg, uint64_t value,
		  bool *written)
{
	struct file *file = call_begin(t, fd, "ioctl");
	int64_t ret = -EINVAL;

	*written = false;
	if (!file)
		return -EBADF;
	if (file->kind == FILE_USERFAULTFD)
		ret = userfaultfd_ioctl(t, file, cmd, arg, written);
	else if (cmd == USERFAULTFD_IOC_NEW)
		ret = new_userfaultfd(t, value);
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
	return files->fd[fd]->kind == FILE_USERFAULTFD ? "userfaultfd" : "/dev/userfaultfd";
}
