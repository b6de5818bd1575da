/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The delegated verification result on the wire: what the Proxy Verifier
 * writes and a relying party reads.  Two forms of the same content: the
 * report of Intel's Quote Verification Service with our headers, and an
 * Entity Attestation Result (draft-ietf-rats-ear) as a JWS.
 */
#ifndef PROTO_REPORT_H
#define PROTO_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "dci/verify.h"

/* --- HTTP --- */

#define REPORT_PATH        "/attestation/sgx/dcap/v1/report"
#define REPORT_PATH_GENCSR "/attestation/sgx/dcap/v1/report/genCSR"
#define REPORT_PATH_HEALTH "/health"

#define REPORT_TYPE_JSON    "application/json"
#define REPORT_TYPE_EAR     "application/eat+jwt"
#define REPORT_TYPE_PROBLEM "application/problem+json" /* RFC 9457 */

/* Headers of an answer 200 in the compatible form; base64 on one line. */
#define REPORT_HEADER_CERTIFICATE "X-Delegating-Certificate" /* PEM, leaf */
#define REPORT_HEADER_SIGNATURE   "X-Delegating-Signature"   /* DER, SHA-256 */
/* PEM, issuing CA and then root. */
#define REPORT_HEADER_CHAIN "X-Delegating-Chain"
#define REPORT_HEADER_ID    "Request-ID"

/* Members of the request. */
#define REPORT_ISV_QUOTE "isvQuote"
#define REPORT_NONCE     "nonce"

#define REPORT_NONCE_MAX 32 /* characters (code points) */

/* --- The compatible report, in this order --- */

#define REPORT_MEMBER_ID            "id" /* decimal, a random 128-bit number */
#define REPORT_MEMBER_TIMESTAMP     "timestamp"
#define REPORT_MEMBER_VERSION       "version"
#define REPORT_MEMBER_ATTESTATION   "attestationType"
#define REPORT_MEMBER_TEE           "teeType"
#define REPORT_MEMBER_STATUS        "isvQuoteStatus"
#define REPORT_MEMBER_BODY          "isvQuoteBody"
#define REPORT_MEMBER_EVALUATION    "tcbEvaluationDataNumber"
#define REPORT_MEMBER_TCB_DATE      "tcbDate"
#define REPORT_MEMBER_NONCE         "nonce"
#define REPORT_MEMBER_ADVISORY_URL  "advisoryURL"
#define REPORT_MEMBER_ADVISORIES    "advisoryIDs"
#define REPORT_MEMBER_COMPONENTS    "tcbComponentsOutOfDate"
#define REPORT_MEMBER_CONFIGURATION "configuration"
/* Ours, last, with ?explain=1 only: the appraisal record. */
#define REPORT_MEMBER_EXPLAIN "appraisal"

#define REPORT_VERSION      5
#define REPORT_ATTESTATION  "ECDSA"
#define REPORT_ADVISORY_URL "https://security-center.intel.com"

/* The word of isvQuoteStatus for a verification that came out as status, with
 * that failure's code (DCI_OK for genuine quotes).  NULL where there is none:
 * the answer is an error then. */
const char *report_status_word(enum dci_status, enum dci_code);
/* The way back: DCI_STATUS_INVALID for SIGNATURE_INVALID, DCI_STATUSES for a
 * word that there is not. */
enum dci_status report_status_by_word(const char *);

/* --- The EAR form: claims, and their values --- */

#define EAR_PROFILE "tag:ietf.org,2026:rats/ear#03"
#define EAR_TYPE    "eat+jwt" /* "typ" of the JWS header */
#define EAR_SECONDS 300       /* exp - iat, at most */
/* What EAT asks of a nonce, in bytes. */
#define EAR_NONCE_MIN 8
#define EAR_NONCE_MAX 64

#define EAR_CLAIM_PROFILE     "eat_profile"
#define EAR_CLAIM_IAT         "iat"
#define EAR_CLAIM_EXP         "exp"
#define EAR_CLAIM_VERIFIER    "ear_verifier_id"
#define EAR_CLAIM_DEVELOPER   "developer"
#define EAR_CLAIM_BUILD       "build"
#define EAR_CLAIM_NONCE       "eat_nonce"
#define EAR_CLAIM_SUBMODS     "submods"
#define EAR_SUBMOD_SGX        "sgx"
#define EAR_SUBMOD_TDX        "tdx"
#define EAR_CLAIM_STATUS      "ear_status"
#define EAR_CLAIM_VECTOR      "ear_trustworthiness_vector"
#define EAR_CLAIM_HARDWARE    "hardware"
#define EAR_CLAIM_CONFIG      "configuration"
#define EAR_CLAIM_EXECUTABLES "executables"
#define EAR_CLAIM_RUNTIME     "runtime_opaque"
#define EAR_CLAIM_POLICIES    "ear_appraisal_policy_ids"
/* The members of the compatible report, except id, version and explain. */
#define EAR_CLAIM_REPORT "dci_report"

#define EAR_DEVELOPER "delegation-cert-issuer"

/* The policies that the mapping below knows. */
#define EAR_POLICY_STRICT   "urn:dci:appraisal:strict"
#define EAR_POLICY_OUTDATED "urn:dci:appraisal:outdated-tcb-tolerated"

/* AR4SI trust tiers (draft-ietf-rats-ar4si, 2.3.2), and the one value that we
 * use beside the first of a tier (2.3.4). */
enum ear_value {
	EAR_NONE = 0, /* no claim made */
	EAR_AFFIRMING = 2,
	EAR_WARNING = 32,
	EAR_CONTRAINDICATED = 96,
	EAR_UNAUTHENTIC = 99, /* "Cryptographic validation [...] has failed" */
};

struct ear_vector {
	enum ear_value status; /* the worst tier of the four */
	enum ear_value hardware, configuration, executables, runtime_opaque;
};

/*
 * Our mapping; there is no standard for it.  For the statuses that have a word
 * (report_status_word()), DCI_STATUS_INVALID for SIGNATURE_INVALID.  Nothing is
 * affirmed of a quote whose hardware is contraindicated: it is the hardware
 * that vouches for the rest.
 */
struct ear_vector ear_vector_of(
    enum dci_status, bool debug, bool outdated_tolerated);

#endif
