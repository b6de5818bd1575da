/* SPDX-License-Identifier: BSD-3-Clause */
#include "client/source.h"

int
client_source_open(struct client_source *source, const char *sim,
    struct dci_failure *f)
{
	if (sim != NULL)
		return dci_fail(f, DCI_USAGE, "--sim is not there yet.");
	if (attestation_present(ATTESTATION_FOLDER, f) != 0)
		return -1;
	source->quotes = quote_source_attestation(ATTESTATION_FOLDER);
	return 0;
}

void
client_source_close(struct client_source *source)
{
	(void)source;
}
