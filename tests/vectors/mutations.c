/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One genuine SGX quote (version 3) with its collateral, altered in every way
 * that intel_qvl_on_mutations.tsv lists and some more: each has the code, or
 * the unchanged verdict, that we expect.  Where Intel's library is lax and we
 * are not, the name ends in "(Intel: accepted)".
 */
#include <stdio.h>
#include <string.h>
#include <openssl/bn.h>

#include "base/text.h"
#include "tests/vectors/bundle.h"

#define SIG_LEN   432
#define SIG       436
#define KEY       500
#define QE_REPORT 564
#define QE_SIG    948
#define AUTH_LEN  1012
#define AUTH      1014
#define CERT_TYPE 1046
#define CERT_LEN  1048
#define CERT      1052

static struct bundle base, tdx, other_ca;
static unsigned run, failed;

static void
le32(uint8_t *p, size_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static void
blob_set(struct blob *b, const void *p, size_t n)
{
	struct blob copy = blob_copy(p, n);

	free(b->p);
	*b = copy;
}

/* Replaces cut bytes at a place. */
static void
splice(struct blob *b, size_t at, size_t cut, const void *in, size_t n)
{
	struct blob out = {.p = malloc(b->n - cut + n + 1), b->n - cut + n};

	memcpy(out.p, b->p, at);
	memcpy(out.p + at, in, n);
	memcpy(out.p + at + n, b->p + at + cut, b->n - at - cut);
	free(b->p);
	*b = out;
}

static void
append(struct blob *b, const void *in, size_t n)
{
	splice(b, b->n, 0, in, n);
}

/* Replaces the first occurrence, which must be there. */
static void
replace(struct blob *b, const char *from, const char *to)
{
	uint8_t *at = memmem(b->p, b->n, from, strlen(from));

	if (at == NULL)
		abort();
	splice(b, (size_t)(at - b->p), strlen(from), to, strlen(to));
}

/* The n-th PEM block of a text, with its line end. */
static struct blob
pem_block_of(struct blob pem, unsigned n)
{
	const char *end = "-----END CERTIFICATE-----\n";
	uint8_t *from = pem.p, *to;

	for (;; n--) {
		to = memmem(
		    from, pem.n - (size_t)(from - pem.p), end, strlen(end));
		if (to == NULL)
			abort();
		to += strlen(end);
		if (n == 0)
			return blob_copy(from, (size_t)(to - from));
		from = to;
	}
}

/* Chain made anew out of blocks of the old one, by their numbers. */
static struct blob
reordered(struct blob pem, const char *order)
{
	struct blob out = {.p = malloc(1), 0};

	for (; *order != '\0'; order++) {
		struct blob block = pem_block_of(pem, (unsigned)(*order - '0'));

		append(&out, block.p, block.n);
		free(block.p);
	}
	return out;
}

static void
chain_reorder(struct blob *pem, const char *order)
{
	struct blob out = reordered(*pem, order);

	free(pem->p);
	*pem = out;
}

/* Puts other certification data in and corrects the lengths. */
static void
cert_data_set(struct bundle *b, const void *data, size_t n)
{
	struct blob *q = &b->quote;
	size_t tail =
	    CERT + ((size_t)q->p[CERT_LEN] | (size_t)q->p[CERT_LEN + 1] << 8);

	splice(q, CERT, tail - CERT, data, n);
	q->n = CERT + n;
	le32(q->p + CERT_LEN, n);
	le32(q->p + SIG_LEN, q->n - SIG);
}

static struct blob
cert_data(const struct bundle *b)
{
	return blob_copy(b->quote.p + CERT,
	    (size_t)b->quote.p[CERT_LEN] | (size_t)b->quote.p[CERT_LEN + 1]
					       << 8);
}

static void
cert_chain(struct bundle *b, const char *order)
{
	struct blob old = cert_data(b), fresh = reordered(old, order);

	cert_data_set(b, fresh.p, fresh.n);
	free(old.p);
	free(fresh.p);
}

/* s becomes n - s, as good a signature as before. */
static void
high_s(uint8_t *s)
{
	BIGNUM *n = NULL, *v = BN_bin2bn(s, 32, NULL);

	BN_hex2bn(&n, "FFFFFFFF00000000FFFFFFFFFFFFFFFF"
		      "BCE6FAADA7179E84F3B9CAC2FC632551");
	BN_sub(v, n, v);
	BN_bn2binpad(v, s, 32);
	BN_free(n);
	BN_free(v);
}

static uint8_t *
json_signature(struct blob *b)
{
	const char *name = "\"signature\":\"";
	uint8_t *at = memmem(b->p, b->n, name, strlen(name));

	return at + strlen(name);
}

/* --- mutations of the quote ------------------------------------------- */

#define FLIP(name, offset)                 \
	static void name(struct bundle *b) \
	{                                  \
		b->quote.p[offset] ^= 1;   \
	}
#define DOC(b, name) (&(b)->doc[DCI_DOC_##name])

FLIP(flip_body, 48 + 70)
FLIP(flip_user_data, 30)
FLIP(flip_key, KEY + 5)
FLIP(flip_qe_report, QE_REPORT + 70)
FLIP(flip_auth, AUTH + 3)
FLIP(flip_vendor, 12)
FLIP(flip_signature, SIG + 20)
FLIP(flip_qe_signature, QE_SIG + 20)

static void
none(struct bundle *b)
{
	(void)b;
}
static void
zeros_after(struct bundle *b)
{
	append(&b->quote, "\0\0\0\0\0\0\0\0", 8);
}
static void
junk_after(struct bundle *b)
{
	append(&b->quote, "\0\0\0\0\0\0\0\1", 8);
}
static void
exact(struct bundle *b)
{
	struct blob data = cert_data(b);

	cert_data_set(b, data.p, data.n);
	free(data.p);
}
static void
zeros_inside(struct bundle *b)
{
	exact(b);
	zeros_after(b);
	le32(b->quote.p + SIG_LEN, b->quote.n - SIG);
}
static void
junk_inside(struct bundle *b)
{
	exact(b);
	append(&b->quote, "junkjunk", 8);
	le32(b->quote.p + SIG_LEN, b->quote.n - SIG);
}
static void
truncated(struct bundle *b)
{
	exact(b);
	b->quote.n--;
}
static void
empty_quote(struct bundle *b)
{
	b->quote.n = 0;
}
static void
isv_high_s(struct bundle *b)
{
	high_s(b->quote.p + SIG + 32);
}
static void
qe_high_s(struct bundle *b)
{
	high_s(b->quote.p + QE_SIG + 32);
}
static void
isv_zero(struct bundle *b)
{
	memset(b->quote.p + SIG, 0, 64);
}
static void
isv_order(struct bundle *b)
{
	BIGNUM *n = NULL;

	BN_hex2bn(&n, "FFFFFFFF00000000FFFFFFFFFFFFFFFF"
		      "BCE6FAADA7179E84F3B9CAC2FC632551");
	BN_bn2binpad(n, b->quote.p + SIG, 32);
	BN_free(n);
}
static void
key_zero(struct bundle *b)
{
	memset(b->quote.p + KEY, 0, 64);
}
static void
version_2(struct bundle *b)
{
	b->quote.p[0] = 2;
}
static void
version_6(struct bundle *b)
{
	b->quote.p[0] = 6;
}
static void
key_type_3(struct bundle *b)
{
	b->quote.p[2] = 3;
}
static void
tee_82(struct bundle *b)
{
	b->quote.p[4] = 0x82;
}
static void
tee_81_version_3(struct bundle *b)
{
	b->quote.p[4] = 0x81;
}
static void
tee_81_version_4(struct bundle *b)
{
	b->quote.p[0] = 4;
	b->quote.p[4] = 0x81;
}
static void
sig_len_huge(struct bundle *b)
{
	le32(b->quote.p + SIG_LEN, 0xffffffff);
}
static void
cert_len_huge(struct bundle *b)
{
	le32(b->quote.p + CERT_LEN, 0xffffffff);
}
static void
auth_len_huge(struct bundle *b)
{
	b->quote.p[AUTH_LEN] = b->quote.p[AUTH_LEN + 1] = 0xff;
}
static void
cert_type_4(struct bundle *b)
{
	b->quote.p[CERT_TYPE] = 4;
}
static void
cert_type_7(struct bundle *b)
{
	b->quote.p[CERT_TYPE] = 7;
}
static void
oversized(struct bundle *b)
{
	uint8_t zeros[16 * 1024] = {0};

	append(&b->quote, zeros, sizeof(zeros));
}

/* --- of the PCK chain -------------------------------------------------- */

#define ORDER(name, order)                 \
	static void name(struct bundle *b) \
	{                                  \
		cert_chain(b, order);      \
	}

ORDER(chain_same, "012")
ORDER(chain_reversed, "210")
ORDER(chain_mixed, "120")
ORDER(chain_four, "0012")
ORDER(chain_two, "01")
ORDER(chain_leaf, "0")
ORDER(chain_two_leaves, "002")
ORDER(chain_empty, "")

static void
chain_edit(struct bundle *b, size_t at, const char *in, size_t n)
{
	struct blob data = cert_data(b), block = pem_block_of(data, 0);

	splice(&data, at == 1 ? block.n : at == 2 ? data.n : 0, 0, in, n);
	cert_data_set(b, data.p, data.n);
	free(data.p);
	free(block.p);
}
static void
chain_text(struct bundle *b)
{
	chain_edit(b, 1, "garbage\n", 8);
}
static void
chain_text_before(struct bundle *b)
{
	chain_edit(b, 0, "#", 1);
}
static void
chain_blank(struct bundle *b)
{
	chain_edit(b, 1, "\r\n \t\n", 5);
}
static void
chain_nul_inside(struct bundle *b)
{
	chain_edit(b, 1, "\0", 1);
}
static void
chain_two_nuls(struct bundle *b)
{
	chain_edit(b, 2, "\0\0", 2);
}
static void
chain_crlf(struct bundle *b)
{
	struct blob data = cert_data(b);

	for (size_t i = 0; i < data.n; i++) {
		if (data.p[i] == '\n')
			splice(&data, i++, 0, "\r", 1);
	}
	cert_data_set(b, data.p, data.n);
	free(data.p);
}
static void
chain_leaf_altered(struct bundle *b)
{
	/* In the last lines of the leaf: its signature. */
	struct blob data = cert_data(b), leaf = pem_block_of(data, 0);
	uint8_t *c = data.p + leaf.n - 60;

	*c = *c == 'A' ? 'B' : 'A';
	cert_data_set(b, data.p, data.n);
	free(data.p);
	free(leaf.p);
}
static void
chain_foreign_intermediate(struct bundle *b)
{
	struct blob data = cert_data(b), fresh = pem_block_of(data, 0);
	struct blob ca = pem_block_of(*DOC(&other_ca, PCK_CRL_CHAIN), 0);
	struct blob root = pem_block_of(data, 2);

	append(&fresh, ca.p, ca.n);
	append(&fresh, root.p, root.n);
	cert_data_set(b, fresh.p, fresh.n);
	free(data.p);
	free(fresh.p);
	free(ca.p);
	free(root.p);
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
static void
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
static void
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

static const struct mutation {
	const char *name;
	void (*apply)(struct bundle *);
	const char *code; /* "ok": the verdict stays as it was */
} mutations[] = {
    {"baseline", none, "ok"},
    {"8 zero bytes after the signature data", zeros_after, "ok"},
    {"8 bytes after the signature data (Intel: accepted)", junk_after,
	"quote-trailing-bytes"},
    {"exact length", exact, "ok"},
    {"8 zero bytes inside of the signature data", zeros_inside, "ok"},
    {"8 bytes inside of the signature data (Intel: accepted)", junk_inside,
	"quote-trailing-bytes"},
    {"truncated by 1", truncated, "quote-malformed"},
    {"empty quote", empty_quote, "quote-malformed"},
    {"16 KiB of zeros appended", oversized, "quote-too-large"},
    {"quote signature with high s", isv_high_s, "ok"},
    {"QE report signature with high s", qe_high_s, "ok"},
    {"quote signature r=0, s=0", isv_zero, "quote-signature-invalid"},
    {"quote signature r=n", isv_order, "quote-signature-invalid"},
    {"bit in the quote signature", flip_signature, "quote-signature-invalid"},
    {"bit in the QE report signature", flip_qe_signature,
	"qe-report-signature-invalid"},
    {"bit in the body", flip_body, "quote-signature-invalid"},
    {"bit in the header's user data", flip_user_data,
	"quote-signature-invalid"},
    {"bit in the attestation key", flip_key, "qe-report-data-mismatch"},
    {"attestation key (0,0)", key_zero, "qe-report-data-mismatch"},
    {"bit in the QE report", flip_qe_report, "qe-report-signature-invalid"},
    {"bit in the authentication data", flip_auth, "qe-report-data-mismatch"},
    {"version 2", version_2, "quote-version-unsupported"},
    {"version 6", version_6, "quote-version-unsupported"},
    {"key type 3", key_type_3, "quote-key-type-unsupported"},
    {"TEE type 0x82", tee_82, "quote-tee-unsupported"},
    {"TEE type 0x81 in version 3", tee_81_version_3, "quote-tee-unsupported"},
    {"TEE type 0x81 in version 4", tee_81_version_4, "tdx-not-supported"},
    {"vendor id", flip_vendor, "quote-vendor-unknown"},
    {"signature data length 0xffffffff", sig_len_huge, "quote-malformed"},
    {"certification data length 0xffffffff", cert_len_huge, "quote-malformed"},
    {"authentication data length 0xffff", auth_len_huge, "quote-malformed"},
    {"certification data type 4", cert_type_4,
	"quote-certification-type-unsupported"},
    {"certification data type 7", cert_type_7,
	"quote-certification-type-unsupported"},

    {"chain rebuilt", chain_same, "ok"},
    {"chain root first", chain_reversed, "ok"},
    {"chain in mixed order", chain_mixed, "ok"},
    {"chain with CRLF", chain_crlf, "ok"},
    {"blank lines between the blocks", chain_blank, "ok"},
    {"chain with the leaf twice (4)", chain_four, "pck-chain-malformed"},
    {"chain with the leaf twice (3)", chain_two_leaves,
	"pck-chain-unacceptable"},
    {"chain without the root", chain_two, "pck-chain-malformed"},
    {"chain of the leaf only", chain_leaf, "pck-chain-malformed"},
    {"certification data empty", chain_empty, "pck-chain-malformed"},
    {"text between the blocks (Intel: accepted)", chain_text,
	"pck-chain-malformed"},
    {"text before the blocks", chain_text_before, "pck-chain-malformed"},
    {"NUL between the blocks", chain_nul_inside, "pck-chain-malformed"},
    {"more than one NUL at the end", chain_two_nuls, "pck-chain-malformed"},
    {"leaf's signature altered", chain_leaf_altered,
	"pck-chain-signature-invalid"},
    {"intermediate of the other CA", chain_foreign_intermediate,
	"pck-chain-unacceptable"},

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

static struct bundle
bundle_copy(const struct bundle *b)
{
	struct bundle copy = {.time = b->time};

	copy.quote = blob_copy(b->quote.p, b->quote.n);
	for (unsigned i = 0; i < DCI_DOCUMENTS; i++)
		copy.doc[i] = blob_copy(b->doc[i].p, b->doc[i].n);
	return copy;
}

static void
report(const char *name, const char *want, const char *got,
    const struct dci_verification *v)
{
	bool ok = strcmp(want, got) == 0;

	printf("%s %u - %s: %s\n", ok ? "ok" : "not ok", ++run, name, want);
	if (!ok) {
		failed++;
		printf("# got %s: %s\n", got, v->failure.sentence);
	}
}

static void
mutation_run(const struct mutation *m, struct dci_verification *v,
    enum dci_status genuine)
{
	struct bundle b = bundle_copy(&base);

	m->apply(&b);
	bundle_verify(v, &b, NULL, NULL);
	const char *got = v->status == genuine ? "ok"
			  : v->status != DCI_STATUS_INVALID
			      ? dci_status_name(v->status)
			      : dci_code_name(v->failure.code);
	report(m->name, m->code, got, v);
	bundle_free(&b);
}

/* Valid at both ends of the narrowest window, and not a second beyond. */
static void
boundaries(struct dci_verification *v, enum dci_status genuine)
{
	struct dci_tolerance grace = {.grace = 1};
	struct bundle b = bundle_copy(&base);

	bundle_verify(v, &b, NULL, NULL);
	int64_t last = v->earliest_next_update, first = v->newest_issued;

	b.time = last;
	bundle_verify(v, &b, NULL, NULL);
	report("at the earliest nextUpdate", dci_status_name(genuine),
	    dci_status_name(v->status), v);
	b.time = last + 1;
	bundle_verify(v, &b, NULL, NULL);
	report("one second later", "Invalid", dci_status_name(v->status), v);
	bundle_verify(v, &b, NULL, &grace);
	report("one second later, with a grace of one",
	    dci_status_name(genuine),
	    v->expired_by == 1 ? dci_status_name(v->status) : "not noted", v);
	b.time = last + 2;
	bundle_verify(v, &b, NULL, &grace);
	report("two seconds later, with a grace of one", "Invalid",
	    dci_status_name(v->status), v);
	b.time = first;
	bundle_verify(v, &b, NULL, NULL);
	report("at the newest issue date", dci_status_name(genuine),
	    dci_status_name(v->status), v);
	b.time = first - 1;
	grace.grace = DCI_UNLIMITED;
	bundle_verify(v, &b, NULL, &grace);
	report("one second before, with all grace", "Invalid",
	    dci_status_name(v->status), v);
	bundle_free(&b);
}

static void
anchors(struct dci_verification *v)
{
	struct dci_anchor other = dci_anchor_intel;
	struct dci_tolerance least = {.min_tcb_evaluation = UINT32_MAX};

	/* The inverse point: on the curve, and not the key. */
	other.key[64] ^= 1;
	bundle_verify(v, &base, &other, NULL);
	report("another anchor", "pck-root-untrusted",
	    dci_code_name(v->failure.code), v);
	bundle_verify(v, &base, NULL, &least);
	report("a higher evaluation number demanded", "tcb-evaluation-too-low",
	    dci_code_name(v->failure.code), v);
}

/* Every single byte of header, body and signature data up to the certificates
 * altered: never a genuine verdict. */
static void
every_byte(struct dci_verification *v)
{
	struct bundle b = bundle_copy(&base);
	unsigned accepted = 0;

	for (size_t i = 0; i < CERT; i++) {
		b.quote.p[i] ^= 0x80;
		bundle_verify(v, &b, NULL, NULL);
		if (v->status != DCI_STATUS_INVALID)
			accepted++;
		b.quote.p[i] ^= 0x80;
	}
	report("each of 1052 bytes altered", "0",
	    accepted == 0 ? "0" : "accepted", v);
	bundle_free(&b);
}

static bool
is(const json_t *row, const char *name, const char *value)
{
	return strcmp(json_string_value(json_object_get(row, name)), value) ==
	       0;
}

/* Whether the TDX documents in tdx are inside their dates at base's time. */
static bool
tdx_fits(struct dci_verification *v)
{
	struct bundle b = bundle_copy(&base);
	bool fits;

	tcb_of_tdx(&b);
	bundle_verify(v, &b, NULL, NULL);
	fits = dci_code_class(v->failure.code) != DCI_CLASS_STALE;
	bundle_free(&b);
	b = bundle_copy(&base);
	qe_of_tdx(&b);
	bundle_verify(v, &b, NULL, NULL);
	fits &= dci_code_class(v->failure.code) != DCI_CLASS_STALE;
	bundle_free(&b);
	return fits;
}

/* The first row with a verdict like that of Intel's experiments for which
 * there are documents of TDX of the same time. */
static bool
choose(const json_t *rows, struct dci_verification *v)
{
	static const char verdict[] = "ConfigurationAndSWHardeningNeeded";
	const json_t *row, *other;
	size_t i, j;

	json_array_foreach (rows, i, row) {
		if (!is(row, "expect", verdict))
			continue;
		bundle_load(&base, row);
		json_array_foreach (rows, j, other) {
			if (!is(other, "tee", "TDX") ||
			    !is(other, "expect", "UpToDate"))
				continue;
			bundle_load(&tdx, other);
			if (tdx_fits(v))
				return true;
			bundle_free(&tdx);
		}
		bundle_free(&base);
	}
	return false;
}

/* A row of the other of the two CAs. */
static bool
choose_other(const json_t *rows)
{
	const json_t *row;
	size_t i;

	json_array_foreach (rows, i, row) {
		bundle_load(&other_ca, row);
		struct blob *a = DOC(&base, PCK_CRL_CHAIN);
		struct blob *b = DOC(&other_ca, PCK_CRL_CHAIN);

		if (a->n != b->n || memcmp(a->p, b->p, a->n) != 0)
			return true;
		bundle_free(&other_ca);
	}
	return false;
}

int
main(void)
{
	json_t *rows = vectors_rows();
	struct dci_verification *v = calloc(1, sizeof(*v));

	if (rows == NULL || !choose(rows, v) || !choose_other(rows)) {
		printf("1..0 # SKIP no vectors in %s\n", vectors_folder());
		json_decref(rows);
		free(v);
		return 0;
	}
	bundle_verify(v, &base, NULL, NULL);
	enum dci_status genuine = v->status;
	for (size_t i = 0; i < sizeof(mutations) / sizeof(mutations[0]); i++)
		mutation_run(&mutations[i], v, genuine);
	boundaries(v, genuine);
	anchors(v);
	every_byte(v);
	printf("1..%u\n# %u mutations, %u failed\n", run, run, failed);
	bundle_free(&base);
	bundle_free(&tdx);
	bundle_free(&other_ca);
	json_decref(rows);
	free(v);
	return failed == 0 ? 0 : 1;
}
