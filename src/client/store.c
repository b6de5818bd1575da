/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/file.h"
#include "base/limits.h"
#include "client/store.h"

/* In the order of writing and renaming. */
enum { KEY, CERTIFICATE, CHAIN, FILES };

static const struct {
	const char *name, *staged;
	mode_t mode;
} files[FILES] = {
    {"delegation.key", "delegation.key.new", 0600},
    {"delegation.crt", "delegation.crt.new", 0644},
    {"chain.crt", "chain.crt.new", 0644},
};

/* An open folder, locked against another client in the same place. */
struct folder {
	const char *name;
	int fd;
};

static void
folder_close(struct folder *folder)
{
	cleanup_fd(&folder->fd);
}

static int
folder_open(struct folder *folder, const char *name, struct dci_failure *f)
{
	folder->name = name;
	folder->fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder->fd < 0)
		return dci_fail(f, DCI_FILE_UNREADABLE,
		    "The folder %s cannot be opened: %s.", name,
		    strerror(errno));
	/* Gramine has no flock(), unless its manifest asks for it; there is no
	 * other process that could see the folder, either. */
	if (flock(folder->fd, LOCK_EX | LOCK_NB) != 0 && errno != ENOSYS)
		return dci_fail(f, DCI_FILE_UNWRITABLE,
		    "The folder %s cannot be locked: %s.", name,
		    errno == EWOULDBLOCK ? "another client is writing there"
					 : strerror(errno));
	return 0;
}

static bool
exists(const struct folder *folder, const char *name)
{
	struct stat st;

	return fstatat(folder->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static int
read_at(
    const struct folder *folder, const char *name, uint8_t **data, size_t *n)
{
	int fd CLEANUP(cleanup_fd) =
	    openat(folder->fd, name, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	return fd < 0 ? -1 : file_read_fd(fd, name, LIMIT_PEM, data, n, NULL);
}

/* A key file in PEM, which is wiped as soon as it is parsed. */
static EVP_PKEY *
read_key(const struct folder *folder, const char *name)
{
	uint8_t *pem = NULL;
	size_t n;

	if (read_at(folder, name, &pem, &n) != 0)
		return NULL;
	BIO *bio CLEANUP(cleanup_bio) = BIO_new_mem_buf(pem, (int)n);
	/* An empty passphrase, lest somebody be asked for one. */
	EVP_PKEY *key =
	    bio == NULL ? NULL
			: PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *)"");
	wipe(pem, n);
	free(pem);
	ERR_clear_error();
	return key;
}

static bool
belong_together(const struct folder *folder)
{
	uint8_t *pem CLEANUP(cleanup_free) = NULL;
	EVP_PKEY *key CLEANUP(cleanup_pkey) = read_key(folder, files[KEY].name);
	size_t n;

	if (key == NULL ||
	    read_at(folder, files[CERTIFICATE].staged, &pem, &n) != 0)
		return false;
	BIO *bio CLEANUP(cleanup_bio) = BIO_new_mem_buf(pem, (int)n);
	X509 *x CLEANUP(cleanup_x509) =
	    bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, NULL, NULL);
	bool same = x != NULL && X509_check_private_key(x, key) == 1;
	ERR_clear_error();
	return same;
}

static int
rename_at(const struct folder *folder, int file, struct dci_failure *f)
{
	if (renameat(folder->fd, files[file].staged, folder->fd,
		files[file].name) != 0)
		return dci_fail(f, DCI_FILE_UNWRITABLE,
		    "%s/%s cannot be replaced: %s.", folder->name,
		    files[file].name, strerror(errno));
	return 0;
}

static int
sync_folder(const struct folder *folder, struct dci_failure *f)
{
	if (fsync(folder->fd) != 0)
		return dci_fail(f, DCI_FILE_UNWRITABLE,
		    "The folder %s cannot be synced: %s.", folder->name,
		    strerror(errno));
	return 0;
}

/* The key goes last: as long as it is there, nothing had been decided. */
static void
remove_staged(const struct folder *folder)
{
	for (int i = FILES - 1; i >= 0; i--)
		(void)unlinkat(folder->fd, files[i].staged, 0);
}

static int
repair(const struct folder *folder, struct dci_failure *f)
{
	if (exists(folder, files[KEY].staged) || !belong_together(folder)) {
		remove_staged(folder);
		return 0;
	}
	for (int i = CERTIFICATE; i < FILES; i++) {
		if (exists(folder, files[i].staged) &&
		    rename_at(folder, i, f) != 0)
			return -1;
	}
	return sync_folder(folder, f);
}

/* Something else of that name is not ours to replace. */
static int
check_present(const struct folder *folder, struct dci_failure *f)
{
	for (int i = 0; i < FILES; i++) {
		struct stat st;

		if (fstatat(folder->fd, files[i].name, &st, 0) == 0 &&
		    !S_ISREG(st.st_mode))
			return dci_fail(f, DCI_FILE_UNWRITABLE,
			    "%s/%s is there and is not a file.", folder->name,
			    files[i].name);
		if (exists(folder, files[i].name) &&
		    faccessat(folder->fd, files[i].name, R_OK | W_OK,
			AT_EACCESS) != 0)
			return dci_fail(f, DCI_FILE_UNWRITABLE,
			    "%s/%s is there and cannot be replaced: %s.",
			    folder->name, files[i].name, strerror(errno));
	}
	return 0;
}

static int
check_writable(const struct folder *folder, struct dci_failure *f)
{
	char probe[PATH_MAX];

	int n = snprintf(
	    probe, sizeof(probe), "%s/.delegation.XXXXXX", folder->name);
	int fd = n < (int)sizeof(probe) ? mkostemp(probe, O_CLOEXEC) : -1;
	if (fd < 0)
		return dci_fail(f, DCI_FILE_UNWRITABLE,
		    "Nothing can be written into the folder %s: %s.",
		    folder->name,
		    n < (int)sizeof(probe) ? strerror(errno) : "long name");
	close(fd);
	unlink(probe);
	return 0;
}

int
store_prepare(const char *name, struct dci_failure *f)
{
	struct folder folder CLEANUP(folder_close) = {.fd = -1};

	if (folder_make(name, 0755, f) != 0 ||
	    folder_open(&folder, name, f) != 0 ||
	    check_present(&folder, f) != 0 || check_writable(&folder, f) != 0)
		return -1;
	return repair(&folder, f);
}

static int
stage(const struct folder *folder, int file, const struct writer *content,
    struct dci_failure *f)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", folder->name,
		files[file].staged) >= (int)sizeof(path))
		return dci_fail(f, DCI_FILE_UNWRITABLE,
		    "%s is too long for the name of a folder.", folder->name);
	return file_write(path, content->data, content->n, files[file].mode, f);
}

int
store_write(
    const char *name, const struct client_result *result, struct dci_failure *f)
{
	struct folder folder CLEANUP(folder_close) = {.fd = -1};

	if (folder_open(&folder, name, f) != 0)
		return -1;
	remove_staged(&folder);
	if (stage(&folder, KEY, &result->key, f) != 0 ||
	    stage(&folder, CERTIFICATE, &result->certificate, f) != 0 ||
	    stage(&folder, CHAIN, &result->chain, f) != 0 ||
	    rename_at(&folder, KEY, f) != 0) {
		remove_staged(&folder);
		return -1;
	}
	if (sync_folder(&folder, f) != 0 ||
	    rename_at(&folder, CERTIFICATE, f) != 0 ||
	    rename_at(&folder, CHAIN, f) != 0)
		return -1;
	return sync_folder(&folder, f);
}
