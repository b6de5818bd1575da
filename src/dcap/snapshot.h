/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is inside of a snapshot: collateral with everything verified that does
 * not depend on the time or on a quote.  Written once, by dci_snapshot_new().
 */
#ifndef DCAP_SNAPSHOT_H
#define DCAP_SNAPSHOT_H

#include "dcap/chain.h"
#include "dcap/crl.h"
#include "dcap/qe_identity.h"
#include "dcap/tcb_info.h"

/* Groups of checks that every verification reports at its place. */
enum stage {
	STAGE_ROOT_CRL,
	STAGE_PCK_CRL, /* with its issuer chain */
	STAGE_TCB_INFO,
	STAGE_QE_IDENTITY,
	STAGES
};

struct stage_result {
	size_t first, end;          /* its checks in the snapshot's list */
	struct dci_failure failure; /* DCI_OK: everything passed */
};

/* A chain of the collateral and the key of its end. */
struct issuer {
	struct chain chain;
	EVP_PKEY *key;
};

struct dci_snapshot {
	struct dci_anchor anchor;
	EVP_PKEY *anchor_key; /* NULL: not a point on the curve */
	uint8_t digest[32];
	uint8_t identity[32]; /* digest of the documents and of the anchor */
	struct trust trust;   /* the anchor and the verified issuers */
	struct dci_checks checks;
	struct stage_result stage[STAGES];
	/* Usable only if their stage passed. */
	struct crl root_crl, pck_crl;
	struct issuer pck_crl_issuer, tcb_info_issuer, qe_identity_issuer;
	struct tcb_info tcb_info;
	struct qe_identity qe_identity;
};

#endif
