/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The appraisal record: evidence, collateral and policy in; every check, what
 * was expected, what was found and the decision out.  A plain struct inside
 * the programs, JSON only where it leaves them (PROTOCOL.md, "Appraisal
 * record").
 */
#ifndef DCI_APPRAISAL_H
#define DCI_APPRAISAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dci/evidence.h"
#include "dci/policy.h"
#include "dci/verify.h"

#define DCI_RECORD_VERSION 1

/* The values are those of DelegationScope in certificates. */
enum dci_assurance {
	DCI_ASSURANCE_HARDWARE = 0,
	DCI_ASSURANCE_INSECURE = 1,
	DCI_ASSURANCE_SIMULATED = 2,
};

const char *dci_assurance_name(enum dci_assurance);

struct dci_appraisal {
	int64_t time; /* evaluation time, seconds */

	/* RA-TLS evidence; unused (has_evidence false) for a bare quote. */
	bool has_evidence;
	struct dci_evidence evidence;
	struct dci_checks evidence_checks;

	struct dci_verification verification; /* with its own checks */
	bool has_snapshot;
	uint8_t snapshot_digest[32];

	/* The policy's part; unused (has_policy false) without a policy. */
	bool has_policy;
	struct dci_checks policy_checks;
	bool admitted;
	size_t entry; /* which entry, if admitted */
	char entry_name[DCI_POLICY_NAME_SIZE];
	uint8_t policy_digest[32];
	enum dci_assurance assurance; /* if admitted */
	bool evidence_bound; /* evidence names the CSR's key */

	struct dci_failure failure; /* DCI_OK if everything is in order */
};

/* Collateral for a parsed quote, of which nothing is verified yet: chosen by
 * TEE and FMSPC.  NULL with *f (code collateral-unavailable) if there is
 * none. */
typedef const struct dci_snapshot *(*dci_choose)(
    void *, const struct dci_quote *, struct dci_failure *f);

/* What an appraisal is made against. */
struct dci_reference {
	const struct dci_policy *policy;
	const struct dci_anchor *anchor;
	bool simulated; /* the anchor is a simulator's */
	dci_choose choose;
	void *choose_arg;
	struct dci_cache *cache; /* or NULL */
};

/* An appraisal in which nothing has been looked at yet. */
void dci_appraisal_init(struct dci_appraisal *, int64_t now);

/* The assurance that an entry of a policy gives (design: simulated, else
 * insecure for debug enclaves and unpinned entries, else hardware).  The signer
 * asks for itself. */
enum dci_assurance dci_assurance_of(const struct dci_policy *, size_t entry,
    bool debug, bool simulated);

/*
 * Appraises the RA-TLS certificate of a client: evidence, binding, quote,
 * policy, in this order.  Fills in all of *a, whose pointers go into the
 * certificate and the snapshot.  The quote's evidence-to-CSR binding is taken
 * from the evidence (has_csr_key); that the CSR has that key is checked later.
 * Returns 0 if the client is admitted, else -1 (a->failure).
 */
int dci_appraise(struct dci_appraisal *a, const struct dci_reference *,
    const uint8_t *certificate, size_t n, int64_t now)
    __attribute__((warn_unused_result));

#endif
