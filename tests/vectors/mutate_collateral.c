/* SPDX-License-Identifier: BSD-3-Clause */
/* Alterations of the collateral and of the time. */
#include <string.h>
#include <openssl/bn.h>

#include "base/text.h"
#include "tests/vectors/mutate.h"

static uint8_t *
json_signature(struct blob *b)
{
	const char *name = "\"signature\":\"";
	uint8_t *at = memmem(b->p, b->n, name, strlen(name));

	return at + strlen(name);
}

/* --- of the JSON documents --------------------------------------------- */

static void
tcb_pretty(struct bundle *b)
{
	replace(DOC(b, TCB_INFO), "\"version\":", "\"version\": ");
}
static void
tcb_space_outside(struct bundle *b)
{
	replace(DOC(b, TCB_INFO), "{\"tcbInfo\":", " {\n\t\"tcbInfo\" : ");
	append(DOC(b, TCB_INFO), "\r\n", 2);
}
static void
tcb_signature_first(struct bundle *b)
{
	struct blob *d = DOC(b, TCB_INFO), out = {.p = malloc(1), 0};
	uint8_t *signature = json_signature(d);
	size_t inner = (size_t)(signature - d->p) - strlen(",\"signature\":\"");

	append(&out, "{\"signature\":\"", 14);
	append(&out, signature, 128);
	append(&out, "\",", 2);
	append(&out, d->p + 1, inner - 1);
	append(&out, "}", 1);
	free(d->p);
	*d = out;
}
static void
tcb_upper(struct bundle *b)
{
	uint8_t *s = json_signature(DOC(b, TCB_INFO));

	for (int i = 0; i < 128; i++)
		s[i] = s[i] >= 'a' ? (uint8_t)(s[i] - 32) : s[i];
}
static void
tcb_high_s(struct bundle *b)
{
	uint8_t *s = json_signature(DOC(b, TCB_INFO)), raw[32];
	char text[65];

	if (!hex_decode(raw, 32, (char *)s + 64, 64))
		abort();
	high_s(raw);
	hex_encode(text, raw, 32);
	memcpy(s + 64, text, 64);
}
static void
tcb_extra(struct bundle *b)
{
	replace(DOC(b, TCB_INFO), "{\"tcbInfo\":", "{\"extra\":1,\"tcbInfo\":");
}
static void
tcb_twice(struct bundle *b)
{
	replace(DOC(b, TCB_INFO), "},\"signature\"",
	    "},\"tcbInfo\":{},\"signature\"");
}
static void
tcb_trailing(struct bundle *b)
{
	append(DOC(b, TCB_INFO), "x", 1);
}
static void
tcb_digit(struct bundle *b)
{
	replace(DOC(b, TCB_INFO), "svn\":1", "svn\":2");
}
static void
tcb_short_signature(struct bundle *b)
{
	struct blob *d = DOC(b, TCB_INFO);

	splice(d, (size_t)(json_signature(d) - d->p), 1, "", 0);
}
static void
tcb_zero_signature(struct bundle *b)
{
	memset(json_signature(DOC(b, TCB_INFO)), '0', 128);
}
void
tcb_of_tdx(struct bundle *b)
{
	blob_set(
	    DOC(b, TCB_INFO), DOC(&tdx, TCB_INFO)->p, DOC(&tdx, TCB_INFO)->n);
}
static void
tcb_deep(struct bundle *b)
{
	char deep[20000];

	memset(deep, '[', sizeof(deep));
	blob_set(DOC(b, TCB_INFO), "{\"tcbInfo\":{\"x\":", 16);
	append(DOC(b, TCB_INFO), deep, sizeof(deep));
}
void
qe_of_tdx(struct bundle *b)
{
	blob_set(DOC(b, QE_IDENTITY), DOC(&tdx, QE_IDENTITY)->p,
	    DOC(&tdx, QE_IDENTITY)->n);
}
static void
qe_digit(struct bundle *b)
{
	replace(DOC(b, QE_IDENTITY), "\"isvprodid\":1", "\"isvprodid\":2");
}
static void
qe_is_tcb(struct bundle *b)
{
	blob_set(DOC(b, QE_IDENTITY), DOC(b, TCB_INFO)->p, DOC(b, TCB_INFO)->n);
}

