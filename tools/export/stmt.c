/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stmt.c - statements as C
 *
 * A call becomes an expression, perhaps with a structure before it, and a text
 * that shows its answer as records do.
 */
#include <string.h>

#include "tools/export/emit.h"

static void put_dst(struct emit *x, int name)
{
	put_var(x, x->f, owner_of(x->prog, x->thread, name), name);
}

static void put_args(struct emit *x, const struct call *c, unsigned first, unsigned n)
{
	for (unsigned i = first; i < n; i++) {
		put(x, "%s", i > first ? ", " : "");
		if (c->args[i])
			put_expr(x, c->args[i]);
		else
			put(x, "0");
	}
}

static bool is_pipe(struct emit *x, const struct expr *e)
{
	int owner = e->kind == EXPR_NAME && !e->field ?
			    owner_of(x->prog, e->thread >= 0 ? e->thread : x->thread, e->name) :
			    LIT_NONE;

	return owner >= 0 && type_of(x, owner, e->name, e->pos) == C_PIPE;
}

static void put_fd(struct emit *x, const struct expr *e, bool write_end)
{
	need(x, "fd");
	put(x, "fd(");
	put_expr(x, e);
	if (write_end && is_pipe(x, e))
		put(x, "_in");
	put(x, ")");
}

/* ------------------------------------------------------------------- ioctls */

struct ioctl_c {
	const char *type;
	const char *written; /* the field that the kernel writes */
};

static const struct ioctl_c ioctl_types[] = {
	[IOC_API] = { "uffdio_api", "ioctls" },
	[IOC_REGISTER] = { "uffdio_register", "ioctls" },
	[IOC_UNREGISTER] = { "uffdio_range", NULL },
	[IOC_WAKE] = { "uffdio_range", NULL },
	[IOC_COPY] = { "uffdio_copy", "copy" },
	[IOC_ZEROPAGE] = { "uffdio_zeropage", "zeropage" },
	[IOC_WRITEPROTECT] = { "uffdio_writeprotect", NULL },
	[IOC_CONTINUE] = { "uffdio_continue", "mapped" },
	[IOC_POISON] = { "uffdio_poison", "updated" },
	[IOC_MOVE] = { "uffdio_move", "move" },
	[IOC_SCAN] = { "pm_scan_arg", "walk_end" },
};

static void put_range(struct emit *x, const struct call *c)
{
	put(x, "{ .start = (__u64)(");
	put_expr(x, c->fields[0]);
	put(x, "), .len = (__u64)(");
	if (c->fields[1])
		put_expr(x, c->fields[1]);
	else
		put(x, "0");
	put(x, ") },\n");
}

static void put_field(struct emit *x, const struct call *c, unsigned i, const char *written)
{
	const char *name = c->ioctl->fields[i];

	if (written && !strcmp(name, written))
		return;
	if (c->ioctl->id == IOC_SCAN && !strcmp(name, "size") && !c->fields[i]) {
		put_indent(x);
		put(x, "\t.size = sizeof(struct pm_scan_arg),\n");
		return;
	}
	if (!c->fields[i])
		return;
	put_indent(x);
	put(x, "\t.%s = ", name);
	put(x, "(__u64)(");
	put_expr(x, c->fields[i]);
	put(x, "),\n");
}

/* struct uffdio_copy arg = { ... }; */
static void put_ioctl_struct(struct emit *x, const struct call *c)
{
	const struct ioctl_c *d = &ioctl_types[c->ioctl->id];
	bool range = c->ioctl->range && !c->ioctl->flat_range;
	bool scan = c->ioctl->id == IOC_SCAN;

	put_indent(x);
	if (scan && !c->fields[5] && c->fields[6])
		put(x, "static __thread struct page_region regions[SCAN_REGIONS];\n"), put_indent(x);
	put(x, "struct %s arg = {\n", d->type);
	if (range && c->fields[0]) {
		put_indent(x);
		put(x, "\t.range = ");
		put_range(x, c);
	}
	for (unsigned i = range ? 2 : 0; c->ioctl->fields[i]; i++)
		put_field(x, c, i, d->written);
	if (scan && !c->fields[5] && c->fields[6]) {
		put_indent(x);
		put(x, "\t.vec = (__u64)(s64)regions,\n");
	}
	if (d->written) {
		need(x, "not_written");
		put_indent(x);
		put(x, "\t.%s = NOT_WRITTEN,\n", d->written);
	}
	put_indent(x);
	put(x, "};\n");
	if (scan)
		need(x, "scan");
}

