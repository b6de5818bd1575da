/* SPDX-License-Identifier: BSD-3-Clause */
/* What the service manager is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "issuer/notify.h"

static char path[64];

static int
manager(const char *name, size_t n)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	memcpy(a.sun_path, name, n);
	assert_int_equal(
	    bind(fd, (struct sockaddr *)&a,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)),
	    0);
	return fd;
}

static void
expect(int fd, const char *text)
{
	char got[64] = "";

	assert_int_equal(recv(fd, got, sizeof(got) - 1, 0), strlen(text));
	assert_string_equal(got, text);
}

static void
test_path(void **state)
{
	(void)state;
	snprintf(path, sizeof(path), "/tmp/dci-notify-%d", (int)getpid());
	int fd = manager(path, strlen(path));

	setenv("NOTIFY_SOCKET", path, 1);
	notify_manager("READY=1");
	notify_manager("STOPPING=1");
	expect(fd, "READY=1");
	expect(fd, "STOPPING=1");
	close(fd);
	/* Nobody listens: nothing happens. */
	notify_manager("READY=1");
	unlink(path);
	notify_manager("READY=1");
}

static void
test_abstract(void **state)
{
	char name[64];

	(void)state;
	snprintf(name, sizeof(name), "@dci-notify-%d", (int)getpid());
	setenv("NOTIFY_SOCKET", name, 1);
	size_t n = strlen(name);
	name[0] = '\0';
	int fd = manager(name, n);
	notify_manager("READY=1");
	expect(fd, "READY=1");
	close(fd);
}

static void
test_nonsense(void **state)
{
	char big[300];

	(void)state;
	memset(big, 'x', sizeof(big));
	big[0] = '/';
	big[sizeof(big) - 1] = '\0';
	setenv("NOTIFY_SOCKET", big, 1);
	notify_manager("READY=1");
	setenv("NOTIFY_SOCKET", "", 1);
	notify_manager("READY=1");
	setenv("NOTIFY_SOCKET", "relative", 1);
	notify_manager("READY=1");
	unsetenv("NOTIFY_SOCKET");
	notify_manager("READY=1");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_path),
	    cmocka_unit_test(test_abstract),
	    cmocka_unit_test(test_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
