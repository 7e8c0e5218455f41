/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * channel.c - see channel.h
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "tools/live/channel.h"

#define CHUNK 1024
#define GO_ON 'g'

static bool read_all(int fd, void *buf, size_t len)
{
	for (size_t at = 0; at < len;) {
		ssize_t n = read(fd, (char *)buf + at, len - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += (size_t)n;
	}
	return true;
}

static bool write_all(int fd, const void *buf, size_t len)
{
	for (size_t at = 0; at < len;) {
		ssize_t n = write(fd, (const char *)buf + at, len - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += (size_t)n;
	}
	return true;
}

bool channel_read(const struct channel *c, void *buf, size_t len)
{
	static const char go_on = GO_ON;

	if (!c->paced_in)
		return read_all(c->in, buf, len);
	for (size_t at = 0; at < len; at += CHUNK) {
		size_t n = len - at < CHUNK ? len - at : CHUNK;

		if (!read_all(c->in, (char *)buf + at, n) || !write_all(c->out, &go_on, 1))
			return false;
	}
	return true;
}

bool channel_write(const struct channel *c, const void *buf, size_t len)
{
	char answer;

	if (!c->paced_out)
		return write_all(c->out, buf, len);
	for (size_t at = 0; at < len; at += CHUNK) {
		size_t n = len - at < CHUNK ? len - at : CHUNK;

		if (!write_all(c->out, (const char *)buf + at, n) || !read_all(c->in, &answer, 1) ||
		    answer != GO_ON)
			return false;
	}
	return true;
}

bool channel_wait_hello(const struct channel *c, struct hello *ret)
{
	static const char word[] = HELLO;
	size_t have = 0;
	char ch;

	while (have < strlen(word)) {
		if (!read_all(c->in, &ch, 1))
			return false;
		have = ch == word[have] ? have + 1 : ch == word[0];
	}
	return read_all(c->in, ret, sizeof(*ret));
}
