/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_driver.c - main() for fuzz_litmus.c without a fuzzing compiler
 *
 * fuzz_driver [--rounds N] [--seed N] [--folder DIR] FILE...
 *
 * Feeds the files, then N mutations of each: bytes changed, pieces dropped,
 * doubled, or taken from another file.  The same seed gives the same inputs.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "uffdsim/sim.h"

#define MAX_FILES 256
#define INPUT_MAX (64u << 10)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	uint8_t *data;
	size_t size;
};

static size_t below(uint64_t *x, size_t n)
{
	return n ? (size_t)(sim_splitmix(x) % n) : 0;
}

static int load(const char *path, struct input *in)
{
	FILE *f = fopen(path, "r");

	if (!f || !(in->data = malloc(INPUT_MAX))) {
		perror(path);
		if (f)
			fclose(f);
		return -1;
	}
	in->size = fread(in->data, 1, INPUT_MAX, f);
	fclose(f);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* In the order of names: the same inputs everywhere. */
static int load_folder(const char *dir, struct input *in, size_t *nr)
{
	char *names[MAX_FILES], path[1024];
	struct dirent *d;
	size_t n = 0;
	DIR *folder = opendir(dir);
	int ret = folder ? 0 : 2;

	while (folder && n < MAX_FILES && (d = readdir(folder)))
		if (d->d_name[0] != '.' && (names[n] = strdup(d->d_name)))
			n++;
	if (folder)
		closedir(folder);
	else
		perror(dir);
	qsort(names, n, sizeof(names[0]), by_name);
	for (size_t i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		if (!ret && (*nr == MAX_FILES || load(path, &in[*nr])))
			ret = 2;
		else
			++*nr;
		free(names[i]);
	}
	return ret;
}

/* Replace [at, at+old) of @buf by @n bytes from @from. */
static size_t splice(uint8_t *buf, size_t size, size_t at, size_t old, const uint8_t *from,
		     size_t n)
{
	if (size - old + n > INPUT_MAX)
		return size;
	memmove(buf + at + n, buf + at + old, size - at - old);
	memmove(buf + at, from, n);
	return size - old + n;
}

static size_t mutate(uint8_t *buf, size_t size, const struct input *other, uint64_t *x)
{
	static const char chars[] = "(){}[]=*;:,-+~!<>&|/\\\"#@.0123456789pxhAuScrmTM \n";
	size_t at = below(x, size), n = below(x, 24), from = below(x, other->size);
	uint8_t c =
		(uint8_t)(below(x, 8) ? chars[below(x, sizeof(chars) - 1)] : (int)below(x, 256));
	uint8_t piece[64];

	n = n > size - at ? size - at : n;
	switch (below(x, 5)) {
	case 0:
		return splice(buf, size, at, size > at, &c, 1);
	case 1:
		return splice(buf, size, at, 0, &c, 1);
	case 2:
		return splice(buf, size, at, n, &c, 0);
	case 3:
		memcpy(piece, buf + at, n);
		return splice(buf, size, below(x, size), 0, piece, n);
	default:
		n = below(x, 64);
		n = n > other->size - from ? other->size - from : n;
		return splice(buf, size, at, 0, other->data + from, n);
	}
}

static void fuzz(const struct input *in, size_t nr, uint64_t rounds, uint64_t seed)
{
	uint8_t *buf = malloc(INPUT_MAX + 64);

	for (uint64_t i = 0; buf && i < rounds * nr; i++) {
		const struct input *base = &in[i % nr];
		size_t size = base->size;

		memcpy(buf, base->data, size);
		for (size_t k = 1 + below(&seed, 6); k; k--)
			size = mutate(buf, size, &in[below(&seed, nr)], &seed);
		LLVMFuzzerTestOneInput(buf, size);
	}
	free(buf);
}

int main(int argc, char **argv)
{
	struct input in[MAX_FILES];
	uint64_t rounds = 0, seed = 1;
	size_t nr = 0;
	int ret = 0;

	for (int i = 1; i < argc && !ret; i++) {
		if (!strcmp(argv[i], "--rounds") && i + 1 < argc)
			rounds = strtoull(argv[++i], NULL, 0);
		else if (!strcmp(argv[i], "--seed") && i + 1 < argc)
			seed = strtoull(argv[++i], NULL, 0);
		else if (!strcmp(argv[i], "--folder") && i + 1 < argc)
			ret = load_folder(argv[++i], in, &nr);
		else if (nr == MAX_FILES || load(argv[i], &in[nr]))
			ret = 2;
		else
			nr++;
	}
	for (size_t i = 0; i < nr && !ret; i++)
		LLVMFuzzerTestOneInput(in[i].data, in[i].size);
	if (nr && !ret)
		fuzz(in, nr, rounds, seed);
	for (size_t i = 0; i < nr; i++)
		free(in[i].data);
	return ret;
}
