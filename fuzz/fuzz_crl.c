/* SPDX-License-Identifier: BSD-3-Clause */
#include "dcap/crl.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct dci_failure f;
	struct crl crl;

	if (crl_parse(&crl, (struct bytes){data, n}, &f) == 0 && crl.n > 0) {
		struct cert c = {.serial = crl.serial[0]};

		if (!crl_revokes(&crl, &c))
			abort();
	}
	crl_free(&crl);
	return 0;
}
