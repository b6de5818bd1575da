/* SPDX-License-Identifier: BSD-3-Clause */
/* Collateral from a stranger: as a bundle, and as a CRL in any form. */
#include <stdlib.h>
#include <string.h>

#include "collateral/bundle.h"
#include "collateral/crl_form.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
try_crl(const uint8_t *data, size_t n)
{
	uint8_t *copy = malloc(n + 1);
	size_t size = n;

	if (copy == NULL)
		return;
	if (n > 0)
		memcpy(copy, data, n);
	if (!crl_to_der(&copy, &size))
		abort();
	/* DER stays as it is. */
	size_t again = size;
	if (!crl_to_der(&copy, &again))
		abort();
	if (size != n && again != size)
		abort();
	free(copy);
}

/* What was read and can be written must be read again as the same. */
static void
try_bundle(const uint8_t *data, size_t n)
{
	struct collateral_files c, again;
	struct dci_failure f;
	char *text = NULL;
	size_t size;

	if (bundle_read(&c, "fuzz", (const char *)data, n, &f) != 0)
		return;
	struct dci_collateral view = collateral_view(&c);
	if (collateral_write_bundle(&view, &text, &size, &f) == 0) {
		if (bundle_read(&again, "fuzz", text, size, &f) != 0)
			abort();
		if (c.doc[DCI_DOC_TCB_INFO].n != again.doc[DCI_DOC_TCB_INFO].n)
			abort();
		collateral_free(&again);
	}
	free(text);
	collateral_free(&c);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	try_crl(data, n);
	try_bundle(data, n);
	return 0;
}
