/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a request to a provisioning certification service asks for: paths and
 * parameters of Intel's PCS, version 4, and of a caching service, PCCS, in
 * front of it (spec dcap, section 8).  Parameters that do not belong to a path
 * are ignored.
 */
#ifndef SIM_PCS_REQUEST_H
#define SIM_PCS_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/memory.h"

enum pcs_document {
	PCS_TCB,
	PCS_TDX_TCB,
	PCS_QE,
	PCS_TDX_QE,
	PCS_NUMBERS,
	PCS_TDX_NUMBERS,
	PCS_PCK_CRL,
	PCS_ROOT_CRL,
	PCS_PCK_CERTIFICATE,
	PCS_DOCUMENTS
};

/* "tcb", "tdx-tcb", "qe", "tdx-qe", "numbers", "tdx-numbers", "pckcrl",
 * "rootcrl", "pckcert": the names in the log and in switches of faults. */
const char *pcs_document_name(enum pcs_document);
/* PCS_DOCUMENTS where there is none of that name. */
enum pcs_document pcs_document_by_name(const char *);

enum pcs_encoding { PCS_DER, PCS_PEM, PCS_HEX };

struct pcs_request {
	enum pcs_document document;
	uint8_t fmspc[6];
	bool early;    /* update=early */
	bool numbered; /* tcbEvaluationDataNumber is given: */
	uint32_t number;
	bool processor;             /* ca=processor */
	enum pcs_encoding encoding; /* of a CRL */
};

/* Text for the headers Error-Code and Error-Message. */
struct pcs_refusal {
	const char *code, *message;
};

/*
 * Reads path and query (NULL: none) of a GET request.  Returns the HTTP
 * status: 200 with *out filled in, or 400, 404 with *why.
 */
int pcs_request_read(struct pcs_request *out, const char *path,
    const char *query, bool pccs, struct pcs_refusal *why) MUST_CHECK;

#endif
