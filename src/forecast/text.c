/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "forecast/forecast.h"

static void
because(char *out, size_t n, const struct forecast_verdict *v)
{
	const char *refusal = v->admitted ? "" : " and gets no certificate";

	snprintf(out, n, "%s%s%s%s", dci_status_name(v->status), refusal,
	    v->why[0] != '\0' ? ": " : "", v->why);
}

void
forecast_text(char *out, size_t n, const uint8_t mrenclave[static 32],
    const struct forecast *f)
{
	char enclave[65], from[RFC3339_SIZE], what[FORECAST_WHY_MAX + 128];

	hex_encode(enclave, mrenclave, 32);
	if (!f->changes) {
		because(what, sizeof(what), &f->now);
		snprintf(out, n, "enclave %s is %s", enclave, what);
		return;
	}
	rfc3339_encode(from, f->from);
	because(what, sizeof(what), &f->then);
	snprintf(
	    out, n, "from %s on, enclave %s will be %s", from, enclave, what);
}
