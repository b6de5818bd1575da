/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A delegation that outlives the process: key, certificate and chain in one
 * file of a folder, which has to be one of Gramine's encrypted mounts.  What
 * is kept is taken up only by the enclave that it was made for, on the
 * platform and in the state that it was certified for, and from an issuer
 * that is still configured.
 *
 * The file KEEP/delegation, mode 0600:
 *
 *     8   "DCIKEEP1"
 *     32  SHA-256 of enclave and platform: the quote's report body without
 *         report data, then its certification data
 *     32  SHA-256 of the CA file of the issuers
 *     then five times u32 little-endian length and content: host and port of
 *     the issuer; key, certificate, chain in PEM
 */
#ifndef VERIFIER_KEEP_H
#define VERIFIER_KEEP_H

#include "client/client.h"
#include "verifier/config.h"

#define KEEP_FILE     "delegation"
#define KEEP_KEY_SIZE 16
#define KEEP_KEYS     ATTESTATION_FOLDER "/keys"
#define KEEP_FILE_MAX (4u * LIMIT_PEM + 1024)

/* A file's content; everything points into it. */
struct keep_record {
	uint8_t enclave[32], ca[32];
	struct bytes host, port, key, certificate, chain;
};

/* Exactly that content; kept-unusable otherwise. */
int keep_decode(struct keep_record *, struct bytes content,
    struct dci_failure *f) MUST_CHECK;

/* At the start: the folder exists, or is made.  Where no enclave encrypts
 * (--sim), the log warns.  Returns 0, or -1 with *f. */
int keep_prepare(
    const struct verifier_config *, struct dci_failure *f) MUST_CHECK;

/*
 * Takes up what is kept: 1, and then the result is filled in and *issuer tells
 * who issued it; 0 where nothing is kept; -1 with *f where it cannot be used.
 * Release the result in any case.  Asks for a quote.
 */
int keep_load(struct client_result *, struct address *issuer,
    const struct verifier_config *, const struct quote_source *, int64_t now,
    struct dci_failure *f) MUST_CHECK;

/* Replaces what is kept.  Asks for a quote. */
int keep_save(const struct client_result *, const struct address *issuer,
    const struct verifier_config *, const struct quote_source *,
    struct dci_failure *f) MUST_CHECK;

/* Gives Gramine the key of that name for its encrypted files (Gramine,
 * "Attestation and secret provisioning"): KEEP_KEY_SIZE bytes into a file of
 * the folder, which is KEEP_KEYS. */
int keep_set_key(const char *folder, const char *name, struct bytes key,
    struct dci_failure *f) MUST_CHECK;

#endif
