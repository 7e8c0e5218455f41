static s64 fork_ufd(const struct uffd_msg *m)
{
	return m->event == UFFD_EVENT_FORK ? (s64)m->arg.fork.ufd : 0;
}
