/* SPDX-License-Identifier: BSD-3-Clause */
/* A token, and its claims as if they had been signed. */
#include <stdlib.h>
#include <string.h>

#include "result/jws.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
claims(const uint8_t *data, size_t n)
{
	static struct dci_report report;
	struct jws t = {.payload = (uint8_t *)data, .payload_size = n};
	char why[200];

	memset(&report, 0, sizeof(report));
	if (jws_claims_read(&t, &report, why, sizeof(why)) &&
	    (report.quote_size == 0 || report.tee_type == NULL ||
		report.quote_status == NULL))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct jws t = {.payload = NULL};
	struct credential c = {.n = 0};
	struct dci_failure f = {.code = DCI_OK};
	struct ec_point point = {.curve = CURVE_P256, .n = P256_POINT_SIZE};

	if (jws_parse(&t, &c, (struct bytes){data, n}, &f) == 0) {
		if (c.n == 0 || c.n > CREDENTIAL_MAX || t.signing_input.n > n ||
		    jws_verify(&t, &point))
			abort();
		claims(t.payload, t.payload_size);
	} else if (f.code == DCI_OK) {
		abort();
	}
	jws_free(&t);
	credential_free(&c);
	claims(data, n);
	return 0;
}
