/* needs: access */
static const char *flt(void)
{
	return access_faults ? " flt" : "";
}