/* --- of the chains and lists of the collateral ------------------------- */

static void
issuers_reversed(struct bundle *b)
{
	chain_reorder(DOC(b, TCB_INFO_CHAIN), "10");
	chain_reorder(DOC(b, QE_IDENTITY_CHAIN), "10");
	chain_reorder(DOC(b, PCK_CRL_CHAIN), "10");
}
static void
tcb_chain_signer(struct bundle *b)
{
	chain_reorder(DOC(b, TCB_INFO_CHAIN), "0");
}
static void
tcb_chain_is_crl_chain(struct bundle *b)
{
	blob_set(DOC(b, TCB_INFO_CHAIN), DOC(b, PCK_CRL_CHAIN)->p,
	    DOC(b, PCK_CRL_CHAIN)->n);
}
static void
qe_chain_root_twice(struct bundle *b)
{
	chain_reorder(DOC(b, QE_IDENTITY_CHAIN), "11");
}
static void
crl_chain_is_signer(struct bundle *b)
{
	blob_set(DOC(b, PCK_CRL_CHAIN), DOC(b, TCB_INFO_CHAIN)->p,
	    DOC(b, TCB_INFO_CHAIN)->n);
}
static void
pck_crl_is_root_crl(struct bundle *b)
{
	blob_set(
	    DOC(b, PCK_CRL), DOC(b, ROOT_CA_CRL)->p, DOC(b, ROOT_CA_CRL)->n);
}
static void
root_crl_is_pck_crl(struct bundle *b)
{
	blob_set(DOC(b, ROOT_CA_CRL), DOC(b, PCK_CRL)->p, DOC(b, PCK_CRL)->n);
}
static void
pck_crl_other(struct bundle *b)
{
	blob_set(DOC(b, PCK_CRL), DOC(&other_ca, PCK_CRL)->p,
	    DOC(&other_ca, PCK_CRL)->n);
}
static void
pck_crl_other_with_chain(struct bundle *b)
{
	pck_crl_other(b);
	blob_set(DOC(b, PCK_CRL_CHAIN), DOC(&other_ca, PCK_CRL_CHAIN)->p,
	    DOC(&other_ca, PCK_CRL_CHAIN)->n);
}
static void
pck_crl_altered(struct bundle *b)
{
	DOC(b, PCK_CRL)->p[DOC(b, PCK_CRL)->n - 1] ^= 1;
}
static void
root_crl_altered(struct bundle *b)
{
	DOC(b, ROOT_CA_CRL)->p[DOC(b, ROOT_CA_CRL)->n - 1] ^= 1;
}
static void
pck_crl_trailing(struct bundle *b)
{
	append(DOC(b, PCK_CRL), "\0", 1);
}
static void
crl_hex(struct bundle *b)
{
	struct blob *d = DOC(b, PCK_CRL),
		    out = {.p = malloc(2 * d->n + 1), 2 * d->n};

	hex_encode((char *)out.p, d->p, d->n);
	free(d->p);
	*d = out;
}
static void
crl_pem(struct bundle *b)
{
	struct blob *d = DOC(b, ROOT_CA_CRL), out = {.p = malloc(1), 0};
	char *text = base64_encode(d->p, d->n);

	append(&out, "-----BEGIN X509 CRL-----\n", 25);
	append(&out, text, strlen(text));
	append(&out, "\n-----END X509 CRL-----\n", 24);
	free(text);
	free(d->p);
	*d = out;
}