static void put_ioctl(struct emit *x, const struct call *c)
{
	need(x, "sys");
	put(x, "sys(ioctl(");
	put_fd(x, c->args[0], false);
	put(x, ", %s, ", c->ioctl->name);
	if (c->ioctl->id == IOC_NEW) {
		put(x, "(long)(");
		put_expr(x, c->args[2]);
		put(x, ")");
	} else {
		put(x, "&arg");
	}
	put(x, "))");
	need_constant(x, c->ioctl->name, strlen(c->ioctl->name));
}

/* What the kernel wrote back: "%s" of this. */
static void put_ioctl_answer(struct emit *x, const struct call *c)
{
	const char *written = ioctl_types[c->ioctl->id].written;

	if (c->ioctl->id == IOC_API || c->ioctl->id == IOC_REGISTER) {
		need(x, "answer_bits");
		put(x, "answer_bits(%s, (s64)arg.ioctls)",
		    c->ioctl->id == IOC_API ? "(s64)arg.features" : "NOT_WRITTEN");
	} else if (c->ioctl->id == IOC_SCAN) {
		put(x, "scanned(%s, &arg)", c->fields[5] ? "0" : "ret");
	} else {
		need(x, "answer");
		put(x, "answer(\"%s\", (s64)arg.%s)", written, written);
	}
}

/* x.copy and the like, for those who read it. */
static void put_out_vars(struct emit *x, const struct stmt *s)
{
	const struct call *c = s->call;
	const char *written;

	if (s->dst < 0 || !c->ioctl || c->ioctl->id == IOC_NEW)
		return;
	written = ioctl_types[c->ioctl->id].written;
	if (!written)
		return;
	if (x->out_read[s->dst]) {
		put_indent(x);
		put_dst(x, s->dst);
		put(x, "_out = (s64)arg.%s == NOT_WRITTEN ? 0 : (s64)arg.%s;\n", written,
		    c->ioctl->id == IOC_API ? "features" : written);
	}
	if (x->ioctls_read[s->dst]) {
		put_indent(x);
		put_dst(x, s->dst);
		if (c->ioctl->id == IOC_API || c->ioctl->id == IOC_REGISTER)
			put(x, "_ioctls = (s64)arg.ioctls == NOT_WRITTEN ? 0 : (s64)arg.ioctls;\n");
		else
			put(x, "_ioctls = 0;\n");
	}
}

/* -------------------------------------------------------------------- calls */

static void put_path(struct emit *x, const struct call *c)
{
	put_string(x->f, c->str);
	put(x, ", (int)(");
	put_expr(x, c->args[1]);
	put(x, ")");
}

static void put_mapping(struct emit *x, const struct call *c)
{
	need(x, "map");
	put(x, "map(");
	put_args(x, c, 0, 2);
	put(x, ", (int)(");
	put_expr(x, c->args[2]);
	put(x, "), (int)(");
	put_expr(x, c->args[3]);
	put(x, "), ");
	put_fd(x, c->args[4], false);
	put(x, ", ");
	put_expr(x, c->args[5]);
	put(x, ")");
}

static void put_remapping(struct emit *x, const struct call *c)
{
	need(x, "remap");
	put(x, "remap(");
	put_args(x, c, 0, 3);
	put(x, ", (int)(");
	put_expr(x, c->args[3]);
	put(x, "), ");
	if (c->args[4])
		put_expr(x, c->args[4]);
	else
		put(x, "0");
	put(x, ")");
}

/* sys(CALL((void *)addr, len[, (int)x])) */
static void put_range_call(struct emit *x, const struct call *c)
{
	need(x, "sys");
	put(x, "sys(%s((void *)(", c->desc->name);
	put_expr(x, c->args[0]);
	put(x, "), (size_t)(");
	put_expr(x, c->args[1]);
	put(x, ")");
	if (c->args[2]) {
		put(x, ", (int)(");
		put_expr(x, c->args[2]);
		put(x, ")");
	}
	put(x, "))");
}

/* sys(CALL(fd, a, b, c)) */
static void put_file_call(struct emit *x, const struct call *c)
{
	need(x, "sys");
	put(x, "sys(%s(", c->desc->name);
	put_fd(x, c->args[0], c->desc->id == CALL_WRITE);
	for (unsigned i = 1; i < c->nr_args; i++) {
		bool addr = i == 1 && (c->desc->id == CALL_READ || c->desc->id == CALL_WRITE);

		put(x, addr ? ", (void *)(" : ", ");
		if (c->args[i])
			put_expr(x, c->args[i]);
		if (addr)
			put(x, ")");
	}
	put(x, "))");
}

