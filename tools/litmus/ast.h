/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ast.h - a parsed scenario; nothing in it changes after litmus_parse()
 */
#ifndef LITMUS_AST_H
#define LITMUS_AST_H

#include <uffdsim/litmus.h>

#define LIT_MAX_DEPTH     64
#define LIT_MAX_NAME      64
#define LIT_MAX_THREADS   30 /* SIM_MAX_THREADS, init apart */
#define LIT_MAX_NAMES     512
#define LIT_MAX_ATOMS     64
#define LIT_MAX_ARGS      6
#define LIT_MAX_FIELDS    12
#define LIT_NONE          (-1)

struct pos {
	uint32_t line, col;
};

/* ------------------------------------------------------------------- values */

enum val_kind {
	VAL_NUM = 0,
	VAL_HEX,     /* a number that records show in hex */
	VAL_ADDR,
	VAL_FD,
	VAL_PROC,
	VAL_BYTE,
	VAL_SIG,
	VAL_ABSENT,
	VAL_EVENT,   /* a message's kind */
	VAL_FLAGS,   /* a page fault message's flags */
	VAL_WORDS,   /* what pagemap() gives */
	VAL_MSG,
};

/* Fields that can be read of a name: what an ioctl wrote, what a message says. */
enum field {
	FIELD_NONE,
	FIELD_COPY,
	FIELD_ZEROPAGE,
	FIELD_MAPPED,
	FIELD_UPDATED,
	FIELD_MOVE,
	FIELD_FEATURES,
	FIELD_IOCTLS,
	FIELD_EVENT,
	FIELD_PF_FLAGS,
	FIELD_PF_ADDRESS,
	FIELD_FORK_UFD,
	FIELD_REMAP_FROM,
	FIELD_REMAP_TO,
	FIELD_REMAP_LEN,
	FIELD_REMOVE_START,
	FIELD_REMOVE_END,
};

/* -------------------------------------------------------------- expressions */

enum expr_kind { EXPR_CONST, EXPR_NAME, EXPR_UNARY, EXPR_BINARY, EXPR_COND, EXPR_WORDS };

struct expr {
	enum expr_kind kind;
	struct pos pos;
	uint16_t op;
	uint8_t depth;
	uint8_t vkind;      /* EXPR_CONST */
	uint8_t field;      /* EXPR_NAME */
	int16_t name;       /* EXPR_NAME: index of the name */
	int16_t thread;     /* EXPR_NAME: whose; LIT_NONE: the thread that evaluates */
	int64_t n;          /* EXPR_CONST */
	const char *text;   /* EXPR_NAME: the qualifying thread; EXPR_WORDS */
	struct expr *a, *b, *c;
};

#define OP1(a)    ((uint16_t)(a))
#define OP2(a, b) ((uint16_t)((a) | (b) << 8))

/* -------------------------------------------------------------------- calls */

enum call_id {
	CALL_MMAP, CALL_MUNMAP, CALL_MPROTECT, CALL_MADVISE, CALL_MREMAP,
	CALL_MEMFD_CREATE, CALL_FTRUNCATE, CALL_FALLOCATE,
	CALL_FORK, CALL_USERFAULTFD, CALL_OPEN, CALL_IOCTL, CALL_READ, CALL_WRITE,
	CALL_POLL, CALL_CLOSE, CALL_DUP, CALL_PIPE, CALL_PREAD, CALL_PWRITE, CALL_MEMSET,
	CALL_MLOCK, CALL_MLOCK2, CALL_MUNLOCK, CALL_MSEAL,
	CALL_PROCESS_VM_READV, CALL_PROCESS_VM_WRITEV, CALL_GETPID, CALL_SETUID,
	CALL_VMSPLICE, CALL_IO_URING_SETUP, CALL_IO_URING_REGISTER,
	CALL_SWAPON, CALL_SWAPOFF, CALL_KILL, CALL_EXIT,
	CALL_PAGEMAP, CALL_PEEK, CALL_MAPS, CALL_SMAPS,
	NR_CALLS,
};

struct call_desc {
	const char *name;
	enum call_id id;
	uint8_t min_args, max_args;
	char string_at;     /* this argument is a string; -1: none */
	bool observer;
	const char *args;   /* for messages */
};
const struct call_desc *call_find(const char *name, size_t len);

enum ioctl_id {
	IOC_API, IOC_REGISTER, IOC_UNREGISTER, IOC_WAKE, IOC_COPY, IOC_ZEROPAGE,
	IOC_WRITEPROTECT, IOC_CONTINUE, IOC_POISON, IOC_RWPROTECT,
	IOC_SET_MODE, IOC_MOVE, IOC_SCAN, IOC_NEW,
};

struct ioctl_desc {
	const char *name;   /* "UFFDIO_COPY" */
	const char *label;  /* "ioctl:UFFDIO_COPY" */
	enum ioctl_id id;
	uint32_t cmd;
	bool range;         /* has range={start, len} as its first two words */
	bool flat_range;    /* may be written {start=, len=} */
	/* Words of the structure in order; with @range the first two are it. */
	const char *fields[LIT_MAX_FIELDS + 1];
};
const struct ioctl_desc *ioctl_find(const char *name, size_t len);