#define WITHOUT(name, document)                          \
	static void missing_##name(struct bundle *b)     \
	{                                                \
		free(DOC(b, document)->p);               \
		DOC(b, document)->p = NULL;              \
		DOC(b, document)->n = 0;                 \
	}                                                \
	static void empty_##name(struct bundle *b)       \
	{                                                \
		DOC(b, document)->n = 0;                 \
	}                                                \
	static void garbage_##name(struct bundle *b)     \
	{                                                \
		blob_set(DOC(b, document), "\x07z{", 3); \
	}

WITHOUT(tcb_info, TCB_INFO)
WITHOUT(tcb_info_chain, TCB_INFO_CHAIN)
WITHOUT(qe_identity, QE_IDENTITY)
WITHOUT(qe_identity_chain, QE_IDENTITY_CHAIN)
WITHOUT(pck_crl, PCK_CRL)
WITHOUT(pck_crl_chain, PCK_CRL_CHAIN)
WITHOUT(root_crl, ROOT_CA_CRL)

/* --- of the time ------------------------------------------------------- */

static void
at(struct bundle *b, const char *time)
{
	if (!rfc3339_decode(&b->time, time, strlen(time)))
		abort();
}
static void
at_2017(struct bundle *b)
{
	at(b, "2017-01-01T00:00:00Z");
}
static void
at_2040(struct bundle *b)
{
	at(b, "2040-01-01T00:00:00Z");
}
static void
at_9999(struct bundle *b)
{
	at(b, "9999-12-31T23:59:59Z");
}
static void
at_int64_min(struct bundle *b)
{
	b->time = INT64_MIN;
}
static void
at_int64_max(struct bundle *b)
{
	b->time = INT64_MAX;
}

/* --- several things at once: which comes first ------------------------- */

static void
expired_and_forged(struct bundle *b)
{
	at_2040(b);
	flip_body(b);
}
static void
all_collateral_missing(struct bundle *b)
{
	missing_root_crl(b);
	missing_tcb_info(b);
	missing_qe_identity(b);
}
static void
forged_chain_and_missing(struct bundle *b)
{
	missing_root_crl(b);
	chain_leaf_altered(b);
}

