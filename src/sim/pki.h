/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Keys and certificates of the simulated platform: root, both PCK CAs, TCB
 * signer, PCK leaf (shaped like Intel's, spec dcap 2 and 3.4, with "SIMULATED"
 * in every name), and the key that quotes are signed with.
 */
#ifndef SIM_PKI_H
#define SIM_PKI_H

#include "base/bytes.h"
#include "base/ecdsa.h"
#include "sim/spec.h"

/* Where the certificates say that CRLs are. */
#define SIM_URL          "https://simulated.invalid/"
#define SIM_ROOT_CRL_URL SIM_URL "SIMULATEDSGXRootCA.der"
#define SIM_PCK_CRL_URL(ca) \
	SIM_URL "sgx/certification/v4/pckcrl?ca=" ca "&encoding=der"

enum sim_key {
	SIM_KEY_ROOT,
	SIM_KEY_PCK_CA, /* the Platform CA */
	SIM_KEY_PROCESSOR_CA,
	SIM_KEY_TCB_SIGNER,
	SIM_KEY_PCK,
	SIM_KEY_ATTESTATION,
	SIM_KEYS
};

/* The first five keys have a certificate at the same index. */
#define SIM_CERTIFICATES 5

struct sim_pki {
	EVP_PKEY *key[SIM_KEYS];
	X509 *certificate[SIM_CERTIFICATES];
};

/* "root", "pck_ca", "processor_ca", "tcb_signer", "pck", "attestation". */
const char *sim_key_name(enum sim_key);

/* The CA that issues the PCK certificate. */
enum sim_key pki_pck_ca(const struct sim_spec *);

/* Generates the keys that are still NULL. */
bool pki_keys(struct sim_pki *) MUST_CHECK;
/* Issues all certificates for keys that are all there.  One that is there
 * already and would come out the same apart from its signature is kept. */
bool pki_certificates(struct sim_pki *, const struct sim_spec *) MUST_CHECK;
/* Another reference to every key and certificate of a PKI. */
bool pki_share(struct sim_pki *out, const struct sim_pki *) MUST_CHECK;
void pki_free(struct sim_pki *);

/* Appends certificates in PEM, in the order given by a list of indices. */
bool pki_write_chain(struct writer *, const struct sim_pki *,
    const enum sim_key *list, size_t n) MUST_CHECK;
/* The chains that Intel sends (spec dcap 3.4): leaf, CA and root in quotes; CA
 * and root with a CRL; signer and root with TCB info and identities. */
bool pki_write_pck_chain(struct writer *, const struct sim_pki *,
    const struct sim_spec *) MUST_CHECK;
bool pki_write_ca_chain(struct writer *, const struct sim_pki *,
    const struct sim_spec *) MUST_CHECK;
bool pki_write_signer_chain(struct writer *, const struct sim_pki *) MUST_CHECK;

/* The extensions that Intel's certificates and CRLs share. */
bool pki_authority_key_id(AUTHORITY_KEYID **out, EVP_PKEY *ca) MUST_CHECK;

#endif
