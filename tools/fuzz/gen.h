/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gen.h - the generator: what it knows of the program it is writing
 *
 * The state is rough: it says what a call is likely to meet, so that most calls
 * mean something.  Nothing depends on its being right; statements that turn out
 * to be impossible are taken out by settle().
 */
#ifndef FUZZ_GEN_H
#define FUZZ_GEN_H

#include "tools/fuzz/avoid.h"
#include "tools/fuzz/choices.h"
#include "tools/fuzz/program.h"

struct gen_options {
	bool swap;           /* use a swap file */
	bool only_anon;      /* private anonymous memory alone */
	unsigned statements; /* about how many at most; 0: 40 */
};

/** A sequence, complete but not yet settled. */
void gen_sequence(struct choices *c, const struct gen_options *opt, struct program *p);
/** A program of small threads. */
void gen_threads(struct choices *c, const struct gen_options *opt, struct program *p);

/** Productions of the grammar; NULL after the last. */
const char *gen_production(unsigned i);
/**
 * The bytes that choose production @i in a program whose weights are the usual ones,
 * for the dictionary of a fuzzing engine; how many.
 */
unsigned gen_production_bytes(unsigned i, uint8_t buf[2]);

/* --------------------------------------------------- for the files of gen_* */

enum area_kind {
	AREA_ANON,
	AREA_SHARED_ANON,
	AREA_MEMFD,
	AREA_MEMFD_PRIVATE,
	AREA_THP,
	AREA_HUGE,
	AREA_HUGE_SHARED,
	AREA_HUGE_MEMFD,
	AREA_HUGE_MEMFD_PRIVATE,
	AREA_FILE,
	AREA_KINDS,
};

struct area {
	char name[24]; /* an expression for its begin: "A", "A+16p" */
	enum area_kind kind;
	char fd[8];      /* the file's name; "" */
	char twin[24];   /* another mapping of the same file; "" */
	unsigned pages;  /* in units of its own page size */
	int uffd;        /* index, or -1 */
	unsigned modes;  /* MODE_* */
	uint32_t filled; /* pages thought to be there */
	uint32_t wp;     /* pages thought to be write-protected */
	bool gone;
};

#define MODE_MISSING 1u
#define MODE_WP      2u
#define MODE_MINOR   4u

#define FEAT_FORK   1u
#define FEAT_REMAP  2u
#define FEAT_REMOVE 4u
#define FEAT_UNMAP  8u
#define FEAT_SIGBUS 16u
#define FEAT_ASYNC  32u

struct uffd {
	char name[24]; /* "u", "k1.fork.ufd" */
	unsigned features;
};

enum waits { WAITS_NOT, WAITS_MISSING, WAITS_MINOR, WAITS_WP, WAITS_EVENT };

#define GEN_AREAS  10
#define GEN_UFFDS  4
#define GEN_ACTORS 2

struct gen {
	struct choices *c;
	struct program *p;
	const struct gen_options *opt;
	struct avoid avoid;
	unsigned part;   /* where statements go */
	unsigned budget; /* statements still to be written */
	struct area area[GEN_AREAS];
	unsigned nr_areas;
	struct uffd uffd[GEN_UFFDS];
	unsigned nr_uffds;
	unsigned names; /* for r1, r2, ... */
	/* What the threads T and V may be waiting for. */
	struct {
		enum waits waits;
		unsigned area, page;
	} actor[GEN_ACTORS];
	const char
		*speaker[3]; /* of threads: how T, V and M are called here; all the same thread */
	unsigned children;   /* named c, d */
	bool has_file;       /* an area that is not private anonymous */
	bool has_pipe, has_mem, has_pagemap, has_ring;
	unsigned char byte; /* the next value stored */
};

/** "T: " in a sequence, nothing in a thread. */
void say(struct gen *g, const char *who, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void say_init(struct gen *g, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** One more thing that the final states of thread programs show. */
void gen_location(struct program *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* gen_args.c: an argument is written into a buffer of ARG bytes, which is returned */
#define ARG 64
struct area *any_area(struct gen *g);
/** One that is registered, if there is. */
struct area *watched_area(struct gen *g);
bool is_huge(const struct area *a);
bool is_shmem(const struct area *a);
char unit(const struct area *a);
/** @page pages after the begin of @a. */
char *arg_page(char *buf, const struct area *a, unsigned page);
/** Mostly within @a; now and then odd.  @len may be NULL. */
void arg_range(struct gen *g, struct area *a, char *start, char *len, unsigned *page,
	       unsigned *pages);
/** A page of @a for an access. */
unsigned any_page(struct gen *g, const struct area *a);
const char *arg_prot(struct gen *g);
/** Some of @words joined by |, each with its percentage; "0" for none. */
struct word {
	const char *name;
	unsigned percent;
};
char *arg_flags(struct gen *g, char *buf, size_t size, const struct word *words, unsigned n);
const char *uffd_of(struct gen *g, const struct area *a);
uint32_t page_mask(unsigned page, unsigned pages);
/** Who acts on the address space: mostly the first thread. */
const char *arg_who(struct gen *g);
/** T, if @name is T, will probably wait for its event to be read. */
void may_wait(struct gen *g, const char *name, const struct area *a, unsigned feature);

/* gen_setup.c */
void gen_setup(struct gen *g);
void gen_register(struct gen *g, const char *who, struct area *a, bool init);

/* gen_calls.c: productions */
struct production {
	const char *name;
	void (*write)(struct gen *g);
	uint16_t weight;
};
extern const struct production productions[];
unsigned nr_productions(void);

void p_read(struct gen *g);
void p_serve(struct gen *g);
void observe(struct gen *g, const struct area *a, const char *suffix);

/* gen_memory.c */
void p_mprotect(struct gen *g);
void p_munmap(struct gen *g);
void p_mmap_fixed(struct gen *g);
void p_mmap_new(struct gen *g);
void p_mremap_fixed(struct gen *g);
void p_mremap_size(struct gen *g);
void p_mremap_move(struct gen *g);
void p_dontneed(struct gen *g);
void p_free(struct gen *g);
void p_remove(struct gen *g);
void p_guard(struct gen *g);
void p_reclaim(struct gen *g);
void p_populate(struct gen *g);
void p_advice_flags(struct gen *g);
void p_collapse(struct gen *g);

/* gen_uffd.c */
void p_load(struct gen *g);
void p_store(struct gen *g);
void p_memset(struct gen *g);
void p_copy(struct gen *g);
void p_zeropage(struct gen *g);
void p_continue(struct gen *g);
void p_poison(struct gen *g);
void p_move(struct gen *g);
void p_protect(struct gen *g);
void p_unprotect(struct gen *g);
void p_wake(struct gen *g);
void p_register(struct gen *g);
void p_unregister(struct gen *g);
void p_poll(struct gen *g);
void p_uffd_close(struct gen *g);
void p_uffd_new(struct gen *g);
void p_minor_round(struct gen *g);

#endif
