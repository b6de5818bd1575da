/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/landlock.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/seccomp_rules.h"
#include "issuer/child.h"
#include "issuer/sandbox.h"

/* Numbers from the range that no distribution gives to users (Debian policy
 * 9.2.2 keeps 60000 to 64999 for packages, on demand). */
#define UID_BASE 64310u

unsigned
sandbox_uid(enum role role)
{
	/* Who reads the ledger needs what belongs to it. */
	return UID_BASE +
	       (unsigned)(role == ROLE_FORECASTER ? ROLE_LEDGER : role);
}

#define FAIL(what) log_fatal("sandbox", "%s: %s", what, strerror(errno))

/* What every role needs: its channels, memory, time, and an end. */
static const int common_calls[] = {SCMP_SYS(read), SCMP_SYS(write),
    SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(close), SCMP_SYS(recvmsg),
    SCMP_SYS(recvfrom), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait),
    SCMP_SYS(epoll_ctl), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(brk),
    SCMP_SYS(madvise), SCMP_SYS(mlock), SCMP_SYS(munlock), SCMP_SYS(futex),
    SCMP_SYS(getrandom), SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday),
    SCMP_SYS(time), SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep),
    SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction), SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall), SCMP_SYS(exit), SCMP_SYS(exit_group),
    SCMP_SYS(fstat), SCMP_SYS(lseek), SCMP_SYS(pread64), SCMP_SYS(dup),
    SCMP_SYS(sched_yield), SCMP_SYS(poll), SCMP_SYS(ppoll)};

static const int worker_calls[] = {SCMP_SYS(accept4), SCMP_SYS(accept),
    SCMP_SYS(getsockopt), SCMP_SYS(setsockopt), SCMP_SYS(getpeername),
    SCMP_SYS(getsockname), SCMP_SYS(shutdown)};

/* SQLite's, inside of the ledger's folder. */
static const int ledger_calls[] = {SCMP_SYS(openat), SCMP_SYS(open),
    SCMP_SYS(newfstatat), SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(statx),
    SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2),
    SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(pwrite64),
    SCMP_SYS(ftruncate), SCMP_SYS(fallocate), SCMP_SYS(fdatasync),
    SCMP_SYS(fsync), SCMP_SYS(getcwd), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
    SCMP_SYS(fchmod), SCMP_SYS(fchown), SCMP_SYS(geteuid), SCMP_SYS(getuid),
    SCMP_SYS(fstatfs), SCMP_SYS(statfs), SCMP_SYS(utimensat),
    SCMP_SYS(sysinfo)};

/* SQLite's for reading: the forecaster's, inside of the ledger's folder. */
static const int forecaster_calls[] = {SCMP_SYS(newfstatat), SCMP_SYS(stat),
    SCMP_SYS(lstat), SCMP_SYS(statx), SCMP_SYS(access), SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2), SCMP_SYS(getcwd), SCMP_SYS(readlink),
    SCMP_SYS(readlinkat), SCMP_SYS(geteuid), SCMP_SYS(getuid),
    SCMP_SYS(fstatfs), SCMP_SYS(statfs), SCMP_SYS(sysinfo)};

/* The collector's, inside of its folder. */
static const int collector_calls[] = {SCMP_SYS(openat), SCMP_SYS(open),
    SCMP_SYS(newfstatat), SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(statx),
    SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2),
    SCMP_SYS(getdents64), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
    SCMP_SYS(memfd_create), SCMP_SYS(geteuid), SCMP_SYS(getuid)};

/* With the network, what is fetched is stored, too; libcurl resolves names in
 * threads. */
static const int network_calls[] = {SCMP_SYS(mkdir), SCMP_SYS(mkdirat),
    SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2), SCMP_SYS(unlink),
    SCMP_SYS(unlinkat), SCMP_SYS(pwrite64), SCMP_SYS(ftruncate),
    SCMP_SYS(fchmod), SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(flock),
    SCMP_SYS(connect), SCMP_SYS(getsockopt), SCMP_SYS(setsockopt),
    SCMP_SYS(getpeername), SCMP_SYS(getsockname), SCMP_SYS(shutdown),
    SCMP_SYS(sendmmsg), SCMP_SYS(recvmmsg), SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq), SCMP_SYS(uname), SCMP_SYS(sysinfo),
    SCMP_SYS(sched_getaffinity)};

