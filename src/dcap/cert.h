/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An X.509 version 3 certificate (RFC 5280) as views into its DER.  Parsing
 * checks the form alone: any algorithm, curve and set of extensions is taken
 * and recorded; what a certificate may be used for is decided elsewhere
 * (dcap/profile.h for Intel's chains).
 */
#ifndef DCAP_CERT_H
#define DCAP_CERT_H

#include "base/ecdsa.h"
#include "dci/code.h"
#include "dcap/extension.h"

/* Everything points into der, which must stay. */
struct cert {
	struct bytes der;
	struct bytes tbs;             /* TBSCertificate: what is signed */
	struct bytes serial;          /* content octets of the INTEGER */
	struct bytes issuer, subject; /* Name, with header */
	struct bytes spki;            /* SubjectPublicKeyInfo, with header */
	struct bytes algorithm;       /* AlgorithmIdentifier, with header */
	struct bytes signature;       /* content of the BIT STRING */
	int64_t not_before, not_after;
	struct extensions extensions; /* at least one */
};

/*
 * Parses one certificate of at most LIMIT_CERTIFICATE bytes that ends exactly.
 * Refuses versions other than 3, unique identifiers, duplicate extensions and
 * signature algorithms that differ inside and outside.
 * Returns 0, or -1 with *f (certificate-malformed).
 */
int cert_parse(
    struct cert *, struct bytes der, struct dci_failure *f) MUST_CHECK;

/* AlgorithmIdentifier of ecdsa-with-SHA256 (RFC 5758 3.2). */
extern const struct bytes cert_ecdsa_sha256;

/* Whether the certificate was signed by that P-256 key, with SHA-256.
 * Watches memory (base/memory.h). */
bool cert_signed_by(const struct cert *, EVP_PKEY *) MUST_CHECK;

/* The commonName of a Name: one, UTF8String or PrintableString. */
bool cert_common_name(struct bytes name, struct bytes *out) MUST_CHECK;

#endif
