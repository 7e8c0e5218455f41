#define MAX_STATES 256

static struct {
	char text[TEXT];
	int runs;
} seen[MAX_STATES];
static int nr_seen;

static void count_state(const char *text)
{
	int i = 0;

	while (i < nr_seen && strcmp(seen[i].text, text))
		i++;
	if (i == MAX_STATES)
		return;
	if (i == nr_seen) {
		strcpy(seen[i].text, text);
		nr_seen++;
	}
	seen[i].runs++;
}
