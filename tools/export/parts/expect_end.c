/* needs: test */
/* @want: the threads that are blocked at the end. */
static void expect_end(const char *want)
{
	char got[1024] = "";

	for (int i = 0; i < NR_THREADS; i++) {
		size_t n = strlen(got);

		if (st->threads[i].busy)
			snprintf(got + n, sizeof(got) - n, "%s%s", n ? " " : "", st->threads[i].name);
	}
	if (!test(!strcmp(got, want), "who is blocked at the end"))
		printf("# wanted '%s', got '%s'\n", want, got);
}
