/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include <openssl/err.h>

#include "base/blame.h"
#include "base/digest.h"
#include "dcap/envelope.h"
#include "dcap/path.h"
#include "dcap/snapshot.h"

/* While a snapshot is made. */
struct maker {
	struct dci_snapshot *s;
	const struct dci_collateral *from;
	struct dci_failure f;
};

static const char *const document_names[DCI_DOCUMENTS] = {
    [DCI_DOC_TCB_INFO] = "tcb_info",
    [DCI_DOC_TCB_INFO_CHAIN] = "tcb_info_issuer_chain",
    [DCI_DOC_QE_IDENTITY] = "qe_identity",
    [DCI_DOC_QE_IDENTITY_CHAIN] = "qe_identity_issuer_chain",
    [DCI_DOC_PCK_CRL] = "pck_crl",
    [DCI_DOC_PCK_CRL_CHAIN] = "pck_crl_issuer_chain",
    [DCI_DOC_ROOT_CA_CRL] = "root_ca_crl",
};

const char *
dci_document_name(enum dci_document document)
{
	return (unsigned)document < DCI_DOCUMENTS ? document_names[document]
						  : "unknown";
}

static struct bytes
document(const struct maker *m, enum dci_document d)
{
	if (m->from->doc[d].data == NULL)
		return (struct bytes){0};
	return (struct bytes){m->from->doc[d].data, m->from->doc[d].n};
}

static int
present(struct maker *m, enum dci_document d, enum dci_check_id check,
    enum dci_code missing)
{
	if (document(m, d).n > 0)
		return 0;
	return dci_checks_fail(&m->s->checks, &m->f, check, missing,
	    document_names[d], "%s",
	    m->from->doc[d].data == NULL ? "nothing" : "an empty document");
}

static int
pass(struct maker *m, enum dci_check_id check)
{
	dci_checks_pass(&m->s->checks, check, NULL);
	return 0;
}

static void
trust_add(struct trust *trust, struct bytes der, EVP_PKEY *key)
{
	if (trust->n < TRUSTED_MAX)
		trust->item[trust->n++] = (struct trusted){der, key};
}

/* The chain of a document; afterwards its certificates are trusted. */
static int
issuer_make(struct maker *m, struct issuer *issuer, enum dci_document d,
    enum dci_code missing, const struct path *path)
{
	struct dci_snapshot *s = m->s;

	if (present(m, d, path->form, missing) != 0 ||
	    path_verify(&issuer->chain, &issuer->key, path, document(m, d),
		&s->trust, &s->checks, &m->f) != 0)
		return -1;
	trust_add(&s->trust, issuer->chain.cert[0].der, issuer->key);
	trust_add(&s->trust, issuer->chain.cert[1].der, s->anchor_key);
	return 0;
}

static bool
anchor_signed(const struct dci_snapshot *s, const struct crl *crl)
{
	memory_watch();
	return s->anchor_key != NULL && crl_signed_by(crl, s->anchor_key);
}

static int
root_crl_make(struct maker *m)
{
	struct dci_snapshot *s = m->s;
	struct dci_failure why;

	if (present(m, DCI_DOC_ROOT_CA_CRL, DCI_CHECK_ROOT_CRL,
		DCI_ROOT_CRL_MISSING) != 0)
		return -1;
	if (crl_parse(&s->root_crl, document(m, DCI_DOC_ROOT_CA_CRL), &why) !=
	    0)
		return dci_checks_fail(&s->checks, &m->f, DCI_CHECK_ROOT_CRL,
		    blame_of(&why, DCI_ROOT_CRL_MALFORMED), "a revocation list",
		    "%s", why.sentence);
	if (!anchor_signed(s, &s->root_crl))
		return blame(&s->checks, &m->f, DCI_CHECK_ROOT_CRL,
		    DCI_ROOT_CRL_SIGNATURE_INVALID,
		    "a signature of the root of trust", "another signature");
	return pass(m, DCI_CHECK_ROOT_CRL);
}

