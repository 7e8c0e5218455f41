#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Patches on the command line: what is refused and how, and that results, tokens and
# checkpoints know of them.
# cli.sh UFFDSIM ROOT ZAP-FIRST.so CHANGING-FLAG.so WP-IGNORED.so COMPILER...
set -u
uffdsim=$(realpath "$1") root=$2 zap=$(realpath "$3") flag=$(realpath "$4") wp=$(realpath "$5")
shift 5
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
window=$root/tests/litmus/dontneed-window.litmus
n=0 failed=0

# check PROMISE STATUS PATTERN COMMAND...: the exit status, and a line of what it prints
check() {
	promise=$1 status=$2 pattern=$3
	shift 3
	n=$((n + 1))
	"$@" >out 2>&1
	got=$?
	if [ $got -eq "$status" ] && grep -q -- "$pattern" out; then
		echo "ok $n - $promise"
	else
		failed=1
		echo "not ok $n - $promise"
		echo "# status $got, not $status, or no line like: $pattern"
		sed 's/^/# /' out
	fi
}

explore() {
	"$uffdsim" explore --no-trace --notime "$@" "$window"
}

echo text >text.so
echo 'int x;' >none.c
"$@" -shared -fPIC -o none.so none.c
cat >newer.c <<'END'
#include <uffdsim/patch.h>
UFFDSIM_PATCH("newer", "Made for a later uffdsim.", .sets = "+split_remove=yes", .abi = UFFDSIM_PATCH_ABI + 1);
END
"$@" -shared -fPIC -w -I"$root/uapi" -o newer.so newer.c
sed 's/, .abi = .*)/)/; s/split_remove=yes/no_such_choice=yes/; s/newer/choice/' newer.c >choice.c
"$@" -shared -fPIC -w -I"$root/uapi" -o choice.so choice.c
cat >undefined.c <<'END'
#include <uffdsim/patch.h>
extern bool elsewhere(struct vm_area_struct *vma, uint64_t addr, pte_t pte);
UFFDSIM_PATCH("undefined", "Needs what is nowhere.", .decide.can_change_pte_writable = elsewhere);
END
"$@" -shared -fPIC -w -I"$root/uapi" -o undefined.so undefined.c
cp "$zap" twin.so
cp "$zap" 'plus+plus.so'

check "a file that is not there" 2 'patch missing.so: No such file' explore --patch missing.so
check "a file that is no object" 2 'text.so' explore --patch text.so
check "an object that is no patch" 2 'none.so: no patch: UFFDSIM_PATCH() of' explore --patch none.so
check "the source instead of it" 2 'none.c: this is its source' explore --patch none.c
check "another version" 2 'newer.so: a patch for version 2 of' explore --patch newer.so
check "an unknown choice" 2 'choice.so: patch "choice": sets "+no_such_choice=yes": unknown' explore --patch choice.so
check "a symbol that nobody has" 2 'undefined.so: .*elsewhere' explore --patch undefined.so
check "the same file twice" 2 'named twice' explore --patch "$zap" --patch "$zap"
check "two that decide the same" 2 'patches "zap-first" and "zap-first" both decide userfaultfd_remove' \
	explore --patch "$zap" --patch twin.so
for name in "$zap" twin.so; do
	sed "s|^init|profile v6.18+$name\n&|" "$window" >named.litmus
	check "a scenario cannot name one" 2 'unknown variant "twin.so"\|a name is made of letters' \
		"$uffdsim" explore named.litmus
done

check "a line in the report" 1 '^Patch zap-first: userfaultfd_remove$' explore --patch "$zap"
check "two patches" 1 '^Patch changing-flag: userfaultfd_event_begin, userfaultfd_event_end, +map_changing_lock=no$' \
	explore --patch "$zap" --patch "$flag"
