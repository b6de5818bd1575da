/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "base/blame.h"
#include "dcap/chain.h"
#include "dcap/pem.h"

static int
block_refused(size_t number, struct dci_failure *f)
{
	if (memory_short())
		return dci_fail(f, DCI_OUT_OF_MEMORY,
		    "no memory for certificate %zu", number);
	return dci_fail(f, DCI_CERTIFICATE_MALFORMED,
	    "something else than PEM before the end of certificate %zu",
	    number);
}

int
chain_parse(
    struct chain *chain, struct bytes pem, size_t n, struct dci_failure *f)
{
	struct reader r = reader_of(pem.p, pem.n);

	*chain = (struct chain){0};
	for (size_t i = 0; i < n; i++) {
		size_t size;

		if (pem_done(&r))
			return dci_fail(f, DCI_CERTIFICATE_MALFORMED,
			    "%zu certificate%s", i, i == 1 ? "" : "s");
		if (!pem_block(&r, "CERTIFICATE", &chain->der[i], &size))
			return block_refused(i + 1, f);
		struct bytes der = {chain->der[i], size};
		if (cert_parse(&chain->cert[i], der, f) != 0)
			return -1;
		chain->n++;
	}
	if (!pem_done(&r))
		return dci_fail(f, DCI_CERTIFICATE_MALFORMED,
		    "something after certificate %zu", n);
	return 0;
}

void
chain_free(struct chain *chain)
{
	for (size_t i = 0; i < CHAIN_MAX; i++)
		free(chain->der[i]);
	*chain = (struct chain){0};
}

static void
swap(struct cert *a, struct cert *b)
{
	struct cert t = *a;

	*a = *b;
	*b = t;
}

/* Moves the one certificate among the first n whose issuer has that name to
 * place n - 1.  Fails if it is none or more than one. */
static bool
place(struct chain *chain, size_t n, struct bytes issuer)
{
	size_t found = 0, where = 0;

	for (size_t i = 0; i < n; i++) {
		if (bytes_equal(chain->cert[i].issuer, issuer)) {
			found++;
			where = i;
		}
	}
	if (found != 1)
		return false;
	if (where != n - 1)
		swap(&chain->cert[where], &chain->cert[n - 1]);
	return true;
}

/* The root is the one that names itself as its issuer. */
static bool
place_root(struct chain *chain)
{
	size_t found = 0, where = 0, last = chain->n - 1;

	for (size_t i = 0; i < chain->n; i++) {
		const struct cert *c = &chain->cert[i];

		if (bytes_equal(c->issuer, c->subject)) {
			found++;
			where = i;
		}
	}
	if (found != 1)
		return false;
	if (where != last)
		swap(&chain->cert[where], &chain->cert[last]);
	return true;
}

static bool
chain_order(struct chain *chain)
{
	if (!place_root(chain))
		return false;
	for (size_t n = chain->n - 1; n > 0; n--) {
		if (!place(chain, n, chain->cert[n].subject))
			return false;
	}
	return true;
}

int
chain_check(struct chain *chain, const enum role *roles, struct dci_failure *f)
{
	unsigned cas_below = 0;

	if (!chain_order(chain))
		return dci_fail(f, DCI_CERTIFICATE_MALFORMED,
		    "certificates that are not each issued by the next, "
		    "up to one self-issued root");
	for (size_t i = 0; i < chain->n; i++) {
		if (profile_check(&chain->cert[i], roles[i], cas_below, f) != 0)
			return -1;
		cas_below += role_is_ca(roles[i]);
	}
	return 0;
}

bool
chain_anchored(const struct chain *chain, const struct trust *trust)
{
	struct ec_point point;

	return spki_decode(&point, chain->cert[chain->n - 1].spki) &&
	       point.curve == CURVE_P256 &&
	       memcmp(point.data, trust->anchor->key, P256_POINT_SIZE) == 0;
}

EVP_PKEY *
cert_key(const struct cert *c)
{
	struct ec_point point;

	memory_watch();
	if (!spki_decode(&point, c->spki) || point.curve != CURVE_P256)
		return NULL;
	return ec_import(CURVE_P256, point.data, point.n);
}

static const struct trusted *
trust_find(const struct trust *trust, struct bytes der)
{
	for (size_t i = 0; i < trust->n; i++) {
		if (bytes_equal(trust->item[i].der, der))
			return &trust->item[i];
	}
	return NULL;
}

/* Verifies one certificate with its issuer's key and yields its own. */
static EVP_PKEY *
cert_verify(const struct cert *c, const struct trust *trust, EVP_PKEY *issuer)
{
	const struct trusted *known = trust_find(trust, c->der);

	memory_watch();
	if (known != NULL)
		return EVP_PKEY_up_ref(known->key) > 0 ? known->key : NULL;
	return cert_signed_by(c, issuer) ? cert_key(c) : NULL;
}

static int
cert_refused(size_t below_root, struct dci_failure *f)
{
	if (memory_short())
		return dci_fail(f, DCI_OUT_OF_MEMORY,
		    "no memory to verify certificate %zu below the root",
		    below_root);
	return dci_fail(f, DCI_CERTIFICATE_MALFORMED,
	    "a wrong signature, or a key that is not on the curve, in "
	    "certificate %zu below the root",
	    below_root);
}

int
chain_verify(const struct chain *chain, const struct trust *trust,
    EVP_PKEY **key, struct dci_failure *f)
{
	EVP_PKEY *issuer CLEANUP(cleanup_pkey) = NULL;

	if (trust->anchor_key == NULL || !chain_anchored(chain, trust) ||
	    EVP_PKEY_up_ref(trust->anchor_key) <= 0)
		return dci_fail(f, DCI_CERTIFICATE_MALFORMED,
		    "a root that is not the anchor");
	issuer = trust->anchor_key;
	for (size_t i = chain->n; i-- > 0;) {
		EVP_PKEY *own = cert_verify(&chain->cert[i], trust, issuer);

		if (own == NULL)
			return cert_refused(chain->n - 1 - i, f);
		EVP_PKEY_free(issuer);
		issuer = own;
	}
	*key = TAKE(issuer);
	return 0;
}
