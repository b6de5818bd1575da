/* SPDX-License-Identifier: BSD-3-Clause */
#include "dcap/chain.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const enum role roles[] = {
	    ROLE_PCK, ROLE_INTERMEDIATE, ROLE_ROOT};
	struct dci_failure f;
	struct chain chain;

	if (chain_parse(&chain, (struct bytes){data, n}, 1 + n % 3, &f) == 0 &&
	    chain_check(&chain, roles, &f) != 0 && f.sentence[0] == 0)
		abort();
	chain_free(&chain);
	return 0;
}
