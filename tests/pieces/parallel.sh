#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# parallel.sh UFFDSIM FILE PARTS - the parts by GNU parallel
set -eu
uffdsim=$(realpath "$1") file=$(realpath "$2") parts=$3
parallel --version 2>/dev/null | grep -q '^GNU parallel' || exit 77
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
HOME=$dir
export HOME
name=$(sed -n 's/^uffd //p' "$file")

"$uffdsim" explore --notime --no-trace "$file" >whole
"$uffdsim" explore --split "$parts" "$file" >/dev/null
parallel --will-cite "$uffdsim" explore --part {} "$file" ::: "$name".*.part >/dev/null
"$uffdsim" explore --notime --no-trace --merge "$file" "$name".*.part >merged
cmp whole merged
