/* needs: not_written bits */
static const char *answer_bits(s64 features, s64 ioctls)
{
	static __thread char buf[96];

	buf[0] = 0;
	if (ioctls != NOT_WRITTEN && features != NOT_WRITTEN)
		snprintf(buf, sizeof(buf), " {features=%s, ioctls=%s}", bits(features),
			 bits(ioctls));
	else if (ioctls != NOT_WRITTEN)
		snprintf(buf, sizeof(buf), " {ioctls=%s}", bits(ioctls));
	return buf;
}
