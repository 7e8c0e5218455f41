/* Asleep: how often the thread went to sleep so far; else 0. */
static long asleep(int pid, int tid)
{
	char path[64], line[128], state = 'R';
	long switches = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/status", pid, tid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		sscanf(line, "State: %c", &state);
		sscanf(line, "voluntary_ctxt_switches: %ld", &switches);
	}
	if (f)
		fclose(f);
	return state == 'S' || state == 'D' ? switches + 1 : 0;
}
