/* SPDX-License-Identifier: BSD-3-Clause */
/* What no process of the issuer may do, tried inside of each role, beside
 * another process of the same role: what ends it, and what it is denied. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/log.h"
#include "issuer/child.h"
#include "issuer/sandbox.h"
#include "deeds.h"

/* A role; the collector also as it is where it fetches. */
struct place {
	enum role role;
	bool network;
};

static const struct place places[] = {{ROLE_WORKER, false},
    {ROLE_APPRAISER, false}, {ROLE_SIGNER, false}, {ROLE_LEDGER, false},
    {ROLE_COLLECTOR, false}, {ROLE_COLLECTOR, true}, {ROLE_FORECASTER, false}};

#define PLACES (sizeof(places) / sizeof(places[0]))

static char folder[] = "/tmp/dci-sandbox.XXXXXX";
static int listener;
static struct sockaddr_in target;
static pid_t sibling;

static int
setup(void **state)
{
	socklen_t n = sizeof(target);

	(void)state;
	log_init("test", LOG_FORMAT_LOGFMT);
	listener = socket(AF_INET, SOCK_STREAM, 0);
	target = (struct sockaddr_in){
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	if (bind(listener, (struct sockaddr *)&target, n) != 0 ||
	    listen(listener, 5) != 0 ||
	    getsockname(listener, (struct sockaddr *)&target, &n) != 0)
		return -1;
	return mkdtemp(folder) == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	return rmdir(folder);
}

static void
enter(const struct place *p)
{
	sandbox_enter(
	    p->role, open(folder, O_RDONLY | O_DIRECTORY), p->network);
}

/* A process of the same role that waits until it is ended. */
static pid_t
start_sibling(const struct place *p)
{
	int ready[2], forever[2];
	char c = 0;

	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(forever), 0);
	pid_t pid = fork();
	if (pid == 0) {
		enter(p);
		if (write(ready[1], &c, 1) != 1 || read(forever[0], &c, 1) < 0)
			_exit(1);
		_exit(0);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	close(ready[1]);
	close(forever[0]);
	close(forever[1]);
	return pid;
}

/* The deed's result as the exit status, or minus the signal that ended it. */
static int
tried(const struct place *p, int (*deed)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		enter(p);
		_exit(deed());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* --- what ends the process -------------------------------------------------
 */

static int
trace_sibling(void)
{
	return (int)ptrace(PTRACE_ATTACH, sibling, NULL, NULL);
}

static int
read_sibling(void)
{
	char here[8];
	struct iovec to = {here, sizeof(here)}, from = {&sibling, sizeof(here)};

	return (int)process_vm_readv(sibling, &to, 1, &from, 1, 0);
}

static int
write_sibling(void)
{
	struct iovec from = {&sibling, sizeof(sibling)}, to = from;

	return (int)process_vm_writev(sibling, &from, 1, &to, 1, 0);
}

static int
kill_sibling(void)
{
	return (int)syscall(SYS_kill, sibling, SIGKILL);
}

static int
take_descriptor(void)
{
	return (int)syscall(SYS_pidfd_open, sibling, 0);
}

static int
run_descriptor(void)
{
	return (int)syscall(SYS_execveat, 0, "", NULL, NULL, AT_EMPTY_PATH);
}

static int
take_address(void)
{
	return (int)syscall(SYS_bind, listener, &target, sizeof(target));
}

static int
leave_namespace(void)
{
	return unshare(CLONE_NEWUSER);
}

static const struct deed {
	const char *name;
	int (*run)(void);
} killed[] = {{"ptrace a sibling", trace_sibling},
    {"read a sibling's memory", read_sibling},
    {"write to a sibling's memory", write_sibling},
    {"kill a sibling", kill_sibling},
    {"take a sibling's descriptors", take_descriptor}, {"exec", run_program},
    {"exec by descriptor", run_descriptor}, {"fork", make_process},
    {"bind", take_address}, {"unshare", leave_namespace}};

static void
test_killed(void **state)
{
	(void)state;
	for (size_t i = 0; i < PLACES; i++) {
		sibling = start_sibling(&places[i]);
		for (size_t d = 0; d < sizeof(killed) / sizeof(killed[0]);
		     d++) {
			int got = tried(&places[i], killed[d].run);

			if (got != -SIGSYS)
				fail_msg("%s%s: %s: %d, not ended",
				    process_name(places[i].role),
				    places[i].network ? " with network" : "",
				    killed[d].name, got);
		}
		assert_int_equal(waitpid(sibling, NULL, WNOHANG), 0);
		assert_int_equal(kill(sibling, SIGKILL), 0);
		assert_int_equal(waitpid(sibling, NULL, 0), sibling);
	}
}

/* --- the network -----------------------------------------------------------
 */

static int
connect_out(void)
{
	return connect(listener, (struct sockaddr *)&target, sizeof(target));
}

static int
make_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static int
make_netlink(void)
{
	return socket(AF_NETLINK, SOCK_RAW, 0) >= 0;
}

static int
serve(void)
{
	return accept(listener, NULL, NULL);
}

static void
test_network(void **state)
{
	(void)state;
	for (size_t i = 0; i < PLACES; i++) {
		const struct place *p = &places[i];

		if (p->network) {
			assert_int_equal(tried(p, serve), -SIGSYS);
			assert_int_equal(tried(p, make_netlink), 0);
			continue;
		}
		assert_int_equal(tried(p, connect_out), -SIGSYS);
		assert_int_equal(tried(p, make_socket), -SIGSYS);
		assert_int_equal(tried(p, make_netlink), -SIGSYS);
	}
}

/* --- files and memory ------------------------------------------------------
 */

static int
open_files(void)
{
	static const char *const paths[] = {"/etc/passwd", "/etc/shadow",
	    "../../etc/passwd", "/proc/1/mem", "/proc/self/mem", "/dev/mem",
	    "/bin/true"};
	char memory[PATH_MAX];

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (open(paths[i], O_RDONLY) >= 0)
			return 1 + (int)i;
	}
	snprintf(memory, sizeof(memory), "/proc/%d/mem", (int)sibling);
	return open(memory, O_RDWR) >= 0;
}

static int
make_files(void)
{
	return open("/tmp/dci-sandbox-file", O_RDWR | O_CREAT, 0600) >= 0 ||
	       mkdir("/tmp/dci-sandbox-folder", 0700) == 0 ||
	       symlink("/etc", "/tmp/dci-sandbox-link") == 0 ||
	       link("/etc/passwd", "/tmp/dci-sandbox-link") == 0 ||
	       rename(folder, "/tmp/dci-sandbox-moved") == 0;
}

static int
become_somebody(void)
{
	return setuid(0) == 0 || setgid(0) == 0 || chroot("/") == 0 ||
	       chdir("/proc") == 0;
}

static int
make_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ||
	       mprotect(p, 4096, PROT_READ | PROT_EXEC) == 0 ||
	       mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static void
test_denied(void **state)
{
	static const struct deed denied[] = {{"open files", open_files},
	    {"make files", make_files},
	    {"become somebody else", become_somebody},
	    {"make code", make_code}};

	(void)state;
	if (!sandbox_guards_files())
		skip();
	for (size_t i = 0; i < PLACES; i++) {
		sibling = start_sibling(&places[i]);
		for (size_t d = 0; d < sizeof(denied) / sizeof(denied[0]);
		     d++) {
			int got = tried(&places[i], denied[d].run);

			if (got != 0)
				fail_msg("%s%s: %s: %d",
				    process_name(places[i].role),
				    places[i].network ? " with network" : "",
				    denied[d].name, got);
		}
		assert_int_equal(kill(sibling, SIGKILL), 0);
		assert_int_equal(waitpid(sibling, NULL, 0), sibling);
	}
}

/* --- the ledger, to who may only read it ----------------------------------
 */

static char row[64];

static int
read_only(void)
{
	static const int ways[] = {O_WRONLY, O_RDWR, O_RDONLY | O_TRUNC,
	    O_RDONLY | O_CREAT, O_WRONLY | O_APPEND};

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (open(row, ways[i], 0600) >= 0 ||
		    open("/row", ways[i], 0600) >= 0)
			return 1 + (int)i;
	}
	/* Its root may be that folder. */
	return open(row, O_RDONLY) < 0 && open("/row", O_RDONLY) < 0 ? 99 : 0;
}

static void
test_forecaster_only_reads(void **state)
{
	static const struct place p = {ROLE_FORECASTER, false};
	struct stat st;

	(void)state;
	snprintf(row, sizeof(row), "%s/row", folder);
	int fd = open(row, O_WRONLY | O_CREAT, 0644);
	assert_int_equal(write(fd, "whole", 5), 5);
	close(fd);
	assert_int_equal(chmod(folder, 0755), 0);
	int got = tried(&p, read_only);
	assert_int_equal(stat(row, &st), 0);
	assert_int_equal(unlink(row), 0);
	assert_int_equal(st.st_size, 5);
	assert_int_equal(got, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_killed),
	    cmocka_unit_test(test_network),
	    cmocka_unit_test(test_denied),
	    cmocka_unit_test(test_forecaster_only_reads),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
