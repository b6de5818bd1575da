/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "ledger/store.h"

/* The columns of struct stored; a chain that is missing must not hide the
 * row that names it. */
#define SELECT_ENTRY                                                    \
	"SELECT " SCHEMA_ENTRY_COLUMNS ", previous, hash, chain.bytes " \
	"FROM entry LEFT JOIN chain ON chain.digest = entry.chain "

#define INSERT_ENTRY                                                        \
	"INSERT INTO entry (" SCHEMA_ENTRY_COLUMNS ", previous, hash) "     \
	"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, "  \
	"?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, " \
	"?27, ?28, ?29, ?30, ?31, ?32, ?33)"
_Static_assert(ENTRY_CELLS == 31, "the parameters of INSERT_ENTRY");

static int
ledger_prepare(struct ledger *l, struct dci_failure *f)
{
	const struct {
		sqlite3_stmt **statement;
		const char *text;
		bool writer;
	} all[] = {
	    {&l->next,
		SELECT_ENTRY "WHERE entry.id > ?1 ORDER BY entry.id LIMIT 1",
		false},
	    {&l->next_live,
		SELECT_ENTRY "WHERE entry.kind = 2 "
			     "AND (entry.not_after, entry.id) > (?1, ?2) "
			     "ORDER BY entry.not_after, entry.id LIMIT 1",
		false},
	    {&l->by_serial, SELECT_ENTRY "WHERE entry.serial = ?1", false},
	    {&l->newest,
		"SELECT max(time, newest_issued) FROM entry WHERE id > ?1 "
		"ORDER BY max(time, newest_issued) DESC LIMIT 1",
		false},
	    {&l->insert, INSERT_ENTRY, true},
	    {&l->put_chain,
		"INSERT INTO chain (digest, bytes) VALUES (?1, ?2) "
		"ON CONFLICT DO NOTHING",
		true},
	    {&l->used, "SELECT 1 FROM entry WHERE evidence = ?1 AND kind = 2",
		false},
	    {&l->secrets,
		"SELECT count(*) FROM (SELECT 1 FROM entry "
		"WHERE evidence = ?1 AND kind = 1 LIMIT ?2)",
		true},
	    {&l->begin, "BEGIN IMMEDIATE", true},
	    {&l->commit, "COMMIT", true},
	    {&l->rollback, "ROLLBACK", true},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (all[i].writer && !l->writer)
			continue;
		*all[i].statement = sql_prepare(l->db, all[i].text, f);
		if (*all[i].statement == NULL)
			return -1;
	}
	return 0;
}

int
ledger_read_newest(struct ledger *l, int64_t *out, struct dci_failure *f)
{
	struct ledger_correction last = {.after = 0};

	if (ledger_correction_last(l, &last, f) < 0)
		return -1;
	sqlite3_bind_int64(l->newest, 1, last.after);
	int rc = sql_step(l->newest), result = 0;

	*out = rc == SQLITE_ROW ? sqlite3_column_int64(l->newest, 0) : 0;
	if (*out < last.time)
		*out = last.time;
	if (*out < last.issued)
		*out = last.issued;
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		result = sql_fail(l->db, f, "The newest time cannot be read");
	sqlite3_reset(l->newest);
	return result;
}

static int
fail_head(struct ledger *l, const char *what, int64_t id, struct dci_failure *f)
{
	return dci_fail(f, DCI_LEDGER_DAMAGED,
	    "The last %s of %s, %lld, does not have the hash that was stored "
	    "with it. %s",
	    what, sqlite3_db_filename(l->db, "main"), (long long)id,
	    dci_code_remedy(DCI_LEDGER_DAMAGED));
}

/* Corrections after the last row are the end of the chain. */
static int
read_head_correction(struct ledger *l, struct dci_failure *f)
{
	struct ledger_correction last;
	uint8_t hash[32];
	int rc = ledger_correction_last(l, &last, f);

	if (rc != 0)
		return rc == 1 ? 0 : -1;
	ledger_correction_hash(hash, l, &last);
	if (memcmp(hash, last.hash, sizeof(hash)) != 0)
		return fail_head(l, "correction", last.id, f);
	if (last.after == l->head.id)
		memcpy(l->head.hash, hash, sizeof(hash));
	return 0;
}

/* Takes the end of the chain from the last row, after having checked it. */
static int
ledger_read_head(struct ledger *l, struct dci_failure *f)
{
	struct stored last CLEANUP(stored_free) = {.memory = NULL};
	uint8_t hash[32];
	int64_t count;

	l->head = (struct head){0};
	if (sql_number(l->db, "SELECT coalesce(max(id), 0) FROM entry", &count,
		f) != 0 ||
	    ledger_read_newest(l, &l->head.newest, f) != 0)
		return -1;
	if (count == 0)
		return 0;
	int rc = stored_after(&last, l, count - 1, f);
	if (rc < 0)
		return -1;
	if (rc == 0)
		stored_hash(hash, l, &last);
	if (rc == 1 || memcmp(hash, last.hash, sizeof(hash)) != 0)
		return fail_head(l, "row", count, f);
	l->head.id = count;
	memcpy(l->head.hash, hash, sizeof(hash));
	return read_head_correction(l, f);
}

/*
 * Copies the log into the database from 1000 pages on, as SQLite would by
 * itself; but SQLite would not tell of an fsync that fails, and would trust
 * the next one, which the kernel lets succeed without the data.
 */
static int
on_commit(void *arg, sqlite3 *db, const char *name, int pages)
{
	struct ledger *l = arg;

	if (pages < 1000)
		return SQLITE_OK;
	int rc = sqlite3_wal_checkpoint_v2(
	    db, name, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	if (rc == SQLITE_IOERR_FSYNC || rc == SQLITE_IOERR_DIR_FSYNC)
		l->broken = true;
	return SQLITE_OK;
}

static struct ledger *
ledger_new(sqlite3 *db, bool writer, struct dci_failure *f)
{
	struct ledger *l = calloc(1, sizeof(*l));

	if (l == NULL || (l->scratch = EVP_MD_CTX_new()) == NULL) {
		dci_fail(f, DCI_OUT_OF_MEMORY, "No memory for the ledger.");
		sqlite3_close_v2(db);
		free(l);
		return NULL;
	}
	l->db = db;
	l->writer = writer;
	if (ledger_prepare(l, f) != 0 ||
	    (writer && ledger_read_head(l, f) != 0)) {
		ledger_close(l);
		return NULL;
	}
	if (writer)
		sqlite3_wal_hook(db, on_commit, l);
	return l;
}

struct ledger *
ledger_open(const char *path, struct dci_failure *f)
{
	sqlite3 *db = sql_open(path, &schema_ledger, f);

	return db == NULL ? NULL : ledger_new(db, true, f);
}

struct ledger *
ledger_open_readonly(const char *path, struct dci_failure *f)
{
	sqlite3 *db = sql_open_readonly(path, &schema_ledger, f);

	return db == NULL ? NULL : ledger_new(db, false, f);
}

void
ledger_close(struct ledger *l)
{
	if (l == NULL)
		return;
	sqlite3_stmt *all[] = {l->insert, l->put_chain, l->used, l->secrets,
	    l->begin, l->commit, l->rollback, l->next, l->next_live,
	    l->by_serial, l->newest};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		sqlite3_finalize(all[i]);
	/* The log is all that is sure then: the next start copies it again. */
	if (l->broken)
		sqlite3_db_config(
		    l->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_close_v2(l->db);
	EVP_MD_CTX_free(l->scratch);
	free(l);
}