check "a name in the JSON" 1 '"profile":"v6.18","patches":\["zap-first"\]' explore --json --patch "$zap"
check "in the name of a profile" 1 '^Patch zap-first' explore --profile v6.12+./twin.so+tlb=on
check "a path with a plus" 1 '^Patch zap-first' explore --patch plus+plus.so
check "in the report of run" 1 '^Patch zap-first' "$uffdsim" run --no-trace --patch "$zap" "$window"
check "in the line to replay" 1 "^Replay: .* --patch $wp --check " "$uffdsim" explore --check --patch "$wp" "$root/tests/litmus/wp-async.litmus"
check "found by mm_check" 1 'Finding broken invariant.* writable and uffd-wp' \
	"$uffdsim" explore --check --no-trace --patch "$wp" "$root/tests/litmus/wp-async.litmus"
check "step takes one" 0 '' sh -c "echo quit | '$uffdsim' step --patch '$zap' '$window'"
museum=$root/tests/litmus/museum
check "in the museum: what was fixed stays so" 0 '^Fixed, v6.18: never in ' \
	"$uffdsim" museum --dir "$museum" --patch "$zap" M05
check "or comes back" 1 '^Fixed, v6.18: FOUND AGAIN' \
	"$uffdsim" museum --dir "$museum" --patch "$flag" M02

token=$("$uffdsim" explore --check --json --patch "$wp" "$root/tests/litmus/wp-async.litmus" |
	sed -n 's/.*"witness":"\(v1:[^"]*\)".*/\1/p')
[ -n "$token" ] || token=$("$uffdsim" explore --check --patch "$wp" "$root/tests/litmus/wp-async.litmus" |
	sed -n 's/^Token //p' | head -1)
check "a token goes with its patch" 1 'writable and uffd-wp' \
	"$uffdsim" run --check --replay "$token" --patch "$wp" "$root/tests/litmus/wp-async.litmus"
check "and not without" 2 'made for another scenario, profile or patch: this is under v6.18, without a patch' \
	"$uffdsim" run --replay "$token" "$root/tests/litmus/wp-async.litmus"
check "nor with another" 2 'under v6.18, with patch zap-first' \
	"$uffdsim" run --replay "$token" --patch "$zap" "$root/tests/litmus/wp-async.litmus"

check "threads share a search with one" 1 '^Executions 10 (complete)' explore -j 2 --patch "$zap"
check "a checkpoint" 1 '^Executions 10 (complete)' explore --checkpoint cp --patch "$zap"
check "goes on with its patch" 1 '^Executions 10 (complete)' explore --resume cp --patch "$zap"
check "and not without" 2 'made for another profile or patch' explore --resume cp
sed 's/zap the pages/&/; s/int err;/int err = 0;/' "$root/examples/patches/zap-first.c" >again.c
"$@" -shared -fPIC -O1 -I"$root/uapi" -o again.so again.c
check "nor with another build of it" 2 'made for another profile or patch' explore --resume cp --patch ./again.so
check "parts with one" 0 '' explore --split 2 --patch "$zap"
for part in dontneed-window.*.part; do
	check "$part" 0 '' explore --part "$part" --patch "$zap"
done
check "merged" 1 '^Executions 10 (complete)' "$uffdsim" explore --no-trace --merge --patch "$zap" "$window" dontneed-window.*.part
check "a search that remembers states" 1 '^Patch zap-first' explore --cache --patch "$zap"

check "compared with the kernel" 1 'with v6.18 with patch zap-first' "$uffdsim" compare --no-trace --patch "$zap" "$window"
check "in the name of a side" 0 'base v6.18 with patch zap-first' \
	"$uffdsim" compare --no-trace --base "+$zap" --with "v6.18+remove-split" "$window"
check "in the JSON of a side" 1 '"with":{"profile":"v6.18","states".*"patches":\["zap-first"\]\|"patches": *\["zap-first"\]' \
	"$uffdsim" compare --json --patch "$zap" "$window"
check "decisions are listed" 0 '^userfaultfd_remove$' "$uffdsim" profiles --decisions
check "and explained" 0 'Choices: split_remove' "$uffdsim" profiles +userfaultfd_remove
echo "1..$n"
exit $failed
