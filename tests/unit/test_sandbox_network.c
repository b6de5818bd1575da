/* SPDX-License-Identifier: BSD-3-Clause */
/* A process that was taken over: nothing that it has lets it out. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/log.h"
#include "issuer/sandbox.h"
#include "deeds.h"

static int listener, outside;
static struct sockaddr_in target;
static pid_t tester;
static char folder[] = "/tmp/dci-sandbox.XXXXXX"; /* the collector's */

static int
listen_somewhere(struct sockaddr_in *a)
{
	socklen_t n = sizeof(*a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	*a = (struct sockaddr_in){
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	assert_int_equal(bind(fd, (struct sockaddr *)a, n), 0);
	assert_int_equal(listen(fd, 5), 0);
	getsockname(fd, (struct sockaddr *)a, &n);
	return fd;
}

static int
setup(void **state)
{
	struct sockaddr_in own;

	(void)state;
	tester = getpid();
	log_init("test", LOG_FORMAT_LOGFMT);
	listener = listen_somewhere(&own);
	outside = listen_somewhere(&target);
	if (mkdtemp(folder) == NULL)
		return -1;
	return geteuid() == 0 ? chown(folder, sandbox_uid(ROLE_COLLECTOR), 0)
			      : 0;
}

static int
teardown(void **state)
{
	(void)state;
	return rmdir(folder);
}

/* Runs a deed locked in; its result is the exit status. */
static int
locked_in_with(enum role role, bool network, int (*deed)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		sandbox_enter(role,
		    open(network ? folder : "/", O_RDONLY | O_DIRECTORY),
		    network);
		_exit(deed());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int
locked_in_as(enum role role, int (*deed)(void))
{
	return locked_in_with(role, false, deed);
}

static int
locked_in(int (*deed)(void))
{
	return locked_in_as(ROLE_WORKER, deed);
}

static int
fast_open(void)
{
	/* No socket can be made, but this one can be taken apart. */
	shutdown(listener, SHUT_RDWR);
	return sendto(listener, "hello", 5, MSG_FASTOPEN,
		   (struct sockaddr *)&target, sizeof(target)) >= 0
		   ? 1
		   : errno != EPERM;
}

static int
fast_open_message(void)
{
	struct iovec data = {(void *)"hello", 5};
	struct msghdr m = {.msg_name = &target,
	    .msg_namelen = sizeof(target),
	    .msg_iov = &data,
	    .msg_iovlen = 1};

	shutdown(listener, SHUT_RDWR);
	return sendmsg(listener, &m, MSG_FASTOPEN) >= 0 ? 1 : errno != EPERM;
}

static void
test_fast_open(void **state)
{
	(void)state;
	assert_int_equal(locked_in(fast_open), 0);
	assert_int_equal(locked_in(fast_open_message), 0);
	assert_true(accept(outside, NULL, NULL) < 0);
}

static int
signal_other(void)
{
	return syscall(SYS_tgkill, tester, tester, SIGUSR1) == 0
		   ? 1
		   : errno != EPERM;
}

static int
signal_self(void)
{
	abort();
}

static void
test_signals(void **state)
{
	(void)state;
	signal(SIGUSR1, SIG_IGN);
	assert_int_equal(locked_in(signal_other), 0);
	assert_int_equal(locked_in(signal_self), -SIGABRT);
}

static bool
refused(int command, long arg)
{
	return fcntl(listener, command, arg) == -1 && errno == EPERM;
}

static int
signal_by_descriptor(void)
{
	int flags = fcntl(listener, F_GETFL);
	struct f_owner_ex owner = {F_OWNER_PID, tester};

	if (!refused(F_SETOWN, tester))
		return 1;
	if (!refused(F_SETOWN_EX, (long)&owner))
		return 2;
	if (!refused(F_SETSIG, SIGKILL))
		return 3;
	if (!refused(F_SETFL, flags | O_ASYNC))
		return 4;
	if (!refused(F_SETLEASE, F_RDLCK) || !refused(F_NOTIFY, 0))
		return 5;
	return 0;
}

static int
ordinary_fcntl(void)
{
	int flags = fcntl(listener, F_GETFL);
	int copy = fcntl(listener, F_DUPFD_CLOEXEC, 0);

	return flags == -1 || fcntl(listener, F_SETFL, flags) != 0 ||
	       copy < 0 || fcntl(copy, F_SETFD, FD_CLOEXEC) != 0 ||
	       fcntl(copy, F_GETFD) != FD_CLOEXEC;
}

/* No file is locked, but the command gets through. */
static int
lock_a_file(void)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	return fcntl(-1, F_SETLK, &lock) == -1 && errno == EBADF ? 0 : 1;
}

static void
test_signals_by_descriptor(void **state)
{
	static const enum role roles[] = {ROLE_WORKER, ROLE_APPRAISER,
	    ROLE_SIGNER, ROLE_LEDGER, ROLE_COLLECTOR};

	(void)state;
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		assert_int_equal(
		    locked_in_as(roles[i], signal_by_descriptor), 0);
		assert_int_equal(locked_in_as(roles[i], ordinary_fcntl), 0);
		assert_int_equal(locked_in_as(roles[i], lock_a_file),
		    roles[i] == ROLE_LEDGER ? 0 : 1);
	}
}

/* Landlock does not keep anybody from asking about a path. */
static int
look_at_path(void)
{
	struct stat st;

	return syscall(SYS_newfstatat, AT_FDCWD, "/", &st, AT_EMPTY_PATH) == 0
		   ? 1
		   : errno != EPERM;
}

static void
test_paths(void **state)
{
	(void)state;
	assert_int_equal(locked_in_as(ROLE_WORKER, look_at_path), 0);
	assert_int_equal(locked_in_as(ROLE_APPRAISER, look_at_path), 0);
	assert_int_equal(locked_in_as(ROLE_SIGNER, look_at_path), 0);
}

static int
connect_out(void)
{
	return connect(listener, (struct sockaddr *)&target, sizeof(target));
}

static void
test_connect(void **state)
{
	(void)state;
	assert_int_equal(locked_in(connect_out), -SIGSYS);
	assert_int_equal(locked_in_as(ROLE_COLLECTOR, connect_out), -SIGSYS);
}

/* --- the collector, the only one with the network
 * ------------------------------ */

static int
reach_out(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd < 0 ||
	       connect(fd, (struct sockaddr *)&target, sizeof(target)) != 0;
}

static int
make_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) >= 0;
}

