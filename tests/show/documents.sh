#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# documents.sh UFFDSIM ROOT - diagrams, the walk and the picture in the documents are what comes out
set -u
uffdsim=$(realpath "$1")
cd "$2" || exit 1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
nr=0 failed=0

# same WANT GOT WHAT
same() {
	nr=$((nr + 1))
	if [ -s "$1" ] && cmp -s "$1" "$2"; then
		echo "ok $nr - $3"
	else
		echo "not ok $nr - $3"
		diff "$1" "$2" | sed 's/^/# /'
		failed=1
	fi
}

# From a line that begins with $1 to the end of the block, or to a line of dots.
block() {
	awk -v begin="$1" '
		index($0, begin) == 1 { on = 1 }
		on && ($0 == "```" || $0 == "...") { exit }
		on'
}

echo "1..4"
"$uffdsim" explore --profile v4.17 tests/litmus/fork-vs-copy.litmus | block "Counterexample:" >"$dir/want"
for document in README.md DESIGN.md; do
	block "Counterexample:" <$document >"$dir/got"
	same "$dir/want" "$dir/got" "the diagram in $document"
done
block "step 4 of 4" <README.md >"$dir/got"
printf 'next 3\nmonitor\nstate\n' |
	"$uffdsim" step --profile v4.17 tests/litmus/fork-vs-copy.litmus |
	awk '/^step 4 of 4/ { seen++ } seen == 2' | head -n "$(wc -l <"$dir/got")" >"$dir/want"
same "$dir/want" "$dir/got" "the walk in README.md"
"$uffdsim" explore --profile v4.17 --diagram svg tests/litmus/fork-vs-copy.litmus >"$dir/want"
same "$dir/want" docs/fork-vs-copy.svg "the picture in docs/diagrams.md"
exit $failed