const struct mutation collateral_mutations[] = {
    {"TCB info with white space (Intel: accepted)", tcb_pretty,
	"tcb-info-signature-invalid"},
    {"white space around the members", tcb_space_outside, "ok"},
    {"signature before the content", tcb_signature_first, "ok"},
    {"TCB info signature in upper case", tcb_upper, "ok"},
    {"TCB info signature with high s", tcb_high_s, "ok"},
    {"TCB info with an unsigned member (Intel: accepted)", tcb_extra,
	"tcb-info-malformed"},
    {"TCB info with a second tcbInfo (Intel: accepted)", tcb_twice,
	"tcb-info-malformed"},
    {"TCB info with a trailing character", tcb_trailing, "tcb-info-malformed"},
    {"TCB info with one digit changed", tcb_digit,
	"tcb-info-signature-invalid"},
    {"TCB info signature of 127 digits", tcb_short_signature,
	"tcb-info-malformed"},
    {"TCB info signature of zeros", tcb_zero_signature,
	"tcb-info-signature-invalid"},
    {"TCB info nested 20000 deep", tcb_deep, "tcb-info-malformed"},
    {"TCB info of TDX", tcb_of_tdx, "tcb-info-mismatch"},
    {"QE identity of TDX", qe_of_tdx, "qe-identity-mismatch"},
    {"QE identity with one digit changed", qe_digit,
	"qe-identity-signature-invalid"},
    {"TCB info as QE identity", qe_is_tcb, "qe-identity-malformed"},

    {"issuer chains root first", issuers_reversed, "ok"},
    {"TCB chain without the root", tcb_chain_signer,
	"tcb-info-chain-malformed"},
    {"PCK CA as TCB signer", tcb_chain_is_crl_chain,
	"tcb-info-chain-unacceptable"},
    {"QE identity chain of two roots", qe_chain_root_twice,
	"qe-identity-chain-unacceptable"},
    {"TCB signer as PCK CA", crl_chain_is_signer, "pck-crl-chain-unacceptable"},
    {"root CRL as PCK CRL", pck_crl_is_root_crl, "pck-crl-issuer-mismatch"},
    {"PCK CRL as root CRL", root_crl_is_pck_crl, "root-crl-signature-invalid"},
    {"PCK CRL of the other CA", pck_crl_other, "pck-crl-issuer-mismatch"},
    {"PCK CRL of the other CA with its chain", pck_crl_other_with_chain,
	"pck-crl-of-other-ca"},
    {"bit in the PCK CRL's signature", pck_crl_altered,
	"pck-crl-signature-invalid"},
    {"bit in the root CRL's signature", root_crl_altered,
	"root-crl-signature-invalid"},
    {"PCK CRL with a trailing byte (Intel: accepted)", pck_crl_trailing,
	"pck-crl-malformed"},
    {"PCK CRL in hex", crl_hex, "ok"},
    {"root CRL in PEM", crl_pem, "ok"},

    {"no TCB info", missing_tcb_info, "tcb-info-missing"},
    {"empty TCB info", empty_tcb_info, "tcb-info-missing"},
    {"unparsable TCB info", garbage_tcb_info, "tcb-info-malformed"},
    {"no TCB chain", missing_tcb_info_chain, "tcb-info-chain-missing"},
    {"empty TCB chain", empty_tcb_info_chain, "tcb-info-chain-missing"},
    {"unparsable TCB chain", garbage_tcb_info_chain,
	"tcb-info-chain-malformed"},
    {"no QE identity", missing_qe_identity, "qe-identity-missing"},
    {"empty QE identity", empty_qe_identity, "qe-identity-missing"},
    {"unparsable QE identity", garbage_qe_identity, "qe-identity-malformed"},
    {"no QE identity chain", missing_qe_identity_chain,
	"qe-identity-chain-missing"},
    {"empty QE identity chain", empty_qe_identity_chain,
	"qe-identity-chain-missing"},
    {"unparsable QE identity chain", garbage_qe_identity_chain,
	"qe-identity-chain-malformed"},
    {"no PCK CRL", missing_pck_crl, "pck-crl-missing"},
    {"empty PCK CRL", empty_pck_crl, "pck-crl-missing"},
    {"unparsable PCK CRL", garbage_pck_crl, "pck-crl-malformed"},
    {"no PCK CRL chain", missing_pck_crl_chain, "pck-crl-chain-missing"},
    {"empty PCK CRL chain", empty_pck_crl_chain, "pck-crl-chain-missing"},
    {"unparsable PCK CRL chain", garbage_pck_crl_chain,
	"pck-crl-chain-malformed"},
    {"no root CRL", missing_root_crl, "root-crl-missing"},
    {"empty root CRL", empty_root_crl, "root-crl-missing"},
    {"unparsable root CRL", garbage_root_crl, "root-crl-malformed"},

    {"in 2017, before everything (Intel: CRLs only)", at_2017,
	"pck-chain-not-yet-valid"},
    {"in 2040, after everything", at_2040, "pck-chain-expired"},
    {"in 9999", at_9999, "pck-chain-expired"},
    {"at the least time", at_int64_min, "pck-chain-not-yet-valid"},
    {"at the greatest time", at_int64_max, "pck-chain-expired"},
    {"expired and forged: the expiry came first", expired_and_forged,
	"pck-chain-expired"},
    {"three documents missing: the root CRL comes first",
	all_collateral_missing, "root-crl-missing"},
    {"forged PCK chain and no root CRL: the chain comes first",
	forged_chain_and_missing, "pck-chain-signature-invalid"},
};
const size_t collateral_mutations_n =
    sizeof(collateral_mutations) / sizeof(collateral_mutations[0]);