static int
make_other_sockets(void)
{
	static const struct {
		int domain, type;
	} kinds[] = {{AF_UNIX, SOCK_STREAM}, {AF_UNIX, SOCK_DGRAM},
	    {AF_NETLINK, SOCK_RAW}, {AF_PACKET, SOCK_RAW}, {AF_INET, SOCK_RAW},
	    {AF_INET6, SOCK_SEQPACKET}, {AF_VSOCK, SOCK_STREAM}};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (socket(kinds[i].domain, kinds[i].type, 0) >= 0 ||
		    errno != EPERM)
			return 1 + (int)i;
	}
	return 0;
}

/* One end of a pair of datagram sockets can send to any path, and be connected
 * to it. */
static int
make_pairs(void)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) == 0 ||
	    errno != EPERM)
		return 1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0 || errno != EPERM)
		return 2;
	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0;
}

static int
be_a_server(void)
{
	return listen(listener, 1);
}

static int
bind_socket(void)
{
	struct sockaddr_in any = {.sin_family = AF_INET};

	return bind(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&any,
	    sizeof(any));
}

static int
take_client(void)
{
	return accept(listener, NULL, NULL);
}

static void
test_collector_reaches_out_only(void **state)
{
	(void)state;
	assert_int_equal(locked_in_with(ROLE_COLLECTOR, true, reach_out), 0);
	assert_true(accept(outside, NULL, NULL) >= 0);
	assert_int_equal(
	    locked_in_with(ROLE_COLLECTOR, true, make_other_sockets), 0);
	assert_int_equal(locked_in_with(ROLE_COLLECTOR, true, make_pairs), 0);
	assert_int_equal(
	    locked_in_with(ROLE_COLLECTOR, true, be_a_server), -SIGSYS);
	assert_int_equal(
	    locked_in_with(ROLE_COLLECTOR, true, bind_socket), -SIGSYS);
	assert_int_equal(
	    locked_in_with(ROLE_COLLECTOR, true, take_client), -SIGSYS);
	assert_int_equal(locked_in_as(ROLE_COLLECTOR, make_socket), -SIGSYS);
}

static void
test_collector_makes_threads_only(void **state)
{
	(void)state;
	assert_int_equal(locked_in_with(ROLE_COLLECTOR, true, make_thread), 0);
	assert_int_equal(
	    locked_in_with(ROLE_COLLECTOR, true, make_process), -SIGSYS);
	assert_int_equal(
	    locked_in_with(ROLE_COLLECTOR, true, run_program), -SIGSYS);
	assert_int_equal(
	    locked_in_with(ROLE_COLLECTOR, true, trace_parent), -SIGSYS);
	assert_int_equal(locked_in_as(ROLE_COLLECTOR, make_thread), -SIGSYS);
}

/* Its own folder, and the files by which names are resolved. */
static int
use_files(void)
{
	int fd = open("mine", O_RDWR | O_CREAT, 0600);

	if (fd < 0 || write(fd, "x", 1) != 1 || rename("mine", "ours") != 0 ||
	    unlink("ours") != 0)
		return 1;
	return open("/etc/hosts", O_RDONLY) < 0 ? 2 : 0;
}

static int
use_files_elsewhere(void)
{
	static const char *const paths[] = {"/etc/passwd", "/proc/self/maps",
	    "/", "/etc", "/etc/ssl/certs/ca-certificates.crt", "/dev/null"};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (open(paths[i], O_RDONLY) >= 0 || errno != EACCES)
			return 1 + (int)i;
	}
	return open("/tmp/dci-sandbox-file", O_RDWR | O_CREAT, 0600) >= 0;
}

static void
test_collector_has_its_folder(void **state)
{
	(void)state;
	if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1) < 1)
		skip();
	assert_int_equal(locked_in_with(ROLE_COLLECTOR, true, use_files), 0);
	assert_int_equal(
	    locked_in_with(ROLE_COLLECTOR, true, use_files_elsewhere), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_fast_open),
	    cmocka_unit_test(test_signals),
	    cmocka_unit_test(test_signals_by_descriptor),
	    cmocka_unit_test(test_paths),
	    cmocka_unit_test(test_connect),
	    cmocka_unit_test(test_collector_reaches_out_only),
	    cmocka_unit_test(test_collector_makes_threads_only),
	    cmocka_unit_test(test_collector_has_its_folder),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
