/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * uffd-race(N), uffd-pages(N): tests/sim/classic_forks.c, step for step
 *
 * One shared variable or lock a step.  PAGES: a page for each monitor, and a lock
 * that readers share; else one page and a mutex.  SHOW: print each final state.
 */
#ifndef N
#define N 3
#endif
#ifdef PAGES
#define NR_PAGES N
#define PAGE(i)	 i
#define LOCK	 atomic { !writer -> readers++ }
#define UNLOCK	 readers--
#else
#define NR_PAGES 1
#define PAGE(i)	 0
#define LOCK	 atomic { !writer -> writer = 1 }
#define UNLOCK	 writer = 0
#endif

bit writer;
byte readers;
bit changing, event;
byte a[NR_PAGES], b[NR_PAGES];
#ifdef SHOW
byte ended;
#define END ended++
#else
#define END skip
#endif

active proctype forker()
{
	byte p, v;

	atomic { !writer && readers == 0 -> writer = 1 }
	changing = 1;
	do
	:: p < NR_PAGES ->
		v = a[p];
		atomic { b[p] = v; p++ }
	:: else -> break
	od;
	writer = 0;
	event = 1;
	changing = 0;
	END
}

active [N] proctype monitor()
{
	byte me = _pid - 1;

	if
	:: changing
	:: !changing ->
		LOCK;
		a[PAGE(me)] = me + 1;
		UNLOCK
	fi;
	END
}

#ifdef SHOW
active proctype teller()
{
	byte p;

	atomic {
		ended == N + 1;
		printf("state");
		do
		:: p < NR_PAGES ->
			printf(" a%d=%d b%d=%d", p, a[p], p, b[p]);
			p++
		:: else -> break
		od;
		printf("\n")
	}
}
#endif
