/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "base/limits.h"
#include "ledger/room.h"

#define PEER_MAX      128
#define CODE_NAME_MAX 64
#define RECORD_MAX    (64u * 1024)

/* --- transactions -------------------------------------------------------- */

static void
refusals_rollback(struct refusals *r)
{
	if (!sqlite3_get_autocommit(r->db))
		sqlite3_exec(r->db, "ROLLBACK", NULL, NULL, NULL);
	r->batch = false;
	fold_forget(&r->fold);
}

static int
refusals_begin(struct refusals *r, struct dci_failure *f)
{
	if (r->batch)
		return 0;
	if (room_check(r, f) != 0 || sql_exec(r->db, "BEGIN IMMEDIATE", f) != 0)
		return -1;
	r->batch = true;
	r->batch_bytes = 0;
	if (room_make(r, f) == 0)
		return 0;
	refusals_rollback(r);
	return -1;
}

/* Adds what the slot has counted to its row.  A row that was dropped as the
 * oldest takes its count along. */
static int
slot_write(struct refusals *r, struct fold_slot *slot, struct dci_failure *f)
{
	if (slot->pending == 0)
		return 0;
	sqlite3_bind_int64(r->update, 1, slot->row);
	sqlite3_bind_int64(r->update, 2, slot->pending);
	sqlite3_bind_int64(r->update, 3, slot->last);
	if (sql_run(r->db, r->update, "A refusal cannot be counted", f) != 0)
		return -1;
	slot->pending = 0;
	if (sqlite3_changes(r->db) == 0)
		slot->row = 0;
	return 0;
}

static int
slots_write(struct refusals *r, struct dci_failure *f)
{
	for (size_t i = 0; i < FOLD_ALL; i++) {
		struct fold_slot *slot = &r->fold.slot[i];

		if (slot->pending != 0 &&
		    (refusals_begin(r, f) != 0 || slot_write(r, slot, f) != 0))
			return -1;
	}
	return 0;
}

int
refusals_flush(struct refusals *r, struct dci_failure *f)
{
	if (slots_write(r, f) != 0 ||
	    (r->batch && sql_exec(r->db, "COMMIT", f) != 0)) {
		refusals_rollback(r);
		return -1;
	}
	r->batch = false;
	return 0;
}

/* --- adding -------------------------------------------------------------- */

static struct bytes
cut(struct bytes b, size_t max)
{
	if (b.n > max)
		b.n = max;
	return b;
}

static uint32_t
refusal_count(const struct refusal *refusal)
{
	return refusal->count > 1 ? (uint32_t)refusal->count : 1;
}

static int
refusal_insert(
    struct refusals *r, const struct refusal *refusal, struct dci_failure *f)
{
	sqlite3_stmt *s = r->insert;
	bool record =
	    refusal->record.p != NULL && refusal->record.n <= RECORD_MAX;
	bool evidence =
	    refusal->evidence.p != NULL && refusal->evidence.n <= LIMIT_QUOTE;

	sqlite3_bind_int64(s, 1, refusal->time);
	sqlite3_bind_int64(s, 2, refusal->time);
	sqlite3_bind_int64(s, 3, refusal_count(refusal));
	sql_bind_blob(s, 4,
	    (struct bytes){refusal->request_id, sizeof(refusal->request_id)});
	sql_bind_text(s, 5, cut(refusal->peer, PEER_MAX));
	sql_bind_text(s, 6, cut(refusal->code, CODE_NAME_MAX));
	sql_bind_text(s, 7, cut(refusal->sentence, DCI_SENTENCE_MAX));
	if (record)
		sql_bind_text(s, 8, refusal->record);
	if (evidence)
		sql_bind_blob(s, 9, refusal->evidence);
	r->batch_bytes += 512 + (record ? refusal->record.n : 0) +
			  (evidence ? refusal->evidence.n : 0) +
			  refusal->sentence.n;
	return sql_run(r->db, s, "A refusal cannot be written", f);
}

static int
refusals_store(
    struct refusals *r, const struct refusal *refusal, struct dci_failure *f)
{
	struct fold_slot *slot =
	    fold_find(&r->fold, refusal->code, refusal->peer, refusal->time);

	if (fold_over(slot, refusal->time)) {
		if (slot_write(r, slot, f) != 0)
			return -1;
		fold_begin(slot, refusal->time);
	}
	if (slot->rows >= LIMIT_REFUSALS_PER_MINUTE && slot->row != 0) {
		slot->last = refusal->time;
		slot->pending += refusal_count(refusal);
		return 0;
	}
	if (refusal_insert(r, refusal, f) != 0)
		return -1;
	if (slot->rows >= LIMIT_REFUSALS_PER_MINUTE)
		slot->row = sqlite3_last_insert_rowid(r->db);
	else
		slot->rows++;
	return 0;
}

int
refusals_add(
    struct refusals *r, const struct refusal *refusal, struct dci_failure *f)
{
	if (!r->writer)
		return dci_fail(f, DCI_INTERNAL,
		    "A refusal was added to a database that is open for "
		    "reading only.");
	if (refusals_begin(r, f) != 0)
		return -1;
	if (refusals_store(r, refusal, f) != 0) {
		refusals_rollback(r);
		return -1;
	}
	if (r->batch_bytes >= room_of_batch(r))
		return refusals_flush(r, f);
	return 0;
}

