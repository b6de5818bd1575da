/* SPDX-License-Identifier: BSD-3-Clause */
/* Policies and snapshots under their digests. */
#include <string.h>

#include "base/digest.h"
#include "base/text.h"
#include "ledger/store.h"

static int
check_digest(const char *what, const uint8_t given[static 32],
    const uint8_t real[static 32], struct dci_failure *f)
{
	char expected[2 * 32 + 1], found[2 * 32 + 1];

	if (memcmp(given, real, 32) == 0)
		return 0;
	hex_encode(expected, given, 32);
	hex_encode(found, real, 32);
	return dci_fail(f, DCI_LEDGER_CONTENT,
	    "A %s does not have the digest that it came with. Expected: %s. "
	    "Found: %s.",
	    what, expected, found);
}

static int
check_writable(const struct ledger *l, struct dci_failure *f)
{
	if (l->writer && !l->broken)
		return 0;
	return dci_fail(f, l->broken ? DCI_LEDGER_IO : DCI_INTERNAL,
	    "The ledger cannot be written: %s.",
	    l->broken ? "an fsync failed" : "it is open for reading only");
}

int
ledger_put_policy(struct ledger *l, const uint8_t digest[static 32],
    struct bytes text, struct dci_failure *f)
{
	uint8_t real[32];

	sha256(real, text.p, text.n);
	if (check_writable(l, f) != 0 ||
	    check_digest("policy", digest, real, f) != 0)
		return -1;
	sqlite3_stmt *s CLEANUP(cleanup_stmt) = sql_prepare(l->db,
	    "INSERT INTO policy (digest, text) VALUES (?1, ?2) "
	    "ON CONFLICT DO NOTHING",
	    f);
	if (s == NULL)
		return -1;
	sql_bind_blob(s, 1, (struct bytes){digest, 32});
	sql_bind_text(s, 2, text);
	return sql_run(l->db, s, "A policy cannot be written", f);
}

static int
put_documents(struct ledger *l, const uint8_t digest[][32],
    const struct bytes document[static LEDGER_DOCUMENTS], struct dci_failure *f)
{
	sqlite3_stmt *s CLEANUP(cleanup_stmt) = sql_prepare(l->db,
	    "INSERT INTO document (digest, bytes) VALUES (?1, ?2) "
	    "ON CONFLICT DO NOTHING",
	    f);

	if (s == NULL)
		return -1;
	for (size_t i = 0; i < LEDGER_DOCUMENTS; i++) {
		if (document[i].p == NULL)
			continue;
		sql_bind_blob(s, 1, (struct bytes){digest[i], 32});
		sql_bind_blob(s, 2, document[i]);
		if (sql_run(l->db, s, "A document cannot be written", f) != 0)
			return -1;
	}
	return 0;
}

static int
put_snapshot(struct ledger *l, const uint8_t snapshot[static 32],
    const uint8_t digest[][32],
    const struct bytes document[static LEDGER_DOCUMENTS], struct dci_failure *f)
{
	sqlite3_stmt *s CLEANUP(cleanup_stmt) = sql_prepare(l->db,
	    "INSERT INTO snapshot VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) "
	    "ON CONFLICT DO NOTHING",
	    f);

	if (s == NULL || put_documents(l, digest, document, f) != 0)
		return -1;
	sql_bind_blob(s, 1, (struct bytes){snapshot, 32});
	for (int i = 0; i < LEDGER_DOCUMENTS; i++) {
		if (document[i].p != NULL)
			sql_bind_blob(s, i + 2, (struct bytes){digest[i], 32});
	}
	return sql_run(l->db, s, "A snapshot cannot be written", f);
}

int
ledger_put_snapshot(struct ledger *l, const uint8_t snapshot[static 32],
    const struct bytes document[static LEDGER_DOCUMENTS], struct dci_failure *f)
{
	uint8_t digest[LEDGER_DOCUMENTS][32] = {{0}}, real[32];

	for (size_t i = 0; i < LEDGER_DOCUMENTS; i++) {
		if (document[i].p != NULL)
			sha256(digest[i], document[i].p, document[i].n);
	}
	sha256(real, digest, sizeof(digest));
	if (check_writable(l, f) != 0 ||
	    check_digest("snapshot", snapshot, real, f) != 0)
		return -1;
	/* All of it or nothing, also where the caller has begun no batch. */
	bool alone = sqlite3_get_autocommit(l->db) != 0;
	if (alone && sql_exec(l->db, "BEGIN IMMEDIATE", f) != 0)
		return -1;
	int result = put_snapshot(l, snapshot, digest, document, f);
	if (alone && result == 0)
		result = sql_exec(l->db, "COMMIT", f);
	if (alone && result != 0 && !sqlite3_get_autocommit(l->db))
		sqlite3_exec(l->db, "ROLLBACK", NULL, NULL, NULL);
	return result;
}

