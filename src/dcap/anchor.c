/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "base/blame.h"
#include "base/digest.h"
#include "base/limits.h"
#include "dcap/chain.h"

/* The same key in both root certificates that Intel published (valid until
 * 2033 and 2049); SHA-256 of its SubjectPublicKeyInfo is a0af0312...c67a49e
 * (spec: section 7). */
const struct dci_anchor dci_anchor_intel = {
    .key = {0x04, 0x0b, 0xa9, 0xc4, 0xc0, 0xc0, 0xc8, 0x61, 0x93, 0xa3, 0xfe,
	0x23, 0xd6, 0xb0, 0x2c, 0xda, 0x10, 0xa8, 0xbb, 0xd4, 0xe8, 0x8e, 0x48,
	0xb4, 0x45, 0x85, 0x61, 0xa3, 0x6e, 0x70, 0x55, 0x25, 0xf5, 0x67, 0x91,
	0x8e, 0x2e, 0xdc, 0x88, 0xe4, 0x0d, 0x86, 0x0b, 0xd0, 0xcc, 0x4e, 0xe2,
	0x6a, 0xac, 0xc9, 0x88, 0xe5, 0x05, 0xa9, 0x53, 0x55, 0x8c, 0x45, 0x3f,
	0x6b, 0x09, 0x04, 0xae, 0x73, 0x94},
};

static int
refuse(struct dci_failure *f, enum dci_code code, const char *found)
{
	return dci_fail(f, code, "%s Found: %s", dci_code_meaning(code), found);
}

int
dci_anchor_from_pem(struct dci_anchor *anchor, const uint8_t *pem, size_t n,
    struct dci_failure *f)
{
	struct chain chain CLEANUP(chain_free) = {0};
	struct dci_failure why;
	struct ec_point point;

	if (n > LIMIT_PEM)
		return dci_fail(f, DCI_ROOT_MALFORMED, "%s %zu bytes.",
		    dci_code_meaning(DCI_ROOT_MALFORMED), n);
	if (chain_parse(&chain, (struct bytes){pem, n}, 1, &why) != 0)
		return refuse(
		    f, blame_of(&why, DCI_ROOT_MALFORMED), why.sentence);
	const struct cert *root = &chain.cert[0];
	EVP_PKEY *key CLEANUP(cleanup_pkey) = cert_key(root);
	if (key == NULL || !spki_decode(&point, root->spki) ||
	    !bytes_equal(root->issuer, root->subject) ||
	    !cert_signed_by(root, key))
		return refuse(f, blame_code(DCI_ROOT_MALFORMED),
		    "a certificate that is not self-signed, or not with a "
		    "P-256 key.");
	memcpy(anchor->key, point.data, sizeof(anchor->key));
	return 0;
}

void
dci_anchor_digest(uint8_t out[static 32], const struct dci_anchor *anchor)
{
	sha256(out, anchor->key, sizeof(anchor->key));
}
