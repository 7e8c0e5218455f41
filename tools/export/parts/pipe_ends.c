static s64 pipe_ends(s64 *out, s64 *in)
{
	int ends[2];

	if (pipe(ends))
		return -errno;
	*out = ends[0];
	*in = ends[1];
	return 0;
}
