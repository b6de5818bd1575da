/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The API of Intel's PCS, version 4, which a PCCS has, too (spec dcap,
 * section 8): what is asked for where, and what an answer means.  No I/O;
 * nothing is verified here.
 */
#ifndef COLLATERAL_API_H
#define COLLATERAL_API_H

#include "collateral/fetch.h"

#define API_URL_MAX (SOURCE_URL_MAX + 128)

/* The URL of a document. */
void api_url(char out[static API_URL_MAX], const struct collateral_source *,
    const struct fetch_name *);

/* The headers that its issuer chain comes in: that of version 4, and older
 * ones; ends in NULL.  Empty for the root CRL. */
const char *const *api_chain_headers(enum fetch_item);

/*
 * Decodes an issuer chain: percent-encoded PEM (a plus sign is one, and it is
 * decoded once).  Takes it only if it is one or more blocks CERTIFICATE, at
 * most LIMIT_HEADERS bytes.  Returns 0, or -1 with *f
 * (source-chain-missing; half a sentence: "its issuer chain is no PEM").
 */
int api_chain_decode(
    struct writer *out, struct bytes header, struct dci_failure *f) MUST_CHECK;

/* What a status is: DCI_OK for 200, else one of the codes source-*. */
enum dci_code api_status(unsigned status);

/* Whether asking again in a moment may help. */
bool api_worth_retrying(enum dci_code);

/*
 * Checks the form of an allocated body, and turns a CRL into DER, as
 * crl_to_der() does.  Returns 0, or -1 with *f (source-malformed: what was
 * expected instead and why this is not it; or out-of-memory).
 */
int api_document(uint8_t **data, size_t *n, enum fetch_item,
    struct dci_failure *f) MUST_CHECK;

#endif
