/* SPDX-License-Identifier: BSD-3-Clause */
/* What a source of collateral sends: an issuer chain in a header, a body. */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "collateral/api.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
try_body(const uint8_t *data, size_t n, enum fetch_item item)
{
	uint8_t *copy = malloc(n + 1);
	struct dci_failure f;

	if (copy == NULL)
		return;
	memcpy(copy, data, n);
	copy[n] = 0;
	if (api_document(&copy, &n, item, &f) == 0 &&
	    (n == 0 || n > LIMIT_COLLATERAL ||
		(item >= FETCH_PCK_CRL && copy[0] != 0x30)))
		abort();
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct writer chain;
	struct dci_failure f;

	if (n == 0)
		return 0;
	if (api_chain_decode(&chain, (struct bytes){data, n}, &f) == 0) {
		if (chain.n == 0 || chain.n > n)
			abort();
		writer_free(&chain);
	}
	try_body(data + 1, n - 1, data[0] % FETCH_ITEMS);
	return 0;
}
