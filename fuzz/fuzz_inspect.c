/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dci inspect of anything, as text and as JSON.  The output is printable
 * ASCII, says the same kind both times, and the JSON is JSON.
 */
#include <stdlib.h>
#include <jansson.h>

#include "inspect/inspect.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static void
must_be_printable(const struct writer *w)
{
	for (size_t i = 0; i < w->n; i++)
		must(w->data[i] == '\n' ||
		     (w->data[i] >= 0x20 && w->data[i] < 0x7f));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct writer text CLEANUP(writer_free) =
	    writer_new(INSPECT_OUTPUT_MAX);
	struct writer json CLEANUP(writer_free) =
	    writer_new(INSPECT_OUTPUT_MAX);
	struct bytes input = {data, n};
	json_error_t e;

	int status = inspect(&text, input, false);
	must(inspect(&json, input, true) == status);
	must(!text.failed && !json.failed);
	must_be_printable(&text);
	must_be_printable(&json);
	json_t *root = json_loadb(
	    (const char *)json.data, json.n, JSON_REJECT_DUPLICATES, &e);
	must(json_is_object(root));
	json_decref(root);
	return 0;
}
