/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/text.h"
#include "cli/command.h"

int
command_root(struct dci_anchor *anchor, const char *path, struct dci_failure *f)
{
	uint8_t *pem CLEANUP(cleanup_free) = NULL;
	size_t n;

	*anchor = dci_anchor_intel;
	if (path == NULL)
		return 0;
	if (file_read(path, LIMIT_PEM, &pem, &n, f) != 0)
		return -1;
	return dci_anchor_from_pem(anchor, pem, n, f);
}

int
command_state_root(struct dci_anchor *anchor, const char *path,
    const char *state, struct dci_failure *f)
{
	uint8_t digest[32], *stamp CLEANUP(cleanup_free) = NULL;
	char stamp_path[PATH_MAX], hex[65];
	size_t n;

	if (command_root(anchor, path, f) != 0)
		return -1;
	snprintf(stamp_path, sizeof(stamp_path), "%s/trust-root", state);
	if (access(stamp_path, F_OK) != 0 && errno == ENOENT)
		return 0;
	if (file_read(stamp_path, 256, &stamp, &n, f) != 0)
		return -1;
	dci_anchor_digest(digest, anchor);
	hex_encode(hex, digest, sizeof(digest));
	if (n == 65 && memcmp(stamp, hex, 64) == 0)
		return 0;
	return dci_fail(f, DCI_STATE_OTHER_ROOT,
	    "The state folder %s belongs to another root of attestation trust "
	    "than %s.",
	    state, path != NULL ? path : "Intel's SGX Root CA");
}

int
command_fail(const char *command, const struct dci_failure *f)
{
	fprintf(stderr, "dci %s: %s\n", command, f->sentence);
	if (f->code == DCI_USAGE)
		fprintf(stderr, "See: dci %s --help\n", command);
	else if (strstr(f->sentence, dci_code_remedy(f->code)) == NULL)
		fprintf(stderr, "  %s\n", dci_code_remedy(f->code));
	return EXIT_TROUBLE;
}

int
command_finish(const char *command, const struct writer *w, int status)
{
	struct dci_failure f;

	if (w->failed) {
		dci_fail(&f, DCI_OUT_OF_MEMORY, "The output is too long.");
		return command_fail(command, &f);
	}
	for (size_t at = 0; at < w->n;) {
		ssize_t put = write(STDOUT_FILENO, w->data + at, w->n - at);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0) {
			dci_fail(&f, DCI_FILE_UNWRITABLE,
			    "Standard output cannot be written: %s.",
			    strerror(errno));
			return command_fail(command, &f);
		}
		at += (size_t)put;
	}
	return status;
}