static const struct path pck_crl_path = {
    .n = 2,
    .role = {ROLE_INTERMEDIATE, ROLE_ROOT},
    .form = DCI_CHECK_PCK_CRL_CHAIN,
    .root = DCI_CHECK_PCK_CRL_CHAIN,
    .signatures = DCI_CHECK_PCK_CRL_CHAIN,
    .malformed = DCI_PCK_CRL_CHAIN_MALFORMED,
    .unacceptable = DCI_PCK_CRL_CHAIN_UNACCEPTABLE,
    .untrusted = DCI_PCK_CRL_CHAIN_UNTRUSTED,
    .signature_invalid = DCI_PCK_CRL_CHAIN_SIGNATURE_INVALID,
};

static int
pck_crl_make(struct maker *m)
{
	struct dci_snapshot *s = m->s;
	struct issuer *ca = &s->pck_crl_issuer;
	struct dci_failure why;

	if (issuer_make(m, ca, DCI_DOC_PCK_CRL_CHAIN, DCI_PCK_CRL_CHAIN_MISSING,
		&pck_crl_path) != 0 ||
	    present(m, DCI_DOC_PCK_CRL, DCI_CHECK_PCK_CRL,
		DCI_PCK_CRL_MISSING) != 0)
		return -1;
	if (crl_parse(&s->pck_crl, document(m, DCI_DOC_PCK_CRL), &why) != 0)
		return dci_checks_fail(&s->checks, &m->f, DCI_CHECK_PCK_CRL,
		    blame_of(&why, DCI_PCK_CRL_MALFORMED), "a revocation list",
		    "%s", why.sentence);
	if (!bytes_equal(s->pck_crl.issuer, ca->chain.cert[0].subject))
		return dci_checks_fail(&s->checks, &m->f, DCI_CHECK_PCK_CRL,
		    DCI_PCK_CRL_ISSUER_MISMATCH,
		    "the name of the CA in the issuer chain", "another name");
	if (!crl_signed_by(&s->pck_crl, ca->key))
		return blame(&s->checks, &m->f, DCI_CHECK_PCK_CRL,
		    DCI_PCK_CRL_SIGNATURE_INVALID,
		    "a signature of the CA in the issuer chain",
		    "another signature");
	return pass(m, DCI_CHECK_PCK_CRL);
}

/* A signed JSON document: its names. */
struct json_path {
	const char *member; /* of the envelope */
	enum dci_document document, chain;
	enum dci_check_id form, revocation, signature, content;
	enum dci_code missing, malformed, chain_missing, revoked,
	    signature_invalid;
	struct path path;
};

static const struct json_path tcb_info_path = {
    .member = "tcbInfo",
    .document = DCI_DOC_TCB_INFO,
    .chain = DCI_DOC_TCB_INFO_CHAIN,
    .form = DCI_CHECK_TCB_INFO,
    .revocation = DCI_CHECK_TCB_SIGNER_REVOCATION,
    .signature = DCI_CHECK_TCB_INFO_SIGNATURE,
    .content = DCI_CHECK_TCB_INFO_CONTENT,
    .missing = DCI_TCB_INFO_MISSING,
    .malformed = DCI_TCB_INFO_MALFORMED,
    .chain_missing = DCI_TCB_INFO_CHAIN_MISSING,
    .revoked = DCI_TCB_SIGNER_REVOKED,
    .signature_invalid = DCI_TCB_INFO_SIGNATURE_INVALID,
    .path = {.n = 2,
	.role = {ROLE_TCB_SIGNER, ROLE_ROOT},
	.form = DCI_CHECK_TCB_INFO_CHAIN,
	.root = DCI_CHECK_TCB_INFO_CHAIN,
	.signatures = DCI_CHECK_TCB_INFO_CHAIN,
	.malformed = DCI_TCB_INFO_CHAIN_MALFORMED,
	.unacceptable = DCI_TCB_INFO_CHAIN_UNACCEPTABLE,
	.untrusted = DCI_TCB_INFO_CHAIN_UNTRUSTED,
	.signature_invalid = DCI_TCB_INFO_CHAIN_SIGNATURE_INVALID},
};

