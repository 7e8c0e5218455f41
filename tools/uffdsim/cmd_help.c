/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cmd_help.c - uffdsim help
 */
#include <string.h>

#include "tools/uffdsim/uffdsim.h"

static const char general[] =
	"uffdsim - Linux userfaultfd simulated, with every interleaving\n"
	"\n"
	"  uffdsim run FILE        one execution, deterministic\n"
	"  uffdsim explore FILE    every distinguishable interleaving\n"
	"  uffdsim live FILE       the same file on this machine's kernel\n"
	"  uffdsim fuzz            random programs, judged\n"
	"  uffdsim diff FILE...    simulator against live kernel, statement by statement\n"
	"  uffdsim step FILE       walk an execution forwards and backwards\n"
	"  uffdsim export FILE     the scenario as a C program or a syzkaller program\n"
	"  uffdsim import LOG      a log of strace as a scenario\n"
	"  uffdsim compare FILE    two semantics side by side\n"
	"  uffdsim museum          bugs of the past, found in the kernels that had them\n"
	"  uffdsim profiles        the kernels that are known, and in what they differ\n"
	"  uffdsim help [VERB]     what a verb does, and its options\n"
	"  uffdsim help calls      the calls of the scenario language\n"
	"  uffdsim help verdicts   what is looked for beyond the condition\n"
	"  uffdsim --version\n"
	"\n"
	"FILE is a scenario (.litmus). Exit status: 0 done and the condition, if any, is met;\n"
	"1 it is not met; 2 the command line or the file is wrong, with FILE:LINE:COL on standard\n"
	"error; 3 it needs something that the simulator cannot do.\n";

static const char run[] =
	"uffdsim run [OPTION...] FILE\n"
	"\n"
	"One execution of a scenario: a sequence statement by statement, threads each as far as "
	"it\n"
	"goes. Prints what happened as one column a thread, and the final state.\n"
	"\n"
	"  --json         one JSON record a statement instead\n"
	"  --seed N       threads: a random schedule, the same for the same N\n"
	"  --replay TOKEN threads: the schedule that explore named\n"
	"  --profile P    run under profile P, whatever the file says\n"
	"  --patch FILE   with decisions of the model replaced by the patch FILE, a shared object\n"
	"                 (docs/patching.md); may repeat\n"
	"  --rwsem HOW    unfair: new readers pass a writer that waits (fair)\n"
	"  --memory M     tso, weak: others see a store to a shared word later (sc)\n"
	"  --spurious[=N] each thread may be woken N times (1) without reason\n"
	"  --tlb          processors remember translations until they are flushed\n"
	"  --races        watch for data races, which takes time\n"
	"  --max-steps N  give up after N steps (threads 20000, sequence 1000000)\n"
	"  --no-trace     only the final state\n"
	"  --width N      characters for two columns (78)\n"
	"  --full         also locks that nobody could have met\n"
	"  --diagram F    text, markdown, svg or html (text); svg and html are all that is printed\n"
	"  --trace perfetto\n"
	"                 also write a trace for ui.perfetto.dev, to NAME.perfetto.json\n"
	"  --output FILE  the trace goes there; without --trace the diagram does\n"
	"  --check        look for broken invariants after every step (debug builds always do), and\n"
	"                 after a sequence for memory that was not given back\n"
	"  --fail-alloc N let the Nth allocation of the simulated kernel fail\n"
	"\n"
	"Threads that are blocked at the end are reported, and do not change the exit status.\n";

