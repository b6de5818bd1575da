/* SPDX-License-Identifier: BSD-3-Clause */
/* The headers of a result: whatever they are, nothing is trusted by them. */
#include "tests/unit/result_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
within(const char *p, size_t n, const char *text, size_t size)
{
	if (p != NULL && (p < text || n > size || p + n > text + size))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct maker maker;
	static struct dci_result out;
	const char *text = (const char *)data;
	struct dci_failure f = {.code = DCI_OK};

	if (maker.ca == NULL)
		maker_init(&maker, 1790000000);
	struct dci_result_input in = {.body = (const uint8_t *)"{}",
	    .body_size = 2,
	    .root = maker.pem[2],
	    .root_size = maker.n[2],
	    .now = 1790000000};

	if (dci_result_headers_parse(&in.headers, text, n, &f) != 0) {
		if (f.code == DCI_OK || in.headers.certificate != NULL)
			abort();
		return 0;
	}
	within(in.headers.certificate, in.headers.certificate_size, text, n);
	within(in.headers.signature, in.headers.signature_size, text, n);
	within(in.headers.chain, in.headers.chain_size, text, n);
	if (dci_result_verify(&out, &in) == 0 || out.failure.code == DCI_OK)
		abort();
	return 0;
}
