static s64 pwrite_byte(int file, s64 addr, s64 value)
{
	unsigned char byte = (unsigned char)value;
	ssize_t n = pwrite(file, &byte, 1, addr);

	return n < 0 ? -errno : n;
}