static const char explore[] =
	"uffdsim explore [OPTION...] FILE\n"
	"uffdsim explore --merge [OPTION...] FILE PART...\n"
	"\n"
	"Every distinguishable interleaving of the scenario's threads. Prints the summary that\n"
	"herd7 prints for a litmus test, then lines of its own. An execution that decides the\n"
	"condition follows as a diagram with the token that replays it, and so does the first\n"
	"deadlock or bug: of all that show the same the one with the fewest context switches, and\n"
	"of those the shortest (--stats: how much shorter, and whether none can be).\n"
	"\n"
	"  --json              one JSON object instead\n"
	"  --profile P         run under profile P, whatever the file says\n"
	"  --patch FILE        with decisions of the model replaced by the patch FILE, a shared\n"
	"                      object (docs/patching.md); may repeat\n"
	"  --rwsem HOW         unfair: new readers pass a writer that waits (fair)\n"
	"  --memory M          tso, weak: others see a store to a shared word later (sc)\n"
	"  --spurious[=N]      each thread may be woken N times (1) without reason\n"
	"  --tlb               processors remember translations until they are flushed\n"
	"  --races             watch for data races, which takes time\n"
	"  --notime            leave the time out\n"
	"  --max-executions N  stop after N executions\n"
	"  --seconds N         stop after N seconds\n"
	"  --max-steps N       give an execution up after N steps (1000; with --cache 100000)\n"
	"  --brute             no reduction: every interleaving\n"
	"  --preemptions N     only what at most N preemptions lead to, fewest first\n"
	"  --symmetry          threads with the same statements are exchanged instead of explored\n"
	"  --unroll            loops that only wait are gone round as often as can be\n"
	"  --cache[=MIB]       every state of the machine once, remembered in about MIB MiB (1024);\n"
	"                      counts final states instead of executions\n"
	"  --pct D             a sample by random priorities, made for bugs that depend on the\n"
	"                      order of D pairs of steps; says how likely it has them (10000)\n"
	"  --random            a sample by random choices; says how much it has not seen (10000)\n"
	"  --seed N            which sample\n"
	"  -j N, --jobs N      N threads share the search\n"
	"  --checkpoint CP     keep what is found and what is to do in the file CP (every 2000 ms;\n"
	"                      --checkpoint-ms N)\n"
	"  --resume CP         go on where CP says, and keep CP up to date\n"
	"  --split K           make K parts of the search: NAME.1.part ... NAME.K.part\n"
	"  --part PART         explore one of them, and keep the result in it; again: go on with it\n"
	"  --merge             put the results of all parts together\n"
	"  --progress          counters and an estimate of the end on standard error, even if that\n"
	"                      is no terminal\n"
	"  --stats             also what the search cost (JSON: a member \"search\")\n"
	"  --no-trace          no diagrams\n"
	"  --width N           characters for two columns of a diagram (78)\n"
	"  --full              in diagrams also locks that nobody could have met\n"
	"  --diagram F         text, markdown, svg or html (text); svg and html are all that is printed\n"
	"  --trace perfetto    also write a trace for ui.perfetto.dev, to NAME.perfetto.json\n"
	"  --output FILE       the trace goes there; without --trace the diagrams do\n"
	"  --check             look for broken invariants after every step (debug builds always do)\n"
	"  --forbid V,...      no execution may show these verdicts: `uffdsim help verdicts`\n"
	"\n"
	"A file without a condition is treated as forall (true); then a verdict gives status 1.\n"
	"A bug (a broken invariant, a lock misused) always gives 1. A search that was cut says so\n"
	"in its `Executions` line, and its verdict is about what was seen. `witness` of the JSON\n"
	"is null when no single execution decides. Hash is FNV-1a (128 bits) of the file's text.\n"
	"^C ends the search and prints what is known. See docs/exploring.md.\n";

static const char verdict_status[] =
	"\n"
	"explore counts the executions that show each, and names one to replay. A file without a\n"
	"condition is not met (exit status 1) if any was found. With one its condition decides,\n"
	"but use-after-free, invariant and misuse, which end their execution, are status 1 unless\n"
	"the condition speaks of them. `--forbid NAME,...` is one more condition: ~exists (NAME).\n";

static const char live[] =
	"uffdsim live [OPTION...] FILE\n"
	"\n"
	"A scenario on the kernel of this machine: real threads, processes and faults. Of a\n"
	"sequence the records are printed, of threads how often each final state was seen.\n"
	"\n"
	"  --json         the summary of threads as one JSON object (records are JSON anyway)\n"
	"  --runs N       run threads N times (1000)\n"
	"  --seed N       of the delays of the threads\n"
	"  --profile P    the name of the kernel in the JSON\n"
	"  --kernel IMAGE another kernel, booted in QEMU (qemu-system-x86_64, software emulation)\n"
	"  --tap          KTAP\n"
	"  --notime       leave the time out\n"
	"\n"
	"Needs root, userfaultfd, THP `madvise`, shmem THP `never`, and where a scenario wants\n"
	"huge pages room for 16 of them; else the exit status is 3. A scenario that names an\n"
	"address outside of its arena is refused (2). A run that does not come to rest within\n"
	"ten seconds is ended and named (1).\n";