static void put_fork(struct emit *x, const struct stmt *s)
{
	const char *name = x->prog->sequence ? "fork_process" : "race_fork";
	int proc = s->dst < 0 ? LIT_NONE : lit_find_proc(x->prog, x->prog->names[s->dst]);

	need(x, name);
	put(x, "%s(%d)", name, proc < 0 ? x->prog->nr_procs : proc);
}

static void put_pread(struct emit *x, const struct call *c)
{
	need(x, c->desc->id == CALL_PREAD ? "pread_byte" : "pwrite_byte");
	put(x, "%s(", c->desc->id == CALL_PREAD ? "pread_byte" : "pwrite_byte");
	put_fd(x, c->args[0], false);
	put(x, ", ");
	put_args(x, c, 1, c->nr_args);
	put(x, ")");
}

static void put_write_text(struct emit *x, const struct call *c)
{
	need(x, "sys");
	put(x, "sys(write(");
	put_fd(x, c->args[0], true);
	put(x, ", ");
	put_string(x->f, c->str);
	put(x, ", %zu))", strlen(c->str));
}

static void put_close(struct emit *x, const struct call *c)
{
	need(x, "sys");
	if (is_pipe(x, c->args[0])) {
		put(x, "(close(");
		put_fd(x, c->args[0], true);
		put(x, "), sys(close(");
		put_fd(x, c->args[0], false);
		put(x, ")))");
		return;
	}
	put_file_call(x, c);
}

static void put_call(struct emit *x, const struct stmt *s)
{
	const struct call *c = s->call;

	switch (c->desc->id) {
	case CALL_MMAP:
		put_mapping(x, c);
		break;
	case CALL_MREMAP:
		put_remapping(x, c);
		break;
	case CALL_MUNMAP:
	case CALL_MPROTECT:
	case CALL_MADVISE:
	case CALL_MLOCK:
	case CALL_MLOCK2:
	case CALL_MUNLOCK:
		put_range_call(x, c);
		break;
	case CALL_MSEAL:
		need(x, "sys");
		put(x, "sys(syscall(462 /* mseal */, (long)(");
		put_expr(x, c->args[0]);
		put(x, "), (long)(");
		put_expr(x, c->args[1]);
		put(x, "), (long)(");
		put_expr(x, c->args[2]);
		put(x, ")))");
		break;
	case CALL_GETPID:
		put(x, "getpid()");
		break;
	case CALL_DUP:
		put_file_call(x, c);
		break;
	case CALL_PROCESS_VM_READV:
	case CALL_PROCESS_VM_WRITEV:
		need(x, "vm_call");
		put(x, "vm_call(SYS_%s, ", c->desc->name);
		put_args(x, c, 0, 4);
		put(x, ")");
		break;
	case CALL_VMSPLICE:
		need(x, "splice_memory");
		put(x, "splice_memory(");
		put_fd(x, c->args[0], true);
		put(x, ", ");
		put_args(x, c, 1, 3);
		put(x, ", (int)(");
		put_expr(x, c->args[3]);
		put(x, "))");
		break;
	case CALL_FORK:
		put_fork(x, s);
		break;
	case CALL_USERFAULTFD:
		need(x, "sys");
		put(x, "sys(syscall(SYS_userfaultfd, (long)(");
		put_expr(x, c->args[0]);
		put(x, ")))");
		break;
	case CALL_MEMFD_CREATE:
	case CALL_OPEN:
		if (c->desc->id == CALL_OPEN && c->str && *c->str != '/')
			refuse(x, s->pos, "a file of the scratch directory");
		need(x, "sys");
		put(x, "sys(%s(", c->desc->name);
		put_path(x, c);
		put(x, c->desc->id == CALL_OPEN ? ", 0600))" : "))");
		break;
	case CALL_IOCTL:
		put_ioctl(x, c);
		break;
	case CALL_READ:
		if (c->msg < 0) {
			put_file_call(x, c);
			break;
		}
		need(x, "read_message");
		put(x, "read_message(");
		put_fd(x, c->args[0], false);
		put(x, ", &");
		put_dst(x, c->msg);
		put(x, ")");
		break;
	case CALL_POLL:
		if (is_pipe(x, c->args[0]))
			refuse(x, s->pos, "poll() of both ends of a pipe");
		need(x, "wait_events");
		put(x, "wait_events(");
		put_fd(x, c->args[0], false);
		put(x, ", (int)(");
		put_expr(x, c->args[1]);
		put(x, "))");
		break;
	case CALL_CLOSE:
		put_close(x, c);
		break;
	case CALL_FTRUNCATE:
	case CALL_FALLOCATE:
	case CALL_WRITE:
		if (c->str)
			put_write_text(x, c);
		else
			put_file_call(x, c);
		break;
	case CALL_PREAD:
	case CALL_PWRITE:
		put_pread(x, c);
		break;
	case CALL_MEMSET:
		need(x, "fill");
		put(x, "fill(");
		put_args(x, c, 0, 3);
		put(x, ")");
		break;
	case CALL_PIPE:
		need(x, "pipe_ends");
		put(x, "pipe_ends(&");
		put_dst(x, s->dst);
		put(x, ", &");
		put_dst(x, s->dst);
		put(x, "_in)");
		break;
	case CALL_PEEK:
		need(x, "peek");
		put(x, "peek(getpid(), ");
		put_expr(x, c->args[0]);
		put(x, ")");
		break;
	default:
		refuse(x, s->pos, "%s()", c->label);
		break;
	}
}