/* --- opening and closing ------------------------------------------------- */

static int
refusals_prepare(struct refusals *r, struct dci_failure *f)
{
	r->next = sql_prepare(r->db,
	    "SELECT id, time, last, count, request_id, peer, code, sentence, "
	    "record, evidence FROM refusal WHERE id > ?1 ORDER BY id LIMIT 1",
	    f);
	if (r->next == NULL || !r->writer)
		return r->next == NULL ? -1 : 0;
	r->insert = sql_prepare(r->db,
	    "INSERT INTO refusal (time, last, count, request_id, peer, code, "
	    "sentence, record, evidence) "
	    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
	    f);
	r->update = sql_prepare(r->db,
	    "UPDATE refusal SET count = count + ?2, last = ?3 WHERE id = ?1",
	    f);
	r->drop = sql_prepare(r->db,
	    "DELETE FROM refusal WHERE id IN "
	    "(SELECT id FROM refusal ORDER BY id LIMIT 16)",
	    f);
	if (r->insert == NULL || r->update == NULL || r->drop == NULL)
		return -1;
	return room_open(r, f);
}

static struct refusals *
refusals_new(sqlite3 *db, const char *path, uint64_t max, struct dci_failure *f)
{
	struct refusals *r = calloc(1, sizeof(*r));

	if (r == NULL || (r->path = strdup(path)) == NULL) {
		dci_fail(f, DCI_OUT_OF_MEMORY, "No memory for refusals.");
		sqlite3_close_v2(db);
		free(r);
		return NULL;
	}
	r->db = db;
	r->handle = -1;
	r->writer = max > 0;
	r->max = max;
	if (refusals_prepare(r, f) != 0) {
		refusals_close(r);
		return NULL;
	}
	return r;
}

struct refusals *
refusals_open(const char *path, uint64_t max_bytes, struct dci_failure *f)
{
	if (max_bytes < REFUSALS_LEAST_BYTES) {
		dci_fail(f, DCI_USAGE,
		    "Refusals need at least %u bytes of room, not %llu.",
		    REFUSALS_LEAST_BYTES, (unsigned long long)max_bytes);
		return NULL;
	}
	sqlite3 *db = sql_open(path, &schema_refusals, f);
	return db == NULL ? NULL : refusals_new(db, path, max_bytes, f);
}

struct refusals *
refusals_open_readonly(const char *path, struct dci_failure *f)
{
	sqlite3 *db = sql_open_readonly(path, &schema_refusals, f);

	return db == NULL ? NULL : refusals_new(db, path, 0, f);
}

void
refusals_close(struct refusals *r)
{
	if (r == NULL)
		return;
	/* A flush that fails has rolled back. */
	if (r->writer && refusals_flush(r, NULL) != 0)
		r->batch = false;
	sqlite3_stmt *all[] = {r->insert, r->update, r->drop, r->next};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		sqlite3_finalize(all[i]);
	sqlite3_close_v2(r->db);
	cleanup_fd(&r->handle);
	free(r->path);
	free(r);
}

/* --- reading ------------------------------------------------------------- */

/* Copies the texts, so that no transaction is open during a visit. */
static uint8_t *
refusal_read(struct refusal *out, int64_t *id, sqlite3_stmt *s)
{
	struct bytes *const to[] = {&out->peer, &out->code, &out->sentence,
	    &out->record, &out->evidence};
	struct bytes request = sql_column(s, 4);
	size_t total = 1;

	*out = (struct refusal){.time = sqlite3_column_int64(s, 1),
	    .last = sqlite3_column_int64(s, 2),
	    .count = sqlite3_column_int64(s, 3)};
	*id = sqlite3_column_int64(s, 0);
	if (request.n == sizeof(out->request_id))
		memcpy(out->request_id, request.p, request.n);
	for (int i = 0; i < 5; i++) {
		*to[i] = sql_column(s, 5 + i);
		total += to[i]->n;
	}
	uint8_t *memory = malloc(total), *p = memory;
	for (int i = 0; memory != NULL && i < 5; i++) {
		if (to[i]->p == NULL)
			continue;
		memcpy(p, to[i]->p, to[i]->n);
		to[i]->p = p;
		p += to[i]->n;
	}
	return memory;
}

int
refusals_each(
    struct refusals *r, refusal_visit visit, void *arg, struct dci_failure *f)
{
	int64_t id = INT64_MIN;

	for (;;) {
		struct refusal refusal;
		uint8_t *memory CLEANUP(cleanup_free) = NULL;

		sqlite3_bind_int64(r->next, 1, id);
		int rc = sql_step(r->next);
		if (rc == SQLITE_ROW)
			memory = refusal_read(&refusal, &id, r->next);
		else if (rc != SQLITE_DONE)
			sql_fail(r->db, f, "A refusal cannot be read");
		sqlite3_reset(r->next);
		if (rc != SQLITE_ROW)
			return rc == SQLITE_DONE ? 0 : -1;
		if (memory == NULL)
			return dci_fail(
			    f, DCI_OUT_OF_MEMORY, "No memory for a refusal.");
		rc = visit(&refusal, id, arg);
		if (rc != 0)
			return rc;
	}
}
