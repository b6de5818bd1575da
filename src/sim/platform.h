/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A simulated SGX platform: in memory for tests, in a folder for everybody
 * else.  Nothing about it is secret or real; its root is trusted only where
 * somebody asks for that (--sim DIR).
 */
#ifndef SIM_PLATFORM_H
#define SIM_PLATFORM_H

#include "dci/verify.h"
#include "sim/quote.h"
#include "sim/spec.h"

struct sim_platform;

/* Makes a platform with fresh keys.  NULL with *f when OpenSSL fails. */
struct sim_platform *sim_build(
    const struct sim_spec *, struct dci_failure *f) MUST_CHECK;
/* The same platform (keys, and every certificate that the change leaves as it
 * was) after a change to its spec. */
struct sim_platform *sim_vary(const struct sim_platform *,
    const struct sim_spec *, struct dci_failure *f) MUST_CHECK;
void sim_close(struct sim_platform *); /* NULL is fine */

/* Opens the folder made by sim_init().  Reads keys and the PCK chain; the
 * collateral in it is for a collateral loader. */
struct sim_platform *sim_open(
    const char *dir, struct dci_failure *f) MUST_CHECK;
/*
 * Makes a platform at that time and writes it to a folder, which is created
 * where it is missing: root.crt (last: a folder without it is incomplete and
 * is begun anew), pck_chain.pem, collateral/, faults/NAME/, keys/, README.
 * Refuses, with code usage, a folder that holds a platform already.
 */
int sim_init(const char *dir, int64_t now, struct dci_failure *f) MUST_CHECK;

const struct sim_spec *sim_spec_of(const struct sim_platform *);
/* The root certificate in PEM; *pem is allocated, with a NUL after its n
 * bytes. */
int sim_root_pem(const struct sim_platform *, uint8_t **pem, size_t *n,
    struct dci_failure *f) MUST_CHECK;

/*
 * A quote; *out is allocated.  options NULL: the defaults.  Fails with code
 * usage for versions other than 3, 4 and 5.
 */
int sim_quote(const struct sim_platform *, const struct sim_quote_options *,
    const uint8_t report_data[static DCI_REPORT_DATA_SIZE], uint8_t **out,
    size_t *n, struct dci_failure *f) MUST_CHECK;

/* The seven documents, owned. */
struct sim_collateral {
	struct {
		uint8_t *data;
		size_t n;
	} doc[DCI_DOCUMENTS];
};

/* Makes the collateral of a platform anew. */
int sim_collateral_make(struct sim_collateral *, const struct sim_platform *,
    struct dci_failure *f) MUST_CHECK;
/* The same as dci_snapshot_new() takes it; valid while the owner stays. */
struct dci_collateral sim_collateral_view(const struct sim_collateral *);
void sim_collateral_free(struct sim_collateral *);

#endif
