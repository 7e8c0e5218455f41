static s64 pread_byte(int file, s64 addr)
{
	unsigned char byte;
	ssize_t n = pread(file, &byte, 1, addr);

	return n < 0 ? -errno : n == 1 ? byte : 0;
}