static const char fuzz[] =
	"uffdsim fuzz [OPTION...]\n"
	"\n"
	"Random programs, run on the simulator with all invariants checked. What shows a bug is\n"
	"made as small as it gets and saved as a scenario. See docs/fuzzing.md.\n"
	"\n"
	"  --seed N        which programs (1); the same N gives the same ones\n"
	"  --programs N    stop after N programs\n"
	"  --seconds N     stop after N seconds\n"
	"  --out DIR       save findings there, and the state\n"
	"  --resume        go on where DIR's state says\n"
	"  --fail-alloc    each program again for every allocation that can fail\n"
	"  --live          ask this machine's kernel, too, and compare\n"
	"  --kernel IMAGE  the same with a kernel in QEMU\n"
	"  --runs N        of a thread program on the kernel (1000)\n"
	"  --threads       small thread programs, explored, instead of sequences\n"
	"  --anon          private anonymous memory only\n"
	"  --swap          use swap, too\n"
	"  --statements N  about how many at most (40)\n"
	"  --profile P     the kernel to simulate\n"
	"  --print N       print program N and do nothing else\n"
	"  --coverage      at the end, which results each call had\n"
	"\n"
	"^C stops after the present program; nothing is lost. Exit status: 1 if there are findings.\n";

static const char diff[] =
	"uffdsim diff [OPTION...] FILE...\n"
	"\n"
	"Each file on the simulator and on the kernel of this machine; a folder stands for the\n"
	"scenarios in it and below. Of a sequence the records are compared, and after every\n"
	"statement the memory of all processes: mappings with their VmFlags, pagemap, the first\n"
	"bytes of pages. The first difference is shown as a table. Of threads, every final state\n"
	"seen live must be among those explored. Exit status 1 if anything diverges.\n"
	"\n"
	"  --profile P         the simulator's profile (that of the kernel's version)\n"
	"  --records-only      do not compare the memory\n"
	"  --runs N            run threads N times (1000)\n"
	"  --seed N            of the delays of the threads\n"
	"  --max-executions N  bounds of the exploration\n"
	"  --max-steps N\n"
	"  --kernel IMAGE      another kernel, booted in QEMU, under the profile of its version\n"
	"  --json              one JSON object a file\n"
	"  --tap               KTAP\n";

static const char step[] =
	"uffdsim step [OPTION...] FILE\n"
	"\n"
	"Walk an execution of a scenario's threads step by step, forwards and backwards, and choose\n"
	"who goes on. Shows what each thread is about to do and who keeps it from that, locks and\n"
	"their holders, VMAs, page table entries, the queues of each userfaultfd, and what happened.\n"
	"\n"
	"  --profile P    run under profile P, whatever the file says\n"
	"  --patch FILE   with a patch, as of explore\n"
	"  --replay TOKEN begin with that schedule\n"
	"\n"
	"On a terminal: up and down choose a thread, Enter takes its step, n the next one on the\n"
	"path, b goes back, g and G to the begin and to the end, s shows the token of the choices so\n"
	"far, q ends and prints it. Otherwise commands are read, one a line: `help` lists them.\n";

static const char export[] =
	"uffdsim export --c | --syz [--profile P] FILE\n"
	"\n"
	"The scenario as a program of others, on standard output.\n"
	"\n"
	"  --c          a self-contained C program in the manner of a kselftest: it performs the\n"
	"               scenario on a real kernel and prints TAP. Of a sequence each statement is a\n"
	"               test, with the simulator's answer as what is expected. Threads are run 300\n"
	"               times (its argument: how often) with random delays; no final state may lie\n"
	"               outside of those that explore finds.\n"
	"               Build: gcc -O2 -pthread. Run as root.\n"
	"  --syz        a syzkaller program, of a sequence; statements that may sleep are async\n"
	"  --profile P  expect what profile P does, whatever the file says\n"
	"\n"
	"What cannot be expressed is named with its place; the exit status is then 3.\n";

static const char import[] =
	"uffdsim import --strace LOG\n"
	"\n"
	"The userfaultfd and memory calls of a program as a sequence, on standard output. LOG is\n"
	"what `strace -f -o LOG PROGRAM` wrote. Statements stand where their calls began, on\n"
	"threads T1, T2...; forked processes are c1, c2... Accesses are in no log: each PAGEFAULT\n"
	"message that was read becomes one, by a thread F1, F2... of its own. Calls on other memory\n"
	"are left out, calls that cannot be said are comments. The result runs.\n"
	"\n"
	"Exit status 2: there is no userfaultfd in the log.\n";

static const char profiles[] =
	"uffdsim profiles [--json]                 the kernels whose semantics are known\n"
	"uffdsim profiles [--json] P               the value of each choice in profile P\n"
	"uffdsim profiles [--json] P Q             in what two differ, and by which commits\n"
	"uffdsim profiles [--json] +NAME           what a choice, a variant or a decision is about\n"
	"uffdsim profiles [--json] --choices       all of these\n"
	"uffdsim profiles [--json] --decisions     what a patch (explore --patch) may decide\n"
	"\n"
	"A profile is a kernel, v6.18, with choices changed: v6.18+map_changing_lock=no, or with a\n"
	"variant, a named set of them: v6.18+access-hint. '-' and '_' are the same. Without\n"
	"--profile a scenario runs under v6.18, the newest kernel that the model was compared with.\n"
	"\n"
	"Exit status: 0; 2 for a name that is not known.\n";

