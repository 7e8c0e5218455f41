#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# spin.sh UFFDSIM CLASSIC [small] - the same races explored here and by SPIN, in one table
#
# Exit status 1 if the two do not agree on the final states or on what is violated.
# shellcheck disable=SC2086 # flags are lists of words
set -eu
uffdsim=$(realpath "$1") classic=$(realpath "$2") size=${3:-full}
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
litmus=$here/../../litmus
for tool in spin gcc /usr/bin/time; do
	command -v $tool >/dev/null || {
		echo "skipped: $tool is missing (apt-get install spin gcc time)"
		exit 77
	}
done
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
rounds=3 ways='SPIN SPIN-DCOLLAPSE SPIN-DNOREDUCE'
[ "$size" = full ] || rounds=1 ways=SPIN
failed=0

# measure COMMAND... : the output in ./out, CPU seconds and peak MB of the best round in ./cost
measure() {
	: >costs
	for _ in $(seq $rounds); do
		/usr/bin/time -o cost -f '%U %S %M' "$@" >out 2>&1 || :
		tail -n 1 cost >>costs
	done
	awk '{ printf "%.2f %.1f\n", $1 + $2, $3 / 1024 }' costs | sort -n | head -n 1 >cost
}

# row TOOL COUNT WHAT STEPS ANSWER: with the figures of ./cost
row() {
	read -r cpu mb <cost
	awk -v tool="$1" -v n="$2" -v what="$3" -v steps="$4" -v answer="$5" -v cpu="$cpu" -v mb="$mb" 'BEGIN {
		rate = cpu >= 0.05 ? sprintf("%.0f", n / cpu) : "-"
		printf "  %-17s %9d %-10s %9s %7.2f %9s %7.1f  %s\n", tool, n, what, steps, cpu, rate, mb, answer
	}'
}

# pan CFLAGS PML OPTIONS... : SPIN's verifier of a model, as ./pan
pan() {
	cflags=$1 pml=$2
	shift 2
	spin -a "$@" "$here/$pml" >spin.log || {
		cat spin.log
		exit 1
	}
	gcc -DSAFETY -w $cflags -o pan pan.c
}

# The final states of both, in one form
spin_states() {
	# -o2: what is only printed counts as read
	pan '-O0 -DPRINTF' "$@" -DSHOW -o2
	./pan -n -m10000 | sed -n 's/^ *\(state .*\)/\1/p' | sort -u
}

scenario_states() {
	"$uffdsim" explore --no-trace --notime "$@" | awk '/^States/ { n = $2; next }
		n-- > 0 {
			split("", v)
			pages = 0
			for (i = 1; i <= NF; i++) {
				split($i, is, "=")
				v[is[1]] = is[2]
				pages += is[1] ~ /^c:/
			}
			printf "state"
			for (i = 0; i < pages; i++) {
				page = "c:*(A+" i "p)" in v ? v["c:*(A+" i "p)"] : v["c:*A"]
				r = "monitor:r" in v ? v["monitor:r"] : v["m" i + 1 ":r"]
				printf " %d,%d", r == "0;" ? 1 : r == "-EAGAIN;" ? 2 : 0, page != "-;"
			}
			print ""
		}' | sort -u
}

# agree WHAT A B: they are the same
agree() {
	[ "$2" != "$3" ] || return 0
	echo "the two do not agree on the $1: $2, $3"
	failed=1
}

# spin_rows STATES VERDICT PML DEFINES... : some ways to run it; each must end with that verdict
spin_rows() {
	states=$1 verdict=$2
	shift 2
	for way in $ways; do
		pan "-O2 ${way#SPIN}" "$@"
		measure ./pan -n -m10000 -w20
		if grep -q 'errors: 0' out; then answer=holds; else answer=violated; fi
		agree verdict "$answer" "$verdict"
		row "$way" "$(awk '/states, stored/ { print $1 }' out)" states \
			"$(awk '/transitions \(/ { print $1 }' out)" "$states final states, $answer"
	done
}

# program NAME N PML DEFINES... : of tests/sim/classics.c
program() {
	name=$1 n=$2
	shift 2
	echo "$name($n)"
	"$classic" "$name" "$n" states | sed -n '/^state /p' | sort -u >ours
	spin_states "$@" >theirs
	cmp -s ours theirs || agree 'final states' "$(wc -l <ours)" "$(wc -l <theirs)"
	measure "$classic" "$name" "$n"
	row uffdsim "$(awk '{ print $2 }' out)" executions "$(awk '{ print $4 }' out)" \
		"$(wc -l <ours) final states, holds"
	spin_rows "$(wc -l <theirs)" holds "$@"
}

# scenario FILE PROFILE PML DEFINES...
scenario() {
	file=$1 profile=$2
	shift 2
	echo "$(basename "$file" .litmus), $profile"
	scenario_states --profile "$profile" "$file" >ours
	spin_states "$@" >theirs
	cmp -s ours theirs || agree 'final states' "$(wc -l <ours)" "$(wc -l <theirs)"
	scenario_states --cache --profile "$profile" "$file" | cmp -s ours - || agree 'final states' executions cache
	measure "$uffdsim" explore --no-trace --profile "$profile" "$file"
	if grep -q '^No' out; then answer=violated; else answer=holds; fi
	row uffdsim "$(awk '/^Executions/ { print $2 }' out)" executions - \
		"$(wc -l <ours) final states, $answer"
	measure "$uffdsim" explore --cache --no-trace --profile "$profile" "$file"
	if grep -q '^No' out; then agree verdict violated "$answer"; else agree verdict holds "$answer"; fi
	row 'uffdsim --cache' "$(sed -n 's/.* of \([0-9]*\) states,.*/\1/p' out)" states \
		"$(sed -n 's/.* \([0-9]*\) transitions.*/\1/p' out)" "$(wc -l <ours) final states, $answer"
	spin_rows "$(wc -l <theirs)" "$answer" "$@"
}

copies() {
	"$here/../copies.sh" "$1" >"fork-vs-$1-copies.litmus"
	scenario "fork-vs-$1-copies.litmus" v6.18 fork-vs-copies.pml "-DN=$1"
}

printf '%-19s %9s %-10s %9s %7s %9s %7s  %s\n' model count of steps CPU/s per/s MB answer
scenario "$litmus/fork-vs-copy.litmus" v4.17 fork-vs-copies.pml -DN=1 -DALONE -DV4_17
scenario "$litmus/fork-vs-copy.litmus" v6.18 fork-vs-copies.pml -DN=1 -DALONE
if [ "$size" = small ]; then
	copies 2
	program uffd-race 3 uffd-race.pml -DN=3
else
	scenario "$litmus/fork-vs-3-copies.litmus" v6.18 fork-vs-copies.pml -DN=3
	copies 4
	for n in 5 6 7; do
		program uffd-race $n uffd-race.pml -DN=$n
	done
	program uffd-pages 5 uffd-race.pml -DN=5 -DPAGES
fi
exit $failed
