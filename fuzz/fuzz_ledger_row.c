/* SPDX-License-Identifier: BSD-3-Clause */
/* A row of the ledger: what decodes encodes to the same bytes. */
#include <string.h>

#include "ledger/ledger.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct ledger_row row;

	if (!ledger_row_decode(&row, (struct bytes){data, n}))
		return 0;
	struct writer w CLEANUP(writer_free) = writer_new(LEDGER_ROW_MAX);
	ledger_row_encode(&w, &row);
	if (w.failed || w.n != n || memcmp(w.data, data, n) != 0)
		abort();
	return 0;
}
