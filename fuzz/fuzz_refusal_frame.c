/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The messages that a client reads, byte by byte and at once: both ways must
 * come to the same result, and no decoder may move its reader unless it took
 * a whole message.
 */
#include <string.h>

#include "base/utf8.h"
#include "proto/enrol.h"
#include "proto/secret_prov.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define CHECK_THAT(x)                     \
	do {                              \
		if (!(x))                 \
			__builtin_trap(); \
	} while (0)

static enum decoded
decode(struct reader *r, struct enrol_refusal *refusal)
{
	struct dci_failure f = {.code = DCI_OK};
	struct reader before = *r;
	struct bytes part;
	enum decoded got;

	if (r->n < 4)
		return DECODED_MORE;
	if (enrol_refusal_begins(r))
		got = enrol_refusal_decode(r, refusal, &f);
	else if (r->p[0] == 'S')
		got = secret_prov_response_decode(r, &part, &f);
	else
		got = enrol_frame_decode(
		    r, ENROL_CERTIFICATE_MAX, "It", &part, &f);
	CHECK_THAT((got == DECODED_BAD) == (f.code != DCI_OK));
	CHECK_THAT(got == DECODED_DONE || before.n == r->n);
	return got;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct enrol_refusal whole, part;
	struct reader all = reader_of(data, n);

	memset(&whole, 0, sizeof(whole));
	memset(&part, 0, sizeof(part));
	enum decoded at_once = decode(&all, &whole);
	enum decoded stepwise = DECODED_MORE;
	struct reader some = reader_of(data, 0);
	for (size_t i = 0; i <= n && stepwise == DECODED_MORE; i++) {
		some = reader_of(data, i);
		stepwise = decode(&some, &part);
	}
	CHECK_THAT(at_once == stepwise);
	if (at_once == DECODED_DONE)
		CHECK_THAT(all.p == some.p);
	CHECK_THAT(strcmp(whole.code, part.code) == 0);
	CHECK_THAT(strcmp(whole.sentence, part.sentence) == 0);
	CHECK_THAT(utf8_valid(whole.sentence, strlen(whole.sentence)));
	return 0;
}
