/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ledger: what was issued and what was released, for ever, in SQLite
 * (WAL, synchronous=FULL, STRICT tables).  Rows are chained by hash and can be
 * derived again by a stranger: policy texts, collateral documents and PCK
 * chains lie beside them under their SHA-256.  PROTOCOL.md, "Ledger".
 */
#ifndef LEDGER_LEDGER_H
#define LEDGER_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "dci/code.h"

enum ledger_kind {
	LEDGER_SECRET = 1,      /* the provisioned secret was released */
	LEDGER_CERTIFICATE = 2, /* a delegation certificate was issued */
};

#define LEDGER_REQUEST_SIZE    16
#define LEDGER_ROW_MAX         (160u * 1024)
#define LEDGER_DOCUMENTS       7 /* in the order of enum dci_document */
#define LEDGER_CERTIFICATE_MAX (16u * 1024)

/*
 * One row, as the appraiser writes it.  Stretches point into the encoded form
 * or into the caller's memory.  Texts are UTF-8 without NUL.
 */
struct ledger_row {
	enum ledger_kind kind;
	uint8_t request_id[LEDGER_REQUEST_SIZE];
	int64_t evaluated;     /* the time that the evidence was appraised at */
	int64_t newest_issued; /* newest issueDate in that collateral */
	uint8_t tee, status, binding, assurance, debug;
	uint8_t mrenclave[32], mrsigner[32];
	uint16_t isv_prod_id, isv_svn;
	uint8_t evidence_digest[32]; /* SHA-256 of the quote's signed part */
	uint8_t policy_digest[32];
	uint8_t snapshot_digest[32];
	struct bytes peer;      /* text: address and port */
	struct bytes entry;     /* text: name of the policy entry */
	struct bytes verdict;   /* text: "UpToDate", ... */
	struct bytes quote;     /* the quote up to its certification data */
	struct bytes pck_chain; /* the certification data, stored once */
	uint32_t quote_padding; /* zero bytes that followed it */
	struct bytes claims;    /* DICE claims; p NULL: legacy evidence */
	struct bytes spki;      /* of the TLS key */
	struct bytes csr;       /* DER; p NULL for a released secret */
	struct bytes record;    /* the appraisal record, JSON text */
};

/* Fixed order, exact lengths; decoding is total and ends exactly.  Encoding
 * fails the writer for a row that decoding would not take.  The row digest
 * that signer and ledger compare is SHA-256 of the encoded form. */
void ledger_row_encode(struct writer *, const struct ledger_row *);
bool ledger_row_decode(struct ledger_row *, struct bytes) MUST_CHECK;
/* Appends the quote as it came: up to its certification data, that, zero
 * bytes. */
void ledger_row_quote(struct writer *, const struct ledger_row *);

struct ledger;

/* Opens or creates the database for writing, in a folder that exists.  Opens
 * no further files afterwards, so that a sandbox can close.  NULL with *f. */
struct ledger *ledger_open(const char *path, struct dci_failure *f) MUST_CHECK;
/* Opens an existing one for reading, while a writer may be at work.  Neither
 * creates nor changes a file. */
struct ledger *ledger_open_readonly(
    const char *path, struct dci_failure *f) MUST_CHECK;
void ledger_close(struct ledger *);

/* Stores a policy text or the seven documents of a snapshot (p NULL: missing),
 * unless they are there.  To be called, and committed, before rows name them.
 */
int ledger_put_policy(struct ledger *, const uint8_t digest[static 32],
    struct bytes text, struct dci_failure *f) MUST_CHECK;
int ledger_put_snapshot(struct ledger *, const uint8_t digest[static 32],
    const struct bytes document[static LEDGER_DOCUMENTS],
    struct dci_failure *f) MUST_CHECK;

/* The other way: copies of the documents (p NULL: missing). */
struct ledger_documents {
	struct bytes document[LEDGER_DOCUMENTS];
	uint8_t *memory; /* owned */
};
int ledger_get_snapshot(struct ledger *, const uint8_t digest[static 32],
    struct ledger_documents *, struct dci_failure *f) MUST_CHECK;
