/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "base/text.h"
#include "sim/document.h"

void
document_dates(struct writer *w, const struct sim_validity *valid)
{
	char from[RFC3339_SIZE], to[RFC3339_SIZE];

	rfc3339_encode(from, valid->from);
	rfc3339_encode(to, valid->to);
	writer_printf(
	    w, "\"issueDate\":\"%s\",\"nextUpdate\":\"%s\"", from, to);
}

void
document_hex(struct writer *w, const uint8_t *p, size_t n)
{
	writer_u8(w, '"');
	for (size_t i = 0; i < n; i++)
		writer_printf(w, "%02X", p[i]);
	writer_u8(w, '"');
}

static void
advisories_write(struct writer *w, const char *list)
{
	const char *separator = "";

	writer_text(w, ",\"advisoryIDs\":[");
	while (*list != '\0') {
		size_t n = strcspn(list, " ");

		writer_printf(w, "%s\"%.*s\"", separator, (int)n, list);
		list += n;
		list += strspn(list, " ");
		separator = ",";
	}
	writer_u8(w, ']');
}

void
document_level_end(struct writer *w, const char *date, const char *status,
    const char *advisories)
{
	writer_printf(
	    w, "\"tcbDate\":\"%s\",\"tcbStatus\":\"%s\"", date, status);
	if (advisories != NULL)
		advisories_write(w, advisories);
}

bool
document_sign(struct writer *out, const char *name, const struct writer *inner,
    EVP_PKEY *key, bool broken)
{
	uint8_t signature[64];
	char hex[2 * sizeof(signature) + 1];

	if (inner->failed ||
	    !ecdsa_sign_raw(
		key, (struct bytes){inner->data, inner->n}, signature))
		return false;
	signature[40] ^= broken ? 1 : 0;
	hex_encode(hex, signature, sizeof(signature));
	writer_printf(out, "{\"%s\":", name);
	writer_put(out, inner->data, inner->n);
	writer_printf(out, ",\"signature\":\"%s\"}", hex);
	return !out->failed;
}
