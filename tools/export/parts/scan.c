/* needs: not_written */
#define SCAN_REGIONS 64

static const char *categories(unsigned long long bits)
{
	static const char *const names[] = { "WPALLOWED", "WRITTEN", "FILE", "PRESENT", "SWAPPED",
					     "PFNZERO", "HUGE", "SOFT_DIRTY", "GUARD",
					     "ACCESSED" };
	static __thread char buf[128];
	size_t n = 0;

	strcpy(buf, "0");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (bits >> i & 1)
			n += (size_t)snprintf(buf + n, sizeof(buf) - n, "%s%s", n ? "|" : "",
					      names[i]);
	return buf;
}

/* @nr: regions that may be shown; those in the scenario's own memory are not. */
static const char *scanned(s64 nr, const struct pm_scan_arg *arg)
{
	const struct page_region *r = (const void *)(s64)arg->vec;
	static __thread char buf[TEXT];
	size_t n;

	buf[0] = 0;
	if ((s64)arg->walk_end == NOT_WRITTEN)
		return buf;
	n = (size_t)snprintf(buf, sizeof(buf), " {walk_end=0x%llx, regions=[",
			     (unsigned long long)arg->walk_end);
	for (s64 i = 0; arg->vec_len && i < nr && n < sizeof(buf); i++)
		n += (size_t)snprintf(buf + n, sizeof(buf) - n,
				      "%s{start=0x%llx, end=0x%llx, categories=%s}", i ? " " : "",
				      (unsigned long long)r[i].start,
				      (unsigned long long)r[i].end, categories(r[i].categories));
	if (n < sizeof(buf))
		snprintf(buf + n, sizeof(buf) - n, "]}");
	return buf;
}
