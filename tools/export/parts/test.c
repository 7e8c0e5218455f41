static int tests, failures;

static int test(int good, const char *name)
{
	printf("%sok %d %s\n", good ? "" : "not ", ++tests, name);
	failures += !good;
	return good;
}
