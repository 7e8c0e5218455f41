/* needs: test say */
/* Step @number has finished now, and gave @want. */
static void expect(int number, const char *name, const char *want)
{
	const struct result *r = &st->results[number];
	int now = r->in == st->now;

	if (!test(now && !strcmp(r->text, want), name))
		printf("# wanted %s, got %s\n", want, now ? r->text : "nothing: not finished");
}
