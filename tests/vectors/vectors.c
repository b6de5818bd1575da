/* SPDX-License-Identifier: BSD-3-Clause */
/* Every row of the vectors: the verdict must be the expected word. */
#include <stdio.h>
#include <string.h>

#include "tests/vectors/bundle.h"

static struct {
	unsigned run, failed, left_out, tcb_compared, tolerant_compared;
} total;

static const char *
text(const json_t *row, const char *name)
{
	return json_string_value(json_object_get(row, name));
}

static void
result(bool ok, const char *name, const char *want, const char *got,
    const struct dci_verification *v)
{
	total.run++;
	printf("%s %u - %s: %s\n", ok ? "ok" : "not ok", total.run, name, want);
	if (ok)
		return;
	total.failed++;
	printf("# got %s: %s: %s\n", got, dci_code_name(v->failure.code),
	    v->failure.sentence);
}

/* TDX is refused by its own code, until it is supported. */
static void
row_tdx(const char *name, const struct dci_verification *v)
{
	bool ok = v->status == DCI_STATUS_INVALID &&
		  v->failure.code == DCI_TDX_NOT_SUPPORTED;

	total.left_out++;
	result(ok, name, "tdx-not-supported (left out)",
	    dci_status_name(v->status), v);
}

/* Where expiry is the only trouble, the TCB comparison has been made: both
 * without any tolerance, and as the verdict with all of it. */
static void
row_expired(const char *name, const char *want, struct dci_verification *v,
    const struct bundle *b)
{
	struct dci_tolerance all = {.grace = DCI_UNLIMITED};
	char label[200];

	if (v->has_tcb) {
		const char *got = dci_status_name(v->tcb_status);

		snprintf(label, sizeof(label), "%s, TCB status", name);
		total.tcb_compared++;
		result(strcmp(got, want) == 0, label, want, got, v);
	}
	bundle_verify(v, b, NULL, &all);
	if (v->has_tcb) {
		const char *got = dci_status_name(v->status);

		snprintf(label, sizeof(label), "%s, expiry tolerated", name);
		total.tolerant_compared++;
		result(strcmp(got, want) == 0, label, want, got, v);
	}
}

static void
row_run(const json_t *row, struct dci_verification *v)
{
	const char *name = text(row, "name"), *want = text(row, "expect");
	struct bundle b;

	bundle_load(&b, row);
	bundle_verify(v, &b, NULL, NULL);
	if (strcmp(text(row, "tee"), "SGX") == 0) {
		const char *got = dci_status_name(v->status);

		result(strcmp(got, want) == 0, name, want, got, v);
		if (!json_is_true(json_object_get(row, "current")))
			row_expired(name, text(row, "tcb_verdict"), v, &b);
	} else {
		row_tdx(name, v);
	}
	bundle_free(&b);
}

int
main(void)
{
	json_t *rows = vectors_rows();
	struct dci_verification *v = calloc(1, sizeof(*v));
	const json_t *row;
	size_t i;

	if (rows == NULL) {
		printf("1..0 # SKIP no vectors in %s\n", vectors_folder());
		free(v);
		return 0;
	}
	json_array_foreach (rows, i, row)
		row_run(row, v);
	printf("1..%u\n", total.run);
	printf("# %zu rows, of which %u of TDX left out; of expired ones the "
	       "TCB status was compared %u times, the tolerant verdict %u "
	       "times; %u failed\n",
	    json_array_size(rows), total.left_out, total.tcb_compared,
	    total.tolerant_compared, total.failed);
	json_decref(rows);
	free(v);
	return total.failed == 0 ? 0 : 1;
}
