/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "dcap/pck_chain.h"

static const struct path pck_path = {
    .n = 3,
    .role = {ROLE_PCK, ROLE_INTERMEDIATE, ROLE_ROOT},
    .form = DCI_CHECK_PCK_CHAIN,
    .root = DCI_CHECK_PCK_ROOT,
    .signatures = DCI_CHECK_PCK_CHAIN_SIGNATURES,
    .malformed = DCI_PCK_CHAIN_MALFORMED,
    .unacceptable = DCI_PCK_CHAIN_UNACCEPTABLE,
    .untrusted = DCI_PCK_ROOT_UNTRUSTED,
    .signature_invalid = DCI_PCK_CHAIN_SIGNATURE_INVALID,
};

static int
extension_check(
    struct pck_chain *p, struct dci_checks *checks, struct dci_failure *f)
{
	static const char expected[] =
	    "every entry once; configuration from the Platform CA only";
	struct dci_failure why;
	bool platform;

	if (!profile_platform_ca(&p->chain.cert[PCK_INTERMEDIATE], &platform))
		return dci_checks_fail(checks, f, DCI_CHECK_PCK_EXTENSION,
		    DCI_PCK_CHAIN_UNACCEPTABLE, expected,
		    "an intermediate that is neither the Platform CA nor the "
		    "Processor CA");
	if (pck_parse(&p->pck, &p->chain.cert[PCK_LEAF], platform, &why) != 0)
		return dci_checks_fail(checks, f, DCI_CHECK_PCK_EXTENSION,
		    why.code, expected, "%s", why.sentence);
	dci_checks_pass(checks, DCI_CHECK_PCK_EXTENSION, expected);
	return 0;
}

int
pck_chain_verify(struct pck_chain *p, struct bytes pem,
    const struct trust *trust, struct dci_checks *checks, struct dci_failure *f)
{
	*p = (struct pck_chain){0};
	if (path_verify(&p->chain, &p->key, &pck_path, pem, trust, checks, f) !=
	    0)
		return -1;
	return extension_check(p, checks, f);
}

void
pck_chain_free(struct pck_chain *p)
{
	chain_free(&p->chain);
	EVP_PKEY_free(p->key);
	*p = (struct pck_chain){0};
}

int
dci_quote_claims(struct dci_platform_id *id, const struct dci_quote *q,
    struct dci_failure *f)
{
	struct pck_chain p CLEANUP(pck_chain_free) = {0};
	struct bytes pem = {q->cert_data, q->cert_data_size};
	bool platform;

	if (q->cert_type != 5)
		return dci_fail(f, DCI_QUOTE_CERTIFICATION_TYPE_UNSUPPORTED,
		    "%s %s",
		    dci_code_meaning(DCI_QUOTE_CERTIFICATION_TYPE_UNSUPPORTED),
		    dci_code_remedy(DCI_QUOTE_CERTIFICATION_TYPE_UNSUPPORTED));
	if (chain_parse(&p.chain, pem, pck_path.n, f) != 0 ||
	    chain_check(&p.chain, pck_path.role, f) != 0)
		return -1;
	if (!profile_platform_ca(&p.chain.cert[PCK_INTERMEDIATE], &platform))
		return dci_fail(f, DCI_PCK_CHAIN_UNACCEPTABLE, "%s %s",
		    dci_code_meaning(DCI_PCK_CHAIN_UNACCEPTABLE),
		    dci_code_remedy(DCI_PCK_CHAIN_UNACCEPTABLE));
	if (pck_parse(&p.pck, &p.chain.cert[PCK_LEAF], platform, f) != 0)
		return -1;
	id->tee = q->tee;
	memcpy(id->fmspc, p.pck.fmspc, sizeof(id->fmspc));
	id->platform_ca = platform;
	return 0;
}
