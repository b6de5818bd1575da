/* SPDX-License-Identifier: BSD-3-Clause */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "ca/ca.h"
#include "issuer/sandbox.h"
#include "issuer/state.h"
#include "issuer/tls.h"

CLEANUP_TYPE(cleanup_ctx, SSL_CTX, SSL_CTX_free)
CLEANUP_TYPE(cleanup_dir, DIR, closedir)

const char *
state_path(const struct issuer_config *config, const char *name)
{
	static char path[PATH_MAX];

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", config->state,
		name) >= sizeof(path))
		log_fatal("start-failed", "the path of the state folder is "
					  "too long");
	return path;
}

int
state_anchor(struct dci_anchor *anchor, const struct issuer_config *config,
    struct dci_failure *f)
{
	char path[PATH_MAX];
	uint8_t *pem CLEANUP(cleanup_free) = NULL;
	size_t n;

	if (config->sim == NULL) {
		*anchor = dci_anchor_intel;
		return 0;
	}
	snprintf(path, sizeof(path), "%s/root.crt", config->sim);
	if (file_read(path, LIMIT_PEM, &pem, &n, f) != 0)
		return -1;
	return dci_anchor_from_pem(anchor, pem, n, f);
}

/* Whoever may write there could put another CA, lock or stamp in place.  A
 * folder that is not there yet is made later, for us alone. */
static int
check_folder(const char *path, struct dci_failure *f)
{
	struct stat st;
	int fd CLEANUP(cleanup_fd) =
	    open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || fstat(fd, &st) != 0)
		return dci_fail(f, DCI_STATE_EXPOSED,
		    "The folder %s cannot be opened: %s.", path,
		    strerror(errno));
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return dci_fail(f, DCI_STATE_EXPOSED,
		    "The folder %s belongs to user %u, who could exchange what "
		    "is in it; run: chown %u %s",
		    path, (unsigned)st.st_uid, (unsigned)geteuid(), path);
	if ((st.st_mode & 022) != 0)
		return dci_fail(f, DCI_STATE_EXPOSED,
		    "The folder %s may be written by others (mode %03o); run: "
		    "chmod go-w %s",
		    path, st.st_mode & 0777, path);
	return 0;
}

static int
take_lock(
    struct state *s, const struct issuer_config *config, struct dci_failure *f)
{
	const char *path = state_path(config, "lock");

	s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s->lock < 0)
		return dci_fail(f, DCI_FILE_UNWRITABLE,
		    "%s cannot be created: %s.", path, strerror(errno));
	if (flock(s->lock, LOCK_EX | LOCK_NB) != 0)
		return dci_fail(f, DCI_STATE_LOCKED,
		    "The state folder %s is in use by another issuer.",
		    config->state);
	return 0;
}

/* The stamp is written once, before anything else is: certificates of one CA
 * must all rest on the same root. */
static int
check_stamp(const struct state *s, const struct issuer_config *config,
    struct dci_failure *f)
{
	const char *path = state_path(config, "trust-root");
	uint8_t digest[32], *found CLEANUP(cleanup_free) = NULL;
	char hex[65], line[66];
	size_t n;

	dci_anchor_digest(digest, &s->anchor);
	hex_encode(hex, digest, sizeof(digest));
	snprintf(line, sizeof(line), "%s\n", hex);
	if (access(path, F_OK) != 0)
		return file_write(path, line, strlen(line), 0600, f);
	if (file_read(path, 256, &found, &n, f) != 0)
		return -1;
	if (n != strlen(line) || memcmp(found, line, n) != 0)
		return dci_fail(f, DCI_STATE_OTHER_ROOT,
		    "The state folder %s belongs to the root of attestation "
		    "trust with digest %.64s, and this start trusts %s (%s).",
		    config->state, (const char *)found, hex,
		    s->simulated ? "a simulated platform"
				 : "Intel's SGX Root CA");
	return 0;
}

