/* SPDX-License-Identifier: BSD-2-Clause */
/* One public header, alone and before anything else. */
#include HEADER

int main(void)
{
	return 0;
}
