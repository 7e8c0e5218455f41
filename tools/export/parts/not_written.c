/* An answer field that still holds this was not written by the kernel. */
#define NOT_WRITTEN 0x5a5a5a5a5a5a5a5aLL
