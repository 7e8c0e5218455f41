/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm.h - a simulated kernel: processes, threads and their system calls
 *
 * A kernel lives in a machine (sim.h).  Everything that a simulated program can
 * do is a function here that is called on a fiber of that machine, by the task
 * that does it; it returns what the kernel returns: a value >= 0 or a negative
 * errno.  What the model does not know how to do ends the run with
 * SIM_END_UNMODELLED and a sentence; it never guesses a result.
 */
#ifndef UFFDSIM_MM_H
#define UFFDSIM_MM_H

#include <stdio.h>

#include <uffdsim/abi.h>
#include <uffdsim/sim.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kernel;
struct process;
struct task_struct;

/* ----------------------------------------------------------------- profiles */

struct profile;
/** The newest profile is the default. */
const struct profile *profile_default(void);
/**
 * "v6.18", or "v6.18+VARIANT+...": looks a name up.  Returns 0; -EINVAL with a
 * reason in @err (what is unknown, what is known).  The result lives in @buf.
 */
int profile_parse(const char *name, struct profile *buf, char *err, size_t errlen);
size_t profile_size(void);
const char *profile_name(const struct profile *p);
/** The @i-th known profile, oldest first; NULL after the last. */
const struct profile *profile_nth(unsigned i);
/** One line on what distinguishes it. */
const char *profile_summary(const struct profile *p);
/** Its @i-th named choice: "mmap_changing" and "counter"; false after the last. */
bool profile_choice(const struct profile *p, unsigned i, const char **name, const char **value);

/** What the profile wants of the machine that the kernel runs on: before sim_create(). */
void profile_machine(const struct profile *p, struct sim_config *cfg);
/** How often each thread may be woken without reason: sim_wake_spuriously(). */
unsigned profile_spurious(const struct profile *p);

/* ------------------------------------------------------------------- kernel */

/**
 * kernel_create - put a kernel with one process, "main", into a machine
 * Returns NULL when the arena is out.  @prof must outlive the kernel.
 */
struct kernel *kernel_create(struct sim *sim, const struct profile *prof);
struct kernel *kernel_of(struct sim *sim);
struct process *kernel_init_process(struct kernel *k);

/**
 * Where mappings without an address go.  @get proposes a place for @len bytes
 * in @p (or a negative errno); @used tells that it was taken.  Both run within
 * one step of the mapping call, and account for what they share themselves
 * (sim_touch).  Without a layout the kernel goes upwards from the arena's begin.
 */
struct mmap_layout {
	int64_t (*get)(void *ctx, struct process *p, uint64_t len);
	void (*used)(void *ctx, struct process *p, uint64_t addr, uint64_t len);
	void *ctx; /**< memory of the machine */
};
#define ARENA_BASE 0x10000000000ULL
void kernel_set_layout(struct kernel *k, const struct mmap_layout *layout);

/** The model's invariants over everything, now.  Findings go to sim_invariant(). */
void mm_check(struct kernel *k);
/** VMAs, page tables, contexts and queues as text, for people. */
void mm_dump(struct kernel *k, FILE *out);

/**
 * task_create - a new thread of @p; attach it to its fiber with
 * sim_thread_set_data().  @comm is not copied.  NULL when the arena is out.
 */
struct task_struct *task_create(struct process *p, const char *comm);
struct process *task_process(const struct task_struct *t);
unsigned process_id(const struct process *p);
/** It has memory of its own of what it saw: a TLB. */
bool task_remembers(const struct task_struct *t);
/** Completed page faults of the task so far, minor and major. */
uint64_t task_faults(const struct task_struct *t);

/**
 * The end of everything, to find what was not given back.  First every descriptor
 * of every process is closed, by @t, on its fiber; that wakes who waits for
 * them.  If nobody is inside a system call then, all processes can exit:
 * sim_invariant() if memory is left.
 */
void kernel_close_all(struct task_struct *t);
void kernel_exit_all(struct kernel *k);
/**
 * process_reap - a forked process has exited and was waited for
 *
 * Its memory and descriptors are given back, without a step that others could come
 * between.  @p has no threads; nobody may use it, or what was looked up in it, afterwards.
 * 0, or -EBUSY if a userfaultfd watches its memory: then nothing happens.
 */
int process_reap(struct process *p);
/** Huge pages of the pool promised to nobody any more, by mremap of a part of a mapping. */
int kernel_lost_huge_pages(const struct kernel *k);

/* ------------------------------------------------------------------ accesses */

/** How a user access ended. */
enum access_result { ACCESS_OK = 0, ACCESS_SIGSEGV = 11, ACCESS_SIGBUS = 7 };

