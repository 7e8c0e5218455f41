/* needs: test */
static void expect_blocked(int thread, int number, const char *name)
{
	const struct result *r = &st->results[number];

	if (!test(st->threads[thread].busy && r->in != st->now, name))
		printf("# wanted blocked, got %s\n", r->text);
}
