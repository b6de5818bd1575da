/* SPDX-License-Identifier: BSD-3-Clause */
/* A Proxy Verifier that was taken over: what it needs can still be had, and
 * nothing else. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/file.h"
#include "base/log.h"
#include "verifier/confine.h"
#include "deeds.h"
#include "folder.h"

static char folder[] = "/tmp/dci-confine.XXXXXX";
static char kept[64], outside[64], path[64]; /* folder, file, socket there */
static int listener, terminal;
static struct sockaddr_in target;
static pid_t tester;

static void
listen_by_path(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 5), 0);
}

static void
listen_by_port(void)
{
	socklen_t n = sizeof(target);

	target = (struct sockaddr_in){
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	listener = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&target, n), 0);
	assert_int_equal(listen(listener, 5), 0);
	getsockname(listener, (struct sockaddr *)&target, &n);
}

static int
setup(void **state)
{
	struct dci_failure f;

	(void)state;
	tester = getpid();
	log_init("test", LOG_FORMAT_LOGFMT);
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(kept, sizeof(kept), "%s/kept", folder);
	snprintf(outside, sizeof(outside), "%s/outside", folder);
	snprintf(path, sizeof(path), "%s/socket", folder);
	listen_by_path();
	listen_by_port();
	terminal = posix_openpt(O_RDWR | O_NOCTTY);
	return folder_make(kept, 0700, &f) != 0 ||
	       file_write(outside, "whole", 5, 0600, &f) != 0;
}

static int
teardown(void **state)
{
	(void)state;
	return folder_remove(folder);
}

enum kind { PLAIN, KEEPING, FETCHING };

/* Runs a deed under confine(); its result is the exit status: 0 if all was as
 * it should be. */
static int
confined(enum kind kind, int (*deed)(void))
{
	struct verifier_config config = {.keep = kind == KEEPING ? kept : NULL,
	    .source = {.source = {.kind = kind == FETCHING ? SOURCE_PCS
							   : SOURCE_NONE}}};
	struct dci_failure f;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (confine(&config, &f) != 0)
			_exit(255);
		_exit(deed());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static const enum kind kinds[] = {PLAIN, KEEPING, FETCHING};

static void
confined_always(int (*deed)(void), int expected)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		assert_int_equal(confined(kinds[i], deed), expected);
}

static bool
refused(long result)
{
	return result == -1 && errno == EPERM;
}

/* --- sockets --- */

static int
make_other_sockets(void)
{
	static const struct {
		int domain, type, protocol;
	} made[] = {{AF_UNIX, SOCK_STREAM, 0}, {AF_UNIX, SOCK_DGRAM, 0},
	    {AF_UNIX, SOCK_SEQPACKET, 0}, {AF_NETLINK, SOCK_RAW, 0},
	    {AF_PACKET, SOCK_RAW, 0}, {AF_VSOCK, SOCK_STREAM, 0},
	    {AF_INET, SOCK_RAW, IPPROTO_TCP}, {AF_INET6, SOCK_SEQPACKET, 0},
	    {AF_INET, SOCK_STREAM, IPPROTO_MPTCP},
	    {AF_INET, SOCK_DGRAM, IPPROTO_ICMP}};

	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
		if (!refused(
			socket(made[i].domain, made[i].type, made[i].protocol)))
			return 1 + (int)i;
	}
	return 0;
}

static int
reach_by_path(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	return connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0;
}

static int
make_pair(void)
{
	int pair[2];

	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);
}

static int
make_other_pairs(void)
{
	int pair[2];

	return !refused(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair)) ||
	       !refused(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair));
}

static int
bind_socket(void)
{
	struct sockaddr_in any = {.sin_family = AF_INET};

	return bind(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&any,
	    sizeof(any));
}

static int
be_another_server(void)
{
	return listen(listener, 1);
}

