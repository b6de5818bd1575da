/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "proto/secret_prov.h"

/* Both end with a NUL that is sent too. */
static const char request[] = "SECRET_PROVISION_RA_TLS_REQUEST_V1";
static const char response[] = "SECRET_PROVISION_RA_TLS_RESPONSE_V1:";

_Static_assert(sizeof(request) == SECRET_PROV_REQUEST_SIZE, "request");
_Static_assert(sizeof(response) + 4 == SECRET_PROV_HEADER_SIZE, "response");

/* Whether what is there so far is the beginning of the fixed text. */
static bool
begins_like(const struct reader *r, const char *text, size_t n)
{
	size_t have = r->n < n ? r->n : n;

	return have == 0 || memcmp(r->p, text, have) == 0;
}

void
secret_prov_request_encode(struct writer *w)
{
	writer_put(w, request, sizeof(request));
}

enum decoded
secret_prov_request_decode(struct reader *r, struct dci_failure *f)
{
	if (!begins_like(r, request, sizeof(request))) {
		char found[sizeof(request)];

		text_printable(found, sizeof(found), r->p, r->n);
		dci_fail(f, DCI_REQUEST_MALFORMED,
		    "The client's first bytes are not \"%s\" with a NUL, but "
		    "\"%s\".",
		    request, found);
		return DECODED_BAD;
	}
	return reader_skip(r, sizeof(request)) ? DECODED_DONE : DECODED_MORE;
}

void
secret_prov_response_encode(struct writer *w, struct bytes secret)
{
	uint32_t n = (uint32_t)secret.n;
	uint8_t size[4] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16),
	    (uint8_t)(n >> 8), (uint8_t)n};

	if (secret.n == 0 || secret.n > LIMIT_SECRET) {
		w->failed = true;
		return;
	}
	writer_put(w, response, sizeof(response));
	writer_put(w, size, sizeof(size));
	writer_put(w, secret.p, secret.n);
}

enum decoded
secret_prov_response_decode(
    struct reader *r, struct bytes *secret, struct dci_failure *f)
{
	struct reader in = *r;
	uint8_t size[4];

	if (!begins_like(&in, response, sizeof(response))) {
		dci_fail(f, DCI_RESPONSE_MALFORMED,
		    "The issuer's answer does not begin with \"%s\".",
		    response);
		return DECODED_BAD;
	}
	if (!reader_skip(&in, sizeof(response)) ||
	    !reader_copy(&in, size, sizeof(size)))
		return DECODED_MORE;
	uint32_t n = (uint32_t)size[0] << 24 | (uint32_t)size[1] << 16 |
		     (uint32_t)size[2] << 8 | size[3];
	if (n == 0 || n > LIMIT_SECRET) {
		dci_fail(f, DCI_FRAME_LENGTH,
		    "The issuer announces a secret of %u bytes; 1 to %u are "
		    "accepted.",
		    n, LIMIT_SECRET);
		return DECODED_BAD;
	}
	if (!reader_take(&in, secret, n))
		return DECODED_MORE;
	*r = in;
	return DECODED_DONE;
}
