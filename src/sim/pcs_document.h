/* SPDX-License-Identifier: BSD-3-Clause */
/* The documents that a provisioning certification service gives out, made and
 * signed anew for each request. */
#ifndef SIM_PCS_DOCUMENT_H
#define SIM_PCS_DOCUMENT_H

#include "base/bytes.h"
#include "sim/pcs_release.h"
#include "sim/platform.h"

#define PCS_EXTRA_HEADERS 3

struct pcs_content {
	struct writer body;
	struct writer chain;      /* issuers, in PEM; may be empty */
	const char *type;         /* Content-Type */
	const char *chain_header; /* NULL: none */
	struct {
		const char *name;
		char value[64];
	} extra[PCS_EXTRA_HEADERS];
	size_t extras;
};

/*
 * Makes the document that a request names for the platform; the spec, of which
 * only what is in documents may differ from the platform's, says what is in
 * it.  Returns 0, or -1 with *f when OpenSSL fails.  Free *out in any case.
 */
int pcs_document_make(struct pcs_content *out, const struct sim_platform *,
    const struct sim_spec *, const struct pcs_request *,
    const struct pcs_releases *, struct dci_failure *f) MUST_CHECK;
void pcs_content_free(struct pcs_content *);

#endif
