/* needs: arena */
static s64 remap(s64 old, s64 old_len, s64 new_len, int flags, s64 to)
{
	s64 at = map_next();
	void *ret = MAP_FAILED;

	if ((flags & MREMAP_MAYMOVE) && !(flags & MREMAP_FIXED)) {
		/* In place if that is possible, else to the arena's next slot. */
		if (!(flags & MREMAP_DONTUNMAP))
			ret = mremap((void *)old, old_len, new_len, flags & ~MREMAP_MAYMOVE);
		if (ret == MAP_FAILED && (flags & MREMAP_DONTUNMAP))
			ret = mremap((void *)old, old_len, new_len, flags, at);
		else if (ret == MAP_FAILED)
			ret = mremap((void *)old, old_len, new_len, flags | MREMAP_FIXED, at);
		if ((s64)ret == at)
			map_used(at, new_len);
	} else {
		ret = mremap((void *)old, old_len, new_len, flags, to);
	}
	return ret == MAP_FAILED ? -errno : (s64)ret;
}
