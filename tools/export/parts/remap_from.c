static s64 remap_from(const struct uffd_msg *m)
{
	return m->event == UFFD_EVENT_REMAP ? (s64)m->arg.remap.from : 0;
}