static const struct json_path qe_identity_path = {
    .member = "enclaveIdentity",
    .document = DCI_DOC_QE_IDENTITY,
    .chain = DCI_DOC_QE_IDENTITY_CHAIN,
    .form = DCI_CHECK_QE_IDENTITY,
    .revocation = DCI_CHECK_QE_IDENTITY_SIGNER_REVOCATION,
    .signature = DCI_CHECK_QE_IDENTITY_SIGNATURE,
    .content = DCI_CHECK_QE_IDENTITY_CONTENT,
    .missing = DCI_QE_IDENTITY_MISSING,
    .malformed = DCI_QE_IDENTITY_MALFORMED,
    .chain_missing = DCI_QE_IDENTITY_CHAIN_MISSING,
    .revoked = DCI_QE_IDENTITY_SIGNER_REVOKED,
    .signature_invalid = DCI_QE_IDENTITY_SIGNATURE_INVALID,
    .path = {.n = 2,
	.role = {ROLE_TCB_SIGNER, ROLE_ROOT},
	.form = DCI_CHECK_QE_IDENTITY_CHAIN,
	.root = DCI_CHECK_QE_IDENTITY_CHAIN,
	.signatures = DCI_CHECK_QE_IDENTITY_CHAIN,
	.malformed = DCI_QE_IDENTITY_CHAIN_MALFORMED,
	.unacceptable = DCI_QE_IDENTITY_CHAIN_UNACCEPTABLE,
	.untrusted = DCI_QE_IDENTITY_CHAIN_UNTRUSTED,
	.signature_invalid = DCI_QE_IDENTITY_CHAIN_SIGNATURE_INVALID},
};

/* Without a good root CRL no verification gets as far as here. */
static int
signer_check(
    struct maker *m, const struct issuer *issuer, const struct json_path *p)
{
	struct dci_snapshot *s = m->s;
	const struct cert *signer = &issuer->chain.cert[0];

	if (s->stage[STAGE_ROOT_CRL].failure.code != DCI_OK) {
		dci_checks_skip(&s->checks, p->revocation,
		    "there is no good revocation list of the root CA");
		return 0;
	}
	if (!bytes_equal(s->root_crl.issuer, signer->issuer))
		return dci_checks_fail(&s->checks, &m->f, p->revocation,
		    DCI_ROOT_CRL_ISSUER_MISMATCH,
		    "a revocation list of the signer's issuer",
		    "one of another issuer");
	if (crl_revokes(&s->root_crl, signer))
		return dci_checks_fail(&s->checks, &m->f, p->revocation,
		    p->revoked, "a serial number that is not in the list",
		    "it is in the root CA's revocation list");
	return pass(m, p->revocation);
}

/* From the document's bytes to the inner object with a good signature. */
static int
signed_json(struct maker *m, struct issuer *issuer, const struct json_path *p,
    struct bytes *inner)
{
	struct dci_snapshot *s = m->s;
	struct envelope e;
	struct dci_failure why;

	if (present(m, p->document, p->form, p->missing) != 0)
		return -1;
	if (envelope_parse(&e, document(m, p->document), p->member,
		p->malformed, &why) != 0)
		return dci_checks_fail(&s->checks, &m->f, p->form, p->malformed,
		    "an object with exactly its two members: "
		    "the content and 128 hex digits of signature",
		    "%s", why.sentence);
	pass(m, p->form);
	if (issuer_make(m, issuer, p->chain, p->chain_missing, &p->path) != 0 ||
	    signer_check(m, issuer, p) != 0)
		return -1;
	if (!ecdsa_verify_raw(issuer->key, e.inner, e.signature))
		return blame(&s->checks, &m->f, p->signature,
		    p->signature_invalid,
		    "the signer's signature over the bytes as they are",
		    "another signature");
	*inner = e.inner;
	return pass(m, p->signature);
}

static int
tcb_info_make(struct maker *m)
{
	struct dci_snapshot *s = m->s;
	struct bytes inner;
	struct dci_failure why;

	if (signed_json(m, &s->tcb_info_issuer, &tcb_info_path, &inner) != 0)
		return -1;
	if (tcb_info_parse(&s->tcb_info, inner, &why) != 0)
		return dci_checks_fail(&s->checks, &m->f,
		    DCI_CHECK_TCB_INFO_CONTENT, why.code,
		    "TCB info of version 2 or 3", "%s", why.sentence);
	return pass(m, DCI_CHECK_TCB_INFO_CONTENT);
}

