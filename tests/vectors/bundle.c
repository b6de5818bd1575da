/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/text.h"
#include "tests/vectors/bundle.h"

const char *
vectors_folder(void)
{
	const char *folder = getenv("DCI_VECTORS");

	return folder != NULL ? folder : "../shared/vectors";
}

json_t *
vectors_rows(void)
{
	char path[4096], *line = NULL;
	size_t size = 0;

	snprintf(path, sizeof(path), "%s/expect.jsonl", vectors_folder());
	FILE *in CLEANUP(cleanup_file) = fopen(path, "r");
	if (in == NULL)
		return NULL;
	json_t *rows = json_array();
	while (getline(&line, &size, in) > 0)
		json_array_append_new(rows, json_loads(line, 0, NULL));
	free(line);
	return rows;
}

static struct blob
load(const char *name)
{
	char path[4096];
	struct dci_failure f;
	struct blob b;

	snprintf(path, sizeof(path), "%s/pool/%s", vectors_folder(), name);
	if (file_read(path, LIMIT_COLLATERAL, &b.p, &b.n, &f) != 0) {
		printf("Bail out! %s\n", f.sentence);
		exit(2);
	}
	return b;
}

void
bundle_load(struct bundle *b, const json_t *row)
{
	const json_t *files = json_object_get(row, "files");
	const json_t *time = json_object_get(row, "time");

	b->quote = load(json_string_value(json_object_get(files, "quote")));
	for (unsigned i = 0; i < DCI_DOCUMENTS; i++)
		b->doc[i] = load(json_string_value(
		    json_object_get(files, dci_document_name(i))));
	if (!rfc3339_decode(
		&b->time, json_string_value(time), json_string_length(time)))
		abort();
}

void
bundle_free(struct bundle *b)
{
	free(b->quote.p);
	for (unsigned i = 0; i < DCI_DOCUMENTS; i++)
		free(b->doc[i].p);
	*b = (struct bundle){0};
}

struct blob
blob_copy(const void *p, size_t n)
{
	struct blob b = {.p = malloc(n + 1), .n = n};

	memcpy(b.p, p, n);
	return b;
}

void
bundle_verify(struct dci_verification *out, const struct bundle *b,
    const struct dci_anchor *anchor, const struct dci_tolerance *tolerance)
{
	struct dci_collateral collateral;

	for (unsigned i = 0; i < DCI_DOCUMENTS; i++) {
		collateral.doc[i].data = b->doc[i].p;
		collateral.doc[i].n = b->doc[i].n;
	}
	struct dci_snapshot *s = dci_snapshot_new(
	    &collateral, anchor != NULL ? anchor : &dci_anchor_intel);
	dci_verify_quote(
	    out, b->quote.p, b->quote.n, s, b->time, tolerance, NULL);
	dci_snapshot_free(s);
}
