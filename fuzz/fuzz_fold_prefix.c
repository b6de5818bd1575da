/* SPDX-License-Identifier: BSD-3-Clause */
/* The address prefix of a peer, whatever the text is. */
#include "ledger/fold.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	uint8_t prefix[7];
	size_t length = fold_prefix(prefix, (struct bytes){data, n});

	if (length != 0 && length != 3 && length != 7)
		abort();
	return 0;
}
