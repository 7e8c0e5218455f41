/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fork-vs-N-copies: a fork raced by N fills of a page each, and a reader of the event
 *
 * What tests/litmus/fork-vs-3-copies.litmus runs on the model, by hand: of the
 * kernel's state the locks, mmap_changing, one bit for each page and the event are
 * left.  ALONE: one thread fills and then reads, as in fork-vs-copy.litmus.
 * V4_17: without mmap_changing and per-VMA locks.  SHOW: print each final state.
 *
 * Claim: a fill that succeeded before the event was read is in the child.
 */
#ifndef N
#define N 3
#endif

#define DONE   1
#define EAGAIN 2

/* vm_lock of the VMA; of v4.17 mmap_lock itself */
bit writer;
byte readers;
/* map_changing_lock: the writer's section is one step, so only readers are seen */
byte filling;
byte changing;
bit queued, was_read;
bit parent[N], child[N];
byte r[N];
#ifdef SHOW
byte ended;
#define END ended++
#define CLAIM(c) skip /* an error would end the execution there */
#else
#define END skip
#define CLAIM(c) assert(c)
#endif

active proctype process()
{
	byte p;

	atomic { !writer && readers == 0 -> writer = 1 }
#ifndef V4_17
	atomic { filling == 0 -> changing++ }
#endif
	do
	:: p < N ->
		atomic { child[p] = parent[p]; p++ }
	:: else -> break
	od;
	writer = 0;
	queued = 1;
	was_read;
#ifndef V4_17
	changing--;
#endif
	END
}

#ifdef V4_17
inline fill(i)
{
	atomic { !writer -> readers++ }
	atomic { parent[i] = 1; r[i] = DONE }
	readers--
}
#else
inline fill(i)
{
	if
	:: changing -> r[i] = EAGAIN
	:: !changing ->
		atomic { !writer -> readers++ }
		filling++;
		if
		:: changing -> r[i] = EAGAIN
		:: !changing -> atomic { parent[i] = 1; r[i] = DONE }
		fi;
		filling--;
		readers--
	fi
}
#endif

inline read_event()
{
	byte k;

	queued;
	atomic {
		was_read = 1;
		do
		:: k < N ->
			CLAIM(r[k] != DONE || child[k]);
			k++
		:: else -> break
		od
	}
}

#ifdef ALONE
active proctype monitor()
{
	byte i;

	do
	:: i < N -> fill(i); i++
	:: else -> break
	od;
	read_event();
	END
}
#define THREADS 2
#else
active [N] proctype monitor()
{
	byte me = _pid - 1;

	fill(me);
	END
}

active proctype reader()
{
	read_event();
	END
}
#define THREADS (N + 2)
#endif

#ifdef SHOW
active proctype teller()
{
	byte p;

	atomic {
		ended == THREADS;
		printf("state");
		do
		:: p < N ->
			printf(" %d,%d", r[p], child[p]);
			p++
		:: else -> break
		od;
		printf("\n")
	}
}
#endif
