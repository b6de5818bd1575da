/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "base/digest.h"
#include "collateral/load.h"
#include "issuer/collateral_text.h"

#define MISSING UINT32_MAX

void
collateral_file_begin(struct writer *w, bool more)
{
	writer_u8(w, more ? 1 : 0);
}

bool
collateral_file_open(struct bytes file, bool *more, struct bytes *text)
{
	struct reader r = reader_of(file.p, file.n);
	uint8_t first;

	if (!reader_u8(&r, &first) || first > 1)
		return false;
	*more = first == 1;
	*text = (struct bytes){r.p, r.n};
	return true;
}

void
collateral_text_add(struct writer *w, const struct dci_collateral *c)
{
	for (size_t d = 0; d < DCI_DOCUMENTS; d++) {
		if (c->doc[d].data == NULL)
			writer_u32le(w, MISSING);
		else
			writer_blob32(w, c->doc[d].data, c->doc[d].n);
	}
}

int
collateral_text_load(struct writer *w, size_t paths, const char *const *path,
    struct dci_failure *f)
{
	for (size_t i = 0; i < paths; i++) {
		struct collateral_files files;

		if (collateral_load(&files, path[i], f) != 0)
			return -1;
		struct dci_collateral view = collateral_view(&files);
		collateral_text_add(w, &view);
		collateral_free(&files);
		if (w->failed)
			return dci_fail(f, DCI_FILE_TOO_LARGE,
			    "All collateral together is larger than the %zu "
			    "bytes that are accepted.",
			    w->max);
	}
	return 0;
}

bool
collateral_text_next(struct reader *r, struct dci_collateral *c)
{
	struct reader at = *r;

	memset(c, 0, sizeof(*c));
	for (size_t d = 0; d < DCI_DOCUMENTS; d++) {
		struct reader ahead = at;
		uint32_t n;
		struct bytes b;

		if (!reader_u32le(&ahead, &n))
			return false;
		if (n == MISSING) {
			at = ahead;
			continue;
		}
		if (!reader_blob32(&at, &b))
			return false;
		/* An empty file is there, but empty. */
		c->doc[d].data = b.p;
		c->doc[d].n = b.n;
	}
	*r = at;
	return true;
}

bool
collateral_text_count(struct bytes text, size_t max, size_t *sets)
{
	struct reader r = reader_of(text.p, text.n);
	struct dci_collateral c;

	*sets = 0;
	while (*sets < max && collateral_text_next(&r, &c))
		++*sets;
	return reader_done(&r);
}

void
collateral_digest(uint8_t out[static 32], const struct dci_collateral *c)
{
	uint8_t all[DCI_DOCUMENTS][32] = {{0}};

	for (size_t d = 0; d < DCI_DOCUMENTS; d++) {
		if (c->doc[d].data != NULL)
			sha256(all[d], c->doc[d].data, c->doc[d].n);
	}
	sha256(out, all, sizeof(all));
}
