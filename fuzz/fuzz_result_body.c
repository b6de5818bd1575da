/* SPDX-License-Identifier: BSD-3-Clause */
/* A report, and the quote in it, as if they had been signed. */
#include <stdlib.h>
#include <string.h>

#include "result/quote_body.h"
#include "result/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct dci_report report;
	struct json_source s = {.failed = false};
	struct bytes body = {data, n};

	memset(&report, 0, sizeof(report));
	if (report_read(&report, &s, body)) {
		if (report.quote_size == 0 || report.id[0] == '\0' ||
		    report.tee_type == NULL || report.quote_status == NULL ||
		    report.advisories > DCI_REPORT_ADVISORIES)
			abort();
	} else if (!s.failed || s.why[0] == '\0') {
		abort();
	}
	for (int tdx = 0; tdx < 2; tdx++) {
		report.tee = tdx ? DCI_TEE_TDX : DCI_TEE_SGX;
		if (quote_body_read(&report, body) && report.quote_size != n)
			abort();
	}
	return 0;
}
