static unsigned long long pagemap_entry(int pid, s64 addr)
{
	unsigned long long entry = 0;
	char path[64];
	int file;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (pread(file, &entry, sizeof(entry), addr / PAGE_SIZE * (off_t)sizeof(entry)) < 0)
		entry = 0;
	close(file);
	return entry;
}
