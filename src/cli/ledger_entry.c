/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether the parts of one ledger row agree with each other. */
#include <string.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/limits.h"
#include "base/text.h"
#include "ca/profile.h"
#include "cli/ledger.h"
#include "dci/quote.h"

CLEANUP_TYPE(cleanup_names, GENERAL_NAMES, GENERAL_NAMES_free)

#define SAME(a, b) (memcmp((a), (b), 32) == 0)

static int
wrong(struct dci_failure *f, const char *what)
{
	return dci_fail(f, DCI_LEDGER_CERTIFICATE,
	    "its certificate has another %s than the row", what);
}

/* --- the quote ----------------------------------------------------------- */

static int
check_quote(const struct ledger_row *row, struct dci_failure *f)
{
	struct writer w CLEANUP(writer_free) = writer_new(LIMIT_QUOTE);
	struct dci_failure why;
	struct dci_quote q;
	uint8_t digest[32];

	ledger_row_quote(&w, row);
	if (w.failed || dci_quote_parse(&q, w.data, w.n, &why) != 0)
		return dci_fail(f, DCI_LEDGER_DAMAGED, "its quote is no quote");
	dci_quote_digest(digest, &q);
	bool debug = (q.report.flags & DCI_ATTRIBUTE_DEBUG) != 0;
	if (!SAME(digest, row->evidence_digest) || q.tee != row->tee ||
	    !SAME(q.report.mrenclave, row->mrenclave) ||
	    !SAME(q.report.mrsigner, row->mrsigner) ||
	    q.report.isv_prod_id != row->isv_prod_id ||
	    q.report.isv_svn != row->isv_svn || debug != (row->debug != 0))
		return dci_fail(f, DCI_LEDGER_DAMAGED,
		    "its columns are not what its quote says");
	return 0;
}

/* --- the certificate ----------------------------------------------------- */

static bool
has_name(const X509 *x, struct bytes name)
{
	const X509_NAME *subject = X509_get_subject_name(x);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);

	if (at < 0 || X509_NAME_entry_count(subject) != 1)
		return false;
	const ASN1_STRING *s =
	    X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
	return bytes_equal(name, (struct bytes){ASN1_STRING_get0_data(s),
				     (size_t)ASN1_STRING_length(s)});
}

static bool
has_uri(const X509 *x, const struct ledger_row *row)
{
	GENERAL_NAMES *names CLEANUP(cleanup_names) =
	    X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	char uri[96] = "urn:dci:sgx:";

	if (row->tee == DCI_TEE_TDX)
		memcpy(uri, "urn:dci:tdx:", 12);
	hex_encode(uri + 12, row->mrenclave, 32);
	if (names == NULL || sk_GENERAL_NAME_num(names) != 1 ||
	    sk_GENERAL_NAME_value(names, 0)->type != GEN_URI)
		return false;
	const ASN1_IA5STRING *s =
	    sk_GENERAL_NAME_value(names, 0)->d.uniformResourceIdentifier;
	return bytes_equal((struct bytes){(const uint8_t *)uri, strlen(uri)},
	    (struct bytes){
		ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s)});
}

static bool
has_serial(X509 *x, const uint8_t serial[static 16])
{
	const ASN1_INTEGER *n = X509_get0_serialNumber(x);

	return (ASN1_STRING_type(n) & V_ASN1_NEG) == 0 &&
	       bytes_equal((struct bytes){serial, 16},
		   (struct bytes){ASN1_STRING_get0_data(n),
		       (size_t)ASN1_STRING_length(n)});
}

/* The key that was asked for, and the request is signed by it. */
static int
check_key(X509 *x, const struct ledger_row *row, struct dci_failure *f)
{
	struct ec_point asked, has;
	struct dci_failure why;
	struct bytes spki;

	if (csr_verify(row->csr, &asked, &spki, &why) != 0)
		return dci_fail(f, DCI_LEDGER_CERTIFICATE,
		    "its request is no good: %.200s", why.sentence);
	if (!ec_export(&has, X509_get0_pubkey(x)) || has.curve != asked.curve ||
	    memcmp(has.data, asked.data, has.n) != 0)
		return dci_fail(f, DCI_LEDGER_CERTIFICATE,
		    "its certificate has another key than its request");
	return 0;
}

static int
check_columns(X509 *x, const struct ledger_entry *e, struct dci_failure *f)
{
	const struct ledger_row *row = &e->row;
	struct profile_leaf leaf;
	struct dci_failure why;
	int64_t not_after;

	if (profile_read(x, &leaf, &why) != 0)
		return dci_fail(f, DCI_LEDGER_CERTIFICATE,
		    "its certificate is no delegation certificate: %.200s",
		    why.sentence);
	if (!has_serial(x, e->serial))
		return wrong(f, "serial");
	if (!ca_time(&not_after, X509_get0_notAfter(x)) ||
	    not_after != e->not_after)
		return wrong(f, "notAfter");
	if (!has_name(x, row->entry))
		return wrong(f, "subject");
	if (!has_uri(x, row) || !SAME(leaf.tcb.mrenclave, row->mrenclave) ||
	    !SAME(leaf.tcb.mrsigner, row->mrsigner) ||
	    leaf.tcb.isv_svn != row->isv_svn || leaf.scope.tees != 1 ||
	    leaf.scope.tee[0] != row->tee)
		return wrong(f, "enclave");
	if ((unsigned)leaf.scope.binding != row->binding)
		return wrong(f, "binding");
	if ((unsigned)leaf.scope.assurance != row->assurance)
		return wrong(f, "assurance");
	if (!SAME(leaf.scope.evidence_digest, row->evidence_digest))
		return wrong(f, "evidence digest");
	if (!SAME(leaf.scope.policy_digest, row->policy_digest))
		return wrong(f, "policy digest");
	return check_key(x, row, f);
}

static int
check_certificate(const struct ledger_entry *e, const struct ca_public *ca,
    struct dci_failure *f)
{
	const uint8_t *p = e->certificate.p;
	X509 *x CLEANUP(cleanup_x509) =
	    e->certificate.n > CA_CERTIFICATE_MAX
		? NULL
		: d2i_X509(NULL, &p, (long)e->certificate.n);

	if (x == NULL || p != e->certificate.p + e->certificate.n)
		return dci_fail(f, DCI_LEDGER_CERTIFICATE,
		    "its certificate cannot be read");
	if (ca != NULL && ca_public_verify(ca, x, f) != 0)
		return -1;
	return check_columns(x, e, f);
}

int
entry_check(const struct ledger_entry *e, const struct ca_public *ca,
    struct dci_failure *f)
{
	if (check_quote(&e->row, f) != 0)
		return -1;
	if (e->row.kind != LEDGER_CERTIFICATE)
		return 0;
	ERR_set_mark();
	int result = check_certificate(e, ca, f);
	ERR_pop_to_mark();
	return result;
}