/* For some there is one who needs them. */
static const int forbidden_without_network[] = {SCMP_SYS(connect),
    SCMP_SYS(clone), SCMP_SYS(clone3), SCMP_SYS(socket), SCMP_SYS(socketpair)};
static const int forbidden_with_network[] = {
    SCMP_SYS(accept), SCMP_SYS(accept4)};
static const int forbidden_to_others[] = {SCMP_SYS(memfd_create)};

static void
need(int r)
{
	if (r != 0)
		log_fatal("sandbox", "seccomp rules: %s", strerror(-r));
}

#define ADD_RULES(ctx, action, calls) \
	need(SECCOMP_RULES_CALLS(ctx, action, calls))

/* Sending, but not by MSG_FASTOPEN: that connects a socket that is not, and
 * shutdown() makes such a one out of the listening socket. */
static void
add_sending_rules(scmp_filter_ctx ctx)
{
	need(seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(sendto), 1,
	    SCMP_A3(SCMP_CMP_MASKED_EQ, MSG_FASTOPEN, 0)));
	need(seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(sendmsg), 1,
	    SCMP_A2(SCMP_CMP_MASKED_EQ, MSG_FASTOPEN, 0)));
}

static void
add_network_rules(scmp_filter_ctx ctx)
{
	ADD_RULES(ctx, SCMP_ACT_ALLOW, network_calls);
	ADD_RULES(ctx, SCMP_ACT_KILL_PROCESS, forbidden_with_network);
	need(seccomp_rules_socket(ctx));
	need(seccomp_rules_socketpair(ctx));
	need(seccomp_rules_threads(ctx));
	/* glibc's resolver: what a socket has for it. */
	need(seccomp_rules_ioctl(ctx));
}

static void
add_fcntl_rules(scmp_filter_ctx ctx, enum role role)
{
	/* SQLite's locks. */
	static const int database[] = {
	    F_SETLK, F_SETLKW, F_GETLK, F_OFD_SETLK, F_OFD_SETLKW, F_OFD_GETLK};
	/* What it publishes is sealed. */
	static const int collector[] = {F_ADD_SEALS};

	if (role == ROLE_LEDGER || role == ROLE_FORECASTER)
		need(seccomp_rules_fcntl(
		    ctx, database, sizeof(database) / sizeof(database[0])));
	else
		need(seccomp_rules_fcntl(
		    ctx, collector, role == ROLE_COLLECTOR ? 1 : 0));
}

/* Calls that libraries make without need get EPERM; forbidden ones end the
 * process. */
static void
enter_seccomp(enum role role, bool network)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));

	if (ctx == NULL)
		log_fatal("sandbox", "seccomp is not available");
	ADD_RULES(ctx, SCMP_ACT_ALLOW, common_calls);
	need(seccomp_rules_memory(ctx));
	add_fcntl_rules(ctx, role);
	add_sending_rules(ctx);
	need(seccomp_rules_abort(ctx));
	if (role == ROLE_WORKER)
		ADD_RULES(ctx, SCMP_ACT_ALLOW, worker_calls);
	if (role == ROLE_LEDGER)
		ADD_RULES(ctx, SCMP_ACT_ALLOW, ledger_calls);
	if (role == ROLE_FORECASTER) {
		ADD_RULES(ctx, SCMP_ACT_ALLOW, forecaster_calls);
		need(seccomp_rules_reading(ctx));
	}
	if (role == ROLE_COLLECTOR)
		ADD_RULES(ctx, SCMP_ACT_ALLOW, collector_calls);
	else
		ADD_RULES(ctx, SCMP_ACT_KILL_PROCESS, forbidden_to_others);
	if (network)
		add_network_rules(ctx);
	else
		ADD_RULES(
		    ctx, SCMP_ACT_KILL_PROCESS, forbidden_without_network);
	need(seccomp_rules_forbidden(ctx));
	int r = seccomp_load(ctx);
	if (r != 0)
		log_fatal("sandbox", "seccomp_load: %s", strerror(-r));
	seccomp_release(ctx);
}

/* The rights that the headers of Debian 12 know (landlock ABI 2). */
#define LANDLOCK_ALL ((LANDLOCK_ACCESS_FS_REFER << 1) - 1)
#define LANDLOCK_LEDGER                                                 \
	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | \
	    LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | \
	    LANDLOCK_ACCESS_FS_REMOVE_FILE)

