/* SPDX-License-Identifier: BSD-3-Clause */
/* Alterations of the quote, a genuine one of version 3, and of its chain. */
#include <string.h>
#include <openssl/bn.h>

#include "base/text.h"
#include "tests/vectors/mutate.h"

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

/* --- mutations of the quote ------------------------------------------- */

#define FLIP(name, offset)                 \
	static void name(struct bundle *b) \
	{                                  \
		b->quote.p[offset] ^= 1;   \
	}

FLIP(flip_user_data, 30)
FLIP(flip_key, KEY + 5)
FLIP(flip_qe_report, QE_REPORT + 70)
FLIP(flip_auth, AUTH + 3)
FLIP(flip_vendor, 12)
FLIP(flip_signature, SIG + 20)
FLIP(flip_qe_signature, QE_SIG + 20)

void
flip_body(struct bundle *b)
{
	b->quote.p[48 + 70] ^= 1;
}
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
void
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

const struct mutation quote_mutations[] = {
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
};
const size_t quote_mutations_n =
    sizeof(quote_mutations) / sizeof(quote_mutations[0]);
