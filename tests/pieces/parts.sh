#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# parts.sh UFFDSIM FILE PARTS - split, explored part by part, merged: the same result
set -eu
uffdsim=$(realpath "$1") file=$(realpath "$2") parts=$3
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
name=$(sed -n 's/^uffd //p' "$file")

explore() {
	"$uffdsim" explore --notime --no-trace "$@"
}

# refused WORDS OPTION... : exit status 2, and a message with these words
refused() {
	words=$1
	shift
	status=0
	explore "$@" >/dev/null 2>err || status=$?
	if [ "$status" != 2 ] || ! grep -q "$words" err; then
		echo "not refused ($status): $*: $words"
		cat err
		exit 1
	fi
}

explore "$file" >whole
explore --split "$parts" "$file" >names
[ "$(wc -l <names)" = "$parts" ]
refused 'is not finished' --merge "$file" "$name".*.part
for i in $(seq "$parts"); do
	# One that is killed goes on by the same command.
	timeout -s KILL 0.05 "$uffdsim" explore --checkpoint-ms 20 --part "$name.$i.part" "$file" >/dev/null || :
	explore -j2 --part "$name.$i.part" "$file" | grep -q "(part $i of $parts)"
done
explore --merge "$file" "$name".*.part >merged
cmp whole merged

refused 'is missing' --merge "$file" "$name".[2-9]*.part
refused 'there twice' --merge "$file" "$name".*.part "$name.1.part"
refused 'No such file' --merge "$file" none.part
refused 'another profile' --profile v4.18 --part "$name.1.part" "$file"
refused 'other options' --brute --part "$name.1.part" "$file"
sed 's/^counts ./counts 7/' "$name.1.part" >damaged.part
refused 'checksum' --part damaged.part "$file"
head -c 1000 "$name.1.part" >short.part
refused 'checksum' --part short.part "$file"
refused 'no file of a search' --part "$file" "$file"
sed '1s/[0-9]*$/999/' "$name.1.part" >later.part
refused "another version's" --part later.part "$file"
sed 's/^uffd .*/uffd other/' "$file" >other.litmus
refused 'another scenario' --part "$name.1.part" other.litmus
refused 'in pieces' --pct 2 -j2 "$file"
