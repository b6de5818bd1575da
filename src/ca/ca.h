/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The certification authority: a root that is used once and an issuing key
 * that signs delegation certificates by one fixed profile (PROTOCOL.md,
 * "Certificates").
 */
#ifndef CA_CA_H
#define CA_CA_H

#include <stdint.h>

#include "base/ecdsa.h"
#include "dci/code.h"

/* The values are those of DelegationScope. */
enum ca_assurance { CA_HARDWARE = 0, CA_INSECURE = 1, CA_SIMULATED = 2 };
enum ca_binding { CA_CHANNEL = 0, CA_EVIDENCE = 1 };

const char *ca_assurance_name(enum ca_assurance); /* "hardware", ... */
const char *ca_binding_name(enum ca_binding);     /* "channel", "evidence" */

#define CA_SERIAL_SIZE      16
#define CA_CERTIFICATE_MAX  4096 /* any certificate of ours, DER */
#define CA_NAME_SIZE        65
#define CA_BACKDATE_SECONDS 300 /* notBefore = now - this */
#define CA_LEAST_SECONDS    300 /* with less left, nothing is issued */

/*
 * Creates folder/{root,issuing}.{key,crt}: keys in PKCS#8 PEM, mode 0600,
 * certificates in PEM, mode 0644, the folder with mode 0700.  Subjects begin
 * with "SIMULATED" if simulated, and end in a number from the key.
 *
 * Crash safe by one rule: the files are written and synced in FOLDER.new,
 * which is renamed to FOLDER as the last step.  So a FOLDER.new is what an
 * interrupted creation left, has never been used, and is removed and made
 * anew; and a FOLDER is whole, or somebody took something out of it.
 *
 * Does nothing (and returns 0) where a CA is there: root.crt, issuing.key and
 * issuing.crt; root.key may be kept elsewhere.  Refuses a folder that has only
 * some of them (ca-incomplete), keys that others may read or write
 * (ca-key-exposed), empty files (ca-malformed), and a folder without a CA that
 * is not empty.  *made says whether it created one.  One caller at a time: the
 * state's lock sees to that.
 */
int ca_create(const char *folder, bool simulated, int64_t now, bool *made,
    struct dci_failure *f) MUST_CHECK;

/* SHA-256 of a certificate in PEM, for the log. */
int ca_fingerprint(
    const char *path, uint8_t out[static 32], struct dci_failure *f) MUST_CHECK;

/* What the signer holds. */
struct ca;

/*
 * From the contents of issuing.key, issuing.crt and root.crt (PEM, one object
 * each, no passphrase).  Checks that the key is P-256 and sound, that key and
 * certificate belong together (ca-key-mismatch), that the root issued it and
 * that both may be CAs (ca-chain-broken), and that both are valid at now
 * (ca-expired, ca-not-yet-valid).  NULL with *f.  For a process of its own:
 * OpenSSL's decoders leave copies of the key in its memory.
 */
struct ca *ca_open(struct bytes issuing_key, struct bytes issuing_crt,
    struct bytes root_crt, int64_t now, struct dci_failure *f) MUST_CHECK;
void ca_close(struct ca *); /* wipes */
struct bytes ca_issuing_der(const struct ca *);
struct bytes ca_root_der(const struct ca *);

/* Everything that a leaf depends on; the CA chooses the rest.  It is all
 * checked again: values out of range are leaf-impossible, a point off its
 * curve is csr-key-invalid. */
struct ca_leaf {
	struct ec_point key;
	char name[CA_NAME_SIZE]; /* subject CN, UTF-8, not empty */
	uint8_t tee;             /* 0 SGX, 129 TDX */
	uint8_t mrenclave[32], mrsigner[32];
	uint16_t isv_svn;
	enum ca_binding binding;
	enum ca_assurance assurance;
	uint8_t evidence_digest[32], policy_digest[32];
	int64_t ttl;       /* seconds */
	int64_t not_after; /* no later than this; INT64_MAX: no such bound */
};

struct ca_certificate {
	uint8_t serial[CA_SERIAL_SIZE];
	int64_t not_before, not_after;
	size_t n;
	uint8_t der[CA_CERTIFICATE_MAX];
};

/*
 * Issues a delegation certificate (design: version 3, random 128-bit serial,
 * SAN URI, critical keyUsage digitalSignature, our EKU, SKI, AKI,
 * certificatePolicies by assurance, MultiTcbInfo, DelegationScope; profile.h
 * reads them back).  notBefore is now - 5 minutes, but not before the CA's;
 * notAfter is the least of now + ttl, not_after and what root and issuing
 * certificate say.  Refuses (validity-too-short, and the sentence names the
 * bound) where less than 5 minutes would be left.  Where it fails, out->n is 0.
 */
int ca_issue(struct ca *, const struct ca_leaf *, int64_t now,
    struct ca_certificate *out, struct dci_failure *f) MUST_CHECK;

/*
 * A PKCS#10 request (RFC 2986) in DER, at most 16 KiB: takes P-256 and P-384
 * keys on the curve, verifies the signature (proof of possession; SHA-256,
 * SHA-384 or SHA-512) and ignores subject, attributes and requested extensions,
 * which only have to be well-formed.  *key and *spki (raw SubjectPublicKeyInfo
 * inside der) are set on success only.  Codes, in the order of the checks:
 * csr-too-large, csr-malformed (csr-form); csr-key-unsupported, csr-key-invalid
 * (csr-key); csr-algorithm-unsupported, csr-signature-invalid (csr-signature).
 */
int csr_verify(struct bytes der, struct ec_point *key, struct bytes *spki,
    struct dci_failure *f) MUST_CHECK;

#endif
