/* A value, or the negative errno. */
static s64 sys(long ret)
{
	return ret < 0 ? -errno : ret;
}
