/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * call.c - a call as a C expression, perhaps with a structure before it
 */
#include <string.h>

#include "tools/export/emit.h"

void put_dst(struct emit *x, int name)
{
	put_var(x, x->f, owner_of(x->prog, x->thread, name), name);
}

void put_args(struct emit *x, const struct call *c, unsigned first, unsigned n)
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
	[IOC_RWPROTECT] = { "uffdio_rwprotect", NULL },
	[IOC_SET_MODE] = { "uffdio_set_mode", NULL },
	[IOC_MOVE] = { "uffdio_move", "move" },
	[IOC_SCAN] = { "pm_scan_arg", "walk_end" },
};

bool ioctl_answers(const struct ioctl_desc *d)
{
	return ioctl_types[d->id].written;
}

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
void put_ioctl_struct(struct emit *x, const struct call *c)
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

static void put_ioctl(struct emit *x, const struct stmt *s)
{
	const struct call *c = s->call;

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
void put_ioctl_answer(struct emit *x, const struct call *c)
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
void put_out_vars(struct emit *x, const struct stmt *s)
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

static void put_mapping(struct emit *x, const struct stmt *s)
{
	const struct call *c = s->call;

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

static void put_remapping(struct emit *x, const struct stmt *s)
{
	const struct call *c = s->call;

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
static void put_range_call(struct emit *x, const struct stmt *s)
{
	const struct call *c = s->call;

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
static void put_file_call(struct emit *x, const struct stmt *s)
{
	const struct call *c = s->call;

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

static void put_pread(struct emit *x, const struct stmt *s)
{
	const struct call *c = s->call;

	need(x, c->desc->id == CALL_PREAD ? "pread_byte" : "pwrite_byte");
	put(x, "%s(", c->desc->id == CALL_PREAD ? "pread_byte" : "pwrite_byte");
	put_fd(x, c->args[0], false);
	put(x, ", ");
	put_args(x, c, 1, c->nr_args);
	put(x, ")");
}

static void put_write_text(struct emit *x, const struct stmt *s)
{
	const struct call *c = s->call;

	need(x, "sys");
	put(x, "sys(write(");
	put_fd(x, c->args[0], true);
	put(x, ", ");
	put_string(x->f, c->str);
	put(x, ", %zu))", strlen(c->str));
}

static void put_close(struct emit *x, const struct stmt *s)
{
	const struct call *c = s->call;

	need(x, "sys");
	if (is_pipe(x, c->args[0])) {
		put(x, "(close(");
		put_fd(x, c->args[0], true);
		put(x, "), sys(close(");
		put_fd(x, c->args[0], false);
		put(x, ")))");
		return;
	}
	put_file_call(x, s);
}

/* sys(syscall(NUMBER, (long)(a), ...)): what the C library has no function for. */
static void put_syscall(struct emit *x, const struct stmt *s, const char *number)
{
	need(x, "sys");
	put(x, "sys(syscall(%s", number);
	for (unsigned i = 0; i < s->call->nr_args; i++) {
		put(x, ", (long)(");
		put_expr(x, s->call->args[i]);
		put(x, ")");
	}
	put(x, "))");
}

static void put_mseal(struct emit *x, const struct stmt *s)
{
	put_syscall(x, s, "462 /* mseal */");
}

static void put_userfaultfd(struct emit *x, const struct stmt *s)
{
	put_syscall(x, s, "SYS_userfaultfd");
}

static void put_getpid(struct emit *x, const struct stmt *s)
{
	put(x, "getpid()");
}

static void put_vm_call(struct emit *x, const struct stmt *s)
{
	need(x, "vm_call");
	put(x, "vm_call(SYS_%s, ", s->call->desc->name);
	put_args(x, s->call, 0, 4);
	put(x, ")");
}

static void put_vmsplice(struct emit *x, const struct stmt *s)
{
	need(x, "splice_memory");
	put(x, "splice_memory(");
	put_fd(x, s->call->args[0], true);
	put(x, ", ");
	put_args(x, s->call, 1, 3);
	put(x, ", (int)(");
	put_expr(x, s->call->args[3]);
	put(x, "))");
}

static void put_open(struct emit *x, const struct stmt *s)
{
	const struct call *c = s->call;
	bool open = c->desc->id == CALL_OPEN;

	if (open && c->str && *c->str != '/')
		refuse(x, s->pos, "a file of the scratch directory");
	need(x, "sys");
	put(x, "sys(%s(", c->desc->name);
	put_path(x, c);
	put(x, open ? ", 0600))" : "))");
}

static void put_read(struct emit *x, const struct stmt *s)
{
	const struct call *c = s->call;

	if (c->msg < 0) {
		put_file_call(x, s);
		return;
	}
	need(x, "read_message");
	put(x, "read_message(");
	put_fd(x, c->args[0], false);
	put(x, ", &");
	put_dst(x, c->msg);
	put(x, ")");
}

static void put_write(struct emit *x, const struct stmt *s)
{
	if (s->call->str)
		put_write_text(x, s);
	else
		put_file_call(x, s);
}

static void put_poll(struct emit *x, const struct stmt *s)
{
	const struct call *c = s->call;

	if (is_pipe(x, c->args[0]))
		refuse(x, s->pos, "poll() of both ends of a pipe");
	if (c->nr_args > 2)
		refuse(x, s->pos, "poll() with a time limit");
	need(x, "wait_events");
	put(x, "wait_events(");
	put_fd(x, c->args[0], false);
	put(x, ", (int)(");
	put_expr(x, c->args[1]);
	put(x, "))");
}

static void put_memset(struct emit *x, const struct stmt *s)
{
	need(x, "fill");
	put(x, "fill(");
	put_args(x, s->call, 0, 3);
	put(x, ")");
}

static void put_pipe(struct emit *x, const struct stmt *s)
{
	need(x, "pipe_ends");
	put(x, "pipe_ends(&");
	put_dst(x, s->dst);
	put(x, ", &");
	put_dst(x, s->dst);
	put(x, "_in)");
}

static void put_peek(struct emit *x, const struct stmt *s)
{
	need(x, "peek");
	put(x, "peek(getpid(), ");
	put_expr(x, s->call->args[0]);
	put(x, ")");
}

void put_call(struct emit *x, const struct stmt *s)
{
	static void (*const puts[])(struct emit *x, const struct stmt *s) = {
		[CALL_MMAP] = put_mapping,
		[CALL_MREMAP] = put_remapping,
		[CALL_MUNMAP] = put_range_call,
		[CALL_MPROTECT] = put_range_call,
		[CALL_MADVISE] = put_range_call,
		[CALL_MLOCK] = put_range_call,
		[CALL_MLOCK2] = put_range_call,
		[CALL_MUNLOCK] = put_range_call,
		[CALL_MSEAL] = put_mseal,
		[CALL_GETPID] = put_getpid,
		[CALL_DUP] = put_file_call,
		[CALL_PROCESS_VM_READV] = put_vm_call,
		[CALL_PROCESS_VM_WRITEV] = put_vm_call,
		[CALL_VMSPLICE] = put_vmsplice,
		[CALL_FORK] = put_fork,
		[CALL_USERFAULTFD] = put_userfaultfd,
		[CALL_MEMFD_CREATE] = put_open,
		[CALL_OPEN] = put_open,
		[CALL_IOCTL] = put_ioctl,
		[CALL_READ] = put_read,
		[CALL_POLL] = put_poll,
		[CALL_CLOSE] = put_close,
		[CALL_FTRUNCATE] = put_write,
		[CALL_FALLOCATE] = put_write,
		[CALL_WRITE] = put_write,
		[CALL_PREAD] = put_pread,
		[CALL_PWRITE] = put_pread,
		[CALL_MEMSET] = put_memset,
		[CALL_PIPE] = put_pipe,
		[CALL_PEEK] = put_peek,
	};
	unsigned id = s->call->desc->id;

	if (id < sizeof(puts) / sizeof(puts[0]) && puts[id])
		puts[id](x, s);
	else
		refuse(x, s->pos, "%s()", s->call->label);
}
