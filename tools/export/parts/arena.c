/* Mappings without an address go to the arena, 2 MiB apart, as in the scenario. */
#define ARENA 0x10000000000LL
#define SLOT  0x200000LL

static void map_cursor(s64 at)
{
	__atomic_store_n(&st->cursor, at, __ATOMIC_SEQ_CST);
}

static void map_used(s64 addr, s64 len)
{
	map_cursor((addr + len + PAGE_SIZE + SLOT - 1) & -SLOT);
}

static s64 map_next(void)
{
	s64 at = __atomic_load_n(&st->cursor, __ATOMIC_SEQ_CST);

	return at ? at : ARENA;
}
