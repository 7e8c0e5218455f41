/* What a fatal access gives; no value of a byte. */
#define KILLED(sig) (-0x10000LL - (sig))