/* --- what is done in a process that ends at once
 * --------------------------------------- */

int
state_check_tls(const struct issuer_config *config, struct dci_failure *f)
{
	uint8_t *chain CLEANUP(cleanup_free) = NULL;
	uint8_t *key CLEANUP(cleanup_free) = NULL;
	size_t chain_n, key_n;

	if (file_read(
		config->tls_certificate, LIMIT_PEM, &chain, &chain_n, f) != 0 ||
	    file_read(config->tls_key, LIMIT_PEM, &key, &key_n, f) != 0) {
		f->code = DCI_TLS_IDENTITY;
		return -1;
	}
	SSL_CTX *ctx CLEANUP(cleanup_ctx) = tls_context_new(
	    (struct bytes){chain, chain_n}, (struct bytes){key, key_n}, f);
	wipe(key, key_n);
	if (ctx != NULL)
		return 0;
	struct dci_failure why = *f;
	return dci_fail(f, why.code, "%s with %s: %s", config->tls_certificate,
	    config->tls_key, why.sentence);
}

/* Others could read the secret while it is ours to keep. */
int
state_check_wrap_key(int fd, const char *path, struct dci_failure *f)
{
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		return dci_fail(f, DCI_WRAP_KEY_UNUSABLE,
		    "%s cannot be opened: %s.", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return dci_fail(f, DCI_WRAP_KEY_UNUSABLE,
		    "%s is not an ordinary file.", path);
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return dci_fail(f, DCI_WRAP_KEY_UNUSABLE,
		    "%s belongs to user %u; run: chown %u %s", path,
		    (unsigned)st.st_uid, (unsigned)geteuid(), path);
	if ((st.st_mode & 077) != 0)
		return dci_fail(f, DCI_WRAP_KEY_UNUSABLE,
		    "%s may be used by others (mode %03o); run: chmod 600 %s",
		    path, st.st_mode & 0777, path);
	if (st.st_size < 1 || st.st_size > LIMIT_SECRET)
		return dci_fail(f, DCI_WRAP_KEY_UNUSABLE,
		    "%s has %lld bytes; the secret has 1 to %u bytes.", path,
		    (long long)st.st_size, LIMIT_SECRET);
	return 0;
}

static int
check_wrap_key(const struct issuer_config *config, struct dci_failure *f)
{
	if (config->wrap_key == NULL)
		return 0;
	int fd CLEANUP(cleanup_fd) =
	    open(config->wrap_key, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	return state_check_wrap_key(fd, config->wrap_key, f);
}

struct setup_result {
	bool failed, created;
	struct dci_failure failure;
};

static void
setup(struct setup_result *r, const struct state *s,
    const struct issuer_config *config)
{
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	r->failed = state_check_tls(config, &r->failure) != 0 ||
		    check_wrap_key(config, &r->failure) != 0 ||
		    ca_create(state_path(config, "ca"), s->simulated,
			time(NULL), &r->created, &r->failure) != 0;
}

/* Private keys are handled in a child that ends at once: the parent's memory
 * never holds one. */
static int
setup_apart(
    struct state *s, const struct issuer_config *config, struct dci_failure *f)
{
	struct setup_result r = {.failed = true};
	int pipes[2];

	if (pipe2(pipes, O_CLOEXEC) != 0)
		return dci_fail(
		    f, DCI_SETUP_FAILED, "pipe: %s.", strerror(errno));
	pid_t pid = fork();
	if (pid == 0) {
		setup(&r, s, config);
		ssize_t put = write(pipes[1], &r, sizeof(r));
		_exit(put == (ssize_t)sizeof(r) ? 0 : 1);
	}
	close(pipes[1]);
	ssize_t got = read(pipes[0], &r, sizeof(r));
	close(pipes[0]);
	if (pid < 0 || waitpid(pid, NULL, 0) != pid ||
	    got != (ssize_t)sizeof(r))
		return dci_fail(f, DCI_SETUP_FAILED,
		    "The process that prepares keys did not finish.");
	if (r.failed) {
		*f = r.failure;
		return -1;
	}
	s->created = r.created;
	return 0;
}

/* The entries of the folders in the state folder: the ledger's files sync
 * themselves, but their process sees nothing above its own folder. */
static int
sync_state(const struct issuer_config *config, struct dci_failure *f)
{
	int fd CLEANUP(cleanup_fd) =
	    open(config->state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) != 0)
		return dci_fail(f, DCI_FILE_UNWRITABLE,
		    "%s cannot be synced: %s.", config->state, strerror(errno));
	return 0;
}

/* As root, the ledger's files belong to the ledger's own user. */
static int
give_ledger(const struct issuer_config *config, struct dci_failure *f)
{
	static const char *const names[] = {"ledger", "ledger/ledger.db",
	    "ledger/ledger.db-wal", "ledger/ledger.db-shm",
	    "ledger/refusals.db", "ledger/refusals.db-wal",
	    "ledger/refusals.db-shm"};
	uid_t id = sandbox_uid(ROLE_LEDGER);

	if (geteuid() != 0)
		return 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *path = state_path(config, names[i]);

		if (lchown(path, id, id) != 0 && errno != ENOENT)
			return dci_fail(f, DCI_FILE_UNWRITABLE,
			    "%s cannot be given to user %u: %s.", path, id,
			    strerror(errno));
	}
	return 0;
}

