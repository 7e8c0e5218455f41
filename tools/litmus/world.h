/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * world.h - a scenario while it runs
 *
 * Everything here lives in the machine's arena and is rewound with it.
 */
#ifndef LITMUS_WORLD_H
#define LITMUS_WORLD_H

#include <uffdsim/mm.h>
#include <uffdsim/sim.h>

#include "tools/litmus/ast.h"

#define LIT_CLASS_VAR   (SIM_CLASS_MODEL + 40) /* object: thread, part: name */
#define LIT_CLASS_WORLD (SIM_CLASS_MODEL + 41) /* part 0: cursor, 1: names of addresses, 2: processes */
#define LIT_WORDS 32

struct value {
	uint8_t kind;   /* enum val_kind */
	uint8_t set;
	uint8_t ioctl;  /* enum ioctl_id + 1 of the call that wrote @out; 0: none */
	int64_t n;
	union {
		uint64_t out[2];      /* features, ioctls; else the one answer field */
		struct uffd_msg msg;  /* VAL_MSG */
		char words[LIT_WORDS]; /* VAL_WORDS */
	} u;
};

/* A part of a record that is ready to be shown. */
struct shown {
	const char *key;  /* NULL: a word of a list */
	const char *text; /* NULL: a number or an address */
	int64_t n;
	bool is_addr, is_end; /* named when it is printed */
};

/* A range that a name stands for. */
struct named_range {
	struct named_range *next; /* older */
	int name;
	uint64_t start, end;
};

/* A region that PAGEMAP_SCAN found. */
struct shown_region {
	uint64_t start, end;
	const char *categories;
};

#define REC_OUT 4
struct record {
	struct record *next;
	const struct stmt *stmt;
	int thread;
	bool has_ret, has_out, has_flt, flt, is_list;
	struct shown ret;
	unsigned nr_out;
	struct shown out[REC_OUT];
	unsigned nr_words;
	const char **words; /* is_list */
	bool has_regions;
	unsigned nr_regions;
	struct shown_region *regions;
	struct named_range *names; /* what its result names */
};

struct world;
struct lit_thread;

/* A page as the memory after a statement shows it. */
struct observed_page {
	char letters[8]; /* those of pagemap() */
	int byte;        /* its first; -1: not looked at, or not present */
};

/*
 * What a scenario runs on: the simulated kernel, or a live one.  The language is
 * the same; a backend does what only it can do.
 */
struct lit_backend {
	/** Zeroed memory that lives as long as the run; does not return without. */
	void *(*alloc)(struct world *w, size_t size);
	/** An error of the file (world.bad*) is known: ends the run. */
	void (*bad)(struct world *w) __attribute__((noreturn));
	/** Around what several threads change at once; NULL where only one runs at a time. */
	void (*lock)(struct world *w);
	void (*unlock)(struct world *w);
	/** One access; *faulted: a page fault was taken. */
	enum access_result (*load)(struct lit_thread *t, uint64_t addr, uint8_t *byte, bool *faulted);
	enum access_result (*store)(struct lit_thread *t, uint64_t addr, uint8_t byte, bool *faulted);
	void (*call)(struct lit_thread *t, const struct stmt *s, struct value *ret);
	void (*observe)(struct lit_thread *t, const struct stmt *s, struct value *ret);
	/** The byte at @addr of the process @proc, -1 if its page is not present. */
	int (*peek)(struct world *w, int proc, uint64_t addr);
	/** Every mapping of the arena, by address. */
	void (*each_map)(struct world *w, int proc,
			 void (*fn)(void *ctx, const struct observed_map *m), void *ctx);
	/** @nr pages from @addr on, within a mapping; the first byte of the first @bytes of them. */
	void (*pages)(struct world *w, int proc, uint64_t addr, unsigned nr, unsigned bytes,
		      struct observed_page *ret);
	/** A thread of a concurrent file that began and did not end. */
	bool (*blocked)(const struct lit_thread *t);
};

struct lit_thread {
	struct world *w;
	const struct thread_decl *decl;
	int index;
	struct sim_thread *fiber;
	struct task_struct *task;
	struct value *vars;
	const struct stmt *cur;   /* the call, load or store that is under way */
	const struct stmt *mail;  /* sequence: issued, not finished */
	unsigned plain;           /* statements since the last scheduling point */
	uint64_t plain_step;
	struct record rec;        /* of the statement under way */
	const struct stmt *reported; /* sequence: its record said blocked */
};

struct lit_proc {
	void *p;    /* the backend's; NULL: not there yet */
	int forker; /* index of the thread that made it */
};

struct world {
	const struct lit_backend *be;
	void *priv;               /* the backend's */
	struct sim *sim;          /* NULL: on a live kernel */
	const struct litmus *prog;
	struct kernel *kernel;
	struct mmap_layout layout;
	uint64_t cursor;
	bool recording;
	bool hex_addresses; /* not by name */
	unsigned spurious;  /* wake-ups without reason, of each thread */
	uint32_t verdicts;  /* what the execution shows, once it has ended (verdict.h) */
	int nr_threads;
	struct lit_thread *threads;
	struct lit_proc *procs;
	struct named_range *ranges;
	struct record *first, *last;
	/* What is wrong with the file, found by running it. */
	bool over;  /* on a live kernel: nothing runs any more */
	bool bad;
	struct pos bad_pos;
	char bad_text[160];
};

