static s64 fault_flags(const struct uffd_msg *m)
{
	return m->event == UFFD_EVENT_PAGEFAULT ? (s64)m->arg.pagefault.flags : 0;
}
