/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "ledger/store.h"

static int
stored_visit(struct ledger *l, const struct stored *row, ledger_visit visit,
    void *arg, struct dci_failure *f)
{
	struct ledger_entry e;
	const char *wrong = entry_of_cells(&e, row->cells, row->chain);

	if (wrong != NULL)
		return dci_fail(f, DCI_LEDGER_DAMAGED,
		    "Column %s of row %lld of %s is not as it was written. %s",
		    wrong, (long long)row->cells[0].number,
		    sqlite3_db_filename(l->db, "main"),
		    dci_code_remedy(DCI_LEDGER_DAMAGED));
	memcpy(e.previous, row->previous, sizeof(e.previous));
	memcpy(e.hash, row->hash, sizeof(e.hash));
	return visit(&e, arg);
}

int
ledger_each(
    struct ledger *l, ledger_visit visit, void *arg, struct dci_failure *f)
{
	int64_t id = 0;

	for (;;) {
		struct stored row CLEANUP(stored_free) = {.memory = NULL};
		int rc = stored_after(&row, l, id, f);

		if (rc != 0)
			return rc == 1 ? 0 : -1;
		id = row.cells[0].number;
		rc = stored_visit(l, &row, visit, arg, f);
		if (rc != 0)
			return rc;
	}
}

int
ledger_live(struct ledger *l, int64_t now, ledger_visit visit, void *arg,
    struct dci_failure *f)
{
	int64_t not_after = now, id = 0;

	for (;;) {
		struct stored row CLEANUP(stored_free) = {.memory = NULL};
		int rc = stored_after_live(&row, l, not_after, id, f);

		if (rc != 0)
			return rc == 1 ? 0 : -1;
		id = row.cells[0].number;
		not_after = row.cells[ENTRY_CELLS - 1].number;
		rc = stored_visit(l, &row, visit, arg, f);
		if (rc != 0)
			return rc;
	}
}

int
ledger_by_serial(struct ledger *l, const uint8_t serial[static 16],
    ledger_visit visit, void *arg, struct dci_failure *f)
{
	struct stored row CLEANUP(stored_free) = {.memory = NULL};

	sql_bind_blob(l->by_serial, 1, (struct bytes){serial, 16});
	int rc = stored_take(&row, l, l->by_serial, f);
	return rc != 0 ? rc : stored_visit(l, &row, visit, arg, f);
}

int
ledger_by_id(struct ledger *l, int64_t id, ledger_visit visit, void *arg,
    struct dci_failure *f)
{
	struct stored row CLEANUP(stored_free) = {.memory = NULL};

	if (id < 1)
		return 1;
	int rc = stored_after(&row, l, id - 1, f);
	if (rc == 0 && row.cells[0].number != id)
		return 1;
	return rc != 0 ? rc : stored_visit(l, &row, visit, arg, f);
}
