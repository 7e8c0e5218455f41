static const char *flag_names(s64 flags)
{
	static const char *const names[] = { "0", "WRITE", "WP", "WRITE|WP", "MINOR",
					     "WRITE|MINOR", "WP|MINOR", "WRITE|WP|MINOR" };

	return names[flags & 7];
}