/* Best effort: what the collector cannot read it fetches again. */
static void
give_files(const char *path, uid_t id)
{
	DIR *folder CLEANUP(cleanup_dir) = opendir(path);
	struct dirent *entry;
	struct stat st;

	while (folder != NULL && (entry = readdir(folder)) != NULL) {
		if (fstatat(dirfd(folder), entry->d_name, &st,
			AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(st.st_mode) && st.st_nlink == 1 && st.st_uid != id)
			(void)!fchownat(dirfd(folder), entry->d_name, id, id,
			    AT_SYMLINK_NOFOLLOW);
	}
}

/* The same for what the collector fetched; what it has in its folders that is
 * not an ordinary file is left alone. */
static int
give_collateral(const struct issuer_config *config, struct dci_failure *f)
{
	static const char *const names[] = {
	    "collateral", "collateral/standard", "collateral/early"};
	uid_t id = sandbox_uid(ROLE_COLLECTOR);

	if (geteuid() != 0)
		return 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *path = state_path(config, names[i]);

		if (lchown(path, id, id) != 0 && errno != ENOENT)
			return dci_fail(f, DCI_FILE_UNWRITABLE,
			    "%s cannot be given to user %u: %s.", path, id,
			    strerror(errno));
		give_files(path, id);
	}
	return 0;
}

int
state_prepare(
    struct state *s, const struct issuer_config *config, struct dci_failure *f)
{
	*s = (struct state){.lock = -1, .simulated = config->sim != NULL};
	if (state_anchor(&s->anchor, config, f) != 0 ||
	    folder_make(config->state, 0700, f) != 0 ||
	    check_folder(config->state, f) != 0 ||
	    check_folder(state_path(config, "ca"), f) != 0 ||
	    take_lock(s, config, f) != 0 || check_stamp(s, config, f) != 0 ||
	    folder_make(state_path(config, "ledger"), 0700, f) != 0 ||
	    folder_make(state_path(config, "collateral"), 0700, f) != 0 ||
	    folder_make(state_path(config, "empty"), 0755, f) != 0 ||
	    setup_apart(s, config, f) != 0)
		return -1;
	if (sync_state(config, f) != 0 || give_ledger(config, f) != 0 ||
	    give_collateral(config, f) != 0)
		return -1;
	return ca_fingerprint(
	    state_path(config, "ca/root.crt"), s->root_fingerprint, f);
}
