/* needs: pagemap_entry */
/* The bits of each page: present, swapped, file or shared, exclusive, uffd-wp, guard. */
static const char *pagemap(s64 addr, s64 len)
{
	static const struct {
		char letter;
		int bit;
	} bits[] = { { 'P', 63 }, { 'S', 62 }, { 'F', 61 }, { 'X', 56 }, { 'W', 57 }, { 'G', 58 } };
	static __thread char buf[TEXT];
	size_t n = 0;

	buf[n++] = '[';
	for (s64 at = addr & -PAGE_SIZE; len > 0 && n < sizeof(buf) - 10; at += PAGE_SIZE) {
		unsigned long long entry = pagemap_entry(getpid(), at);
		size_t word = n;

		for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
			if (entry >> bits[i].bit & 1)
				buf[n++] = bits[i].letter;
		if (n == word)
			buf[n++] = '-';
		len -= PAGE_SIZE;
		buf[n++] = len > 0 ? ' ' : ']';
	}
	if (n == 1)
		buf[n++] = ']';
	buf[n] = 0;
	return buf;
}
