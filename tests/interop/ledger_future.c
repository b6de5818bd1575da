/* SPDX-License-Identifier: BSD-3-Clause */
/* Appends to a ledger a row as the clock would make it that is ahead by so many
 * seconds: ledger_future STATEDIR/ledger/ledger.db SECONDS */
#include <err.h>
#include <time.h>
#include <openssl/rand.h>

#include "ledger/ledger.h"

/* Keeps the first row, encoded. */
static int
keep(const struct ledger_entry *e, void *arg)
{
	ledger_row_encode(arg, &e->row);
	return 1;
}

int
main(int argc, char **argv)
{
	struct writer kept = writer_new(LEDGER_ROW_MAX);
	struct dci_failure f = {0};
	struct ledger_row row;
	int64_t id;

	if (argc != 3)
		errx(2, "usage: ledger_future LEDGER SECONDS");
	int64_t when = time(NULL) + strtol(argv[2], NULL, 10);
	struct ledger *l = ledger_open_readonly(argv[1], &f);
	if (l == NULL || ledger_each(l, keep, &kept, &f) != 1)
		errx(1, "%s", f.sentence);
	ledger_close(l);
	/* Again, as a secret, which may have used evidence. */
	if (!ledger_row_decode(&row, (struct bytes){kept.data, kept.n}) ||
	    RAND_bytes(row.request_id, sizeof(row.request_id)) != 1)
		errx(1, "no row");
	row.kind = LEDGER_SECRET;
	l = ledger_open(argv[1], &f);
	if (l == NULL || ledger_begin(l, &f) != 0 ||
	    ledger_append(l, &row, (struct bytes){0}, NULL, 0, when, &id, &f) !=
		0 ||
	    ledger_commit(l, &f) != 0)
		errx(1, "%s", f.sentence);
	ledger_close(l);
	writer_free(&kept);
	return 0;
}