static void
test_other_sockets(void **state)
{
	(void)state;
	confined_always(make_other_sockets, 0);
	confined_always(reach_by_path, 0);
	confined_always(make_other_pairs, 0);
	confined_always(bind_socket, -SIGSYS);
	confined_always(be_another_server, -SIGSYS);
	assert_int_equal(confined(PLAIN, make_pair), 255);
	assert_int_equal(confined(FETCHING, make_pair), 0);
}

/* As a client of an issuer, and as a server. */
static int
reach_and_take(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
	int waiting = -1;
	char byte = 'x';

	if (fd < 0 ||
	    connect(fd, (struct sockaddr *)&target, sizeof(target)) != 0)
		return 1;
	int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (client < 0 || send(fd, &byte, 1, 0) != 1)
		return 2;
	if (recv(client, &byte, 1, MSG_PEEK) != 1 ||
	    ioctl(client, FIONREAD, &waiting) != 0 || waiting != 1)
		return 3;
	return socket(AF_INET6, SOCK_DGRAM, 0) < 0 && errno != EAFNOSUPPORT;
}

static int
resolve(void)
{
	struct addrinfo *list = NULL;

	return getaddrinfo("localhost", "443", NULL, &list) != 0 ||
	       list == NULL;
}

static void
test_needed_sockets(void **state)
{
	(void)state;
	confined_always(reach_and_take, 0);
	confined_always(resolve, 0);
}

/* --- other processes --- */

static int
signal_others(void)
{
	siginfo_t info = {.si_code = SI_QUEUE};

	if (!refused(syscall(SYS_tgkill, tester, tester, SIGUSR1)))
		return 1;
	if (!refused(syscall(SYS_tkill, tester, SIGUSR1)))
		return 2;
	return !refused(
	    syscall(SYS_rt_tgsigqueueinfo, tester, tester, SIGUSR1, &info));
}

static int
signal_by_descriptor(void)
{
	int flags = fcntl(listener, F_GETFL), pid = tester;
	struct f_owner_ex owner = {F_OWNER_PID, tester};

	if (!refused(fcntl(listener, F_SETOWN, tester)) ||
	    !refused(fcntl(listener, F_SETOWN_EX, &owner)) ||
	    !refused(fcntl(listener, F_SETSIG, SIGKILL)))
		return 1;
	if (!refused(fcntl(listener, F_SETFL, flags | O_ASYNC)))
		return 2;
	if (!refused(ioctl(listener, FIOSETOWN, &pid)) ||
	    !refused(ioctl(listener, SIOCSPGRP, &pid)) ||
	    !refused(ioctl(listener, FIOASYNC, &pid)))
		return 3;
	return !refused(fcntl(listener, F_SETLEASE, F_RDLCK)) ||
	       !refused(fcntl(listener, F_NOTIFY, 0));
}

static int
signal_self(void)
{
	abort();
}

static int
signal_plainly(void)
{
	return kill(tester, SIGUSR1);
}

static int
limit_others(void)
{
	struct rlimit limit = {0, 0};

	if (!refused(prlimit(tester, RLIMIT_NOFILE, NULL, &limit)) ||
	    !refused(prlimit(tester, RLIMIT_NOFILE, &limit, NULL)))
		return 1;
	return !refused(setrlimit(RLIMIT_NOFILE, &limit)) ||
	       getrlimit(RLIMIT_STACK, &limit) != 0;
}

static int
type_into_terminal(void)
{
	char c = '\n';

	return !refused(ioctl(terminal, TIOCSTI, &c)) ||
	       !refused(ioctl(terminal, TIOCSCTTY, 0));
}

static int
ordinary_fcntl(void)
{
	int flags = fcntl(listener, F_GETFL);
	int copy = fcntl(listener, F_DUPFD_CLOEXEC, 0);

	return flags == -1 ||
	       fcntl(listener, F_SETFL, flags | O_NONBLOCK) != 0 || copy < 0 ||
	       fcntl(copy, F_SETFD, FD_CLOEXEC) != 0;
}