/** One byte by the simulated processor; faults as needed. */
enum access_result user_load(struct task_struct *t, uint64_t addr, uint8_t *ret);
enum access_result user_store(struct task_struct *t, uint64_t addr, uint8_t v);
/** A store of @v to every byte of [addr, addr+len), lowest page first; stops at a fatal access. */
enum access_result user_memset(struct task_struct *t, uint64_t addr, uint8_t v, uint64_t len);

/* ------------------------------------------------------------- system calls */

int64_t sys_mmap(struct task_struct *t, uint64_t addr, uint64_t len, uint64_t prot, uint64_t flags,
		 int fd, uint64_t off);
int64_t sys_munmap(struct task_struct *t, uint64_t addr, uint64_t len);
int64_t sys_mprotect(struct task_struct *t, uint64_t start, uint64_t len, uint64_t prot);
int64_t sys_mremap(struct task_struct *t, uint64_t addr, uint64_t old_len, uint64_t new_len,
		   uint64_t flags, uint64_t new_addr);
int64_t sys_madvise(struct task_struct *t, uint64_t start, uint64_t len, int advice);
/** On success *child is the new process (it has no task yet); returns its pid > 0. */
int64_t sys_fork(struct task_struct *t, struct process **child);

int64_t sys_mlock(struct task_struct *t, uint64_t start, uint64_t len);
int64_t sys_mlock2(struct task_struct *t, uint64_t start, uint64_t len, uint64_t flags);
int64_t sys_munlock(struct task_struct *t, uint64_t start, uint64_t len);
int64_t sys_mseal(struct task_struct *t, uint64_t start, uint64_t len, uint64_t flags);
/** One piece on either side; @pid as fork() and getpid() give it. */
int64_t sys_process_vm_readv(struct task_struct *t, int pid, uint64_t local, uint64_t remote,
			     uint64_t len);
int64_t sys_process_vm_writev(struct task_struct *t, int pid, uint64_t local, uint64_t remote,
			      uint64_t len);
int64_t sys_getpid(struct task_struct *t);
/** Of the whole process; from 0 to another user all capabilities go. */
int64_t sys_setuid(struct task_struct *t, uint64_t uid);

/** Files of memory; the length is that of ftruncate(2), signed. */
int64_t sys_memfd_create(struct task_struct *t, const char *name, uint64_t flags);
int64_t sys_ftruncate(struct task_struct *t, int fd, int64_t len);
int64_t sys_fallocate(struct task_struct *t, int fd, uint64_t mode, int64_t off, int64_t len);

/** Descriptors are small numbers from 3 on, per process, inherited by fork. */
int64_t sys_userfaultfd(struct task_struct *t, uint64_t flags);
int64_t sys_open(struct task_struct *t, const char *path, uint64_t flags);
int64_t sys_close(struct task_struct *t, int fd);
/** One descriptor, without a time limit; returns revents (POLLNVAL for no descriptor). */
int64_t sys_poll(struct task_struct *t, int fd, uint64_t events);
/**
 * Up to SYS_POLL_FDS of them; how many have revents.  A @timeout of 0 only looks, below 0
 * there is none, and how long one above is does not matter: see schedule_timeout().
 */
#define SYS_POLL_FDS 8
int64_t sys_poll_fds(struct task_struct *t, struct pollfd *fds, unsigned nr, int timeout);
/** One message of a userfaultfd; 32 on success. */
int64_t sys_read_uffd(struct task_struct *t, int fd, struct uffd_msg *msg);
/**
 * Between a file and user memory.  A pipe() is one descriptor for both ends.
 * pread and pwrite move one byte that is no user memory: 1, 0 at the end, or an errno.
 */
int64_t sys_read(struct task_struct *t, int fd, uint64_t buf, uint64_t len);
int64_t sys_write(struct task_struct *t, int fd, uint64_t buf, uint64_t len);
int64_t sys_write_text(struct task_struct *t, int fd, const char *text);
int64_t sys_pread(struct task_struct *t, int fd, int64_t pos, uint8_t *byte);
int64_t sys_pwrite(struct task_struct *t, int fd, int64_t pos, uint8_t byte);
int64_t sys_pipe(struct task_struct *t);
/** References to the pages until they are read from the pipe. */
int64_t sys_vmsplice(struct task_struct *t, int fd, uint64_t addr, uint64_t len, uint64_t flags);
/** Of a ring only buffers: IORING_REGISTER_BUFFERS with one, IORING_UNREGISTER_BUFFERS with 0, 0. */
int64_t sys_io_uring_setup(struct task_struct *t, uint64_t entries);
int64_t sys_io_uring_register(struct task_struct *t, int fd, uint64_t opcode, uint64_t addr,
			      uint64_t len);
int64_t sys_dup(struct task_struct *t, int fd);
/** "FORK" for UFFD_EVENT_FORK, and so on; "0" for what is no event. */
const char *uffd_event_name(unsigned event);
/**
 * The argument of PAGEMAP_SCAN.  With @room, which has place for arg.vec_len
 * regions, they are put there; else into the memory of the process at arg.vec.
 */
