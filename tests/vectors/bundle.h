/* SPDX-License-Identifier: BSD-3-Clause */
/* One row of the vectors: a quote, its collateral, a time, a verdict. */
#ifndef TESTS_BUNDLE_H
#define TESTS_BUNDLE_H

#include <jansson.h>

#include "dci/verify.h"

/* Owned by the bundle; release with bundle_free(). */
struct blob {
	uint8_t *p;
	size_t n;
};

struct bundle {
	struct blob quote;
	struct blob doc[DCI_DOCUMENTS];
	int64_t time;
};

/* The folder: $DCI_VECTORS, or ../shared/vectors. */
const char *vectors_folder(void);
/* The lines of expect.jsonl as an array; NULL if there is no such file. */
json_t *vectors_rows(void);

/* Exits the program if a file of the row cannot be read. */
void bundle_load(struct bundle *, const json_t *row);
void bundle_free(struct bundle *);
struct blob blob_copy(const void *, size_t n);

/* Makes a snapshot, verifies, and frees the snapshot: only the numbers and
 * texts of *out are good afterwards.  anchor NULL: Intel. */
void bundle_verify(struct dci_verification *out, const struct bundle *,
    const struct dci_anchor *, const struct dci_tolerance *);

#endif
