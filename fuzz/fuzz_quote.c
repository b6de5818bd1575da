/* SPDX-License-Identifier: BSD-3-Clause */
#include "dci/quote.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct dci_failure f;
	uint8_t digest[32];
	struct dci_quote q;

	if (dci_quote_parse(&q, data, n, &f) == 0)
		dci_quote_digest(digest, &q);
	return 0;
}
