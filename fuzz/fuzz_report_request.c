/* SPDX-License-Identifier: BSD-3-Clause */
/* The body of a request for a report.  The short way, in which the quote is
 * cut out before the JSON parser sees the rest, has to come to what the parser
 * says about the whole. */
#include <stdlib.h>
#include <string.h>
#include <jansson.h>

#include "base/limits.h"
#include "base/text.h"
#include "verifier/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static bool
agrees(const struct request *r, const json_t *root)
{
	const json_t *quote = json_object_get(root, "isvQuote");
	const json_t *nonce = json_object_get(root, "nonce");
	char *text CLEANUP(cleanup_free) =
	    base64_encode(r->quote, r->quote_size);

	return text != NULL && json_is_string(quote) &&
	       strcmp(text, json_string_value(quote)) == 0 &&
	       (nonce == NULL) == (r->nonce == NULL) &&
	       (nonce == NULL ||
		   strcmp(r->nonce, json_string_value(nonce)) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct dci_failure f = {.code = DCI_OK};
	struct request r;

	if (n > LIMIT_HTTP_BODY)
		return 0;
	bool taken = request_parse(&r, (struct bytes){data, n}, &f) == 0;
	json_t *root =
	    json_loadb((const char *)data, n, JSON_REJECT_DUPLICATES, NULL);
	if (taken && (root == NULL || !agrees(&r, root)))
		abort();
	if (!taken && f.code == DCI_OK)
		abort();
	json_decref(root);
	request_free(&r);
	return 0;
}
