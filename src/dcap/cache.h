/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Platforms that are known to a snapshot: see struct dci_cache in
 * dci/verify.h.  What is found here is as good as verified anew; whoever keeps
 * something here has verified all of it.
 */
#ifndef DCAP_CACHE_H
#define DCAP_CACHE_H

#include "base/digest.h"
#include "dcap/pck_chain.h"
#include "dcap/snapshot.h"

/* Checks in the record of a PCK chain that passed. */
#define PLATFORM_CHECKS 4
/* A platform may run several quoting enclaves. */
#define PLATFORM_KEYS 8

/* An attestation key that a quoting enclave of the platform vouched for. */
struct vouched {
	uint8_t name[SHA256_SIZE]; /* vouched_name() */
	EVP_PKEY_CTX *verifier;    /* NULL: empty */
};

struct platform {
	uint8_t text[SHA256_SIZE]; /* platform_text() */
	uint8_t leaf[SHA256_SIZE]; /* of what the PCK certificate says */
	bool used;                 /* since the clock's hand was here */
	struct pck_chain pck;
	struct dci_check check[PLATFORM_CHECKS]; /* as they were recorded */
	struct vouched key[PLATFORM_KEYS];
	size_t oldest; /* of the keys */
};

/* The name of certification data under a snapshot. */
void platform_text(uint8_t out[static SHA256_SIZE], const struct dci_snapshot *,
    struct bytes pem);
/* The name of what the quoting enclave's report is bound to: the PCK's key on
 * one side, the attestation key on the other. */
void vouched_name(uint8_t out[static SHA256_SIZE], const struct platform *,
    const struct dci_quote *);

/* NULL if there is none; lives until the next cache_keep(). */
struct platform *cache_find(
    struct dci_cache *, const uint8_t text[static SHA256_SIZE]);
/* Takes over a chain that was verified, and the checks that it made.  The
 * chain is empty afterwards. */
struct platform *cache_keep(struct dci_cache *, const struct dci_snapshot *,
    const uint8_t text[static SHA256_SIZE], struct pck_chain *,
    const struct dci_check[static PLATFORM_CHECKS]);

/* NULL if there is none; the platform's. */
EVP_PKEY_CTX *platform_find(
    const struct platform *, const uint8_t name[static SHA256_SIZE]);
/* Takes over the verifier of a key that was vouched for. */
void platform_keep(
    struct platform *, const uint8_t name[static SHA256_SIZE], EVP_PKEY_CTX *);

#endif