static const char compare[] =
	"uffdsim compare [--base P] [--with Q] [--patch X.so] [OPTION...] FILE...\n"
	"\n"
	"Each scenario explored under two profiles, and what a change of semantics does to it: final\n"
	"states that became possible or impossible, verdicts (deadlock, lost-wakeup...) that are now\n"
	"found or no more, a condition that now fails, and for each of these an execution that shows\n"
	"it. Of a sequence the records that differ. FILE may be a folder.\n"
	"\n"
	"  --base P       what is compared with: the file's own profile, else v6.18\n"
	"  --with Q       a profile, v6.18+access-hint; +X is the base with X; +./x.so with a patch\n"
	"  --patch FILE   a patch on top of that; without --with on top of the base\n"
	"  --format F     text, markdown, or html: one page\n"
	"  --json         one JSON object a file\n"
	"  --output FILE  there instead of standard output\n"
	"  --no-trace     no diagrams\n"
	"  --width N, --full\n"
	"                 of the diagrams, as of explore\n"
	"  --seconds N, --max-executions N, --max-steps N\n"
	"                 bounds of each exploration; what was cut is said\n"
	"\n"
	"Exit status: 0 nothing differs; 1 something does; 2 a wrong command line or file; 3 a\n"
	"profile needs what is not modelled.\n";

static const char museum[] =
	"uffdsim museum [OPTION...] [ID | FILE]\n"
	"\n"
	"Bugs of userfaultfd's past as scenarios. Each is explored under the profile that had the\n"
	"bug, where it must be found, and under the one that has it fixed, where it must never show\n"
	"in any execution. Without ID a line for each; with one (M06; M17 is M17a, M17b...)\n"
	"its story, what came out, and the diagram of an execution in which it shows.\n"
	"\n"
	"  --list         only list them\n"
	"  --json         one JSON object an entry\n"
	"  --markdown     the page docs/museum.md, from the files alone\n"
	"  --dir DIR      where they are (tests/litmus/museum, else where they were installed)\n"
	"  --patch FILE   do the bugs come back with this patch? Only the kernels that have them\n"
	"                 fixed are explored\n"
	"  --no-trace     no diagram\n"
	"  --notime       leave the times out\n"
	"  --width N, --full, --diagram F, --output FILE\n"
	"                 as of explore\n"
	"  --seconds N    give an exploration up after N seconds\n"
	"\n"
	"Exit status: 0 all is as told; 1 not; 2 a file is wrong.\n";

static const char help[] = "uffdsim help [VERB | calls]\n";

static void print_verdicts(FILE *out)
{
	fputs("What an execution can show beyond the condition of the scenario. Each name can stand\n"
	      "in a condition: ~exists (deadlock), exists (lost-wakeup /\\ monitor:r = 0).\n\n",
	      out);
	for (unsigned v = 0; v < NR_LITMUS_VERDICTS; v++) {
		const struct litmus_verdict_info *i = litmus_verdict_info(v);

		fprintf(out, "  %-15s %s\n", i->name, i->meaning);
	}
	fputs(verdict_status, out);
}

bool help_print(FILE *out, const char *verb)
{
	static const struct {
		const char *verb, *text;
	} texts[] = {
		{ "run", run },
		{ "explore", explore },
		{ "live", live },
		{ "fuzz", fuzz },
		{ "diff", diff },
		{ "step", step },
		{ "export", export },
		{ "import", import },
		{ "compare", compare },
		{ "museum", museum },
		{ "profiles", profiles },
		{ "help", help },
	};

	if (!verb) {
		fputs(general, out);
		return true;
	}
	if (!strcmp(verb, "calls")) {
		litmus_print_calls(out);
		return true;
	}
	if (!strcmp(verb, "verdicts")) {
		print_verdicts(out);
		return true;
	}
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (strcmp(texts[i].verb, verb))
			continue;
		fputs(texts[i].text, out);
		return true;
	}
	return false;
}

int cmd_help(int argc, char **argv)
{
	if (argc > 2 || !help_print(stdout, argc > 1 ? argv[1] : NULL)) {
		fprintf(stderr, "uffdsim help: unknown verb '%s'\n", argv[argc - 1]);
		return EXIT_USAGE;
	}
	return EXIT_MET;
}
