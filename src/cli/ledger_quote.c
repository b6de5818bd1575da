/* SPDX-License-Identifier: BSD-3-Clause */
/* The quotes of ledger rows, verified once more. */
#include <string.h>

#include "base/limits.h"
#include "cli/ledger.h"

CLEANUP_TYPE(cleanup_snapshot, struct dci_snapshot, dci_snapshot_free)

/* The collateral of the row, as it is under its digest in the ledger. */
static int
take_snapshot(struct quote_judge *j, const uint8_t digest[static 32],
    struct dci_failure *f)
{
	struct ledger_documents documents CLEANUP(ledger_documents_free) = {
	    .memory = NULL};
	struct dci_collateral view;
	uint8_t real[32];

	if (j->snapshot != NULL && memcmp(j->digest, digest, 32) == 0)
		return 0;
	if (ledger_get_snapshot(j->ledger, digest, &documents, f) != 0) {
		if (f->code != DCI_LEDGER_DAMAGED)
			return -1;
		dci_fail(f, DCI_LEDGER_DAMAGED, "its collateral is missing");
		return 1;
	}
	_Static_assert(LEDGER_DOCUMENTS == (int)DCI_DOCUMENTS, "documents");
	for (size_t i = 0; i < LEDGER_DOCUMENTS; i++) {
		view.doc[i].data = documents.document[i].p;
		view.doc[i].n = documents.document[i].n;
	}
	struct dci_snapshot *s CLEANUP(cleanup_snapshot) =
	    dci_snapshot_new(&view, &j->anchor);
	if (s == NULL)
		return dci_fail(
		    f, DCI_OUT_OF_MEMORY, "No memory for collateral.");
	dci_snapshot_digest(real, s);
	if (memcmp(real, digest, 32) != 0) {
		dci_fail(f, DCI_LEDGER_DAMAGED, "its collateral was changed");
		return 1;
	}
	dci_snapshot_free(j->snapshot);
	j->snapshot = TAKE(s);
	memcpy(j->digest, digest, 32);
	return 0;
}

int
quote_judge_check(
    struct quote_judge *j, const struct ledger_row *row, struct dci_failure *f)
{
	/* What had expired then was tolerated by the policy of then. */
	static const struct dci_tolerance all = {.grace = DCI_UNLIMITED};
	static struct dci_verification v; /* large */
	struct writer w CLEANUP(writer_free) = writer_new(LIMIT_QUOTE);

	int rc = take_snapshot(j, row->snapshot_digest, f);
	if (rc != 0)
		return rc;
	ledger_row_quote(&w, row);
	dci_verify_quote(&v, w.data, w.n, j->snapshot, row->evaluated, &all,
	    NULL);
	if (v.failure.code != DCI_OK) {
		dci_fail(f, DCI_LEDGER_DAMAGED, "its quote does not verify: %s",
		    v.failure.sentence);
		return 1;
	}
	if ((unsigned)v.status != row->status ||
	    memcmp(v.evidence, row->evidence_digest, 32) != 0) {
		dci_fail(f, DCI_LEDGER_DAMAGED,
		    "its quote has the verdict %s, and the row another",
		    dci_status_name(v.status));
		return 1;
	}
	return 0;
}

void
quote_judge_free(struct quote_judge *j)
{
	dci_snapshot_free(j->snapshot);
	j->snapshot = NULL;
}
