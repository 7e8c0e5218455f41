/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * calls.c - the calls and ioctls that the language knows
 */
#include <string.h>

#include <uffdsim/abi.h>

#include "tools/litmus/ast.h"

static const struct call_desc calls[] = {
	{ "mmap", CALL_MMAP, 6, 6, -1, false, "addr, len, prot, flags, fd, off" },
	{ "munmap", CALL_MUNMAP, 2, 2, -1, false, "addr, len" },
	{ "mprotect", CALL_MPROTECT, 3, 3, -1, false, "addr, len, prot" },
	{ "madvise", CALL_MADVISE, 3, 3, -1, false, "addr, len, advice" },
	{ "mremap", CALL_MREMAP, 4, 5, -1, false, "old, old_len, new_len, flags[, new]" },
	{ "memfd_create", CALL_MEMFD_CREATE, 2, 2, 0, false, "\"name\", flags" },
	{ "ftruncate", CALL_FTRUNCATE, 2, 2, -1, false, "fd, len" },
	{ "fallocate", CALL_FALLOCATE, 4, 4, -1, false, "fd, mode, off, len" },
	{ "fork", CALL_FORK, 0, 0, -1, false, "" },
	{ "userfaultfd", CALL_USERFAULTFD, 1, 1, -1, false, "flags" },
	{ "open", CALL_OPEN, 2, 2, 0, false, "\"path\", flags" },
	{ "ioctl", CALL_IOCTL, 3, 3, -1, false, "fd, REQUEST, {field=value, ...}" },
	{ "read", CALL_READ, 2, 3, -1, false, "fd, name or fd, addr, len" },
	{ "write", CALL_WRITE, 2, 3, -1, false, "fd, addr, len or fd, \"text\"" },
	{ "poll", CALL_POLL, 2, 3, -1, false, "fd, events[, timeout]" },
	{ "close", CALL_CLOSE, 1, 1, -1, false, "fd" },
	{ "dup", CALL_DUP, 1, 1, -1, false, "fd" },
	{ "pipe", CALL_PIPE, 0, 0, -1, false, "" },
	{ "pread", CALL_PREAD, 2, 2, -1, false, "fd, addr" },
	{ "pwrite", CALL_PWRITE, 3, 3, -1, false, "fd, addr, byte" },
	{ "memset", CALL_MEMSET, 3, 3, -1, false, "addr, value, len" },
	{ "mlock", CALL_MLOCK, 2, 2, -1, false, "addr, len" },
	{ "mlock2", CALL_MLOCK2, 3, 3, -1, false, "addr, len, flags" },
	{ "munlock", CALL_MUNLOCK, 2, 2, -1, false, "addr, len" },
	{ "mseal", CALL_MSEAL, 3, 3, -1, false, "addr, len, flags" },
	{ "process_vm_readv", CALL_PROCESS_VM_READV, 4, 4, -1, false, "proc, local, remote, len" },
	{ "process_vm_writev", CALL_PROCESS_VM_WRITEV, 4, 4, -1, false,
	  "proc, local, remote, len" },
	{ "getpid", CALL_GETPID, 0, 0, -1, false, "" },
	{ "setuid", CALL_SETUID, 1, 1, -1, false, "uid" },
	{ "vmsplice", CALL_VMSPLICE, 4, 4, -1, false, "pipe, addr, len, flags" },
	{ "io_uring_setup", CALL_IO_URING_SETUP, 1, 1, -1, false, "entries" },
	{ "io_uring_register", CALL_IO_URING_REGISTER, 4, 4, -1, false, "ring, opcode, addr, len" },
	{ "swapon", CALL_SWAPON, 2, 2, 0, false, "\"name\", flags" },
	{ "swapoff", CALL_SWAPOFF, 1, 1, 0, false, "\"name\"" },
	{ "kill", CALL_KILL, 1, 1, -1, false, "thread" },
	{ "exit", CALL_EXIT, 0, 0, -1, false, "" },
	{ "pagemap", CALL_PAGEMAP, 2, 2, -1, true, "addr, len" },
	{ "peek", CALL_PEEK, 1, 1, -1, true, "addr" },
	{ "maps", CALL_MAPS, 0, 0, -1, true, "" },
	{ "smaps", CALL_SMAPS, 0, 0, -1, true, "" },
};

#define IOC(id, name, range, flat, ...) \
	{ \
#name, "ioctl:" #name, id, name, range, flat, \
		{ \
			__VA_ARGS__ \
		} \
	}
static const struct ioctl_desc ioctls[] = {
	IOC(IOC_API, UFFDIO_API, false, false, "api", "features", "ioctls"),
	IOC(IOC_REGISTER, UFFDIO_REGISTER, true, false, "start", "len", "mode", "ioctls"),
	IOC(IOC_UNREGISTER, UFFDIO_UNREGISTER, true, true, "start", "len"),
	IOC(IOC_WAKE, UFFDIO_WAKE, true, true, "start", "len"),
	IOC(IOC_COPY, UFFDIO_COPY, false, false, "dst", "src", "len", "mode", "copy"),
	IOC(IOC_ZEROPAGE, UFFDIO_ZEROPAGE, true, false, "start", "len", "mode", "zeropage"),
	IOC(IOC_WRITEPROTECT, UFFDIO_WRITEPROTECT, true, false, "start", "len", "mode"),
	IOC(IOC_CONTINUE, UFFDIO_CONTINUE, true, false, "start", "len", "mode", "mapped"),
	IOC(IOC_POISON, UFFDIO_POISON, true, false, "start", "len", "mode", "updated"),
	IOC(IOC_RWPROTECT, UFFDIO_RWPROTECT, true, false, "start", "len", "mode"),
	IOC(IOC_SET_MODE, UFFDIO_SET_MODE, false, false, "enable", "disable"),
	IOC(IOC_MOVE, UFFDIO_MOVE, false, false, "dst", "src", "len", "mode", "move"),
	IOC(IOC_SCAN, PAGEMAP_SCAN, false, false, "size", "flags", "start", "end", "walk_end",
	    "vec", "vec_len", "max_pages", "category_inverted", "category_mask",
	    "category_anyof_mask", "return_mask"),
	IOC(IOC_NEW, USERFAULTFD_IOC_NEW, false, false, NULL),
};

const struct call_desc *call_find(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (strlen(calls[i].name) == len && !memcmp(calls[i].name, name, len))
			return &calls[i];
	return NULL;
}

void litmus_print_calls(FILE *out)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		fprintf(out, "  %s(%s)%s\n", calls[i].name, calls[i].args,
			calls[i].observer ? "   observer" : "");
	fprintf(out, "ioctl requests:\n");
	for (size_t i = 0; i < sizeof(ioctls) / sizeof(ioctls[0]); i++) {
		fprintf(out, "  %s", ioctls[i].name);
		for (unsigned f = 0; f < LIT_MAX_FIELDS && ioctls[i].fields[f]; f++)
			fprintf(out, "%s%s", f ? ", " : ": ", ioctls[i].fields[f]);
		fputc('\n', out);
	}
}

const struct ioctl_desc *ioctl_find(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(ioctls) / sizeof(ioctls[0]); i++)
		if (strlen(ioctls[i].name) == len && !memcmp(ioctls[i].name, name, len))
			return &ioctls[i];
	return NULL;
}
