/* SPDX-License-Identifier: BSD-3-Clause */
/* Enclave identity, version 2 (Intel PCS API; spec: section 3.2). */
#ifndef DCAP_QE_IDENTITY_H
#define DCAP_QE_IDENTITY_H

#include "dcap/json.h"

enum enclave_id { ENCLAVE_QE, ENCLAVE_QVE, ENCLAVE_TD_QE };

struct qe_level {
	uint16_t isv_svn;
	enum dci_status status; /* UpToDate, OutOfDate or Revoked */
	int64_t date;
	struct dci_advisories advisories;
};

/* Release with qe_identity_free(). */
struct qe_identity {
	enum enclave_id id;
	struct dci_dates dates;
	uint32_t evaluation;
	/* In memory order, as they lie in a report. */
	uint8_t miscselect[4], miscselect_mask[4];
	uint8_t attributes[16], attributes_mask[16];
	uint8_t mrsigner[32];
	uint16_t isv_prod_id;
	size_t n;
	struct qe_level *level; /* owned, newest first */
	json_t *document;       /* owned; the texts point into it */
};

const char *enclave_id_name(enum enclave_id); /* "QE", "QVE", "TD_QE" */

/* Parses the inner object, whose signature has been verified.  Returns 0, or
 * -1 with *f (qe-identity-malformed, out-of-memory); free the result in both
 * cases. */
int qe_identity_parse(
    struct qe_identity *, struct bytes json, struct dci_failure *f) MUST_CHECK;
void qe_identity_free(struct qe_identity *);

#endif
