/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The policy: which enclaves get a delegation certificate.  Read once, from a
 * file or from the RA_TLS_* variables, into one immutable structure with a
 * canonical text and its digest.  Deny by default.
 */
#ifndef DCI_POLICY_H
#define DCI_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dci/record.h"
#include "dci/verify.h"

#define DCI_POLICY_NAME_SIZE 65 /* becomes the subject CN: RFC 5280 ub 64 */
#define DCI_POLICY_ENTRIES   256
#define DCI_POLICY_VALUES    64 /* measurements or advisories of one entry */
#define DCI_POLICY_ADVISORY_SIZE 32 /* "INTEL-SA-00615" and its like */

struct dci_policy_entry {
	char name[DCI_POLICY_NAME_SIZE];
	/* Any of these; none listed: "any". */
	size_t mrenclaves, mrsigners;
	uint8_t mrenclave[DCI_POLICY_VALUES][32];
	uint8_t mrsigner[DCI_POLICY_VALUES][32];
	bool any_isv_prod_id;
	uint16_t isv_prod_id;
	uint16_t min_isv_svn;
	bool debug;       /* whether debug enclaves are admitted */
	uint32_t tcb;     /* bit 1 << enum dci_status for each admitted one */
	/* Advisories tolerated: any, or those listed. */
	bool any_advisory;
	size_t advisories;
	char advisory[DCI_POLICY_VALUES][DCI_POLICY_ADVISORY_SIZE];
	int64_t ttl; /* seconds */
};

struct dci_policy {
	size_t entries;
	struct dci_policy_entry *entry; /* owned */
	struct dci_tolerance tolerance;
	bool require_evidence_binding;
	bool from_environment;
	/* The one exception: RA_TLS_ALLOW_DEBUG_ENCLAVE_INSECURE=1 and no
	 * measurement configured, so that any enclave is admitted. */
	bool admits_any;
	/* The canonical text: what "dci-issuer -T" prints of the policy, itself
	 * readable as a policy file; and its SHA-256. */
	char *text; /* owned */
	size_t text_size;
	uint8_t digest[32];
};

void dci_policy_free(struct dci_policy *); /* NULL is fine; frees *p too */

/* Reads a canonical or hand-written policy from memory (no settings in it).
 * name stands for the file in messages.  NULL with *f, whose sentence begins
 * "name:line: ".
 *
 * from_environment and admits_any are the key origin of the text: "file" (the
 * default), "environment" or "environment-any-enclave".  The latter two are
 * refused unless the rest is what the environment makes, and weaken nothing:
 * they add no way to be admitted, and the last makes the assurance insecure. */
struct dci_policy *dci_policy_parse(const char *text, size_t n,
    const char *name, struct dci_failure *f)
    __attribute__((warn_unused_result));

/* The policy that the RA_TLS_* variables describe, with the meaning that they
 * have in Gramine (tools/sgx/ra-tls/ra_tls_verify_dcap.c), except that expired
 * collateral is accepted only with RA_TLS_ALLOW_OUTDATED_TCB_INSECURE=1.
 * Its one entry is named "ra-tls-environment", or "any-enclave" where the
 * exception admits any.  lookup is getenv() or a stand-in.  NULL with *f. */
struct dci_policy *dci_policy_from_environment(
    const char *(*lookup)(const char *name), struct dci_failure *f)
    __attribute__((warn_unused_result));

/* What a policy looks at. */
struct dci_subject {
	enum dci_tee tee;
	uint8_t mrenclave[32], mrsigner[32];
	uint16_t isv_prod_id, isv_svn;
	uint64_t flags; /* SGX attributes.flags */
	enum dci_status status;
	/* What the status is made of, where it is at hand: for explanations. */
	bool has_parts;
	enum dci_status platform_status, qe_status;
	bool evidence_bound; /* the evidence names the CSR's key */
	/* Advisories of platform and QE; NULL where they are not at hand (the
	 * signer): then they are not looked at. */
	const struct dci_advisories *platform_advisories, *qe_advisories;
};

/* From a genuine verification. */
void dci_subject_of(struct dci_subject *, const struct dci_verification *,
    bool evidence_bound);

/*
 * The first entry that admits the subject: 0 and its index in *entry.
 * Otherwise -1, with *f and the checks of the entry that matched most.
 * Appends the checks of that one entry only.  Enclave attributes (INIT and
 * MODE64 set, PROVISION_KEY and EINITTOKEN_KEY clear) are checked first,
 * whatever the entries say.  checks may be NULL.
 */
int dci_policy_evaluate(const struct dci_policy *, const struct dci_subject *,
    size_t *entry, struct dci_checks *, struct dci_failure *f)
    __attribute__((warn_unused_result));

/* Whether that one entry admits the subject; what the signer asks. */
bool dci_policy_admits(const struct dci_policy *, size_t entry,
    const struct dci_subject *) __attribute__((warn_unused_result));

/* Whether the entry names neither MRENCLAVE nor MRSIGNER. */
bool dci_policy_entry_unpinned(const struct dci_policy_entry *);

#endif
