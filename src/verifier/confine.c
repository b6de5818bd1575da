/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "ratls/source.h"
#include "verifier/confine.h"

/* The loop, the service, and in the thread: connecting and resolving names.
 * Whatever is in neither list fails with EPERM. */
static const int allowed_calls[] = {SCMP_SYS(read), SCMP_SYS(write),
    SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(close), SCMP_SYS(recvmsg),
    SCMP_SYS(sendmsg), SCMP_SYS(recvfrom), SCMP_SYS(sendto), SCMP_SYS(recvmmsg),
    SCMP_SYS(sendmmsg), SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(socket),
    SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(shutdown), SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt), SCMP_SYS(getpeername), SCMP_SYS(getsockname),
    SCMP_SYS(ioctl), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_ctl), SCMP_SYS(munmap),
    SCMP_SYS(mremap), SCMP_SYS(brk), SCMP_SYS(madvise), SCMP_SYS(mlock),
    SCMP_SYS(munlock), SCMP_SYS(futex), SCMP_SYS(getrandom),
    SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(time),
    SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep), SCMP_SYS(getpid),
    SCMP_SYS(gettid), SCMP_SYS(getuid), SCMP_SYS(geteuid),
    SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction),
    SCMP_SYS(sigaltstack), SCMP_SYS(restart_syscall), SCMP_SYS(exit),
    SCMP_SYS(exit_group), SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(stat),
    SCMP_SYS(lstat), SCMP_SYS(statx), SCMP_SYS(lseek), SCMP_SYS(pread64),
    SCMP_SYS(dup), SCMP_SYS(fcntl), SCMP_SYS(openat), SCMP_SYS(open),
    SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2),
    SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(getdents64),
    SCMP_SYS(getcwd), SCMP_SYS(uname), SCMP_SYS(sched_yield), SCMP_SYS(tgkill),
    SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(sched_getaffinity),
    SCMP_SYS(prlimit64)};

/* A file is replaced, in a folder that is looked for by making it. */
static const int keep_calls[] = {SCMP_SYS(renameat), SCMP_SYS(renameat2),
    SCMP_SYS(unlinkat), SCMP_SYS(fsync), SCMP_SYS(fchmod), SCMP_SYS(mkdirat)};

/* libcurl's resolver has threads, and wakes the loop through a pair. */
static const int fetch_calls[] = {SCMP_SYS(socketpair), SCMP_SYS(sysinfo)};

/* Nobody here has a use for these but an intruder: the process ends. */
static const int forbidden_calls[] = {SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(execve),
    SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(kill),
    SCMP_SYS(pidfd_open), SCMP_SYS(pidfd_getfd), SCMP_SYS(mount),
    SCMP_SYS(setns), SCMP_SYS(unshare), SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open), SCMP_SYS(io_uring_setup), SCMP_SYS(keyctl),
    SCMP_SYS(add_key), SCMP_SYS(request_key), SCMP_SYS(userfaultfd)};

static int
add_rules(scmp_filter_ctx ctx, uint32_t action, const int *calls, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int r = seccomp_rule_add(ctx, action, calls[i], 0);

		if (r != 0)
			return r;
	}
	return 0;
}

/* Memory may be mapped, but never as code that can be written. */
static int
add_memory_rules(scmp_filter_ctx ctx)
{
	struct scmp_arg_cmp no_exec = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
	int r =
	    seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, no_exec);

	if (r != 0)
		return r;
	return seccomp_rule_add(
	    ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, no_exec);
}

/* Threads, but no processes.  What clone3() is asked for lies in memory, where
 * a filter cannot look; the C library takes clone() where there is none. */
static int
add_thread_rules(scmp_filter_ctx ctx)
{
	struct scmp_arg_cmp thread =
	    SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD);
	int r =
	    seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, thread);

	if (r != 0)
		return r;
	return seccomp_rule_add(
	    ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
}

static int
enter_seccomp(bool keeps, bool fetches, struct dci_failure *f)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int r = ctx == NULL ? -ENOMEM : 0;

	if (r == 0)
		r = add_rules(ctx, SCMP_ACT_ALLOW, allowed_calls,
		    sizeof(allowed_calls) / sizeof(allowed_calls[0]));
	if (r == 0 && keeps)
		r = add_rules(ctx, SCMP_ACT_ALLOW, keep_calls,
		    sizeof(keep_calls) / sizeof(keep_calls[0]));
	if (r == 0 && fetches)
		r = add_rules(ctx, SCMP_ACT_ALLOW, fetch_calls,
		    sizeof(fetch_calls) / sizeof(fetch_calls[0]));
	if (r == 0)
		r = add_memory_rules(ctx);
	if (r == 0)
		r = add_thread_rules(ctx);
	if (r == 0)
		r = add_rules(ctx, SCMP_ACT_KILL_PROCESS, forbidden_calls,
		    sizeof(forbidden_calls) / sizeof(forbidden_calls[0]));
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
