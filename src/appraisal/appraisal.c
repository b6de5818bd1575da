/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "dci/appraisal.h"

const char *
dci_assurance_name(enum dci_assurance assurance)
{
	switch (assurance) {
	case DCI_ASSURANCE_HARDWARE:
		return "hardware";
	case DCI_ASSURANCE_INSECURE:
		return "insecure";
	case DCI_ASSURANCE_SIMULATED:
		return "simulated";
	default:
		return "unknown";
	}
}

enum dci_assurance
dci_assurance_of(const struct dci_policy *policy, size_t entry, bool debug,
    bool simulated)
{
	if (simulated)
		return DCI_ASSURANCE_SIMULATED;
	if (debug || policy->admits_any ||
	    dci_policy_entry_unpinned(&policy->entry[entry]))
		return DCI_ASSURANCE_INSECURE;
	return DCI_ASSURANCE_HARDWARE;
}

/* Evidence first, as in Gramine: cheap, and what does not belong to this
 * channel is not worth verifying. */
static int
appraise_evidence(struct dci_appraisal *a, const uint8_t *certificate,
    size_t n, struct dci_quote *quote)
{
	struct dci_failure *f = &a->failure;

	if (dci_evidence_parse(&a->evidence, certificate, n,
		&a->evidence_checks, f) != 0)
		return -1;
	a->has_evidence = true;
	if (dci_quote_parse(quote, a->evidence.quote, a->evidence.quote_size,
		f) != 0)
		return -1;
	return dci_evidence_bound(&a->evidence, quote, &a->evidence_checks, f);
}

static int
appraise_quote(struct dci_appraisal *a, const struct dci_reference *reference,
    const struct dci_quote *quote)
{
	const struct dci_snapshot *snapshot = reference->choose(
	    reference->choose_arg, quote, &a->failure);

	if (snapshot == NULL)
		return -1;
	a->has_snapshot = true;
	dci_snapshot_digest(a->snapshot_digest, snapshot);
	dci_verify_quote(&a->verification, a->evidence.quote,
	    a->evidence.quote_size, snapshot, a->time,
	    &reference->policy->tolerance, reference->cache);
	if (a->verification.status == DCI_STATUS_INVALID ||
	    a->verification.status == DCI_STATUS_REVOKED) {
		a->failure = a->verification.failure;
		return -1;
	}
	return 0;
}

static int
appraise_policy(struct dci_appraisal *a, const struct dci_reference *reference)
{
	const struct dci_policy *policy = reference->policy;
	struct dci_subject subject;

	a->has_policy = true;
	memcpy(a->policy_digest, policy->digest, sizeof(a->policy_digest));
	a->evidence_bound = a->evidence.has_csr_key;
	dci_subject_of(&subject, &a->verification, a->evidence_bound);
	if (dci_policy_evaluate(policy, &subject, &a->entry,
		&a->policy_checks, &a->failure) != 0)
		return -1;
	a->admitted = true;
	memcpy(a->entry_name, policy->entry[a->entry].name,
	    sizeof(a->entry_name));
	a->assurance = dci_assurance_of(policy, a->entry,
	    a->verification.debug, reference->simulated);
	return 0;
}

void
dci_appraisal_init(struct dci_appraisal *a, int64_t now)
{
	/* Not one memset: the lists of checks are large, and what lies beyond
	 * their counts is never read. */
	a->time = now;
	a->has_evidence = a->has_snapshot = a->has_policy = false;
	a->admitted = a->evidence_bound = false;
	a->evidence_checks.n = a->policy_checks.n = 0;
	a->verification.checks.n = 0;
	a->verification.status = DCI_STATUS_INVALID;
	a->verification.parsed = a->verification.has_platform = false;
	a->verification.has_tcb = a->verification.has_dates = false;
	a->verification.debug = false;
	a->verification.failure.code = DCI_OK;
	a->entry = 0;
	a->entry_name[0] = '\0';
	a->failure.code = DCI_OK;
	a->failure.sentence[0] = '\0';
}

int
dci_appraise(struct dci_appraisal *a, const struct dci_reference *reference,
    const uint8_t *certificate, size_t n, int64_t now)
{
	struct dci_quote quote;

	dci_appraisal_init(a, now);
	if (appraise_evidence(a, certificate, n, &quote) != 0 ||
	    appraise_quote(a, reference, &quote) != 0)
		return -1;
	return appraise_policy(a, reference);
}
