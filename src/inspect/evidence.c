/* SPDX-License-Identifier: BSD-3-Clause */
/* The evidence in an RA-TLS certificate. */
#include "dci/evidence.h"
#include "inspect/show.h"
#include "ratls/cbor_walk.h"

#define CLAIMS_SHOWN 32

static void
claim_show(struct view *v, struct bytes name, struct bytes value)
{
	view_object(v, NULL);
	view_foreign(v, "name", name);
	view_hex(v, "cbor", value.p, value.n);
	view_object_end(v);
}

static void
claims_show(struct view *v, struct bytes buffer)
{
	struct cbor_walk walk = cbor_walk_of(buffer);
	struct cbor_item map, name;

	view_list(v, "claims");
	bool ok = cbor_expect(&walk, CBOR_KIND_MAP, &map);
	for (uint64_t i = 0; ok && i < map.value && i < CLAIMS_SHOWN; i++) {
		ok = cbor_expect(&walk, CBOR_KIND_TEXT, &name);
		const uint8_t *from = walk.in.p;

		ok = ok && cbor_skip(&walk, 1);
		if (ok)
			claim_show(v, name.content,
			    (struct bytes){from, (size_t)(walk.in.p - from)});
	}
	view_list_end(v);
}

/* The quote, and whether it names what it should. */
static void
quote_part(
    struct view *v, const struct dci_evidence *e, struct dci_checks *checks)
{
	struct dci_failure f;
	struct dci_quote q;

	if (dci_quote_parse(&q, e->quote, e->quote_size, &f) == 0 &&
	    dci_evidence_bound(e, &q, checks, &f) == 0)
		view_bool(v, "bound_to_quote", true);
	else
		view_failure(v, "not_bound", &f);
}

void
evidence_show(struct view *v, struct bytes der)
{
	struct dci_checks checks = {.n = 0};
	struct dci_failure f;
	struct dci_evidence e;

	view_object(v, "evidence");
	int bad = dci_evidence_parse(&e, der.p, der.n, &checks, &f);
	if (bad) {
		view_failure(v, "refused", &f);
		view_checks(v, "form_checks", &checks);
		view_object_end(v);
		return;
	}
	view_text(v, "source", dci_evidence_source_name(e.source));
	view_hex(v, "binding", e.binding, sizeof(e.binding));
	quote_part(v, &e, &checks);
	view_checks(v, "form_checks", &checks);
	if (e.has_csr_key)
		view_hex(v, "csr_key", e.csr_key, sizeof(e.csr_key));
	if (e.claims != NULL)
		claims_show(v, (struct bytes){e.claims, e.claims_size});
	view_object(v, "quote");
	quote_show(v, (struct bytes){e.quote, e.quote_size});
	view_object_end(v);
	view_object_end(v);
}
