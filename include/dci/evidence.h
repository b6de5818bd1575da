/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RA-TLS evidence: what an enclave says about itself in its X.509 certificate.
 * Two carriers: the TCG DICE tagged evidence extension (2.23.133.5.4.9; "DICE
 * Attestation Architecture" and the CCC's Interoperable RA-TLS) and Gramine's
 * legacy extension.  The certificate is a carrier only: possession of its key
 * is proven by TLS CertificateVerify, identity by the quote.
 */
#ifndef DCI_EVIDENCE_H
#define DCI_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dci/quote.h"
#include "dci/record.h"

enum dci_evidence_source {
	DCI_EVIDENCE_DICE,
	DCI_EVIDENCE_LEGACY,
};

/* "dice" or "legacy". */
const char *dci_evidence_source_name(enum dci_evidence_source);

/* Pointers go into the certificate. */
struct dci_evidence {
	enum dci_evidence_source source;
	const uint8_t *quote;
	size_t quote_size;
	const uint8_t *claims; /* CBOR claims map; NULL for legacy */
	size_t claims_size;
	const uint8_t *spki; /* SubjectPublicKeyInfo of the TLS key, DER */
	size_t spki_size;
	/* What report_data[0..31] of the quote has to be: SHA-256 of the
	 * claims, or of the SubjectPublicKeyInfo. */
	uint8_t binding[32];
	/* Our claim "dci-csr-key": SHA-256 of the SubjectPublicKeyInfo that
	 * the enclave is going to ask a certificate for. */
	bool has_csr_key;
	uint8_t csr_key[32];
};

/*
 * Finds the evidence in a certificate in DER (at most 64 KiB) and checks its
 * form and its binding to the certificate's key, except for the quote itself.
 * Where there is a DICE extension it is final: the legacy one is recorded as
 * skipped, and a malformed DICE extension never falls back to it.  The key
 * has to be ECDSA on P-256 or P-384; that its point lies on the curve is for
 * TLS to check.  Appends its checks.  Returns 0, or -1 with *f, and then the
 * evidence is all zero.
 */
int dci_evidence_parse(struct dci_evidence *, const uint8_t *certificate,
    size_t n, struct dci_checks *, struct dci_failure *f)
    __attribute__((warn_unused_result));

/*
 * Checks that the parsed quote (of ->quote) carries the binding: its
 * report_data[0..31] equal ->binding and [32..63] are zero.
 */
int dci_evidence_bound(const struct dci_evidence *, const struct dci_quote *,
    struct dci_checks *, struct dci_failure *f)
    __attribute__((warn_unused_result));

#endif
