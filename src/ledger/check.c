/* SPDX-License-Identifier: BSD-3-Clause */
/* Everything that can be recomputed about a ledger. */
#include <string.h>

#include "base/digest.h"
#include "ledger/store.h"

static int
fail_row(
    const struct ledger *l, int64_t id, struct dci_failure *f, const char *what)
{
	return dci_fail(f, DCI_LEDGER_DAMAGED, "Row %lld of %s %s. %s",
	    (long long)id, sqlite3_db_filename(l->db, "main"), what,
	    dci_code_remedy(DCI_LEDGER_DAMAGED));
}

static int
fail_correction(
    const struct ledger *l, int64_t id, struct dci_failure *f, const char *what)
{
	return dci_fail(f, DCI_LEDGER_DAMAGED,
	    "Correction %lld of the clock in %s %s. %s", (long long)id,
	    sqlite3_db_filename(l->db, "main"), what,
	    dci_code_remedy(DCI_LEDGER_DAMAGED));
}

/* The row that has to follow the one with that id and hash. */
static int
check_row(struct ledger *l, struct ledger_entry *e, const struct stored *row,
    int64_t after, const uint8_t previous[static 32], struct dci_failure *f)
{
	uint8_t digest[32];
	int64_t id = row->cells[0].number;

	if (id != after + 1)
		return fail_row(l, after + 1, f, "is missing");
	if (memcmp(row->previous, previous, 32) != 0)
		return fail_row(l, id, f,
		    "does not continue the chain: its previous hash is not "
		    "that of the row before it");
	stored_hash(digest, l, row);
	if (memcmp(row->hash, digest, 32) != 0)
		return fail_row(
		    l, id, f, "was changed: its columns do not have its hash");
	if (entry_of_cells(e, row->cells, row->chain) != NULL)
		return fail_row(
		    l, id, f, "is malformed, or its PCK chain is missing");
	sha256(digest, row->chain.p, row->chain.n);
	const struct cell *chain = &row->cells[2 + FIELD_INDEX_CHAIN];
	if (memcmp(digest, chain->bytes.p, 32) != 0)
		return fail_row(l, id, f, "names a PCK chain that was changed");
	memcpy(e->previous, row->previous, sizeof(e->previous));
	memcpy(e->hash, row->hash, sizeof(e->hash));
	return 0;
}

/* Those that follow that row; *last and previous go on to the end of them. */
static int
check_corrections(struct ledger *l, int64_t row, struct ledger_correction *last,
    uint8_t previous[static 32], struct dci_failure *f)
{
	struct ledger_correction c;
	uint8_t hash[32];

	for (;;) {
		int rc = ledger_correction_after(l, last->id, &c, f);

		if (rc != 0)
			return rc == 1 ? 0 : -1;
		if (c.id != last->id + 1 || c.after < row)
			return fail_correction(l, c.id, f, "is out of order");
		if (c.after > row)
			return 0;
		ledger_correction_hash(hash, l, &c);
		if (memcmp(c.previous, previous, 32) != 0 ||
		    memcmp(c.hash, hash, 32) != 0)
			return fail_correction(
			    l, c.id, f, "does not continue the chain");
		memcpy(previous, hash, 32);
		*last = c;
	}
}

static int
check_rows(struct ledger *l, ledger_visit visit, void *arg, int64_t *rows,
    struct dci_failure *f)
{
	uint8_t previous[32] = {0};
	struct ledger_correction last = {.id = 0};

	for (;;) {
		struct stored row CLEANUP(stored_free) = {.memory = NULL};
		struct ledger_entry e;
		int rc = stored_after(&row, l, *rows, f);

		if (rc != 0)
			return rc == 1 ? 0 : -1;
		if (check_row(l, &e, &row, *rows, previous, f) != 0)
			return -1;
		if (visit != NULL && (rc = visit(&e, arg)) != 0)
			return rc;
		memcpy(previous, row.hash, sizeof(previous));
		(*rows)++;
		if (check_corrections(l, *rows, &last, previous, f) != 0)
			return -1;
	}
}

