/* SPDX-License-Identifier: BSD-3-Clause */
/* TCB info, versions 2 and 3 (Intel PCS API; spec: section 3.1). */
#ifndef DCAP_TCB_INFO_H
#define DCAP_TCB_INFO_H

#include "dcap/json.h"

#define TCB_COMPONENTS 16

struct tcb_level {
	uint8_t sgx[TCB_COMPONENTS];
	uint8_t tdx[TCB_COMPONENTS]; /* zeros for SGX */
	uint16_t pce_svn;
	enum dci_status status;
	int64_t date;
	struct dci_advisories advisories;
	/* Names of the components; NULL where they have none. */
	const char *category[TCB_COMPONENTS], *type[TCB_COMPONENTS];
};

/* Release with tcb_info_free(). */
struct tcb_info {
	uint32_t version; /* 2 or 3 */
	enum dci_tee tee;
	struct dci_dates dates;
	uint8_t fmspc[6];
	uint8_t pce_id[2];
	uint32_t evaluation;
	size_t n;
	struct tcb_level *level; /* owned, in Intel's order: newest first */
	json_t *document;        /* owned; the texts point into it */
};

/*
 * Parses the inner object, whose signature has been verified.  No two levels
 * may be equal; they are put into order.  Returns 0, or -1 with *f
 * (tcb-info-malformed, out-of-memory); free the result in both cases.
 */
int tcb_info_parse(
    struct tcb_info *, struct bytes json, struct dci_failure *f) MUST_CHECK;
void tcb_info_free(struct tcb_info *);

#endif
