/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * observe.c - pagemap(), peek(), maps(), smaps(): they change nothing and never fault
 */
#include <stdio.h>
#include <string.h>

#include "tools/litmus/world.h"

#define MAX_PAGES 65536

static void do_pagemap(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	uint64_t addr = (uint64_t)eval_number(t, s->call->args[0]) & PAGE_MASK;
	uint64_t len = (uint64_t)eval_number(t, s->call->args[1]);
	uint64_t nr = len / PAGE_SIZE + !!(len % PAGE_SIZE);
	struct process *p = task_process(t->task);
	char word[8];

	if (nr > MAX_PAGES)
		world_bad(t->w, s->pos, "pagemap() of more than %d pages", MAX_PAGES);
	sim_yield(t->w->sim, SIM_OP_READ, "pagemap");
	if (s->dst >= 0)
		observe_touch(p, addr, nr * PAGE_SIZE);
	value_kind(ret, VAL_WORDS, 0);
	rec_list(t, (unsigned)nr);
	if (s->dst < 0 && !t->rec.words)
		return; /* nobody looks */
	for (uint64_t i = 0; i < nr; i++) {
		observe_pagemap(p, addr + i * PAGE_SIZE, word);
		observed_word(t, s, ret, word);
	}
}

static void do_peek(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	uint64_t addr = (uint64_t)eval_number(t, s->call->args[0]);
	struct process *p = task_process(t->task);
	char word[16];
	int byte;

	sim_yield(t->w->sim, SIM_OP_READ, "peek");
	if (s->dst >= 0)
		observe_touch(p, addr, 1);
	byte = observe_peek(p, addr);
	value_kind(ret, byte < 0 ? VAL_ABSENT : VAL_BYTE, byte);
	value_show(t->w, ret, NULL, word, sizeof(word));
	rec_list(t, 1);
	rec_word(t, word);
}

/* "A-A+0x2000 rw- p um uw" */
void maps_line(const struct world *w, const struct observed_map *m, char *buf, size_t size)
{
	char start[96], end[96];

	show_address(w, m->start, false, start, sizeof(start));
	show_address(w, m->end, true, end, sizeof(end));
	snprintf(buf, size, "%s-%s %c%c%c %c%s%s%s%s", start, end, m->r ? 'r' : '-', m->w ? 'w' : '-',
		 m->x ? 'x' : '-', m->shared ? 's' : 'p', m->missing ? " um" : "",
		 m->wp ? " uw" : "", m->minor ? " ui" : "", m->rwp ? " ur" : "");
}

/* "A-A+0x2000 rd wr mr mw me ac um uw": VmFlags as /proc/PID/smaps has them */
void smaps_line(const struct world *w, const struct observed_map *m, char *buf, size_t size)
{
	char start[96], end[96];

	show_address(w, m->start, false, start, sizeof(start));
	show_address(w, m->end, true, end, sizeof(end));
	snprintf(buf, size, "%s-%s%s%s", start, end, m->vm_flags[0] ? " " : "", m->vm_flags);
}

static void do_maps(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	struct process *p = task_process(t->task);
	struct observed_map m;
	char line[320];
	unsigned nr = 0;

	sim_yield(t->w->sim, SIM_OP_READ, s->call->desc->name);
	value_num(ret, 0);
	while (observe_map(p, nr, &m))
		nr++;
	rec_list(t, nr);
	if (!t->rec.words)
		return;
	for (unsigned i = 0; i < nr && observe_map(p, i, &m); i++) {
		if (m.start < ARENA_BASE)
			continue;
		if (s->call->desc->id == CALL_SMAPS)
			smaps_line(t->w, &m, line, sizeof(line));
		else
			maps_line(t->w, &m, line, sizeof(line));
		rec_word(t, line);
	}
}

void do_observe(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	if (s->call->desc->id == CALL_PAGEMAP)
		do_pagemap(t, s, ret);
	else if (s->call->desc->id == CALL_PEEK)
		do_peek(t, s, ret);
	else
		do_maps(t, s, ret);
}