struct call {
	const struct call_desc *desc;
	const char *label;
	const struct ioctl_desc *ioctl;
	unsigned nr_args;
	struct expr *args[LIT_MAX_ARGS];     /* NULL for a string or a message */
	struct expr *fields[LIT_MAX_FIELDS]; /* of the ioctl's structure; NULL: 0 */
	const char *str;
	int msg;                             /* name that read() fills, or LIT_NONE */
	int victim;                          /* kill(): index of the thread */
};

/* --------------------------------------------------------------- statements */

enum stmt_kind { STMT_ASSIGN, STMT_LOAD, STMT_STORE, STMT_CALL, STMT_IF, STMT_WHILE, STMT_BREAK };

struct stmt {
	enum stmt_kind kind;
	struct pos pos;
	unsigned step;
	int dst;            /* name assigned, or LIT_NONE */
	int thread;         /* sequence: the thread it is issued on */
	struct expr *addr;  /* STORE, LOAD */
	struct expr *value; /* STORE, ASSIGN, IF, WHILE */
	struct call *call;
	const char *text;   /* as written, for traces */
	struct stmt *next;  /* in its block; of a sequence: NULL */
	struct stmt *up;    /* the IF or WHILE around it */
	struct stmt *body, *other;
	struct stmt *issue; /* sequence: the next to be issued */
};

/* A process that the file names: "main", then the names given to fork(). */
struct proc_decl {
	const char *name;
	int name_id;
};

struct thread_decl {
	const char *name;  /* "T" or "T@c" */
	const char *pname; /* "c", NULL: main */
	struct pos pos;
	int proc;          /* index of the process */
	bool daemon;
	bool mortal;       /* some kill() names it */
	struct stmt *body;
	/* Slot of each name in this thread's variables, LIT_NONE: never assigned here. */
	int16_t *slots;
	uint8_t *shared;   /* by name: others look at it while this thread runs */
	unsigned nr_slots;
};

/* --------------------------------------------------------------- conditions */

enum atom_kind { ATOM_VAR, ATOM_PEEK, ATOM_BLOCKED, ATOM_VERDICT };

/* The left side of an atom, or a location: a key of final states. */
struct atom {
	enum atom_kind kind;
	struct pos pos;
	const char *key;
	const char *who;   /* thread or process as written */
	int index;         /* of the thread, process or verdict */
	int name;
	enum field field;
	struct expr *addr;
};

enum cond_kind { COND_ATOM, COND_AND, COND_OR, COND_NOT };

struct cond {
	enum cond_kind kind;
	uint8_t depth;
	bool differs;       /* != */
	int atom;           /* index in litmus.atoms */
	struct expr *value; /* NULL for blocked() */
	const char *text;   /* of the value, without blanks */
	struct cond *a, *b;
};

enum quantifier { QUANT_NONE, QUANT_EXISTS, QUANT_NOT_EXISTS, QUANT_FORALL };

/* --------------------------------------------------------------------- files */

struct pool_chunk;

struct litmus {
	struct pool_chunk *pool;
	char *text;
	size_t len;
	const char *name, *desc, *profile;
	struct pos profile_pos;
	unsigned nr_steps;
	bool sequence;
	bool timers; /* something has a time limit */

	int nr_names;
	const char *names[LIT_MAX_NAMES];
	struct pos name_pos[LIT_MAX_NAMES]; /* first use, for messages */

	int nr_procs;
	struct proc_decl procs[LIT_MAX_THREADS + 1];

	int nr_threads; /* [0] is init */
	struct thread_decl threads[LIT_MAX_THREADS + 1];
	struct stmt *issue; /* the sequence */

	enum quantifier quant;
	struct pos cond_pos;
	struct cond *cond;
	int nr_atoms;
	struct atom atoms[LIT_MAX_ATOMS];
	uint32_t asserts; /* the verdicts that the condition speaks of, a mask */
	int nr_keys; /* distinct keys, sorted: indices of atoms */
	int keys[LIT_MAX_ATOMS];
};

/* ast.c */
void *pool_alloc(struct litmus *prog, size_t size); /* zeroed; NULL without memory */
char *pool_strndup(struct litmus *prog, const char *s, size_t len);
int lit_name(struct litmus *prog, const char *s, size_t len, struct pos pos); /* or -ENOSPC, -ENOMEM */
int lit_find_name(const struct litmus *prog, const char *s);
int lit_find_thread(const struct litmus *prog, const char *name);
int lit_find_proc(const struct litmus *prog, const char *name);
/** The statement after @s in program order, a while loop's head included; NULL at the end. */
struct stmt *stmt_after(struct stmt *s);
/** Fill in @err; returns -EINVAL. */
int lit_error(const struct litmus *prog, struct litmus_error *err, struct pos pos, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* constants.c */
bool constant_find(const char *name, size_t len, uint8_t *kind, int64_t *n);
/** "EAGAIN" for 11; NULL if it is none. */
const char *errno_name(int64_t err);
enum field field_find(const char *name, size_t len);
/** "pagefault" and the like: the first part of a longer field. */
bool field_is_prefix(const char *name, size_t len);

/* parser.c, parse_*.c, check.c */
int lit_parse(struct litmus *prog, struct litmus_error *err);
int lit_check(struct litmus *prog, struct litmus_error *err);

#endif
