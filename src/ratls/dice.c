/* SPDX-License-Identifier: BSD-3-Clause */
#include "ratls/cbor_walk.h"
#include "ratls/cbor_write.h"
#include "ratls/dice.h"

static int
dice_malformed(
    const char *found, struct dci_checks *checks, struct dci_failure *f)
{
	return dci_checks_fail(checks, f, DCI_CHECK_EVIDENCE_FORM,
	    DCI_EVIDENCE_MALFORMED,
	    "CBOR tag 60000, an array of two byte strings", "%s", found);
}

int
dice_parse(struct dice *d, struct bytes value, struct dci_checks *checks,
    struct dci_failure *f)
{
	struct cbor_walk w = cbor_walk_of(value);
	struct cbor_item item, quote, claims;

	if (!cbor_expect(&w, CBOR_KIND_TAG, &item))
		return dice_malformed(w.why, checks, f);
	if (item.value != DICE_TAG_QUOTE)
		return dci_checks_fail(checks, f, DCI_CHECK_EVIDENCE_FORM,
		    DCI_EVIDENCE_TAG_UNSUPPORTED, "CBOR tag 60000",
		    "CBOR tag %llu", (unsigned long long)item.value);
	if (!cbor_expect(&w, CBOR_KIND_ARRAY, &item))
		return dice_malformed(w.why, checks, f);
	if (item.value != 2)
		return dice_malformed(
		    "an array of another length than 2", checks, f);
	if (!cbor_expect(&w, CBOR_KIND_BYTES, &quote) ||
	    !cbor_expect(&w, CBOR_KIND_BYTES, &claims) || !cbor_end(&w))
		return dice_malformed(w.why, checks, f);
	d->quote = quote.content;
	d->claims = claims.content;
	return 0;
}

void
dice_encode(struct writer *w, struct bytes quote, struct bytes claims)
{
	cbor_write_tag(w, DICE_TAG_QUOTE);
	cbor_write_array(w, 2);
	cbor_write_bytes(w, quote);
	cbor_write_bytes(w, claims);
}
