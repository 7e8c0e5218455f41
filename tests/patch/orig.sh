#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A patch that calls the model's own functions changes nothing: sequences, record by record.
# orig.sh UFFDSIM ALL-ORIG.so FOLDER
set -u
failed=0 n=0
for file in "$3"/*.litmus; do
	n=$((n + 1))
	without=$("$1" run --json --profile v6.18 "$file" 2>&1)
	with=$("$1" run --json --profile v6.18 --patch "$2" "$file" 2>&1)
	[ "$without" = "$with" ] || { echo "$file: other records"; failed=1; }
done
[ $n -gt 100 ] || { echo "only $n scenarios"; failed=1; }
exit $failed
