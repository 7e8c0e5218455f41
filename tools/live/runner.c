/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * runner.c - the first process of a kernel that is there to run scenarios
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <termios.h>
#include <unistd.h>

#include "tools/live/channel.h"
#include "tools/live/serve.h"
#include "tools/live/settings.h"

static int open_port(const char *path)
{
	struct termios t;
	int fd = open(path, O_RDWR | O_NOCTTY);

	if (fd >= 0 && !tcgetattr(fd, &t)) {
		cfmakeraw(&t);
		cfsetspeed(&t, B115200);
		t.c_cflag |= CLOCAL | CREAD;
		tcsetattr(fd, TCSANOW, &t);
	}
	return fd;
}

static void mount_all(void)
{
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	mount("tmpfs", "/tmp", "tmpfs", 0, NULL);
}

static bool say_hello(const struct channel *c, const char *why)
{
	struct utsname uts;
	struct hello h = { 0 };

	uname(&uts);
	snprintf(h.release, sizeof(h.release), "%s", uts.release);
	snprintf(h.why, sizeof(h.why), "%s", why);
	return channel_write(c, HELLO, strlen(HELLO)) && channel_write(c, &h, sizeof(h));
}

int main(void)
{
	struct channel c = { .paced_in = true };
	char why[192] = "";
	int fd;

	mount_all();
	fd = open_port("/dev/ttyS0");
	if (fd >= 0) {
		dup2(fd, ENGINE_FD);
		close(fd);
		c.in = c.out = ENGINE_FD;
		settings_good(true, why, sizeof(why));
		setenv("TMPDIR", "", 1); /* no disk, so no files of a scenario's own */
		if (say_hello(&c, why))
			engine_serve(&c);
	}
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}
