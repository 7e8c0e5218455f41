/* needs: arena */
/* The next place that is free. */
static s64 remap_place(s64 len)
{
	s64 at = map_next();
	void *p;

	while ((p = mmap((void *)at, len, PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1,
			 0)) == MAP_FAILED &&
	       errno == EEXIST)
		at += SLOT;
	if (p != MAP_FAILED)
		munmap(p, len);
	return at;
}

/* In place if that is possible, else to the arena's next slot. */
static s64 remap(s64 old, s64 old_len, s64 new_len, int flags, s64 to)
{
	int moves = (flags & MREMAP_MAYMOVE) && !(flags & MREMAP_FIXED) && !to;
	s64 was = map_next(), at;
	void *ret = MAP_FAILED;

	if (!moves || !(flags & MREMAP_DONTUNMAP))
		ret = mremap((void *)old, old_len, new_len, moves ? flags & ~MREMAP_MAYMOVE : flags, to);
	if (ret == MAP_FAILED && moves && (flags & MREMAP_DONTUNMAP || errno == ENOMEM)) {
		at = remap_place(new_len);
		/* It may wait for the reader of its event, and by then the place is taken. */
		map_used(at, new_len);
		ret = mremap((void *)old, old_len, new_len,
			     flags & MREMAP_DONTUNMAP ? flags : flags | MREMAP_FIXED, at);
		if ((s64)ret != at)
			map_cursor(was);
	}
	return ret == MAP_FAILED ? -errno : (s64)ret;
}
