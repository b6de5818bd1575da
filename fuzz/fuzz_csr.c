/* SPDX-License-Identifier: BSD-3-Clause */
/* csr_verify() and the decoders of our own extensions, with any bytes. */
#include <stdlib.h>
#include <string.h>

#include "ca/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
fuzz_certificate(const uint8_t *data, size_t n)
{
	struct profile_leaf leaf;
	struct dci_failure f;
	const uint8_t *p = data;
	X509 *x CLEANUP(cleanup_x509) = d2i_X509(NULL, &p, (long)n);

	if (x != NULL && profile_read(x, &leaf, &f) == 0 &&
	    (leaf.scope.tees == 0 || leaf.scope.tees > PROFILE_TEES_MAX))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct bytes der = {data, n}, spki;
	struct ec_point key;
	struct profile_scope scope;
	struct profile_tcb tcb;
	struct dci_failure f = {.code = DCI_OK};

	if (csr_verify(der, &key, &spki, &f) == 0) {
		uint8_t again[SPKI_MAX];

		if (spki.p < data || spki.p + spki.n > data + n ||
		    spki_encode(again, &key) != spki.n ||
		    memcmp(again, spki.p, spki.n) != 0)
			abort();
	} else if (f.code == DCI_OK) {
		abort();
	}
	if (profile_scope_decode(&scope, der) &&
	    (scope.tees == 0 || scope.tees > PROFILE_TEES_MAX))
		abort();
	if (profile_tcb_decode(&tcb, der) && n > CA_CERTIFICATE_MAX)
		abort();
	fuzz_certificate(data, n);
	return 0;
}
