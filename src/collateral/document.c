/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "collateral/document.h"
#include "dcap/envelope.h"

CLEANUP_TYPE(cleanup_snapshot, struct dci_snapshot, dci_snapshot_free)
CLEANUP_TYPE(cleanup_document, struct document, document_drop)

/* Where an item lies; the root CA's list has no chain of its own. */
static const struct place {
	enum dci_document text, chain;
} places[FETCH_ITEMS] = {
    [FETCH_TCB_INFO] = {DCI_DOC_TCB_INFO, DCI_DOC_TCB_INFO_CHAIN},
    [FETCH_QE_IDENTITY] = {DCI_DOC_QE_IDENTITY, DCI_DOC_QE_IDENTITY_CHAIN},
    [FETCH_PCK_CRL] = {DCI_DOC_PCK_CRL, DCI_DOC_PCK_CRL_CHAIN},
    [FETCH_ROOT_CRL] = {DCI_DOC_ROOT_CA_CRL, DCI_DOCUMENTS},
};

static void
put(struct dci_collateral *c, enum dci_document d, struct bytes b)
{
	c->doc[d].data = b.p;
	c->doc[d].n = b.n;
}

void
document_put(struct dci_collateral *c, const struct document *d)
{
	const struct place *place = &places[d->name.item];

	put(c, place->text, d->text);
	if (place->chain != DCI_DOCUMENTS)
		put(c, place->chain, d->chain);
}

static struct bytes
get(const struct dci_collateral *c, enum dci_document d)
{
	if (c->doc[d].data == NULL)
		return (struct bytes){0};
	return (struct bytes){c->doc[d].data, c->doc[d].n};
}

void
document_get(const struct dci_collateral *c, enum fetch_item item,
    struct bytes *text, struct bytes *chain)
{
	const struct place *place = &places[item];

	*text = get(c, place->text);
	*chain = (struct bytes){0};
	if (place->chain != DCI_DOCUMENTS)
		*chain = get(c, place->chain);
}

bool
document_fits(enum fetch_item item, const struct dci_described *is,
    const struct dci_platform_id *id)
{
	switch (item) {
	case FETCH_TCB_INFO:
		return is->tee == id->tee &&
		       memcmp(is->fmspc, id->fmspc, sizeof(is->fmspc)) == 0;
	case FETCH_QE_IDENTITY:
		return is->tee == id->tee;
	case FETCH_PCK_CRL:
		return is->platform_ca == id->platform_ca;
	default:
		return true;
	}
}

static int
other_platform(const struct document *d, const struct dci_described *is,
    struct dci_failure *f)
{
	struct dci_platform_id found = {
	    .tee = is->tee, .platform_ca = is->platform_ca};
	char text[96];

	memcpy(found.fmspc, is->fmspc, sizeof(found.fmspc));
	struct fetch_name other =
	    fetch_name_of(d->name.item, &found, UPDATE_STANDARD);
	fetch_name_text(text, sizeof(text), &other);
	return dci_fail(
	    f, DCI_COLLATERAL_OF_OTHER_PLATFORM, "It is the %s.", text);
}

static int
describe(struct dci_described *is, const struct document *d,
    const struct document *root_crl, const struct dci_anchor *anchor,
    struct dci_failure *f)
{
	struct dci_collateral c = {0};

	if (root_crl != NULL)
		document_put(&c, root_crl);
	document_put(&c, d);
	struct dci_snapshot *s CLEANUP(cleanup_snapshot) =
	    dci_snapshot_new(&c, anchor);
	if (s == NULL)
		return dci_fail(
		    f, DCI_OUT_OF_MEMORY, "No memory for collateral.");
	dci_snapshot_describe(is, s, places[d->name.item].text);
	if (is->failure.code != DCI_OK) {
		*f = is->failure;
		return -1;
	}
	if (document_fits(d->name.item, is, &d->name.platform))
		return 0;
	return other_platform(d, is, f);
}

int
document_check(const struct document *d, const struct document *root_crl,
    const struct dci_anchor *anchor, struct dci_failure *f)
{
	struct dci_described again;

	return describe(&again, d, root_crl, anchor, f);
}

/* White space around what is signed is nobody's: who delivers a document could
 * make it as large as is read with that, so that all together are too large to
 * be handed on.  w is empty where there is none, or where it is no envelope. */
static void
leave_out_padding(struct writer *w, enum fetch_item item, struct bytes text)
{
	const char *name = item == FETCH_TCB_INFO      ? "tcbInfo"
			   : item == FETCH_QE_IDENTITY ? "enclaveIdentity"
						       : NULL;
	char signature[2 * sizeof((struct envelope){0}.signature) + 1];
	struct envelope e;
	struct dci_failure ignored;

	if (name == NULL || envelope_parse(&e, text, name,
				DCI_COLLATERAL_MALFORMED, &ignored) != 0)
		return;
	hex_encode(signature, e.signature, sizeof(e.signature));
	writer_printf(w, "{\"%s\":", name);
	writer_put(w, e.inner.p, e.inner.n);
	writer_printf(w, ",\"signature\":\"%s\"}", signature);
	if (w->n >= text.n)
		writer_free(w);
}

struct document *
document_new(const struct fetch_name *name, struct bytes text,
    struct bytes chain, const struct document *root_crl,
    const struct dci_anchor *anchor, struct dci_failure *f)
{
	struct writer w CLEANUP(writer_free) = writer_new(LIMIT_COLLATERAL);

	leave_out_padding(&w, name->item, text);
	if (w.n > 0 && !w.failed)
		text = (struct bytes){w.data, w.n};
	/* The bytes follow the structure. */
	struct document *d CLEANUP(cleanup_document) =
	    malloc(sizeof(*d) + text.n + chain.n);

	if (d == NULL) {
		dci_fail(f, DCI_OUT_OF_MEMORY, "No memory for collateral.");
		return NULL;
	}
	uint8_t *bytes = (uint8_t *)(d + 1);
	*d = (struct document){
	    .users = 1,
	    .name = *name,
	    .text = {bytes, text.n},
	    .chain = {bytes + text.n, chain.n},
	};
	if (text.n > 0)
		memcpy(bytes, text.p, text.n);
	if (chain.n > 0)
		memcpy(bytes + text.n, chain.p, chain.n);
	if (describe(&d->is, d, root_crl, anchor, f) != 0)
		return NULL;
	return TAKE(d);
}

struct document *
document_hold(struct document *d)
{
	d->users++;
	return d;
}

void
document_drop(struct document *d)
{
	if (d != NULL && --d->users == 0)
		free(d);
}

bool
document_is(const struct document *d, struct bytes text, struct bytes chain)
{
	return bytes_equal(d->text, text) && bytes_equal(d->chain, chain);
}
