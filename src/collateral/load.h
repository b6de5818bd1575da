/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Collateral as files: the seven documents of a quote verification, read from
 * a folder or from one JSON bundle.  Nothing is verified here.
 */
#ifndef COLLATERAL_LOAD_H
#define COLLATERAL_LOAD_H

#include "base/bytes.h"
#include "dci/verify.h"

/* The documents, owned; data NULL: missing.  There is a NUL after the n bytes
 * of each. */
struct collateral_files {
	struct {
		uint8_t *data;
		size_t n;
	} doc[DCI_DOCUMENTS];
};

/* The name of a document's file in a folder, "tcb_info.json". */
const char *collateral_file_name(enum dci_document);

/*
 * Reads a folder or a bundle, whichever path is; symbolic links are followed.
 * In a folder a file that does not exist is a missing document, and other
 * files are ignored.  CRLs in PEM or hex become DER; one that cannot be
 * recognised stays as it is, for the verification to refuse.  Fails with
 * file-unreadable (path itself, or a file in it that exists),
 * file-too-large (LIMIT_COLLATERAL a document, LIMIT_BUNDLE a bundle) or
 * collateral-malformed (not a bundle).
 */
int collateral_load(struct collateral_files *out, const char *path,
    struct dci_failure *f) MUST_CHECK;

/* The same of a bundle that is open; name is for messages. */
int collateral_load_bundle(struct collateral_files *out, int fd,
    const char *name, struct dci_failure *f) MUST_CHECK;

void collateral_free(struct collateral_files *);

/* The same as dci_snapshot_new() takes it; valid while the owner stays. */
struct dci_collateral collateral_view(const struct collateral_files *);

#endif
