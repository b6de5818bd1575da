/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Quote verification: bytes, a verified snapshot of collateral and a time in;
 * a verdict and every check out.  Pure: no I/O, no clock, no global state that
 * could change a verdict.
 */
#ifndef DCI_VERIFY_H
#define DCI_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dci/quote.h"
#include "dci/record.h"

/* The verdict.  Genuine quotes have one of the TCB statuses. */
enum dci_status {
	DCI_STATUS_INVALID,
	DCI_STATUS_REVOKED,
	DCI_STATUS_UP_TO_DATE,
	DCI_STATUS_SW_HARDENING_NEEDED,
	DCI_STATUS_CONFIGURATION_NEEDED,
	DCI_STATUS_CONFIGURATION_AND_SW_HARDENING_NEEDED,
	DCI_STATUS_OUT_OF_DATE,
	DCI_STATUS_OUT_OF_DATE_CONFIGURATION_NEEDED,
	DCI_STATUS_TD_RELAUNCH_ADVISED,
	DCI_STATUS_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED,
	DCI_STATUSES
};

/* "UpToDate", "Invalid", ...: the words of the command line, of policies and
 * of records. */
const char *dci_status_name(enum dci_status);
/* The status with that word; DCI_STATUSES if there is none. */
enum dci_status dci_status_by_name(const char *);
/* What it says about a quote, and what to do (codes/status.def). */
const char *dci_status_meaning(enum dci_status);
const char *dci_status_remedy(enum dci_status);

/* A root of attestation trust: the public key that the PCK chain and every
 * piece of collateral must end in, as an uncompressed P-256 point. */
struct dci_anchor {
	uint8_t key[65];
};

/* Intel's SGX Root CA. */
extern const struct dci_anchor dci_anchor_intel;

/* Reads the anchor out of one self-signed certificate in PEM.
 * Returns 0, or -1 with *f (root-malformed, out-of-memory). */
int dci_anchor_from_pem(struct dci_anchor *, const uint8_t *pem, size_t n,
    struct dci_failure *f) __attribute__((warn_unused_result));
/* SHA-256 of the point: what a state folder is stamped with. */
void dci_anchor_digest(uint8_t out[static 32], const struct dci_anchor *);

enum dci_document {
	DCI_DOC_TCB_INFO,
	DCI_DOC_TCB_INFO_CHAIN,
	DCI_DOC_QE_IDENTITY,
	DCI_DOC_QE_IDENTITY_CHAIN,
	DCI_DOC_PCK_CRL,
	DCI_DOC_PCK_CRL_CHAIN,
	DCI_DOC_ROOT_CA_CRL,
	DCI_DOCUMENTS
};

/* "tcb_info", "tcb_info_issuer_chain", ... as in sgx_ql_qve_collateral_t. */
const char *dci_document_name(enum dci_document);

/* Collateral as it was found: JSON and PEM as text, CRLs in DER, PEM or hex.
 * data NULL: missing. */
struct dci_collateral {
	struct {
		const uint8_t *data;
		size_t n;
	} doc[DCI_DOCUMENTS];
};

/*
 * One set of collateral, parsed, and everything in it that does not depend on
 * the time verified up to the anchor.  Immutable afterwards.  Keeps copies of
 * what it needs.  A document that is missing or wrong makes no error here: it
 * is what each verification against this snapshot will report, at its place.
 * NULL only when memory is short.
 */
struct dci_snapshot;

struct dci_snapshot *dci_snapshot_new(const struct dci_collateral *,
    const struct dci_anchor *) __attribute__((warn_unused_result));
void dci_snapshot_free(struct dci_snapshot *); /* NULL is fine */

/* What the TCB info in it is for.  False if that document is unusable. */
bool dci_snapshot_scope(
    const struct dci_snapshot *, enum dci_tee *, uint8_t fmspc[static 6]);
/* The first thing wrong with it apart from dates, for a log line; 0 if
 * nothing is, else -1 with *f. */
