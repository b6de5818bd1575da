/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>

#include "base/blame.h"
#include "base/digest.h"
#include "base/text.h"
#include "dcap/path.h"

/* What a root is called in the record: the digest of its key. */
static void
key_name(char out[static 2 * SHA256_SIZE + 1], const struct cert *c)
{
	uint8_t digest[SHA256_SIZE];

	sha256(digest, c->spki.p, c->spki.n);
	hex_encode(out, digest, sizeof(digest));
}

/* The same of the anchor. */
static void
anchor_name(char out[static 2 * SHA256_SIZE + 1], const struct dci_anchor *a)
{
	struct ec_point point = {.curve = CURVE_P256, .n = sizeof(a->key)};
	uint8_t digest[SHA256_SIZE], spki[SPKI_MAX];

	memcpy(point.data, a->key, sizeof(a->key));
	sha256(digest, spki, spki_encode(spki, &point));
	hex_encode(out, digest, sizeof(digest));
}

static int
form_check(struct chain *chain, const struct path *path, struct bytes pem,
    struct dci_checks *checks, struct dci_failure *f)
{
	char expected[DCI_EXPECTED_MAX];
	struct dci_failure why;

	snprintf(expected, sizeof(expected),
	    "%zu certificates in PEM: %s%s%s, "
	    "%s",
	    path->n, role_name(path->role[0]), path->n == 3 ? ", " : "",
	    path->n == 3 ? role_name(path->role[1]) : "",
	    role_name(path->role[path->n - 1]));
	if (chain_parse(chain, pem, path->n, &why) != 0)
		return dci_checks_fail(checks, f, path->form,
		    blame_of(&why, path->malformed), expected, "%s",
		    why.sentence);
	if (chain_check(chain, path->role, &why) != 0)
		return dci_checks_fail(checks, f, path->form,
		    path->unacceptable, expected, "%s", why.sentence);
	if (path->form != path->root)
		dci_checks_pass(checks, path->form, expected);
	return 0;
}

static int
root_check(const struct chain *chain, const struct path *path,
    const struct trust *trust, struct dci_checks *checks, struct dci_failure *f)
{
	char want[2 * SHA256_SIZE + 1], found[2 * SHA256_SIZE + 1];
	char expected[DCI_EXPECTED_MAX];

	if (!chain_anchored(chain, trust)) {
		anchor_name(want, trust->anchor);
		key_name(found, &chain->cert[chain->n - 1]);
		snprintf(expected, sizeof(expected),
		    "a root key with the SHA-256 %s", want);
		return dci_checks_fail(checks, f, path->root, path->untrusted,
		    expected, "a key with the SHA-256 %s", found);
	}
	if (path->root != path->signatures)
		dci_checks_pass(checks, path->root, NULL);
	return 0;
}

int
path_verify(struct chain *chain, EVP_PKEY **key, const struct path *path,
    struct bytes pem, const struct trust *trust, struct dci_checks *checks,
    struct dci_failure *f)
{
	struct dci_failure why;

	if (form_check(chain, path, pem, checks, f) != 0 ||
	    root_check(chain, path, trust, checks, f) != 0)
		return -1;
	if (chain_verify(chain, trust, key, &why) != 0)
		return dci_checks_fail(checks, f, path->signatures,
		    blame_of(&why, path->signature_invalid),
		    "each certificate signed by the next", "%s", why.sentence);
	dci_checks_pass(checks, path->signatures, NULL);
	return 0;
}
