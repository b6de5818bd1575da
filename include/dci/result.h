/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The relying party's side: is that verification result to be believed?  A
 * Proxy Verifier signs each report with a key that the Delegation Cert Issuer
 * has certified; whoever has the issuer's root certificate can check it here.
 * Pure: no I/O, no clock, no global state that could change a verdict.
 */
#ifndef DCI_RESULT_H
#define DCI_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dci/appraisal.h"

/* A report may be this far ahead of the time given: clocks differ. */
#define DCI_RESULT_CLOCK_SECONDS 300
/* The usual bound for its age. */
#define DCI_RESULT_AGE_SECONDS 300

/* The headers of an answer.  Values point into the caller's text; NULL: not
 * there. */
struct dci_result_headers {
	const char *certificate, *signature, *chain;
	size_t certificate_size, signature_size, chain_size;
	unsigned status; /* of the answer; 0 where there is no status line */
};

/*
 * Finds the headers in what `curl -D` writes: of several blocks (after
 * redirects and 100 Continue) the last counts.  Names in any case; the first
 * block may lack its status line.  Refuses (result-headers-malformed) more
 * than 64 KiB, lines that are no header, folded lines, and an X-Delegating-
 * header that is there twice.  Headers that are missing are no error here.
 * Returns 0, or -1 with *f.
 */
int dci_result_headers_parse(struct dci_result_headers *, const char *text,
    size_t n, struct dci_failure *f) __attribute__((warn_unused_result));

/* What is checked, and against what. */
struct dci_result_input {
	/* The answer: body as received and headers ... */
	const uint8_t *body;
	size_t body_size;
	struct dci_result_headers headers;
	/* ... or, where jws is not NULL, the result as a JWS in compact form
	 * (EAR); a line end after it is ignored. */
	const char *jws;
	size_t jws_size;

	/* The only trust anchor: one self-signed certificate in PEM. */
	const uint8_t *root;
	size_t root_size;
	int64_t now; /* seconds */
	/* NULL: a nonce in the report is not compared.  Otherwise the report
	 * has to have exactly this one. */
	const char *nonce;
	/* Seconds; 0 or less: any age.  A report more than five minutes ahead
	 * is refused in any case. */
	int64_t max_age;
	/* Whether delegations of such assurance are accepted. */
	bool allow_simulated, allow_insecure;
	/* NULL: a report on any quote.  Otherwise the quote that was sent,
	 * whole: the report has to be on it. */
	const uint8_t *quote;
	size_t quote_size;
};

#define DCI_DELEGATION_TEES      8
#define DCI_DELEGATION_NAME_SIZE 257

/* Who speaks: the verifier, as the issuer certified it. */
struct dci_delegation {
	char name[DCI_DELEGATION_NAME_SIZE]; /* the policy entry; UTF-8 */
	char serial[41];                     /* hex, 32 digits or more */
	uint8_t mrenclave[32], mrsigner[32];
	uint16_t isv_svn;
	enum dci_assurance assurance;
	bool evidence_bound; /* the quote itself names the key */
	size_t tees;
	uint8_t tee[DCI_DELEGATION_TEES]; /* enum dci_tee */
	uint8_t evidence_digest[32], policy_digest[32];
	int64_t not_before, not_after;
};

#define DCI_REPORT_ADVISORIES 256
/* Quote header, descriptor of version 5, the largest TD report. */
#define DCI_REPORT_QUOTE_MAX (48 + 6 + 648)

/* What is said.  Valid UTF-8, but for a terminal to be tamed. */
struct dci_report {
	char id[40];
	int64_t timestamp;
	int64_t expires;     /* of a JWS; else 0 */
	unsigned ear_status; /* of a JWS: 2, 32 or 96; else 0 */
	bool has_nonce;
	char nonce[129];
	enum dci_tee tee;
	const char *tee_type;     /* "SGX_STANDARD", ... */
	const char *quote_status; /* "OK", ... */
	/* The same in our words: Revoked for REVOKED, Invalid for
	 * SIGNATURE_INVALID. */
	enum dci_status status;
	/* Header and body of the quote, and SHA-256 of them. */
	size_t quote_size;
	uint8_t quote[DCI_REPORT_QUOTE_MAX];
	uint8_t quote_digest[32];
	/* Out of it.  Of an SGX enclave: */
	uint8_t mrenclave[32], mrsigner[32];
	uint16_t isv_prod_id, isv_svn;
	/* Of a trust domain: */
	uint8_t mrtd[48];
	/* Of both: */
	uint8_t report_data[DCI_REPORT_DATA_SIZE];
	bool debug;
	uint32_t tcb_evaluation; /* 0: not stated */
	int64_t tcb_date;        /* 0: not stated */
	size_t advisories;
	char advisory[DCI_REPORT_ADVISORIES][DCI_POLICY_ADVISORY_SIZE];
};

struct dci_result {
	bool trusted;
	struct dci_failure failure; /* DCI_OK if trusted */
	struct dci_checks checks;
	/* What was learned before the verdict; of a result that is rejected
	 * for the reader's information only. */
	bool has_delegation;
	struct dci_delegation delegation; /* its chain has verified */
	bool has_report;
	struct dci_report report; /* its signature has verified */
};

/*
 * Checks a result, in this order: form, chain to the root at the time given,
 * purpose, assurance, signature, the report's form, scope, nonce, the
 * delegation's validity at the report's time, age, quote.  The first failure
 * decides.  Trusted means that this report was made by that verifier in answer
 * to this request; what it says, good or bad, is in ->report.  Every field of
 * *out is set.  Returns 0 if trusted, else -1.
 */
int dci_result_verify(struct dci_result *out, const struct dci_result_input *)
    __attribute__((warn_unused_result));

/* "Trusted" or "Rejected". */
const char *dci_result_word(const struct dci_result *);

#endif
