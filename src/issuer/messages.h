/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Messages between the issuer's processes.  One definition each: the table
 * below says who may send it to whom, its fixed part, and how long a tail of
 * bytes may follow.  Sender and receiver are the same executable, so the fixed
 * parts are plain structs, copied in and out.
 */
#ifndef ISSUER_MESSAGES_H
#define ISSUER_MESSAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ecdsa.h"
#include "base/limits.h"
#include "base/log.h"
#include "ca/ca.h"
#include "collateral/source.h"
#include "dci/verify.h"
#include "ledger/ledger.h"

enum role {
	ROLE_PARENT,
	ROLE_WORKER,
	ROLE_APPRAISER,
	ROLE_SIGNER,
	ROLE_LEDGER,
	ROLE_COLLECTOR,
	ROLE_FORECASTER,
	ROLES
};

#define WORKERS_MAX     64
#define REQUEST_ID_SIZE 16
#define PEER_SIZE       64 /* "[address]:port" */
#define NO_TAIL         0

#define RECORD_MAX  (96u * 1024)
#define RELEASE_MAX (3 * (CA_CERTIFICATE_MAX + 4))

/* Which file descriptor an M_FILE message carries. */
enum file_kind {
	FILE_LISTENER = 1,
	FILE_TLS_CERTIFICATE,
	FILE_TLS_KEY,
	FILE_ISSUING_KEY,
	FILE_ISSUING_CRT,
	FILE_ROOT_CRT,
	FILE_WRAP_KEY,
	FILE_LEDGER_FOLDER,
	FILE_POLICY,     /* sealed memfd: the canonical text */
	FILE_COLLATERAL, /* sealed memfd: collateral_file_begin() and sets */
	FILE_EMPTY_FOLDER,
	FILE_COLLATERAL_FOLDER,
	FILE_EARLY,     /* sealed memfd: sets of the next TCB recovery */
	FILE_SOURCE_CA, /* PEM: what a source's TLS certificate is checked by */
};

struct m_start {
	unsigned index; /* which worker or appraiser */
	enum log_format log_format;
	bool simulated;
	bool has_secret; /* there is a wrap_key: no other secret may go out */
	struct dci_anchor anchor;
	unsigned connections; /* at most, in this worker */
	unsigned per_address;
	unsigned waiting; /* clients, at most, in this appraiser */
};

/* Where the collector gets collateral from, and how it keeps it: struct
 * collateral_source and struct keeper_config. */
struct m_source {
	enum source_kind kind;
	char url[SOURCE_URL_MAX + 1];
	bool unverified_tls;
	enum source_update update;
	unsigned retries, retry_seconds;
	int64_t refresh, warn;
	bool early;
};

struct m_peer {
	enum role role;
	unsigned index;
};

struct m_file {
	enum file_kind kind;
};

/* Names one connection of one worker.  Never used again for another one. */
typedef uint64_t connection_id;

struct m_evidence {
	connection_id connection;
	uint8_t request_id[REQUEST_ID_SIZE];
	char peer[PEER_SIZE];
	/* What bounds per address count by. */
	uint8_t address[16];
}; /* tail: the client's certificate, DER */

struct m_connection {
	connection_id connection;
};

/* Whose collateral is not there, or is of use. */
struct m_want {
	struct dci_platform_id platform;
};

struct m_missing {
	struct dci_platform_id platform;
	struct dci_failure failure; /* why it cannot be had now */
};

struct m_loaded {
	unsigned files; /* so many of those that were sent are dealt with */
};

struct m_verdict {
	connection_id connection;
	struct dci_failure failure; /* DCI_OK: admitted */
};

struct m_row {
	connection_id connection;
	uint8_t request_id[REQUEST_ID_SIZE];
	uint64_t ticket; /* the appraiser's own name for row and request */
	enum ledger_kind kind;
}; /* tail: the row, ledger_row_encode() */

struct m_refusal {
	uint8_t request_id[REQUEST_ID_SIZE];
	char peer[PEER_SIZE];
	struct dci_failure failure;
	uint32_t count;    /* how many alike; above 1 there is no tail */
	uint32_t evidence; /* the last so many bytes of the tail: the quote */
}; /* tail: the record as JSON, then the quote; both may be empty */

