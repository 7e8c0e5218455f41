/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * html.c - a page that needs nothing but itself: pictures, and the text to paste into a mail
 */
#include <stdlib.h>

#include "tools/show/show.h"

void html_begin(FILE *out, const char *title, const char *text)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
	      out);
	xml_escape(out, title);
	fputs("</title>\n<style>\n"
	      "body{margin:0;background:#eceff3;color:#1c2430;"
	      "font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif}\n"
	      "main{max-width:max-content;min-width:40rem;margin:2rem auto;padding:0 1.5rem}\n"
	      "h1{font-size:1.5rem;margin:0 0 1rem}\n"
	      "h2{font-size:1.15rem;margin:2rem 0 .5rem}\n"
	      "section{background:#fff;border:1px solid #d5dbe3;border-radius:10px;"
	      "padding:.25rem 1.5rem 1.25rem;margin:0 0 1.5rem;"
	      "box-shadow:0 1px 3px rgba(20,30,50,.07)}\n"
	      ".what{max-width:48rem;border-left:4px solid #b3261e;padding:.1rem 0 .1rem .9rem;"
	      "margin:.75rem 0 1rem}\n"
	      ".what.expected{border-color:#1f5fa8}\n"
	      ".picture{overflow-x:auto}\n.picture svg{display:block;max-width:none}\n"
	      "pre{font:13px/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans "
	      "Mono',monospace;"
	      "background:#f5f7f9;border:1px solid #e1e6ec;border-radius:6px;padding:.75rem 1rem;"
	      "overflow-x:auto}\n"
	      "summary{cursor:pointer;color:#1f5fa8;margin:.75rem 0 .25rem}\n"
	      "</style>\n</head>\n<body>\n<main>\n<h1>",
	      out);
	xml_escape(out, title);
	fputs("</h1>\n", out);
	if (!text || !*text)
		return;
	fputs("<section>\n<h2>Summary</h2>\n<pre>", out);
	xml_escape(out, text);
	fputs("</pre>\n</section>\n", out);
}

static void print_mail(FILE *out, const struct diagram *d, const struct show_options *opt)
{
	struct show_options mail = *opt;
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return;
	text_print(f, d, &mail);
	if (fclose(f))
		return;
	fputs("<details>\n<summary>The same as text, for a mail</summary>\n<pre>", out);
	xml_escape(out, text);
	fputs("</pre>\n</details>\n", out);
	free(text);
}

void html_print(FILE *out, const struct diagram *d, const struct show_options *opt)
{
	struct diagram picture = *d;

	char *title = title_new(opt);

	fputs("<section>\n<h2>", out);
	xml_escape(out, title ? title : "");
	fputs("</h2>\n", out);
	free(title);
	if (d->sentence) {
		fprintf(out, "<p class=\"what%s\">", opt->expected ? " expected" : "");
		xml_escape(out, d->sentence);
		fputs("</p>\n", out);
	}
	/* It is above the picture already. */
	picture.sentence = NULL;
	fputs("<div class=\"picture\">\n", out);
	svg_print(out, &picture, opt);
	fputs("</div>\n", out);
	if (opt->notes && *opt->notes) {
		fputs("<pre>", out);
		for (char **n = opt->notes; *n; n++) {
			xml_escape(out, *n);
			fputc('\n', out);
		}
		fputs("</pre>\n", out);
	}
	print_mail(out, d, opt);
	fputs("</section>\n", out);
}

void html_end(FILE *out)
{
	fputs("</main>\n</body>\n</html>\n", out);
}
