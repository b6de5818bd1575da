/* SPDX-License-Identifier: BSD-3-Clause */
/* The configuration of Intel's QCNL, and the URLs in it. */
#include <stdlib.h>
#include <string.h>

#include "collateral/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct collateral_source s, again;
	struct dci_failure f;

	if (source_init(&s, &f) != 0 || source_init(&again, &f) != 0)
		abort();
	if (source_read_qcnl(&s, "fuzz", (const char *)data, n, &f) == 0) {
		/* What was taken is normal already. */
		if (source_set_url(&again, s.url, &f) != 0 ||
		    strcmp(again.url, s.url) != 0 ||
		    strlen(s.url) > 2 * SOURCE_URL_MAX)
			abort();
	} else if (strcmp(s.url, SOURCE_INTEL_URL) != 0) {
		abort();
	}
	source_free(&s);
	source_free(&again);
	return 0;
}