/* Tables of a digest and the content that it is of. */
static int
check_content(struct ledger *l, const char *name, const char *query,
    struct dci_failure *f)
{
	sqlite3_stmt *s CLEANUP(cleanup_stmt) = sql_prepare(l->db, query, f);
	int rc;

	if (s == NULL)
		return -1;
	while ((rc = sql_step(s)) == SQLITE_ROW) {
		struct bytes digest = sql_column(s, 0);
		struct bytes content = sql_column(s, 1);
		uint8_t real[32];

		sha256(real, content.p, content.n);
		if (digest.n != 32 || memcmp(digest.p, real, 32) != 0)
			return dci_fail(f, DCI_LEDGER_DAMAGED,
			    "A %s in %s does not have the digest that it lies "
			    "under. %s",
			    name, sqlite3_db_filename(l->db, "main"),
			    dci_code_remedy(DCI_LEDGER_DAMAGED));
	}
	if (rc != SQLITE_DONE)
		return sql_fail(l->db, f, "The content cannot be read");
	return 0;
}

static int
check_contents(struct ledger *l, struct dci_failure *f)
{
	/* A snapshot's content is the digests of its documents, 32 zero bytes
	 * for a missing one. */
	static const char snapshots[] =
	    "SELECT digest, CAST("
	    "coalesce(tcb_info, zeroblob(32)) || "
	    "coalesce(tcb_info_issuer_chain, zeroblob(32)) || "
	    "coalesce(qe_identity, zeroblob(32)) || "
	    "coalesce(qe_identity_issuer_chain, zeroblob(32)) || "
	    "coalesce(pck_crl, zeroblob(32)) || "
	    "coalesce(pck_crl_issuer_chain, zeroblob(32)) || "
	    "coalesce(root_ca_crl, zeroblob(32)) AS BLOB) FROM snapshot";

	if (check_content(l, "policy", "SELECT digest, text FROM policy", f) !=
		0 ||
	    check_content(
		l, "document", "SELECT digest, bytes FROM document", f) != 0 ||
	    check_content(
		l, "PCK chain", "SELECT digest, bytes FROM chain", f) != 0 ||
	    check_content(l, "snapshot", snapshots, f) != 0)
		return -1;
	return 0;
}

/* A pragma that says "ok", or nothing, where all is well. */
static int
check_pragma(struct ledger *l, const char *pragma, const char *what,
    struct dci_failure *f)
{
	sqlite3_stmt *s CLEANUP(cleanup_stmt) = sql_prepare(l->db, pragma, f);

	if (s == NULL)
		return -1;
	int rc = sql_step(s);
	const char *said =
	    rc == SQLITE_ROW ? (const char *)sqlite3_column_text(s, 0) : NULL;
	if (rc == SQLITE_DONE || (said != NULL && strcmp(said, "ok") == 0))
		return 0;
	if (rc != SQLITE_ROW)
		return sql_fail(l->db, f, "The database cannot be checked");
	return dci_fail(f, DCI_LEDGER_DAMAGED, "%s: %s: %s. %s",
	    sqlite3_db_filename(l->db, "main"), what,
	    said == NULL ? "no reason given" : said,
	    dci_code_remedy(DCI_LEDGER_DAMAGED));
}

int
ledger_check_each(struct ledger *l, ledger_visit visit, void *arg,
    int64_t *rows, struct dci_failure *f)
{
	*rows = 0;
	/* The rows first: they say best what is wrong. */
	int rc = check_rows(l, visit, arg, rows, f);
	if (rc != 0)
		return rc;
	if (check_contents(l, f) != 0 ||
	    check_pragma(l, "PRAGMA foreign_key_check",
		"content that a row names is missing from the table of",
		f) != 0 ||
	    check_pragma(l, "PRAGMA integrity_check(1)", "the file is damaged",
		f) != 0 ||
	    sql_schema_check(l->db, &schema_ledger, f) != 0)
		return -1;
	return 0;
}

int
ledger_check(struct ledger *l, int64_t *rows, struct dci_failure *f)
{
	return ledger_check_each(l, NULL, NULL, rows, f);
}