/* On a live kernel nothing is scheduled, traced or rewound. */
static inline void world_touch(struct world *w, uint64_t key, enum sim_mode mode)
{
	if (w->sim)
		sim_touch(w->sim, key, mode);
}

static inline void world_yield(struct world *w, enum sim_op_kind op, const char *what)
{
	if (w->sim)
		sim_yield(w->sim, op, what);
}

static inline bool world_tracing(const struct world *w)
{
	return w->sim && sim_tracing(w->sim);
}

static inline void world_lock(struct world *w)
{
	if (w->be->lock)
		w->be->lock(w);
}

static inline void world_unlock(struct world *w)
{
	if (w->be->unlock)
		w->be->unlock(w);
}

/* world.c */
extern const struct lit_backend sim_backend;
/** Threads and processes of @w->prog, in memory of the backend; 0 or -ENOMEM. */
int world_alloc_threads(struct world *w);
/** Behind a mapping that ends at @end at least one page stays unmapped. */
uint64_t next_slot(uint64_t end);
int world_create(struct sim *sim, const struct litmus *prog, const struct profile *prof,
		 bool recording, struct world **ret);
/** Spawn thread @index of the file; 0 or -EAGAIN (machine full). */
int world_spawn(struct world *w, int index);
/** Zeroed; where memory ran out the run ends. */
void *world_alloc(struct world *w, size_t size);
/** The same seen from outside of the run: only noted. */
void world_note_bad(struct world *w, struct pos pos, const char *text);
/** An error of the file that shows only now: ends the run. */
void world_bad(struct world *w, struct pos pos, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), noreturn));
void world_fork(struct lit_thread *t, int name, struct process *child);
struct named_range *named_range_new(struct world *w, int name, uint64_t start, uint64_t len);
/** From now on addresses in @r have its name. */
void world_name_range(struct world *w, struct named_range *r);

/* names.c */
/** "A+0x1000" or "0x..."; @end: it ends a range. */
void show_address(const struct world *w, uint64_t addr, bool end, char *buf, size_t size);

/* values.c */
void value_num(struct value *v, int64_t n);
void value_kind(struct value *v, enum val_kind kind, int64_t n);
bool value_equal(const struct value *a, const struct value *b);
void value_field(const struct value *v, enum field field, struct value *ret);
/** A field of a name, or the name itself, as records show it. True: a plain number. */
bool value_show(const struct world *w, const struct value *v, const char *name, char *buf,
		size_t size);
/** A number or -ENAME; true for a plain number. */
bool show_number(int64_t n, char *buf, size_t size);
void show_flags(uint64_t flags, char *buf, size_t size);

/* eval.c */
/** @t NULL: no thread, as conditions are. */
void eval(struct world *w, struct lit_thread *t, const struct expr *e, struct value *ret);
int64_t eval_number(struct lit_thread *t, const struct expr *e);
/** A descriptor; what holds none is -1. */
int eval_fd(struct lit_thread *t, const struct expr *e);
/** A process; what is none is -1. */
int eval_pid(struct lit_thread *t, const struct expr *e);
bool value_true(const struct value *v);
/** A name as @t sees it; @touch: inside a step. */
const struct value *lookup(struct world *w, const struct lit_thread *t, int name, bool touch);
void assign(struct lit_thread *t, int name, const struct value *v);

/* interp.c */
/** Execute @s and, in a thread's text, what follows it. */
void lit_run(struct lit_thread *t, const struct stmt *s);
void lit_thread_main(void *arg);

/* docall.c */
void do_call(struct lit_thread *t, const struct stmt *s, struct value *ret);

/* observe.c */
void do_observe(struct lit_thread *t, const struct stmt *s, struct value *ret);
/** A mapping as maps() and smaps() show it. */
void maps_line(const struct world *w, const struct observed_map *m, char *buf, size_t size);
void smaps_line(const struct world *w, const struct observed_map *m, char *buf, size_t size);

/* record.c */
const char *keep_text(struct world *w, const char *text);
void rec_begin(struct lit_thread *t, const struct stmt *s);
void rec_ret_number(struct lit_thread *t, int64_t n);
void rec_ret_text(struct lit_thread *t, const char *text);
void rec_ret_address(struct lit_thread *t, uint64_t addr);
void rec_out_number(struct lit_thread *t, const char *key, int64_t n);
void rec_out_text(struct lit_thread *t, const char *key, const char *text);
void rec_out_address(struct lit_thread *t, const char *key, uint64_t addr, bool end);
void rec_flt(struct lit_thread *t, bool flt);
void rec_list(struct lit_thread *t, unsigned nr);
void rec_word(struct lit_thread *t, const char *text);
/** A word that an observer saw; those of a name stand in it with commas between. */
void observed_word(struct lit_thread *t, const struct stmt *s, struct value *ret, const char *word);
void rec_regions(struct lit_thread *t, unsigned nr);
void rec_region(struct lit_thread *t, unsigned i, uint64_t start, uint64_t end,
		const char *categories);
void rec_end(struct lit_thread *t);

/* final.c */
/** A value of the final state; true if JSON shows it without quotes. */
bool final_show(struct world *w, const struct atom *a, char *buf, size_t size);
/**
 * What final_show() shows is told by these few bytes; false if by more: names are given to
 * addresses by the run.
 */
#define FINAL_PLAIN 9
bool final_plain(struct world *w, const struct atom *a, char to[FINAL_PLAIN]);
bool cond_holds(struct world *w, const struct cond *c);
bool thread_blocked(const struct world *w, int index);

#endif
