/* SPDX-License-Identifier: BSD-3-Clause */
#include "ledger/schema.h"

/* Content lies under its SHA-256, and nothing is ever changed. */
#define CONTENT(table, column, type)                                           \
	"CREATE TABLE " table " ("                                             \
	"digest BLOB NOT NULL PRIMARY KEY CHECK (length(digest) = 32)," column \
	" " type " NOT NULL) STRICT;"

#define APPEND_ONLY(table)                                             \
	"CREATE TRIGGER " table "_update BEFORE UPDATE ON " table " "  \
	"BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;" \
	"CREATE TRIGGER " table "_delete BEFORE DELETE ON " table " "  \
	"BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;"

#define DIGEST(column, table) \
	column " BLOB NOT NULL REFERENCES " table "(digest),"
#define DOCUMENT(column) column " BLOB REFERENCES document(digest)"

/* clang-format off */
static const char ledger_text[] =
    CONTENT("policy", "text", "TEXT")
    CONTENT("document", "bytes", "BLOB")
    CONTENT("chain", "bytes", "BLOB")
    "CREATE TABLE snapshot ("
    "digest BLOB NOT NULL PRIMARY KEY CHECK (length(digest) = 32),"
    DOCUMENT("tcb_info") ","
    DOCUMENT("tcb_info_issuer_chain") ","
    DOCUMENT("qe_identity") ","
    DOCUMENT("qe_identity_issuer_chain") ","
    DOCUMENT("pck_crl") ","
    DOCUMENT("pck_crl_issuer_chain") ","
    DOCUMENT("root_ca_crl") ") STRICT;"

    "CREATE TABLE entry ("
    "id INTEGER PRIMARY KEY CHECK (id > 0),"
    "time INTEGER NOT NULL,"
    "kind INTEGER NOT NULL CHECK (kind IN (1, 2)),"
    "request_id BLOB NOT NULL,"
    "evaluated INTEGER NOT NULL,"
    "newest_issued INTEGER NOT NULL,"
    "tee INTEGER NOT NULL,"
    "status INTEGER NOT NULL,"
    "binding INTEGER NOT NULL,"
    "assurance INTEGER NOT NULL,"
    "debug INTEGER NOT NULL,"
    "mrenclave BLOB NOT NULL,"
    "mrsigner BLOB NOT NULL,"
    "isv_prod_id INTEGER NOT NULL,"
    "isv_svn INTEGER NOT NULL,"
    "evidence BLOB NOT NULL,"
    DIGEST("policy", "policy")
    DIGEST("snapshot", "snapshot")
    "peer TEXT NOT NULL,"
    "entry TEXT NOT NULL,"
    "verdict TEXT NOT NULL,"
    "quote BLOB NOT NULL,"
    DIGEST("chain", "chain")
    "quote_padding INTEGER NOT NULL,"
    "claims BLOB,"
    "spki BLOB NOT NULL,"
    "csr BLOB CHECK ((csr IS NOT NULL) = (kind = 2)),"
    "record TEXT NOT NULL,"
    "certificate BLOB CHECK ((certificate IS NOT NULL) = (kind = 2)),"
    "serial BLOB UNIQUE CHECK ((serial IS NOT NULL) = (kind = 2)),"
    "not_after INTEGER CHECK ((not_after IS NOT NULL) = (kind = 2)),"
    "previous BLOB NOT NULL CHECK (length(previous) = 32),"
    "hash BLOB NOT NULL CHECK (length(hash) = 32)) STRICT;"

    /* One certificate for one piece of evidence. */
    "CREATE UNIQUE INDEX entry_evidence ON entry(evidence) WHERE kind = 2;"
    /* How often a secret was released on it. */
    "CREATE INDEX entry_secrets ON entry(evidence) WHERE kind = 1;"
    /* For ledger_newest(). */
    "CREATE INDEX entry_newest ON entry(max(time, newest_issued));"

    APPEND_ONLY("policy")
    APPEND_ONLY("document")
    APPEND_ONLY("chain")
    APPEND_ONLY("snapshot")
    APPEND_ONLY("entry");
/* clang-format on */

/* For ledger_live(); and corrections of the clock. */
/* clang-format off */
static const char ledger_2_text[] =
    "CREATE INDEX entry_live ON entry(not_after) WHERE kind = 2;"
    "CREATE TABLE correction ("
    "id INTEGER PRIMARY KEY CHECK (id > 0),"
    "after INTEGER NOT NULL REFERENCES entry(id),"
    "time INTEGER NOT NULL,"
    "newest INTEGER NOT NULL,"
    "issued INTEGER NOT NULL,"
    "previous BLOB NOT NULL CHECK (length(previous) = 32),"
    "hash BLOB NOT NULL CHECK (length(hash) = 32)) STRICT;"
    APPEND_ONLY("correction");
/* clang-format on */

const struct sql_format schema_ledger = {
    .name = "ledger",
    .creating = "PRAGMA page_size = 8192",
    .schema = ledger_text,
    .upgrade = ledger_2_text,
    .connecting = "PRAGMA synchronous = full; PRAGMA cache_size = -16384;"
		  "PRAGMA journal_size_limit = 16777216;",
    .application_id = 0x6463696c, /* "dcil" */
    .version = LEDGER_VERSION_CORRECTIONS,
};

static const char refusals_text[] = "CREATE TABLE refusal ("
				    "id INTEGER PRIMARY KEY,"
				    "time INTEGER NOT NULL,"
				    "last INTEGER NOT NULL,"
				    "count INTEGER NOT NULL,"
				    "request_id BLOB NOT NULL,"
				    "peer TEXT NOT NULL,"
				    "code TEXT NOT NULL,"
				    "sentence TEXT NOT NULL,"
				    "record TEXT,"
				    "evidence BLOB) STRICT;";

/* Rows here are worth nothing to an attacker once dropped: no need to
 * overwrite them. */
const struct sql_format schema_refusals = {
    .name = "refusals",
    .creating = "PRAGMA page_size = 4096; PRAGMA auto_vacuum = incremental;",
    .schema = refusals_text,
    .connecting = "PRAGMA synchronous = normal; PRAGMA secure_delete = off;",
    .application_id = 0x64636972, /* "dcir" */
    .version = 1,
};