/* ------------------------------------------------------------------ answers */

static void put_words(struct emit *x, const struct stmt *s, bool recording)
{
	const struct call *c = s->call;

	if (s->dst >= 0) {
		need(x, "pagemap_words");
		put_indent(x);
		put(x, "pagemap_words(");
		put_dst(x, s->dst);
		put(x, ", sizeof(");
		put_dst(x, s->dst);
		put(x, "), ");
		put_args(x, c, 0, 2);
		put(x, ");\n");
	}
	if (!recording)
		return;
	need(x, c->desc->name);
	put_indent(x);
	put(x, "say(%u, \"%%s\", %s(", s->step, c->desc->name);
	put_args(x, c, 0, c->nr_args);
	put(x, "));\n");
}

static void say_answer(struct emit *x, const struct stmt *s)
{
	const struct call *c = s->call;
	const char *show = "num";

	if (s->kind == STMT_CALL && c->desc->id == CALL_PEEK) {
		need(x, "peeked");
		put(x, "say(%u, \"[%%s]\", peeked(ret));\n", s->step);
		return;
	}
	if (s->kind != STMT_CALL || c->desc->id == CALL_MEMSET) {
		show = s->kind == STMT_LOAD ? "byte" : "done";
		need(x, show);
		need(x, "flt");
		put(x, "say(%u, \"%%s%%s\", %s(ret), flt());\n", s->step, show);
		return;
	}
	if (c->ioctl && c->ioctl->id != IOC_NEW && ioctl_types[c->ioctl->id].written) {
		need(x, "num");
		put(x, "say(%u, \"%%s%%s\", num(ret), ", s->step);
		put_ioctl_answer(x, c);
		put(x, ");\n");
		return;
	}
	if (c->msg >= 0) {
		need(x, "num");
		need(x, "message");
		put(x, "say(%u, \"%%s%%s\", num(ret), message(ret, &", s->step);
		put_dst(x, c->msg);
		put(x, "));\n");
		return;
	}
	switch (c->desc->id) {
	case CALL_MMAP:
	case CALL_MREMAP:
		show = "hex";
		break;
	case CALL_PREAD:
		show = "byte";
		break;
	case CALL_FORK:
	case CALL_USERFAULTFD:
	case CALL_OPEN:
	case CALL_MEMFD_CREATE:
	case CALL_PIPE:
	case CALL_DUP:
	case CALL_GETPID:
		show = "named";
		break;
	default:
		if (c->ioctl && c->ioctl->id == IOC_NEW)
			show = "named";
		break;
	}
	need(x, show);
	put(x, "say(%u, \"%%s\", %s(ret", s->step, show);
	if (!strcmp(show, "named"))
		put(x, ", \"%s\"", s->dst >= 0 ? x->prog->names[s->dst] :
		    c->desc->id == CALL_FORK || c->desc->id == CALL_GETPID ? "pid" : "fd");
	put(x, "));\n");
}

/* --------------------------------------------------------------- statements */

static void put_access(struct emit *x, const struct stmt *s)
{
	if (s->kind == STMT_LOAD) {
		need(x, "load");
		put(x, "load(");
		put_expr(x, s->addr);
	} else {
		need(x, "store");
		put(x, "store(");
		put_expr(x, s->addr);
		put(x, ", ");
		put_expr(x, s->value);
	}
	put(x, ")");
}

