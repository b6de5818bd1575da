/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An SGX quote as bytes with names (Intel SGX ECDSA QuoteLib, "Quote Format";
 * layouts of versions 3, 4 and 5).  Parsing checks the form only: nothing in
 * a parsed quote is to be believed before dci_verify_quote() said so.
 */
#ifndef DCI_QUOTE_H
#define DCI_QUOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dci/code.h"

/* The tee_type field; also the value in certificates (DelegationScope). */
enum dci_tee { DCI_TEE_SGX = 0x00, DCI_TEE_TDX = 0x81 };

/* attributes.flags of an enclave (Intel SDM volume 3D, 37.7.1). */
#define DCI_ATTRIBUTE_INIT           0x01u
#define DCI_ATTRIBUTE_DEBUG          0x02u
#define DCI_ATTRIBUTE_MODE64         0x04u
#define DCI_ATTRIBUTE_PROVISION_KEY  0x10u
#define DCI_ATTRIBUTE_EINITTOKEN_KEY 0x20u

#define DCI_REPORT_DATA_SIZE 64

/* The 384-byte enclave report (SDM volume 3D, 37.16). */
struct dci_sgx_report {
	uint8_t cpusvn[16];
	uint32_t miscselect;
	uint8_t attributes[16]; /* flags, then XFRM, as they lie in memory */
	uint64_t flags;
	uint64_t xfrm;
	uint8_t mrenclave[32];
	uint8_t mrsigner[32];
	uint16_t isv_prod_id;
	uint16_t isv_svn;
	uint8_t report_data[DCI_REPORT_DATA_SIZE];
};

/* Pointers go into the caller's buffer, which must stay. */
struct dci_quote {
	uint16_t version; /* 3, 4 or 5 */
	enum dci_tee tee;
	const uint8_t *signed_part; /* header to end of body */
	size_t signed_size;
	struct dci_sgx_report report;
	const uint8_t *signature;       /* r || s, 64 bytes */
	const uint8_t *attestation_key; /* X || Y, 64 bytes */
	const uint8_t *qe_report_bytes; /* 384 bytes */
	struct dci_sgx_report qe_report;
	const uint8_t *qe_report_signature; /* 64 bytes */
	const uint8_t *qe_auth;
	size_t qe_auth_size;
	uint16_t cert_type; /* certification data type, 1 to 5 */
	const uint8_t *cert_data;
	size_t cert_data_size;
	size_t padding; /* zero bytes after the signature data */
};

/* What certification data of that type are, "PCK certificate chain" for 5;
 * "unknown" for types that nobody defined. */
const char *dci_certification_name(unsigned type);

/*
 * Parses a whole quote of at most 16 KiB (LIMIT_QUOTE).  Takes SGX quotes of
 * version 3, 4 and 5 with an ECDSA P-256 attestation key; everything else is
 * refused with its own code: other versions, key types, TEE types (TDX
 * included), vendor ids, certification data types out of range, lengths that
 * do not fit, and bytes other than zero after the end.
 * Returns 0, or -1 with *f.
 */
int dci_quote_parse(struct dci_quote *q, const uint8_t *data, size_t n,
    struct dci_failure *f) __attribute__((warn_unused_result));

/* SHA-256 of the signed part: the one name of a piece of evidence.  Never of
 * the whole quote, since ECDSA signatures are malleable. */
void dci_quote_digest(uint8_t out[static 32], const struct dci_quote *);

#endif
