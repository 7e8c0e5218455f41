/* What step @number gave, to be compared later. */
static void say(int number, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void say(int number, const char *fmt, ...)
{
	struct result *r = &st->results[number];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->text, sizeof(r->text), fmt, ap);
	va_end(ap);
	r->in = __atomic_load_n(&st->now, __ATOMIC_SEQ_CST);
}