/* --- reading ------------------------------------------------------------- */

static int
documents_keep(struct ledger_documents *out, sqlite3_stmt *s)
{
	size_t total = 1;

	for (int i = 0; i < LEDGER_DOCUMENTS; i++)
		total += sql_column(s, i).n;
	uint8_t *p = out->memory = malloc(total);
	for (int i = 0; p != NULL && i < LEDGER_DOCUMENTS; i++) {
		struct bytes b = sql_column(s, i);

		if (b.p == NULL)
			continue;
		memcpy(p, b.p, b.n);
		out->document[i] = (struct bytes){p, b.n};
		p += b.n;
	}
	return p != NULL ? 0 : -1;
}

int
ledger_get_snapshot(struct ledger *l, const uint8_t snapshot[static 32],
    struct ledger_documents *out, struct dci_failure *f)
{
/* clang-format off */
#define BYTES(column) "(SELECT bytes FROM document WHERE digest = " column ")"
	static const char select[] = "SELECT "
	    BYTES("tcb_info") ", " BYTES("tcb_info_issuer_chain") ", "
	    BYTES("qe_identity") ", " BYTES("qe_identity_issuer_chain") ", "
	    BYTES("pck_crl") ", " BYTES("pck_crl_issuer_chain") ", "
	    BYTES("root_ca_crl") " FROM snapshot WHERE digest = ?1";
#undef BYTES
	/* clang-format on */
	sqlite3_stmt *s CLEANUP(cleanup_stmt) = sql_prepare(l->db, select, f);

	*out = (struct ledger_documents){.memory = NULL};
	if (s == NULL)
		return -1;
	sql_bind_blob(s, 1, (struct bytes){snapshot, 32});
	int rc = sql_step(s);
	if (rc == SQLITE_DONE)
		return dci_fail(f, DCI_LEDGER_DAMAGED,
		    "A snapshot that a row names is missing from %s. %s",
		    sqlite3_db_filename(l->db, "main"),
		    dci_code_remedy(DCI_LEDGER_DAMAGED));
	if (rc != SQLITE_ROW)
		return sql_fail(l->db, f, "A snapshot cannot be read");
	if (documents_keep(out, s) != 0)
		return dci_fail(
		    f, DCI_OUT_OF_MEMORY, "No memory for collateral.");
	return 0;
}

void
ledger_documents_free(struct ledger_documents *d)
{
	free(d->memory);
	*d = (struct ledger_documents){.memory = NULL};
}

int
ledger_get_policy(struct ledger *l, const uint8_t digest[static 32],
    char **text, size_t *n, struct dci_failure *f)
{
	sqlite3_stmt *s CLEANUP(cleanup_stmt) =
	    sql_prepare(l->db, "SELECT text FROM policy WHERE digest = ?1", f);

	if (s == NULL)
		return -1;
	sql_bind_blob(s, 1, (struct bytes){digest, 32});
	int rc = sql_step(s);
	if (rc == SQLITE_DONE)
		return dci_fail(f, DCI_LEDGER_DAMAGED,
		    "A policy that a row names is missing from %s. %s",
		    sqlite3_db_filename(l->db, "main"),
		    dci_code_remedy(DCI_LEDGER_DAMAGED));
	if (rc != SQLITE_ROW)
		return sql_fail(l->db, f, "A policy cannot be read");
	struct bytes b = sql_column(s, 0);
	*text = malloc(b.n + 1);
	if (*text == NULL)
		return dci_fail(
		    f, DCI_OUT_OF_MEMORY, "No memory for a policy.");
	memcpy(*text, b.p, b.n);
	(*text)[b.n] = '\0';
	*n = b.n;
	return 0;
}