static int
qe_identity_make(struct maker *m)
{
	struct dci_snapshot *s = m->s;
	struct bytes inner;
	struct dci_failure why;

	if (signed_json(m, &s->qe_identity_issuer, &qe_identity_path, &inner) !=
	    0)
		return -1;
	if (qe_identity_parse(&s->qe_identity, inner, &why) != 0)
		return dci_checks_fail(&s->checks, &m->f,
		    DCI_CHECK_QE_IDENTITY_CONTENT, why.code,
		    "enclave identity of version 2", "%s", why.sentence);
	return pass(m, DCI_CHECK_QE_IDENTITY_CONTENT);
}

static void
digest_make(struct maker *m)
{
	uint8_t all[DCI_DOCUMENTS][SHA256_SIZE] = {{0}};

	for (unsigned i = 0; i < DCI_DOCUMENTS; i++) {
		struct bytes b = document(m, i);

		if (m->from->doc[i].data != NULL)
			sha256(all[i], b.p, b.n);
	}
	sha256(m->s->digest, all, sizeof(all));
	sha256_two(m->s->identity, m->s->digest, sizeof(m->s->digest),
	    m->s->anchor.key, sizeof(m->s->anchor.key));
}

/* False if memory was short: half a snapshot would blame the collateral for as
 * long as it lives. */
static bool
stages_make(struct maker *m)
{
	int (*const make[STAGES])(struct maker *) = {
	    [STAGE_ROOT_CRL] = root_crl_make,
	    [STAGE_PCK_CRL] = pck_crl_make,
	    [STAGE_TCB_INFO] = tcb_info_make,
	    [STAGE_QE_IDENTITY] = qe_identity_make,
	};

	for (unsigned i = 0; i < STAGES; i++) {
		struct stage_result *stage = &m->s->stage[i];

		stage->first = m->s->checks.n;
		if (make[i](m) != 0)
			stage->failure = m->f;
		stage->end = m->s->checks.n;
		if (stage->failure.code == DCI_OUT_OF_MEMORY)
			return false;
	}
	return true;
}

struct dci_snapshot *
dci_snapshot_new(
    const struct dci_collateral *from, const struct dci_anchor *anchor)
{
	struct dci_snapshot *s = calloc(1, sizeof(*s));
	struct maker m = {.s = s, .from = from};

	if (s == NULL)
		return NULL;
	ERR_set_mark();
	s->anchor = *anchor;
	s->anchor_key = ec_import(CURVE_P256, anchor->key, P256_POINT_SIZE);
	bool starved = s->anchor_key == NULL && memory_short();
	s->trust.anchor = &s->anchor;
	s->trust.anchor_key = s->anchor_key;
	digest_make(&m);
	if (starved || !stages_make(&m)) {
		dci_snapshot_free(s);
		s = NULL;
	}
	ERR_pop_to_mark();
	return s;
}

static void
issuer_free(struct issuer *issuer)
{
	chain_free(&issuer->chain);
	EVP_PKEY_free(issuer->key);
}

void
dci_snapshot_free(struct dci_snapshot *s)
{
	if (s == NULL)
		return;
	tcb_info_free(&s->tcb_info);
	qe_identity_free(&s->qe_identity);
	crl_free(&s->root_crl);
	crl_free(&s->pck_crl);
	issuer_free(&s->pck_crl_issuer);
	issuer_free(&s->tcb_info_issuer);
	issuer_free(&s->qe_identity_issuer);
	EVP_PKEY_free(s->anchor_key);
	free(s);
}

bool
dci_snapshot_scope(
    const struct dci_snapshot *s, enum dci_tee *tee, uint8_t fmspc[static 6])
{
	if (s->stage[STAGE_TCB_INFO].failure.code != DCI_OK)
		return false;
	*tee = s->tcb_info.tee;
	memcpy(fmspc, s->tcb_info.fmspc, sizeof(s->tcb_info.fmspc));
	return true;
}

int
dci_snapshot_check(const struct dci_snapshot *s, struct dci_failure *f)
{
	for (unsigned i = 0; i < STAGES; i++) {
		if (s->stage[i].failure.code != DCI_OK) {
			*f = s->stage[i].failure;
			return -1;
		}
	}
	return 0;
}

void
dci_snapshot_digest(uint8_t out[static 32], const struct dci_snapshot *s)
{
	memcpy(out, s->digest, sizeof(s->digest));
}
