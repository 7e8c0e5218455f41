#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A patch does what some choices of the profile do, and what the kernel without it does not.
# same.sh UFFDSIM KERNEL CHOICES PATCH SCENARIO...
set -u
uffdsim=$1 kernel=$2 choices=$3 patch=$4
shift 4

"$uffdsim" compare --no-trace --base "$kernel+$choices" --with "$kernel" --patch "$patch" "$@" ||
	{ echo "not as $kernel+$choices"; exit 1; }
"$uffdsim" compare --no-trace --base "$kernel" --patch "$patch" "$@"
case $? in
1) exit 0 ;;
0) echo "no different from $kernel: the scenarios show nothing"; exit 1 ;;
*) exit 1 ;;
esac