struct pm_scan_request {
	struct pm_scan_arg arg;
	struct page_region *room;
};
/**
 * ioctl(fd, cmd, arg).  @arg points to the structure of the command, and
 * *written becomes true when the kernel wrote its answer field(s) into it.
 * USERFAULTFD_IOC_NEW takes its flags in @value, PAGEMAP_SCAN a struct pm_scan_request.
 */
int64_t sys_ioctl(struct task_struct *t, int fd, uint64_t cmd, void *arg, uint64_t value,
		  bool *written);
/** What the descriptor is: "userfaultfd", "pipe" and so on, or NULL if it is none. */
const char *fd_kind(struct task_struct *t, int fd);

/** A swap device of 255 pages, known by a name; @name is not copied. */
int64_t sys_swapon(struct task_struct *t, const char *name, uint64_t flags);
int64_t sys_swapoff(struct task_struct *t, const char *name);

/** What the kernel does when a thread ends: nothing that can be seen, but in development of 4.11. */
int64_t sys_exit(struct task_struct *t);

/* ----------------------------------------------- observers: no step, no effect */

/** Letters of one page as the spec's pagemap() shows them, "-" for none.  @buf: 8 bytes. */
void observe_pagemap(struct process *p, uint64_t addr, char *buf);
/** The byte at @addr, or -1 if the page is not present. */
int observe_peek(struct process *p, uint64_t addr);
/** One mapping. */
struct observed_map {
	uint64_t start, end;
	bool r, w, x, shared;
	bool missing, wp, minor, rwp;
	char vm_flags[128]; /**< VmFlags as smaps prints them: "rd wr mr mw me ac um" */
};
/** The @i-th mapping of @p by address; false after the last. */
bool observe_map(struct process *p, unsigned i, struct observed_map *ret);
/** Nothing is mapped in [addr, addr+len). */
bool observe_range_free(struct process *p, uint64_t addr, uint64_t len);
/** What a thread that sleeps waits for. */
struct observed_wait {
	const char *message;       /**< its own that is not answered: "PAGEFAULT", "REMOVE"; or NULL */
	uint64_t address;          /**< of the message */
	uint32_t ctx;              /**< the userfaultfd, where one has to do with it */
	bool read;                 /**< the message was read */
	struct sim_thread *reader; /**< by whom */
	bool there;                /**< woken, it would go on: what it waits for has come */
};
/** False: @t does not sleep, or on something that nobody else can have forgotten. */
bool observe_wait(struct kernel *k, const struct sim_thread *t, struct observed_wait *ret);
/** Descriptor @fd of @t reads the messages of the userfaultfd @ctx of an observed_wait. */
bool observe_reads(struct task_struct *t, int fd, uint32_t ctx);
/** The footprint of an observer in an exploration: it read this page (or the VMA list). */
void observe_touch(struct process *p, uint64_t addr, uint64_t len);

/* ------------------------- the state between two steps, as a debugger sees it */

/** The @i-th process, in the order of creation, one that fork() still makes included; or NULL. */
struct process *kernel_process(const struct kernel *k, unsigned i);
/** Is the lock @name with this id mmap_lock or ptl of @p? */
bool inspect_owns(const struct process *p, const char *name, uint32_t obj);
/** Is the object that of a mapping of @p?  Then where it begins. */
bool inspect_vma(const struct process *p, uint8_t cls, uint32_t obj, uint64_t *start);

/** A page table entry that is not none; of a huge page one. */
struct inspected_pte {
	uint64_t addr;
	char bits[12];  /**< letters: inspect_bit_name() */
	bool present;
	uint64_t frame; /**< which page it maps, if present */
	int byte;       /**< that page's first byte, if present */
};
/** Every entry of @p, by address. */
void inspect_ptes(struct process *p, void (*fn)(void *ctx, const struct inspected_pte *pte),
		  void *ctx);
/** "writable" for 'w'; NULL for what is no letter of an entry. */
const char *inspect_bit_name(char letter);

/** Who is on a queue of a userfaultfd. */
struct inspected_waiter {
	unsigned uffd; /**< which: 0 is the newest that is alive */
	const char *queue;
	const struct sim_thread *thread;
	const char *event; /**< of the message; NULL without one, or when it was read */
	uint64_t addr;     /**< of a page fault */
};
void inspect_queues(const struct kernel *k, void (*fn)(void *ctx, const struct inspected_waiter *w),
		    void *ctx);
/** Words of the @nr-th userfaultfd; false after the last. */
bool inspect_uffd(const struct kernel *k, unsigned nr, int64_t *mmap_changing, bool *released);

#ifdef __cplusplus
}
#endif
#endif