static void put_note(struct emit *x, int name)
{
	int owner = owner_of(x->prog, x->thread, name);

	if (!notes_assignment(x, owner, name))
		return;
	put_indent(x);
	put_dst(x, name);
	put(x, "_set = 1;\n");
}

/* Statements that have answers. */
static void put_recorded(struct emit *x, const struct stmt *s, bool recording)
{
	bool call = s->kind == STMT_CALL, words = false;
	bool has_struct = call && s->call->ioctl && s->call->ioctl->id != IOC_NEW;
	bool is_pipe_call = call && s->call->desc->id == CALL_PIPE;

	if (call && (s->call->desc->id == CALL_PAGEMAP || s->call->desc->id == CALL_MAPS ||
		     s->call->desc->id == CALL_SMAPS))
		words = true;
	else if (call && s->call->desc->observer && s->call->desc->id != CALL_PEEK)
		refuse(x, s->pos, "%s()", s->call->label);
	if (is_pipe_call && s->dst < 0)
		refuse(x, s->pos, "a pipe without a name");
	if (words) {
		put_words(x, s, recording);
		return;
	}
	if (has_struct)
		put_ioctl_struct(x, s->call);
	put_indent(x);
	if (recording)
		put(x, "s64 ret = ");
	else if (s->dst >= 0 && !is_pipe_call)
		put_dst(x, s->dst), put(x, " = ");
	if (call)
		put_call(x, s);
	else
		put_access(x, s);
	put(x, ";\n");
	if (recording && (s->dst >= 0 && !is_pipe_call)) {
		put(x, "\n");
		put_indent(x);
		put_dst(x, s->dst);
		put(x, " = ret;\n");
	} else if (recording) {
		put(x, "\n");
	}
	if (s->dst >= 0)
		put_note(x, s->dst);
	if (call)
		put_out_vars(x, s);
	if (recording) {
		put_indent(x);
		say_answer(x, s);
	}
}

static void put_block(struct emit *x, const struct stmt *s, bool recording)
{
	put(x, " {\n");
	x->indent++;
	put_stmts(x, s, recording);
	x->indent--;
	put_indent(x);
	put(x, "}");
}

static void put_branch(struct emit *x, const struct stmt *s, bool recording)
{
	put_indent(x);
	put(x, "%s (", s->kind == STMT_IF ? "if" : "while");
	put_expr(x, s->value);
	put(x, ")");
	put_block(x, s->body, recording);
	if (s->other) {
		put(x, " else");
		put_block(x, s->other, recording);
	}
	put(x, "\n");
}

static void put_assign(struct emit *x, const struct stmt *s)
{
	int owner = owner_of(x->prog, x->thread, s->dst);

	if (type_of(x, owner, s->dst, s->pos) == C_MSG)
		refuse(x, s->pos, "a message assigned");
	put_indent(x);
	put_dst(x, s->dst);
	put(x, " = ");
	put_expr(x, s->value);
	put(x, ";\n");
	put_note(x, s->dst);
}

void put_stmt(struct emit *x, const struct stmt *s, bool recording)
{
	switch (s->kind) {
	case STMT_ASSIGN:
		put_assign(x, s);
		break;
	case STMT_IF:
	case STMT_WHILE:
		put_branch(x, s, recording);
		break;
	case STMT_BREAK:
		put_indent(x);
		put(x, "break;\n");
		break;
	default:
		put_recorded(x, s, recording);
		break;
	}
}

static bool needs_block(const struct stmt *s, bool recording)
{
	bool call = s->kind == STMT_CALL;

	if (s->kind != STMT_CALL && s->kind != STMT_LOAD && s->kind != STMT_STORE)
		return false;
	return recording || (call && s->call->ioctl && s->call->ioctl->id != IOC_NEW);
}

void put_stmts(struct emit *x, const struct stmt *s, bool recording)
{
	for (; s; s = s->next) {
		bool block = needs_block(s, recording);
		bool recorded = s->kind == STMT_CALL || s->kind == STMT_LOAD || s->kind == STMT_STORE;

		if (!recording && recorded && x->thread) {
			need(x, "delay");
			put_indent(x);
			put(x, "delay();\n");
		}
		if (block) {
			put_indent(x);
			put(x, "{\n");
			x->indent++;
		}
		put_stmt(x, s, recording);
		if (block) {
			x->indent--;
			put_indent(x);
			put(x, "}\n");
		}
	}
}
