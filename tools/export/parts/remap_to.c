static s64 remap_to(const struct uffd_msg *m)
{
	return m->event == UFFD_EVENT_REMAP ? (s64)m->arg.remap.to : 0;
}
