/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "base/seccomp_rules.h"
#include "ratls/source.h"
#include "verifier/confine.h"

/* The loop, the service, and in the thread: connecting and resolving names.
 * Whatever is in no list fails with EPERM. */
static const int allowed_calls[] = {SCMP_SYS(read), SCMP_SYS(write),
    SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(close), SCMP_SYS(recvmsg),
    SCMP_SYS(sendmsg), SCMP_SYS(recvfrom), SCMP_SYS(sendto), SCMP_SYS(recvmmsg),
    SCMP_SYS(sendmmsg), SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(connect),
    SCMP_SYS(shutdown), SCMP_SYS(getsockopt), SCMP_SYS(setsockopt),
    SCMP_SYS(getpeername), SCMP_SYS(getsockname), SCMP_SYS(poll),
    SCMP_SYS(ppoll), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait),
    SCMP_SYS(epoll_ctl), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(brk),
    SCMP_SYS(madvise), SCMP_SYS(mlock), SCMP_SYS(munlock), SCMP_SYS(futex),
    SCMP_SYS(getrandom), SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday),
    SCMP_SYS(time), SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep),
    SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getuid), SCMP_SYS(geteuid),
    SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction),
    SCMP_SYS(sigaltstack), SCMP_SYS(restart_syscall), SCMP_SYS(exit),
    SCMP_SYS(exit_group), SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(stat),
    SCMP_SYS(lstat), SCMP_SYS(statx), SCMP_SYS(lseek), SCMP_SYS(pread64),
    SCMP_SYS(dup), SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2),
    SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(getdents64),
    SCMP_SYS(getcwd), SCMP_SYS(uname), SCMP_SYS(sched_yield),
    SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(sched_getaffinity)};

/* A file is replaced, in a folder that is looked for by making it. */
static const int keep_calls[] = {SCMP_SYS(renameat), SCMP_SYS(renameat2),
    SCMP_SYS(unlinkat), SCMP_SYS(fsync), SCMP_SYS(mkdirat), SCMP_SYS(flock)};

/* Only a new file is ever written; then it takes another's place.  Landlock
 * says where, but it lets a file be cut and given another mode. */
static int
add_keep_rules(scmp_filter_ctx ctx)
{
	int r = SECCOMP_RULES_CALLS(ctx, SCMP_ACT_ALLOW, keep_calls);

	return r != 0 ? r : seccomp_rules_making(ctx);
}

/* libcurl's resolver has threads, and wakes the loop through a pair. */
static int
add_fetch_rules(scmp_filter_ctx ctx)
{
	static const int calls[] = {SCMP_SYS(sysinfo)};
	int r = SECCOMP_RULES_CALLS(ctx, SCMP_ACT_ALLOW, calls);

	return r != 0 ? r : seccomp_rules_socketpair(ctx);
}

/* The C library asks how large a thread's stack may be. */
static int
add_limit_rule(scmp_filter_ctx ctx)
{
	return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 2,
	    SCMP_A0(SCMP_CMP_EQ, 0), SCMP_A2(SCMP_CMP_EQ, 0));
}

static int
add_rules(scmp_filter_ctx ctx, bool keeps, bool fetches)
{
	int r = SECCOMP_RULES_CALLS(ctx, SCMP_ACT_ALLOW, allowed_calls);

	if (r == 0)
		r = seccomp_rules_reading(ctx);
	if (r == 0 && keeps)
		r = add_keep_rules(ctx);
	if (r == 0 && fetches)
		r = add_fetch_rules(ctx);
	if (r == 0)
		r = add_limit_rule(ctx);
	if (r == 0)
		r = seccomp_rules_memory(ctx);
	if (r == 0)
		r = seccomp_rules_threads(ctx);
	if (r == 0)
		r = seccomp_rules_abort(ctx);
	if (r == 0)
		r = seccomp_rules_fcntl(ctx, NULL, 0);
	if (r == 0)
		r = seccomp_rules_ioctl(ctx);
	if (r == 0)
		r = seccomp_rules_socket(ctx);
	return r != 0 ? r : seccomp_rules_forbidden(ctx);
}

static int
enter_seccomp(bool keeps, bool fetches, struct dci_failure *f)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int r = ctx == NULL ? -ENOMEM : add_rules(ctx, keeps, fetches);

	if (r == 0)
		r = seccomp_load(ctx);
	seccomp_release(ctx);
	return r == 0 ? 0
		      : dci_fail(f, DCI_CONFINEMENT_FAILED,
			    "Seccomp cannot be had: %s.", strerror(-r));
}

/* All rights but reading, as the headers of Debian 12 know them. */
#define LANDLOCK_CHANGES                               \
	(((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1) &    \
	    ~(uint64_t)(LANDLOCK_ACCESS_FS_READ_FILE | \
			LANDLOCK_ACCESS_FS_READ_DIR))

#define LANDLOCK_KEEP                                                  \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | \
	    LANDLOCK_ACCESS_FS_REMOVE_FILE)

static bool
allow_folder(int set, const char *folder)
{
	if (folder == NULL)
		return true;
	int fd CLEANUP(cleanup_fd) = open(folder, O_PATH | O_CLOEXEC);
	struct landlock_path_beneath_attr attr = {
	    .allowed_access = LANDLOCK_KEEP, .parent_fd = fd};

	return fd >= 0 && syscall(SYS_landlock_add_rule, set,
			      LANDLOCK_RULE_PATH_BENEATH, &attr, 0) == 0;
}

static int
enter_landlock(const struct verifier_config *config, struct dci_failure *f)
{
	struct landlock_ruleset_attr attr = {
	    .handled_access_fs = LANDLOCK_CHANGES};

	if (syscall(SYS_landlock_create_ruleset, NULL, 0,
		LANDLOCK_CREATE_RULESET_VERSION) < 1) {
		log_note(LOG_LEVEL_WARN, "sandbox",
		    "this kernel has no landlock; seccomp alone confines");
		return 0;
	}
	int set CLEANUP(cleanup_fd) =
	    (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (set < 0 || !allow_folder(set, config->keep) ||
	    !allow_folder(set, config->collateral_folder) ||
	    syscall(SYS_landlock_restrict_self, set, 0) != 0)
		return dci_fail(f, DCI_CONFINEMENT_FAILED,
		    "Landlock cannot be had: %s.", strerror(errno));
	return 0;
}

int
confine(const struct verifier_config *config, struct dci_failure *f)
{
	static const struct rlimit none = {0, 0};

	/* New files get their modes as they are made; fchmod() is denied. */
	umask(022);
	if (access(ATTESTATION_FOLDER, F_OK) == 0) {
		log_note(LOG_LEVEL_WARN, "sandbox",
		    "not available under Gramine; the enclave confines");
		return 0;
	}
	if (setrlimit(RLIMIT_CORE, &none) != 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return dci_fail(f, DCI_CONFINEMENT_FAILED,
		    "The process cannot be locked in: %s.", strerror(errno));
	if (enter_landlock(config, f) != 0)
		return -1;
	return enter_seccomp(
	    config->keep != NULL || config->collateral_folder != NULL,
	    config->source.source.kind != SOURCE_NONE, f);
}
