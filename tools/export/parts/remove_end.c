static s64 remove_end(const struct uffd_msg *m)
{
	int has = m->event == UFFD_EVENT_REMOVE || m->event == UFFD_EVENT_UNMAP;

	return has ? (s64)m->arg.remove.end : 0;
}
