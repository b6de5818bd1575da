/* SPDX-License-Identifier: BSD-3-Clause */
#include <unistd.h>

#include "client/source.h"

static int
quote_simulated(void *ctx,
    const uint8_t report_data[static DCI_REPORT_DATA_SIZE], uint8_t **out,
    size_t *n, struct dci_failure *f)
{
	const struct client_source *source = ctx;

	return sim_quote(source->sim, &source->enclave, report_data, out, n, f);
}

static int
open_attestation(struct client_source *source, struct dci_failure *f)
{
	if (access(ATTESTATION_FOLDER, F_OK) != 0)
		return dci_fail(f, DCI_ATTESTATION_UNAVAILABLE,
		    "No quote can be made: there is no " ATTESTATION_FOLDER
		    ", so this is no enclave, and --sim DIR is not given.");
	source->quotes = quote_source_attestation(ATTESTATION_FOLDER);
	return attestation_present(ATTESTATION_FOLDER, f);
}

int
client_source_simulate(struct client_source *source,
    const struct client_simulation *what, struct dci_failure *f)
{
	*source = (struct client_source){
	    .sim = sim_open_variant(what->folder, &what->variant, f),
	    .enclave = what->enclave};
	source->quotes =
	    (struct quote_source){.quote = quote_simulated, .ctx = source};
	return source->sim == NULL ? -1 : 0;
}

int
client_source_open(
    struct client_source *source, const char *sim, struct dci_failure *f)
{
	struct client_simulation what = {.folder = sim};

	*source = (struct client_source){.sim = NULL};
	if (sim == NULL)
		return open_attestation(source, f);
	sim_quote_options_default(&what.enclave);
	return client_source_simulate(source, &what, f);
}

void
client_source_close(struct client_source *source)
{
	sim_close(source->sim);
}
