/* needs: race_count test */
static int is_allowed(const char *text)
{
	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		if (!strcmp(allowed[i], text))
			return 1;
	return 0;
}

static void test_states(void)
{
	int good = 1;

	for (int i = 0; i < nr_seen; i++) {
		int ok = is_allowed(seen[i].text);

		printf("# %8d %s%s\n", seen[i].runs, seen[i].text, ok ? "" : "  NOT ALLOWED");
		good &= ok;
	}
	test(good, "no state outside of the explored ones");
}
