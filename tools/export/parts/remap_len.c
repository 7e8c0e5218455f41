static s64 remap_len(const struct uffd_msg *m)
{
	return m->event == UFFD_EVENT_REMAP ? (s64)m->arg.remap.len : 0;
}
