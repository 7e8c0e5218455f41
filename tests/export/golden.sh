#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# golden.sh UFFDSIM FOLDER SCENARIOS - export --syz against FOLDER/NAME.syz, or the message in
# FOLDER/NAME.refused; TAP
set -u

uffdsim=$1 golden=$2 scenarios=$3
n=0 failed=0
out=$(mktemp)
trap 'rm -f "$out"' EXIT
for want in "$golden"/*; do
	name=$(basename "$want")
	file=$scenarios/${name%.*}.litmus
	[ -f "$file" ] || file=$scenarios/../litmus/${name%.*}.litmus
	n=$((n + 1))
	"$uffdsim" export --syz "$file" >"$out" 2>&1
	status=$?
	expected=0
	if [ "${name##*.}" = refused ]; then
		expected=3
		sed -i "1s,^$file,FILE," "$out"
	fi
	if [ $status = $expected ] && diff -u "$want" "$out" >&2; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name (status $status)"
		failed=1
	fi
done
echo "1..$n"
exit $failed
