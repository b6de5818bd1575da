/* SPDX-License-Identifier: BSD-3-Clause */
/* Whole files: read with a bound, written all or not at all. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/memory.h"
#include "dci/code.h"

/* Reads a file of at most max bytes ("-" is standard input when allowed by
 * the caller through file_read_fd()).  On success *data is allocated, with a
 * NUL after its *n bytes.  Returns 0 or -1 with *f. */
int file_read(const char *path, size_t max, uint8_t **data, size_t *n,
    struct dci_failure *f) MUST_CHECK;
int file_read_fd(int fd, const char *name, size_t max, uint8_t **data,
    size_t *n, struct dci_failure *f) MUST_CHECK;

/* Writes a temporary file beside path, fsyncs it, renames it into place and
 * fsyncs the folder: after a crash there is the old content or the new. */
int file_write(const char *path, const void *data, size_t n, mode_t mode,
    struct dci_failure *f) MUST_CHECK;
/* The same below a folder that is open; shown is its name for messages.  After
 * a crash a file NAME.XXXXXX may be left. */
int file_write_at(int folder, const char *name, const char *shown,
    const void *data, size_t n, mode_t mode, struct dci_failure *f) MUST_CHECK;

/* Makes the folder and its parents where they are missing. */
int folder_make(
    const char *path, mode_t mode, struct dci_failure *f) MUST_CHECK;

#endif