void ledger_documents_free(struct ledger_documents *);
/* A copy of a policy's text, with a NUL after its *n bytes; to be freed. */
int ledger_get_policy(struct ledger *, const uint8_t digest[static 32],
    char **text, size_t *n, struct dci_failure *f) MUST_CHECK;

/* Whether a certificate was issued on that evidence; true also where that
 * cannot be read. *f says which. */
bool ledger_evidence_used(struct ledger *, const uint8_t digest[static 32],
    struct dci_failure *f) MUST_CHECK;

/* The newest of: time of any row, any issueDate seen.  0: none yet. */
int64_t ledger_newest(struct ledger *);

/*
 * A batch: begin, any number of appends, commit.  Commit returns after the
 * data is on disk.  An append that fails with evidence-reused, clock-behind or
 * secret-released-too-often leaves the batch usable; after any other failure call ledger_rollback() and
 * treat all of the batch as not stored.  A commit that fails has rolled back.
 * After an fsync that failed every begin fails (ledger-io): the process should
 * end, for only opening anew reads what is really on disk.
 */
int ledger_begin(struct ledger *, struct dci_failure *f) MUST_CHECK;
/* certificate and serial: p NULL and ignored for LEDGER_SECRET.  now: seconds;
 * refused if more than 5 minutes before ledger_newest() or the row's own
 * newest_issued, or if it is the secret once more after
 * LIMIT_SECRETS_PER_EVIDENCE times on its evidence.  *id is the row's. */
int ledger_append(struct ledger *, const struct ledger_row *,
    struct bytes certificate, const uint8_t *serial, int64_t not_after,
    int64_t now, int64_t *id, struct dci_failure *f) MUST_CHECK;
int ledger_commit(struct ledger *, struct dci_failure *f) MUST_CHECK;
void ledger_rollback(struct ledger *);

/* A row as it is stored.  Valid during the callback. */
struct ledger_entry {
	int64_t id;
	int64_t time; /* of the append, seconds */
	struct ledger_row row;
	struct bytes certificate;
	const uint8_t *serial; /* 16 bytes, or NULL */
	int64_t not_after;
	uint8_t previous[32], hash[32];
};

typedef int (*ledger_visit)(const struct ledger_entry *, void *);

/* All rows, oldest first; stops when visit returns other than 0 and returns
 * that; -1 with *f on errors.  No lock is held during the visit, so it may
 * take its time; rows appended meanwhile are visited too. */
int ledger_each(
    struct ledger *, ledger_visit, void *arg, struct dci_failure *f) MUST_CHECK;
/* The same for certificates that are valid at that time or later, those that
 * end first first. */
int ledger_live(struct ledger *, int64_t now, ledger_visit, void *arg,
    struct dci_failure *f) MUST_CHECK;
/* By serial (of a certificate) or by id. 1: none such. */
int ledger_by_serial(struct ledger *, const uint8_t serial[static 16],
    ledger_visit, void *arg, struct dci_failure *f) MUST_CHECK;
int ledger_by_id(struct ledger *, int64_t id, ledger_visit, void *arg,
    struct dci_failure *f) MUST_CHECK;
/* Recomputes the chain of hashes over all rows and the content addresses.
 * *rows is how many were good. */
int ledger_check(
    struct ledger *, int64_t *rows, struct dci_failure *f) MUST_CHECK;
/* The same, and shows each row to visit once it is known to be good; stops when
 * visit returns other than 0 and returns that.  Serials and evidence that are
 * there twice are a damaged file (their indexes are unique). */
int ledger_check_each(struct ledger *, ledger_visit, void *arg, int64_t *rows,
    struct dci_failure *f) MUST_CHECK;

/*
 * Copies the database as it is at one moment, while a writer may be at work, to
 * a new file of mode 0600 that needs no log beside it.  The copy is checked as
 * by ledger_check() and synced before it gets its name; *rows is how many rows
 * it has, head the hash of the last (zero without rows).  A file that is there
 * is left alone (file-exists).
 */
int ledger_backup(const char *from, const char *to, int64_t *rows,
    uint8_t head[static 32], struct dci_failure *f) MUST_CHECK;

#endif
