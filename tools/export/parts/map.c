/* needs: arena */
static s64 map(s64 addr, s64 len, int prot, int flags, int fd, s64 off)
{
	s64 at = addr ? addr : map_next();
	int fixed = addr || (flags & MAP_FIXED) ? 0 : MAP_FIXED_NOREPLACE;
	void *ret;

	if (flags & MAP_FIXED)
		at = addr;
	do {
		ret = mmap((void *)at, len, prot, flags | fixed, fd, off);
		if (ret != MAP_FAILED) {
			if (fixed)
				map_used(at, len);
			return (s64)ret;
		}
		at += SLOT;
	} while (fixed && errno == EEXIST);
	return -errno;
}
