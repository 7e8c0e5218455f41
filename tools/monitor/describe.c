/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * describe.c - calls and their results as a diagram shows them
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tools/litmus/ast.h"
#include "tools/monitor/describe.h"

struct flag_name {
	uint64_t flag;
	const char *name;
};

bool is_described(void)
{
	return sim_tracing(program_running()->sim);
}

static void trace(enum sim_trace_kind kind, const char *fmt, va_list ap)
{
	char text[512];

	vsnprintf(text, sizeof(text), fmt, ap);
	sim_trace_kind(program_running()->sim, kind, "%s", text);
}

void describe_call(const char *fmt, ...)
{
	va_list ap;

	if (!is_described())
		return;
	va_start(ap, fmt);
	trace(SIM_TRACE_CALL, fmt, ap);
	va_end(ap);
}

void describe_words(const char *fmt, ...)
{
	va_list ap;

	if (!is_described())
		return;
	va_start(ap, fmt);
	trace(SIM_TRACE_RETURN, fmt, ap);
	va_end(ap);
}

void describe_result(const char *name, int64_t ret, const char *more)
{
	const char *err = ret < 0 && ret > -4096 ? errno_name(-ret) : NULL;

	if (err)
		describe_words("%s = -%s%s", name, err, more);
	else
		describe_words("%s = %" PRId64 "%s", name, ret, more);
}

/* ----------------------------------------------------------------- arguments */

const char *words_place(char *buf, uint64_t addr)
{
	show_place(program_running()->b, addr, buf, WORDS);
	return buf;
}

const char *words_length(char *buf, uint64_t len)
{
	if (len && !(len & ~PAGE_MASK))
		snprintf(buf, WORDS, "%" PRIu64 "p", len >> PAGE_SHIFT);
	else
		snprintf(buf, WORDS, "%" PRIu64, len);
	return buf;
}

static const char *words_flags(char *buf, const struct flag_name *names, uint64_t flags)
{
	size_t len = 0;

	for (; names->name; names++) {
		if (!(flags & names->flag))
			continue;
		len += (size_t)snprintf(buf + len, WORDS - len, "%s%s", len ? "|" : "",
					names->name);
		flags &= ~names->flag;
	}
	if (flags || !len)
		snprintf(buf + len, WORDS - len, "%s0x%" PRIx64, len ? "|" : "", flags);
	return !strcmp(buf, "0x0") ? "0" : buf;
}

const char *words_prot(char *buf, uint64_t prot)
{
	static const struct flag_name names[] = { { PROT_READ, "PROT_READ" },
						  { PROT_WRITE, "PROT_WRITE" },
						  { PROT_EXEC, "PROT_EXEC" },
						  { 0, NULL } };

	return prot ? words_flags(buf, names, prot) : "PROT_NONE";
}

const char *words_advice(char *buf, int advice)
{
	static const struct {
		int advice;
		const char *name;
	} names[] = {
		{ MADV_DONTNEED, "MADV_DONTNEED" },
		{ MADV_FREE, "MADV_FREE" },
		{ MADV_REMOVE, "MADV_REMOVE" },
		{ MADV_PAGEOUT, "MADV_PAGEOUT" },
		{ MADV_POPULATE_READ, "MADV_POPULATE_READ" },
		{ MADV_POPULATE_WRITE, "MADV_POPULATE_WRITE" },
		{ MADV_NOHUGEPAGE, "MADV_NOHUGEPAGE" },
		{ MADV_HUGEPAGE, "MADV_HUGEPAGE" },
		{ MADV_COLLAPSE, "MADV_COLLAPSE" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].advice == advice)
			return names[i].name;
	snprintf(buf, WORDS, "%d", advice);
	return buf;
}

const char *words_message(char *buf, const struct uffd_msg *msg)
{
	static const struct flag_name names[] = {
		{ UFFD_PAGEFAULT_FLAG_WRITE, "WRITE" },
		{ UFFD_PAGEFAULT_FLAG_WP, "WP" },
		{ UFFD_PAGEFAULT_FLAG_MINOR, "MINOR" },
		{ UFFD_PAGEFAULT_FLAG_RWP, "RWP" },
		{ 0, NULL },
	};
	char a[WORDS], b[WORDS];

	switch (msg->event) {
	case UFFD_EVENT_PAGEFAULT:
		snprintf(buf, WORDS, " {event=PAGEFAULT, address=%.60s, flags=%.40s}",
			 words_place(a, msg->arg.pagefault.address),
			 words_flags(b, names, msg->arg.pagefault.flags));
		break;
	case UFFD_EVENT_FORK:
		snprintf(buf, WORDS, " {event=FORK, ufd=%u}", msg->arg.fork.ufd);
		break;
	case UFFD_EVENT_REMAP:
		snprintf(buf, WORDS, " {event=REMAP, from=%.50s, to=%.50s}",
			 words_place(a, msg->arg.remap.from), words_place(b, msg->arg.remap.to));
		break;
	default:
		snprintf(buf, WORDS, " {event=%s, start=%.50s, end=%.50s}",
			 uffd_event_name(msg->event), words_place(a, msg->arg.remove.start),
			 words_place(b, msg->arg.remove.end));
	}
	return buf;
}

/* ------------------------------------------------------------------ requests */

/* The words of a request's structure that are told: those of a kind, in order. */
enum shape { SHAPE_API, SHAPE_REGISTER, SHAPE_RANGE, SHAPE_FILL, SHAPE_COPY, SHAPE_SWITCH };