int dci_snapshot_check(const struct dci_snapshot *, struct dci_failure *f);
/* SHA-256 over the SHA-256 digests of the seven documents as given, in the
 * order of enum dci_document (32 zero bytes for a missing one). */
void dci_snapshot_digest(uint8_t out[static 32], const struct dci_snapshot *);

/* One date that the verdict depends on. */
struct dci_dates {
	int64_t issued;      /* notBefore, thisUpdate or issueDate */
	int64_t next_update; /* notAfter or nextUpdate */
};

/* RFC 5280 5.2.3. */
#define DCI_CRL_NUMBER_MAX 20

/* What a document says of itself. */
struct dci_described {
	/* The first thing wrong with it or its issuer chain, dates apart;
	 * unless it is DCI_OK, nothing below means anything. */
	struct dci_failure failure;
	struct dci_dates dates; /* the document's own */
	struct dci_dates valid; /* when its issuer chain is valid as well */
	uint32_t evaluation;    /* of TCB info and QE identity */
	enum dci_tee tee;       /* of the same */
	uint8_t fmspc[6];       /* of TCB info */
	bool platform_ca;       /* of the PCK CRL: not the Processor CA's */
	/* Of both CRLs: big-endian, without leading zeros. */
	uint8_t crl_number[DCI_CRL_NUMBER_MAX];
	size_t crl_number_size;
};

/*
 * Describes one of the four documents that have dates of their own
 * (DCI_DOC_TCB_INFO, _QE_IDENTITY, _PCK_CRL, _ROOT_CA_CRL), whatever the others
 * are: only the revocation of TCB signers needs the root CA's list, and is not
 * looked at without a good one.
 */
void dci_snapshot_describe(
    struct dci_described *out, const struct dci_snapshot *, enum dci_document);

/* As many as the collateral names, of any length: the array and the texts
 * are the snapshot's own and live as long as it does. */
struct dci_advisories {
	size_t n;
	const char *const *id;
};

/* The same with its owner: a certificate, a list or a document. */
struct dci_dated {
	enum dci_check_id check; /* the check of these dates: which chain */
	const char *what;        /* a text of the program */
	struct dci_dates dates;
};

/* Certificates of the PCK chain, of three issuer chains, four documents. */
#define DCI_DATED_MAX 16

/* What a level asks of a platform. */
struct dci_level {
	enum dci_status status;
	int64_t date;
	uint8_t component[16];
	uint16_t pce_svn;
};

/* One TCB component that a level asks more of than the platform has. */
struct dci_shortfall {
	uint8_t component; /* 1 to 16: SGX TCB component; 17: PCESVN */
	uint16_t have, need;
	/* Where the TCB info names them, else NULL; the snapshot's own. */
	const char *category, *type;
};

#define DCI_UNLIMITED INT64_MAX

/* What the caller accepts. */
struct dci_tolerance {
	/* Seconds by which a nextUpdate or notAfter may have passed;
	 * DCI_UNLIMITED for any.  "Not yet valid" is never tolerated. */
	int64_t grace;
	/* Least tcbEvaluationDataNumber of TCB info and QE identity; 0: any. */
	uint32_t min_tcb_evaluation;
};

struct dci_verification {
	enum dci_status status;
	struct dci_failure failure; /* DCI_OK unless Invalid or Revoked */
	struct dci_checks checks;

	struct dci_quote quote; /* valid if the quote parsed */
	bool parsed;
	uint8_t evidence[32]; /* dci_quote_digest(); valid if parsed */
	bool debug;           /* attributes.DEBUG of the enclave */

	/* From the PCK certificate; valid if has_platform. */
	bool has_platform;
	uint8_t fmspc[6];
	uint8_t pce_id[2];
	uint8_t tcb_components[16];
	uint16_t pce_svn;
	uint8_t cpusvn[16];
	uint8_t sgx_type;       /* 0 standard, 1 scalable, 2 with integrity */
	bool has_configuration; /* Platform CA only */
	bool dynamic_platform, cached_keys, smt_enabled;
	bool platform_ca; /* issued by the Platform CA, not the Processor CA */

