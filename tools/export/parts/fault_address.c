static s64 fault_address(const struct uffd_msg *m)
{
	return m->event == UFFD_EVENT_PAGEFAULT ? (s64)m->arg.pagefault.address : 0;
}