static const struct request {
	uint64_t cmd;
	const char *name;
	enum shape shape;
	unsigned words;    /* of its structure */
	const char *field; /* the last of them, if it comes back */
} requests[] = {
	{ UFFDIO_API, "UFFDIO_API", SHAPE_API, 3, NULL },
	{ UFFDIO_REGISTER, "UFFDIO_REGISTER", SHAPE_REGISTER, 4, NULL },
	{ UFFDIO_UNREGISTER, "UFFDIO_UNREGISTER", SHAPE_RANGE, 2, NULL },
	{ UFFDIO_WAKE, "UFFDIO_WAKE", SHAPE_RANGE, 2, NULL },
	{ UFFDIO_COPY, "UFFDIO_COPY", SHAPE_COPY, 5, "copy" },
	{ UFFDIO_MOVE, "UFFDIO_MOVE", SHAPE_COPY, 5, "move" },
	{ UFFDIO_ZEROPAGE, "UFFDIO_ZEROPAGE", SHAPE_FILL, 4, "zeropage" },
	{ UFFDIO_CONTINUE, "UFFDIO_CONTINUE", SHAPE_FILL, 4, "mapped" },
	{ UFFDIO_POISON, "UFFDIO_POISON", SHAPE_FILL, 4, "updated" },
	{ UFFDIO_WRITEPROTECT, "UFFDIO_WRITEPROTECT", SHAPE_FILL, 3, NULL },
	{ UFFDIO_RWPROTECT, "UFFDIO_RWPROTECT", SHAPE_FILL, 3, NULL },
	{ UFFDIO_SET_MODE, "UFFDIO_SET_MODE", SHAPE_SWITCH, 2, NULL },
};

static const struct request *find_request(uint64_t cmd)
{
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		if (requests[i].cmd == cmd)
			return &requests[i];
	return NULL;
}

const char *words_request(char *buf, uint64_t cmd)
{
	const struct request *r = find_request(cmd);

	if (r)
		return r->name;
	snprintf(buf, WORDS, cmd == PAGEMAP_SCAN ? "PAGEMAP_SCAN" : "0x%" PRIx64, cmd);
	return buf;
}

static void words_result(char *buf, const char *field, int64_t v)
{
	const char *err = v < 0 && v > -4096 ? errno_name(-v) : NULL;

	if (err)
		snprintf(buf, WORDS, " {%s=-%s}", field, err);
	else
		snprintf(buf, WORDS, " {%s=%" PRId64 "}", field, v);
}

static const struct flag_name wp_modes[] = { { UFFDIO_WRITEPROTECT_MODE_WP, "WP" },
					     { UFFDIO_WRITEPROTECT_MODE_DONTWAKE, "DONTWAKE" },
					     { 0, NULL } };
static const struct flag_name rwp_modes[] = { { UFFDIO_RWPROTECT_MODE_RWP, "RWP" },
					      { UFFDIO_RWPROTECT_MODE_DONTWAKE, "DONTWAKE" },
					      { 0, NULL } };
static const struct flag_name switches[] = { { UFFD_FEATURE_RWP_ASYNC, "RWP_ASYNC" },
					     { 0, NULL } };
static const struct flag_name fill_modes[] = { { UFFDIO_COPY_MODE_DONTWAKE, "DONTWAKE" },
					       { UFFDIO_COPY_MODE_WP, "WP" },
					       { 0, NULL } };
static const struct flag_name register_modes[] = {
	{ UFFDIO_REGISTER_MODE_MISSING, "MISSING" },
	{ UFFDIO_REGISTER_MODE_WP, "WP" },
	{ UFFDIO_REGISTER_MODE_MINOR, "MINOR" },
	{ UFFDIO_REGISTER_MODE_RWP, "RWP" },
	{ 0, NULL },
};

static void words_in(char *buf, const struct request *r, const uint64_t *w)
{
	const struct flag_name *modes = r->cmd == UFFDIO_WRITEPROTECT ? wp_modes :
					r->cmd == UFFDIO_RWPROTECT    ? rwp_modes :
									fill_modes;
	char a[WORDS], b[WORDS], c[WORDS], d[WORDS];

	switch (r->shape) {
	case SHAPE_API:
		snprintf(buf, WORDS, "{features=0x%" PRIx64 "}", w[1]);
		break;
	case SHAPE_RANGE:
		snprintf(buf, WORDS, "{%.60s, %.20s}", words_place(a, w[0]), words_length(b, w[1]));
		break;
	case SHAPE_REGISTER:
		snprintf(buf, WORDS, "{range={%.50s, %.20s}, mode=%.40s}", words_place(a, w[0]),
			 words_length(b, w[1]), words_flags(c, register_modes, w[2]));
		break;
	case SHAPE_FILL:
		snprintf(buf, WORDS, "{range={%.50s, %.20s}, mode=%.40s}", words_place(a, w[0]),
			 words_length(b, w[1]), words_flags(c, modes, w[2]));
		break;
	case SHAPE_SWITCH:
		snprintf(buf, WORDS, "{enable=%.60s, disable=%.60s}",
			 words_flags(a, switches, w[0]), words_flags(b, switches, w[1]));
		break;
	case SHAPE_COPY:
		snprintf(buf, WORDS, "{dst=%.40s, src=%.40s, len=%.20s%s%.20s}",
			 words_place(a, w[0]), words_place(b, w[1]), words_length(c, w[2]),
			 w[3] ? ", mode=" : "", w[3] ? words_flags(d, fill_modes, w[3]) : "");
		break;
	}
}

const char *words_argument(char *buf, uint64_t cmd, const void *arg, bool out)
{
	const struct request *r = find_request(cmd);
	uint64_t w[5] = { 0 };

	buf[0] = '\0';
	if (!r || (out && !r->field))
		return buf;
	memcpy(w, arg, r->words * sizeof(w[0]));
	if (out)
		words_result(buf, r->field, (int64_t)w[r->words - 1]);
	else
		words_in(buf, r, w);
	return buf;
}
