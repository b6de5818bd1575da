/* SPDX-License-Identifier: BSD-3-Clause */
#include "dcap/envelope.h"
#include "dcap/tcb.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct dci_failure f;
	struct envelope e;
	struct qe_identity q;

	if (envelope_parse(&e, (struct bytes){data, n}, "enclaveIdentity",
		DCI_QE_IDENTITY_MALFORMED, &f) != 0)
		e.inner = (struct bytes){data, n};
	if (qe_identity_parse(&q, e.inner, &f) == 0)
		qe_match(&q, 6);
	qe_identity_free(&q);
	return 0;
}