/* What the signer bases a certificate on: fixed size, nothing to parse. */
struct m_sign {
	uint64_t ticket; /* that of the row */
	uint8_t row_digest[32];
	struct ec_point key;
	uint32_t entry; /* index in the policy */
	uint8_t policy_digest[32];
	enum dci_tee tee;
	enum dci_status status;
	uint8_t mrenclave[32], mrsigner[32];
	uint16_t isv_prod_id, isv_svn;
	uint64_t flags;
	enum ca_binding binding;
	enum ca_assurance assurance;
	uint8_t evidence_digest[32];
	int64_t earliest_next_update;
	bool expiry_tolerated;
	int64_t newest_issued;
};

struct m_signed {
	unsigned appraiser; /* who had asked */
	uint64_t ticket;
	uint8_t row_digest[32];
	struct dci_failure failure; /* DCI_OK: certificate follows */
	struct ca_certificate certificate;
};

struct m_release {
	connection_id connection;
	enum ledger_kind kind;
	struct dci_failure failure; /* DCI_OK: tail may be sent to the client */
};                                  /* tail: exactly what the client is sent */

/* MESSAGE(name, from, to, fixed part, largest tail) */
#define MESSAGES(MESSAGE)                                                      \
	/* start-up, and again on SIGHUP and after a restart */                \
	MESSAGE(START, PARENT, ANY, struct m_start, NO_TAIL)                   \
	MESSAGE(PEER, PARENT, ANY, struct m_peer, NO_TAIL)                     \
	MESSAGE(FILE, PARENT, ANY, struct m_file, NO_TAIL)                     \
	MESSAGE(GO, PARENT, ANY, struct m_none, NO_TAIL)                       \
	MESSAGE(DONE, ANY, PARENT, struct m_none, NO_TAIL)                     \
	MESSAGE(LOADED, APPRAISER, PARENT, struct m_loaded, NO_TAIL)           \
	/* collateral */                                                       \
	MESSAGE(SOURCE, PARENT, COLLECTOR, struct m_source, NO_TAIL)           \
	MESSAGE(REFRESH, PARENT, COLLECTOR, struct m_none, NO_TAIL)            \
	MESSAGE(REREAD, PARENT, COLLECTOR, struct m_none, NO_TAIL)             \
	MESSAGE(PUBLISHED, COLLECTOR, PARENT, struct m_none, NO_TAIL)          \
	MESSAGE(EARLY, COLLECTOR, PARENT, struct m_none, NO_TAIL)              \
	MESSAGE(WANT, APPRAISER, COLLECTOR, struct m_want, NO_TAIL)            \
	MESSAGE(USED, APPRAISER, COLLECTOR, struct m_want, NO_TAIL)            \
	MESSAGE(MISSING, COLLECTOR, APPRAISER, struct m_missing, NO_TAIL)      \
	MESSAGE(WAIT, APPRAISER, WORKER, struct m_connection, NO_TAIL)         \
	/* one connection */                                                   \
	MESSAGE(                                                               \
	    EVIDENCE, WORKER, APPRAISER, struct m_evidence, LIMIT_CERTIFICATE) \
	MESSAGE(VERDICT, APPRAISER, WORKER, struct m_verdict, NO_TAIL)         \
	MESSAGE(WANTED, WORKER, APPRAISER, struct m_connection, NO_TAIL)       \
	MESSAGE(CSR, WORKER, APPRAISER, struct m_connection, LIMIT_CSR)        \
	MESSAGE(GONE, WORKER, APPRAISER, struct m_connection, NO_TAIL)         \
	MESSAGE(ROW, APPRAISER, LEDGER, struct m_row, LEDGER_ROW_MAX)          \
	MESSAGE(SIGN, APPRAISER, SIGNER, struct m_sign, NO_TAIL)               \
	MESSAGE(SIGNED, SIGNER, LEDGER, struct m_signed, NO_TAIL)              \
	MESSAGE(RELEASE, LEDGER, WORKER, struct m_release, RELEASE_MAX)        \
	MESSAGE(                                                               \
	    REFUSAL, ANY, LEDGER, struct m_refusal, RECORD_MAX + LIMIT_QUOTE)  \
	/* that process sent what it may not send */                           \
	MESSAGE(COMPLAINT, ANY, PARENT, struct m_peer, NO_TAIL)

struct m_none {
	uint32_t zero;
};

enum message_type {
	M_NONE,
#define MESSAGE(name, from, to, fixed, tail) M_##name,
	MESSAGES(MESSAGE)
#undef MESSAGE
	    M_TYPES
};

#endif
