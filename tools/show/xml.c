/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * xml.c - text inside of XML and HTML, and titles
 */
#include <string.h>

#include "tools/show/show.h"

void xml_escape(FILE *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		default:
			/* What XML cannot hold at all; a scenario's text may have it. */
			fputc((unsigned char)*text < ' ' && *text != '\n' && *text != '\t' ? '?' :
											     *text,
			      out);
		}
	}
}

char *title_new(const struct show_options *opt)
{
	const char *title = opt->title ? opt->title : "Execution";

	return format_text("%.*s", (int)strcspn(title, ":"), title);
}