#define LANDLOCK_READ \
	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define LANDLOCK_COLLECTOR                                              \
	(LANDLOCK_READ | LANDLOCK_ACCESS_FS_WRITE_FILE |                \
	    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR | \
	    LANDLOCK_ACCESS_FS_REMOVE_FILE)

const char *const sandbox_readable[] = {"/etc/resolv.conf", "/etc/hosts",
    "/etc/nsswitch.conf", "/etc/host.conf", "/etc/gai.conf", "/etc/services",
    NULL};

/* What can be replaced there without a new start: the files are in it. */
static const char resolved_folder[] = "/run/systemd/resolve";

static uint64_t
rights_of(enum role role, bool network)
{
	if (role == ROLE_LEDGER)
		return LANDLOCK_LEDGER;
	if (role == ROLE_FORECASTER)
		return LANDLOCK_READ;
	if (role != ROLE_COLLECTOR)
		return 0;
	return network ? LANDLOCK_COLLECTOR : LANDLOCK_READ;
}

static void
allow_beneath(int ruleset, int folder, uint64_t rights)
{
	struct landlock_path_beneath_attr beneath = {
	    .allowed_access = rights, .parent_fd = folder};

	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH,
		&beneath, 0) != 0)
		FAIL("landlock_add_rule");
}

/* What is not there is not needed. */
static void
allow_reading(int ruleset, const char *path, uint64_t rights)
{
	int fd CLEANUP(cleanup_fd) = open(path, O_PATH | O_CLOEXEC);

	if (fd >= 0)
		allow_beneath(ruleset, fd, rights);
}

static void
allow_resolving(int ruleset)
{
	for (size_t i = 0; sandbox_readable[i] != NULL; i++)
		allow_reading(
		    ruleset, sandbox_readable[i], LANDLOCK_ACCESS_FS_READ_FILE);
	allow_reading(ruleset, resolved_folder, LANDLOCK_READ);
}

static long
landlock_version(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
}

bool
sandbox_guards_files(void)
{
	return geteuid() == 0 || landlock_version() >= 1;
}

/* Returns false where the kernel has no landlock. */
static bool
enter_landlock(enum role role, int folder, bool network)
{
	long abi = landlock_version();

	if (abi < 1)
		return false;
	struct landlock_ruleset_attr attr = {
	    .handled_access_fs =
		abi >= 2 ? LANDLOCK_ALL
			 : LANDLOCK_ALL & ~(uint64_t)LANDLOCK_ACCESS_FS_REFER};
	int ruleset =
	    (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (ruleset < 0)
		FAIL("landlock_create_ruleset");
	if (rights_of(role, network) != 0)
		allow_beneath(ruleset, folder, rights_of(role, network));
	if (network)
		allow_resolving(ruleset);
	if (syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
		FAIL("landlock_restrict_self");
	close(ruleset);
	return true;
}

/* Where names are resolved, the system's files are needed: its user id and
 * landlock keep it from the others. */
static void
drop_root(enum role role, bool network)
{
	unsigned id = sandbox_uid(role);

	if (!network && chroot(".") != 0)
		FAIL("chroot");
	if (setgroups(0, NULL) != 0 || setresgid(id, id, id) != 0 ||
	    setresuid(id, id, id) != 0)
		FAIL("dropping root");
	if (setuid(0) == 0)
		log_fatal("sandbox", "root could be had back");
}

void
sandbox_enter(enum role role, int folder, bool network)
{
	static const struct rlimit none = {0, 0};
	struct tm tm;
	time_t zero = 0;

	/* Reads /etc/localtime while that can still be read. */
	localtime_r(&zero, &tm);
	if (setrlimit(RLIMIT_CORE, &none) != 0)
		FAIL("setrlimit");
	if (fchdir(folder) != 0)
		FAIL("fchdir");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		FAIL("no_new_privs");
	if (geteuid() == 0)
		drop_root(role, network);
	/* Set by the parent already, but a change of user clears it. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
		FAIL("parent death signal");
	if (!enter_landlock(role, folder, network))
		log_note(LOG_LEVEL_WARN, "sandbox",
		    "this kernel has no landlock; seccomp alone confines");
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		FAIL("not dumpable");
	enter_seccomp(role, network);
}
