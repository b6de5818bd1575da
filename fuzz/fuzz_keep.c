/* SPDX-License-Identifier: BSD-3-Clause */
/* A file of a kept delegation, and the PEM in it. */
#include "client/delegation.h"
#include "verifier/keep.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct dci_failure f = {.code = DCI_OK};
	struct client_result r;
	struct keep_record k;

	if (keep_decode(&k, (struct bytes){data, n}, &f) != 0) {
		if (f.code == DCI_OK)
			abort();
		return 0;
	}
	/* Nothing is left out: the lengths make up the whole. */
	if (8 + 64 + 5 * 4 + k.host.n + k.port.n + k.key.n + k.certificate.n +
		k.chain.n !=
	    n)
		abort();
	struct delegation_pem pem = {k.key, k.certificate, k.chain};
	if (delegation_read(&r, &pem, 1790000000, &f) != 0 && f.code == DCI_OK)
		abort();
	client_result_free(&r);
	return 0;
}
