/* needs: pagemap */
/* The same in a name: with commas between. */
static void pagemap_words(char *to, size_t size, s64 addr, s64 len)
{
	const char *text = pagemap(addr, len);
	size_t n = strlen(text) - 2;

	snprintf(to, size, "%.*s", (int)n, text + 1);
	for (; *to; to++)
		if (*to == ' ')
			*to = ',';
}