static void
test_others_are_left_alone(void **state)
{
	(void)state;
	signal(SIGUSR1, SIG_IGN);
	confined_always(signal_others, 0);
	confined_always(signal_by_descriptor, 0);
	confined_always(signal_plainly, -SIGSYS);
	confined_always(signal_self, -SIGABRT);
	confined_always(limit_others, 0);
	confined_always(type_into_terminal, 0);
	confined_always(ordinary_fcntl, 0);
	confined_always(trace_parent, -SIGSYS);
}

static int
leave_namespace(void)
{
	return !refused(syscall(SYS_clone,
	    CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
		CLONE_NEWNET,
	    NULL, NULL, NULL, 0));
}

static int
map_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED ||
	       errno != EPERM;
}

static void
test_threads_only(void **state)
{
	(void)state;
	confined_always(make_thread, 0);
	confined_always(make_process, -SIGSYS);
	confined_always(leave_namespace, 0);
	confined_always(run_program, -SIGSYS);
	confined_always(map_code, 0);
}

/* --- files --- */

static int
read_file(void)
{
	struct dci_failure f;
	uint8_t *data = NULL;
	size_t n;

	return file_read(outside, 100, &data, &n, &f) != 0 || n != 5;
}

/* Seccomp is asked before landlock, so that the error is always its own. */
static int
change_files(void)
{
	static const int ways[] = {O_WRONLY, O_RDWR, O_RDONLY | O_TRUNC,
	    O_WRONLY | O_TRUNC, O_RDWR | O_APPEND, O_RDWR | O_TRUNC | O_CREAT,
	    O_WRONLY | O_CREAT | O_EXCL | O_TRUNC, O_ACCMODE};

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (!refused(open(outside, ways[i], 0600)) ||
		    !refused(syscall(SYS_open, outside, ways[i], 0600)))
			return 1 + (int)i;
	}
	return !refused(truncate(outside, 0)) ||
	       !refused(creat(outside, 0600)) ||
	       !refused(chmod(outside, 04777)) ||
	       !refused(fchmod(open(outside, O_RDONLY), 04777)) ||
	       !refused(fchmod(open(outside, O_RDONLY), 0644)) ||
	       !refused(fchmod(open(folder, O_RDONLY), 0600));
}

static int
make_file(void)
{
	return open(outside, O_WRONLY | O_CREAT | O_EXCL, 0600) >= 0 ||
	       errno != EPERM || !refused(unlink(outside)) ||
	       !refused(rename(outside, path));
}

/* What is kept is replaced by a whole file, never written over. */
static int
keep_file(void)
{
	struct dci_failure f;
	char name[100];

	snprintf(name, sizeof(name), "%s/delegation", kept);
	if (file_write(name, "one", 3, 0600, &f) != 0 ||
	    file_write(name, "two", 3, 0644, &f) != 0)
		return 1;
	if (!refused(open(name, O_WRONLY)) ||
	    !refused(open(name, O_RDONLY | O_TRUNC)))
		return 2;
	return 0;
}

static int
make_file_elsewhere(void)
{
	char name[100];

	snprintf(name, sizeof(name), "%s/new", folder);
	return open(name, O_WRONLY | O_CREAT | O_EXCL, 0600) >= 0 ||
	       errno != EACCES;
}

static void
test_files(void **state)
{
	struct stat st;

	(void)state;
	confined_always(read_file, 0);
	confined_always(change_files, 0);
	assert_int_equal(stat(outside, &st), 0);
	assert_int_equal(st.st_size, 5);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(confined(PLAIN, make_file), 0);
	assert_int_equal(confined(FETCHING, make_file), 0);
	assert_int_equal(confined(KEEPING, keep_file), 0);
}

static void
test_files_elsewhere(void **state)
{
	(void)state;
	if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1) < 1)
		skip();
	assert_int_equal(confined(KEEPING, make_file_elsewhere), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_other_sockets),
	    cmocka_unit_test(test_needed_sockets),
	    cmocka_unit_test(test_others_are_left_alone),
	    cmocka_unit_test(test_threads_only),
	    cmocka_unit_test(test_files),
	    cmocka_unit_test(test_files_elsewhere),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
