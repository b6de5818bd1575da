/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "issuer/collateral_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* What counts as well-formed is read to its end, and written again is the
 * same. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct reader r = reader_of(data, n);
	struct writer w = writer_new(n + 1);
	struct dci_collateral c;
	size_t sets, read = 0;

	if (collateral_text_count((struct bytes){data, n}, 8, &sets)) {
		while (collateral_text_next(&r, &c)) {
			collateral_text_add(&w, &c);
			read++;
		}
		if (read != sets || !reader_done(&r) || w.n != n ||
		    (n > 0 && memcmp(w.data, data, n) != 0))
			abort();
	}
	writer_free(&w);
	return 0;
}
