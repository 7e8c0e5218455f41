/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * make_seeds DIR DICT - a first corpus and a dictionary for fuzz_program
 *
 * The corpus: programs of the generator, as the bytes that decide them.  The
 * dictionary: for each production of the grammar the bytes that choose it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tools/fuzz/gen.h"

#define SEEDS 48
#define ROOM  4096

static int write_file(const char *path, const void *data, size_t size)
{
	FILE *f = fopen(path, "w");
	size_t n = f ? fwrite(data, 1, size, f) : 0;

	if (!f || fclose(f) || n != size) {
		perror(path);
		return -1;
	}
	return 0;
}

/* The first two bytes as fuzz_program.c reads them. */
static size_t make_seed(unsigned number, uint8_t *buf)
{
	struct gen_options opt = { .statements = 30, .only_anon = number & 4 };
	struct program *p = malloc(sizeof(*p));
	struct choices c;

	if (!p)
		return 0;
	buf[0] = number & 7;
	buf[1] = number * 5;
	choices_seed(&c, 1, number);
	c.record = buf + 2;
	c.room = ROOM - 2;
	if (number & 1)
		gen_threads(&c, &opt, p);
	else
		gen_sequence(&c, &opt, p);
	free(p);
	return 2 + c.recorded;
}

static int make_corpus(const char *dir)
{
	static uint8_t buf[ROOM];
	char path[600];

	if (mkdir(dir, 0777) && errno != EEXIST) {
		perror(dir);
		return -1;
	}
	for (unsigned i = 0; i < SEEDS; i++) {
		size_t size = make_seed(i, buf);

		snprintf(path, sizeof(path), "%s/seed-%02u", dir, i);
		if (write_file(path, buf, size))
			return -1;
	}
	return 0;
}

static int make_dictionary(const char *path)
{
	FILE *f = fopen(path, "w");

	if (!f) {
		perror(path);
		return -1;
	}
	for (unsigned i = 0; gen_production(i); i++) {
		uint8_t buf[2];
		unsigned n = gen_production_bytes(i, buf);

		/* Names of AFL's dictionaries have no minus. */
		for (const char *s = gen_production(i); *s; s++)
			fputc(*s == '-' ? '_' : *s, f);
		fputs("=\"", f);
		for (unsigned k = 0; k < n; k++)
			fprintf(f, "\\x%02x", buf[k]);
		fputs("\"\n", f);
	}
	return fclose(f);
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fputs("usage: make_seeds DIR DICT\n", stderr);
		return 2;
	}
	return make_corpus(argv[1]) || make_dictionary(argv[2]);
}