	/* From the TCB evaluation; valid if has_tcb.  Also set when an expiry
	 * alone makes the verdict Invalid. */
	bool has_tcb;
	enum dci_status platform_status; /* of the matched level */
	enum dci_status qe_status;
	enum dci_status tcb_status; /* both, converged */
	int64_t tcb_date;           /* of the matched platform level */
	int64_t qe_tcb_date;        /* of the matched QE level */
	int64_t tcb_issue_date;     /* issueDate of the TCB info */
	uint32_t tcb_evaluation, qe_evaluation;
	struct dci_advisories platform_advisories, qe_advisories;
	uint16_t qe_level_svn; /* what the matched QE level asks for */

	/* The newest levels, and the one that the platform reaches (Invalid:
	 * none); valid if has_newest. */
	bool has_newest;
	struct dci_level level, newest;
	uint16_t qe_newest_svn;
	int64_t qe_newest_date;
	/* What is missing for it. */
	size_t shortfalls;
	struct dci_shortfall shortfall[17];

	/* Over the PCK chain and all seven documents (spec: the eight dates of
	 * QvE); valid if has_dates. */
	bool has_dates;
	int64_t earliest_next_update;
	char earliest_what[48]; /* which one that is */
	int64_t newest_issued;  /* the newest issueDate, thisUpdate */
	int64_t expired_by;     /* seconds tolerated; 0 if nothing expired */

	/* Everything that was compared with the clock, in order; as far as
	 * the verification came. */
	size_t dated_n;
	struct dci_dated dated[DCI_DATED_MAX];
};

/*
 * What is known already of platforms: verified PCK chains, and quoting
 * enclaves with the attestation keys that they vouch for.  It saves two of the
 * three signature verifications of a quote whose platform was seen before, and
 * never changes a verdict nor a record: only what depends on the quote's bytes
 * and the snapshot alone is kept, by SHA-256 of both, and only of quotes that
 * passed every check.  Dates, revocation and levels are looked at each time.
 * Entries of another snapshot are never found.
 *
 * Holds at most that many platforms (at least one), about 20 KB each, with 8
 * attestation keys each.  A PCK certificate takes up one place, in whatever
 * form it is sent; the one used least lately makes room.  For one thread at a
 * time; may outlive its snapshots.
 */
struct dci_cache;

struct dci_cache *dci_cache_new(size_t platforms)
    __attribute__((warn_unused_result)); /* NULL when memory is short */
void dci_cache_free(struct dci_cache *); /* NULL is fine */

/*
 * Verifies a quote.  Every field of *out is set.  Checks are made and reported
 * in the order of the DCAP algorithm, the PCK chain first.  An expiry does not
 * stop the checks that follow it, since a revocation outranks it; any other
 * failure does.  The cache may be NULL.  Where memory is short the verdict is
 * Invalid with the code out-of-memory, whatever was found before, except for a
 * revocation; the next call does not suffer from it.
 */
void dci_verify_quote(struct dci_verification *out, const uint8_t *quote,
    size_t n, const struct dci_snapshot *, int64_t now,
    const struct dci_tolerance *, struct dci_cache *);

/*
 * Which collateral a quote needs: reads the FMSPC and the issuing CA from its
 * PCK certificate, after having verified the PCK chain's signatures up to the
 * anchor.  Returns 0, or -1 with *f.
 */
struct dci_platform_id {
	enum dci_tee tee;
	uint8_t fmspc[6];
	bool platform_ca;
};

int dci_quote_platform(struct dci_platform_id *, const uint8_t *quote, size_t n,
    const struct dci_anchor *, struct dci_failure *f)
    __attribute__((warn_unused_result));

/*
 * The same as the quote says it, with nothing verified: good enough to choose
 * among snapshots, since verification compares.  Returns 0, or -1 with *f.
 */
int dci_quote_claims(struct dci_platform_id *, const struct dci_quote *,
    struct dci_failure *f) __attribute__((warn_unused_result));

#endif
