/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * qemu.c - see qemu.h
 *
 * The first serial port is QEMU's standard input and output and carries requests and
 * answers; the second is the kernel's console.  Nothing of the host is visible inside:
 * the root file system is an archive with one program.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/live/initramfs.h"
#include "tools/live/qemu.h"

#define QEMU    "qemu-system-x86_64"
#define RUNNER  "uffdsim-runner"
#define BOOT_MS 300000

/* Beside this program, where it was built; else where it was installed. */
static bool find_runner(char *path, size_t size)
{
	const char *env = getenv("UFFDSIM_RUNNER");
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (env) {
		snprintf(path, size, "%s", env);
		return !access(path, X_OK);
	}
	if (n > 0) {
		self[n] = 0;
		slash = strrchr(self, '/');
		snprintf(path, size, "%.*s/" RUNNER, (int)(slash - self), self);
		if (!access(path, X_OK))
			return true;
	}
	snprintf(path, size, "%s", UFFDSIM_LIBEXEC "/" RUNNER);
	return !access(path, X_OK);
}

static void exec_qemu(const char *image, int initrd, int serial, bool verbose)
{
	static const char append[] =
		"console=ttyS1 quiet panic=-1 mitigations=off nokaslr transparent_hugepage=madvise "
		"rdinit=/init";
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", initrd);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpgid(0, 0);
	dup2(serial, 0);
	dup2(serial, 1);
	execlp(QEMU, QEMU, "-accel", "tcg", "-cpu", "max,pku=off,la57=off", "-smp", "2", "-m", "768",
	       "-kernel", image, "-initrd", path, "-append", append, "-display", "none", "-monitor",
	       "none", "-nodefaults", "-no-reboot", "-chardev", "stdio,id=data,signal=off",
	       "-serial", "chardev:data", "-serial", verbose ? "file:/dev/stderr" : "null", NULL);
	_exit(127);
}

static int spawn(const char *image, int initrd, bool verbose, struct channel *c, pid_t *pid)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		return -errno;
	*pid = fork();
	if (!*pid)
		exec_qemu(image, initrd, fds[1], verbose);
	close(fds[1]);
	if (*pid < 0) {
		close(fds[0]);
		return -EAGAIN;
	}
	*c = (struct channel){ .in = fds[0], .out = fds[0], .paced_out = true };
	return 0;
}

/* Something must come within the time that the slowest machine needs to boot. */
static bool wait_boot(const struct channel *c, struct hello *hello)
{
	struct pollfd p = { .fd = c->in, .events = POLLIN };

	return poll(&p, 1, BOOT_MS) == 1 && channel_wait_hello(c, hello);
}

static int fail(char *why, size_t whylen, const char *text, const char *what)
{
	snprintf(why, whylen, "%s%s%s", text, *what ? ": " : "", what);
	return -ENOTSUP;
}

int qemu_start(const char *image, bool verbose, struct channel *c, pid_t *pid, struct hello *hello,
	       char *why, size_t whylen)
{
	char runner[PATH_MAX];
	int initrd, r;

	if (access(image, R_OK))
		return fail(why, whylen, image, strerror(errno));
	if (!find_runner(runner, sizeof(runner)))
		return fail(why, whylen, RUNNER,
			    "not found (it needs static libraries to be built)");
	initrd = initramfs_make(runner);
	if (initrd < 0)
		return fail(why, whylen, runner, strerror(-initrd));
	r = spawn(image, initrd, verbose, c, pid);
	close(initrd);
	if (r < 0)
		return fail(why, whylen, QEMU, strerror(-r));
	if (wait_boot(c, hello) && !hello->why[0])
		return 0;
	kill(*pid, SIGKILL);
	waitpid(*pid, &r, 0);
	close(c->in);
	if (WIFEXITED(r) && WEXITSTATUS(r) == 127)
		return fail(why, whylen, QEMU, "not installed");
	return fail(why, whylen, image,
		    hello->why[0] ? hello->why : "it does not boot to the runner");
}
