/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * export.c - a scenario as a C program: head, helpers, statements, main
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/export/emit.h"
#include "tools/export/export.h"

static const char includes[] =
	"#define _GNU_SOURCE\n"
	"#include <errno.h>\n"
	"#include <fcntl.h>\n"
	"#include <linux/fs.h>\n"
	"#include <linux/userfaultfd.h>\n"
	"#include <poll.h>\n"
	"#include <pthread.h>\n"
	"#include <semaphore.h>\n"
	"#include <setjmp.h>\n"
	"#include <signal.h>\n"
	"#include <stdarg.h>\n"
	"#include <stdio.h>\n"
	"#include <stdlib.h>\n"
	"#include <string.h>\n"
	"#include <sys/ioctl.h>\n"
	"#include <sys/mman.h>\n"
	"#include <sys/prctl.h>\n"
	"#include <sys/resource.h>\n"
	"#include <sys/syscall.h>\n"
	"#include <sys/uio.h>\n"
	"#include <sys/wait.h>\n"
	"#include <unistd.h>\n";

/* Structures that the headers of long-term distributions lack. */
static const struct {
	const char *when; /* a word of the program */
	const char *text;
} compat[] = {
	{ "UFFDIO_POISON",
	  "#ifndef UFFDIO_POISON\n"
	  "struct uffdio_poison {\n"
	  "\tstruct uffdio_range range;\n"
	  "\t__u64 mode;\n"
	  "\t__s64 updated;\n"
	  "};\n"
	  "#define UFFDIO_POISON _IOWR(0xAA, 0x08, struct uffdio_poison)\n"
	  "#endif\n" },
	{ "UFFDIO_MOVE",
	  "#ifndef UFFDIO_MOVE\n"
	  "struct uffdio_move {\n"
	  "\t__u64 dst, src, len, mode;\n"
	  "\t__s64 move;\n"
	  "};\n"
	  "#define UFFDIO_MOVE _IOWR(0xAA, 0x05, struct uffdio_move)\n"
	  "#endif\n" },
	{ "UFFDIO_RWPROTECT",
	  "#ifndef UFFDIO_RWPROTECT\n"
	  "struct uffdio_rwprotect {\n"
	  "\tstruct uffdio_range range;\n"
	  "\t__u64 mode;\n"
	  "};\n"
	  "#define UFFDIO_RWPROTECT _IOWR(0xAA, 0x09, struct uffdio_rwprotect)\n"
	  "#endif\n" },
	{ "UFFDIO_SET_MODE",
	  "#ifndef UFFDIO_SET_MODE\n"
	  "struct uffdio_set_mode {\n"
	  "\t__u64 enable, disable;\n"
	  "};\n"
	  "#define UFFDIO_SET_MODE _IOW(0xAA, 0x0A, struct uffdio_set_mode)\n"
	  "#endif\n" },
	{ "PAGEMAP_SCAN",
	  "#ifndef PAGEMAP_SCAN\n"
	  "struct page_region {\n"
	  "\t__u64 start, end, categories;\n"
	  "};\n"
	  "struct pm_scan_arg {\n"
	  "\t__u64 size, flags, start, end, walk_end, vec, vec_len, max_pages;\n"
	  "\t__u64 category_inverted, category_mask, category_anyof_mask, return_mask;\n"
	  "};\n"
	  "#define PAGEMAP_SCAN _IOWR('f', 16, struct pm_scan_arg)\n"
	  "#endif\n" },
	{ "USERFAULTFD_IOC_NEW",
	  "#ifndef USERFAULTFD_IOC_NEW\n"
	  "#define USERFAULTFD_IOC_NEW _IO(0xAA, 0x00)\n"
	  "#endif\n" },
};

/* Lines of a comment: no end of it may be in them. */
static void put_comment(FILE *out, const char *text)
{
	bool fresh = true;

	fputs(" * ", out);
	for (; *text; text++) {
		if (fresh && (*text == ' ' || *text == '\t'))
			continue;
		fresh = *text == '\n';
		if (*text == '*' && text[1] == '/')
			fputs("* ", out);
		else if (fresh)
			fputs("\n * ", out);
		else
			putc(*text, out);
	}
	putc('\n', out);
}

static void put_head(struct emit *x, FILE *out, const char *profile, const char *body)
{
	fprintf(out, "/* SPDX-License-Identifier: BSD-2-Clause */\n/*\n * %s\n", x->prog->name);
	if (x->prog->desc)
		fputs(" *\n", out), put_comment(out, x->prog->desc);
	fprintf(out,
		" *\n * Made by `uffdsim export --c`; what it expects is what the simulator does\n"
		" * under %s.  Build with -pthread, run as root.\n */\n%s\n",
		profile, includes);
	for (size_t i = 0; i < sizeof(compat) / sizeof(compat[0]); i++)
		if (strstr(body, compat[i].when))
			fputs(compat[i].text, out);
	put_constants(x, out);
	fputs("\n#define PAGE_SIZE 4096LL\n", out);
	if (strstr(body, "HPAGE_SIZE"))
		fputs("#define HPAGE_SIZE (512 * PAGE_SIZE)\n", out);
	fputs("\ntypedef long long s64;\n\n", out);
	put_vars(x, out);
	putc('\n', out);
}

int export_c(FILE *out, const struct litmus *prog, const char *profile, struct litmus_error *err)
{
	struct emit *x = calloc(1, sizeof(*x));
	char *body = NULL;
	size_t size = 0;
	int r;

	if (!x)
		return -ENOMEM;
	x->prog = prog;
	x->err = err;
	x->f = open_memstream(&body, &size);
	if (!x->f) {
		free(x);
		return -ENOMEM;
	}
	profile = profile ? profile : prog->profile;
	scan_names(x);
	if (prog->sequence)
		put_sequence(x, profile);
	else
		put_races(x, profile);
	if (fclose(x->f) && !x->r)
		x->r = -ENOMEM;
	if (!x->r)
		put_head(x, out, profile ? profile : "its newest kernel", body);
	if (!x->r) {
		/* The statements come after the helpers that they use. */
		char *at = strstr(body, "\f\n");

		fprintf(out, "%.*s", at ? (int)(at - body) : 0, body);
		put_parts(x, out);
		fputs(at ? at + 2 : body, out);
		if (ferror(out))
			x->r = -EIO;
	}
	r = x->r;
	free(body);
	free(x);
	return r;
}
