/* needs: event_name flag_names */
static const char *message(s64 ret, const struct uffd_msg *m)
{
	static __thread char buf[160];
	int n = 0;

	buf[0] = 0;
	if (ret != sizeof(*m))
		return buf;
	n = snprintf(buf, sizeof(buf), " {event=%s, ", event_name(m->event));
	switch (m->event) {
	case UFFD_EVENT_PAGEFAULT:
		snprintf(buf + n, sizeof(buf) - n, "address=0x%llx, flags=%s}",
			 m->arg.pagefault.address, flag_names((s64)m->arg.pagefault.flags));
		break;
	case UFFD_EVENT_FORK:
		snprintf(buf + n, sizeof(buf) - n, "ufd=fd}");
		break;
	case UFFD_EVENT_REMAP:
		snprintf(buf + n, sizeof(buf) - n, "from=0x%llx, to=0x%llx, len=%lld}",
			 m->arg.remap.from, m->arg.remap.to, (s64)m->arg.remap.len);
		break;
	default:
		snprintf(buf + n, sizeof(buf) - n, "start=0x%llx, end=0x%llx}",
			 m->arg.remove.start, m->arg.remove.end);
		break;
	}
	return buf;
}
