/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file.h"

int
file_read_fd(int fd, const char *name, size_t max, uint8_t **data, size_t *n,
    struct dci_failure *f)
{
	/* One byte more than allowed shows that there is too much, one more
	 * is for the NUL. */
	struct writer w CLEANUP(writer_free) = writer_new(max + 2);
	uint8_t chunk[16384];

	for (;;) {
		ssize_t got = read(fd, chunk, sizeof(chunk));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return dci_fail(f, DCI_FILE_UNREADABLE,
			    "%s cannot be read: %s.", name, strerror(errno));
		if (got == 0)
			break;
		size_t room = max + 1 - w.n;
		writer_put(&w, chunk, (size_t)got < room ? (size_t)got : room);
		if (w.n > max)
			break;
	}
	wipe(chunk, sizeof(chunk));
	if (w.n > max)
		return dci_fail(f, DCI_FILE_TOO_LARGE,
		    "%s is larger than the %zu bytes that are accepted.", name,
		    max);
	size_t size = w.n;
	writer_u8(&w, 0);
	if (w.failed)
		return dci_fail(f, DCI_OUT_OF_MEMORY,
		    "No memory for the content of %s.", name);
	*data = TAKE(w.data);
	w.cap = 0;
	*n = size;
	return 0;
}

int
file_read(const char *path, size_t max, uint8_t **data, size_t *n,
    struct dci_failure *f)
{
	int fd CLEANUP(cleanup_fd) = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return dci_fail(f, DCI_FILE_UNREADABLE,
		    "%s cannot be opened: %s.", path, strerror(errno));
	return file_read_fd(fd, path, max, data, n, f);
}

static int
write_all(int fd, const uint8_t *p, size_t n)
{
	while (n > 0) {
		ssize_t put = write(fd, p, n);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -1;
		p += put;
		n -= (size_t)put;
	}
	return 0;
}

/* A file beside name that was not there, "NAME.XXXXXX". */
static int
temporary_open(int folder, const char *name, mode_t mode,
    char temporary[static NAME_MAX + 1])
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz012345";
	uint8_t random[6];

	for (unsigned tries = 0; tries < 100; tries++) {
		char suffix[sizeof(random) + 1] = "";

		if (getrandom(random, sizeof(random), 0) != sizeof(random))
			return -1;
		for (size_t i = 0; i < sizeof(random); i++)
			suffix[i] = letters[random[i] % 32];
		if ((size_t)snprintf(temporary, NAME_MAX + 1, "%s.%s", name,
			suffix) > NAME_MAX) {
			errno = ENAMETOOLONG;
			return -1;
		}
		int fd = openat(folder, temporary,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
		if (fd >= 0 || errno != EEXIST)
			return fd;
	}
	return -1;
}

int
file_write_at(int folder, const char *name, const char *shown, const void *data,
    size_t n, mode_t mode, struct dci_failure *f)
{
	char temporary[NAME_MAX + 1];
	struct stat st;
	int fd = temporary_open(folder, name, mode, temporary);

	if (fd < 0)
		return dci_fail(f, DCI_FILE_UNWRITABLE,
		    "No file can be created beside %s: %s.", shown,
		    strerror(errno));
	int bad = fstat(fd, &st) != 0 ||
		  ((st.st_mode & 07777) != mode && fchmod(fd, mode) != 0) ||
		  write_all(fd, data, n) != 0 || fsync(fd) != 0;
	int why = errno;
	if (close(fd) != 0 && !bad) {
		bad = 1;
		why = errno;
	}
	if (!bad && renameat(folder, temporary, folder, name) != 0) {
		bad = 1;
		why = errno;
	}
	if (bad) {
		unlinkat(folder, temporary, 0);
		return dci_fail(f, DCI_FILE_UNWRITABLE,
		    "%s cannot be written: %s.", shown, strerror(why));
	}
	if (fsync(folder) != 0)
		return dci_fail(f, DCI_FILE_UNWRITABLE,
		    "The folder of %s cannot be synced: %s.", shown,
		    strerror(errno));
	return 0;
}

int
file_write(const char *path, const void *data, size_t n, mode_t mode,
    struct dci_failure *f)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash == NULL ? path : slash + 1;
	size_t length = (size_t)(name - path);
	char folder[PATH_MAX] = ".";

	if (length >= sizeof(folder))
		return dci_fail(
		    f, DCI_FILE_UNWRITABLE, "%s is too long for a path.", path);
	if (length > 0)
		snprintf(folder, sizeof(folder), "%.*s", (int)length, path);
	int fd CLEANUP(cleanup_fd) =
	    open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return dci_fail(f, DCI_FILE_UNWRITABLE,
		    "The folder of %s cannot be opened: %s.", path,
		    strerror(errno));
	return file_write_at(fd, name, path, data, n, mode, f);
}

int
folder_make(const char *path, mode_t mode, struct dci_failure *f)
{
	char part[PATH_MAX];
	size_t n = strlen(path);

	if (n == 0 || n >= sizeof(part))
		return dci_fail(f, DCI_FILE_UNWRITABLE,
		    "'%s' is no usable path of a folder.", path);
	memcpy(part, path, n + 1);
	for (size_t i = 1; i <= n; i++) {
		if (part[i] != '/' && part[i] != '\0')
			continue;
		char c = part[i];
		part[i] = '\0';
		if (mkdir(part, mode) != 0 && errno != EEXIST)
			return dci_fail(f, DCI_FILE_UNWRITABLE,
			    "The folder %s cannot be created: %s.", part,
			    strerror(errno));
		part[i] = c;
	}
	struct stat st;
	if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
		return dci_fail(
		    f, DCI_FILE_UNWRITABLE, "%s is not a folder.", path);
	return 0;
}
