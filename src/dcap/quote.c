/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/limits.h"
#include "base/text.h"
#include "dci/quote.h"

#define HEADER_SIZE 48
#define REPORT_SIZE 384
#define KEY_SIZE    64

#define KEY_TYPE_ECDSA_P256 2
#define BODY_SGX            1
#define CERT_PCK_CHAIN      5
#define CERT_QE_REPORT      6

static const uint8_t intel_vendor_id[16] = {0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c,
    0x4c, 0xa9, 0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07};

static int
fail(struct dci_failure *f, enum dci_code code, const char *what, uint32_t v)
{
	return dci_fail(f, code, "%s Found: %s %u (0x%x). %s",
	    dci_code_meaning(code), what, v, v, dci_code_remedy(code));
}

/* Spec section 1.4. */
const char *
dci_certification_name(unsigned type)
{
	static const char *const names[] = {"unknown", "PPID in the clear",
	    "PPID, encrypted, RSA 2048", "PPID, encrypted, RSA 3072",
	    "PCK certificate", "PCK certificate chain",
	    "QE report certification data", "platform manifest"};

	return names[type < sizeof(names) / sizeof(names[0]) ? type : 0];
}

static int
certification_refused(struct dci_failure *f, const char *where, unsigned type)
{
	enum dci_code code = DCI_QUOTE_CERTIFICATION_TYPE_UNSUPPORTED;

	return dci_fail(f, code,
	    "%s Found: %scertification data of type %u (%s). %s",
	    dci_code_meaning(code), where, type, dci_certification_name(type),
	    dci_code_remedy(code));
}

static int
too_short(struct dci_failure *f, const char *what, size_t left)
{
	return dci_fail(f, DCI_QUOTE_MALFORMED,
	    "%s Found: %s does not fit into the remaining %zu bytes. %s",
	    dci_code_meaning(DCI_QUOTE_MALFORMED), what, left,
	    dci_code_remedy(DCI_QUOTE_MALFORMED));
}

/* The 384 bytes of an enclave report, SDM volume 3D, 37.16. */
static bool
report_parse(struct dci_sgx_report *out, struct reader *r)
{
	struct reader flags;

	if (!reader_copy(r, out->cpusvn, 16) ||
	    !reader_u32le(r, &out->miscselect) || !reader_skip(r, 28) ||
	    !reader_copy(r, out->attributes, 16) ||
	    !reader_copy(r, out->mrenclave, 32) || !reader_skip(r, 32) ||
	    !reader_copy(r, out->mrsigner, 32) || !reader_skip(r, 96) ||
	    !reader_u16le(r, &out->isv_prod_id) ||
	    !reader_u16le(r, &out->isv_svn) || !reader_skip(r, 60) ||
	    !reader_copy(r, out->report_data, DCI_REPORT_DATA_SIZE))
		return false;
	flags = reader_of(out->attributes, 16);
	return reader_u64le(&flags, &out->flags) &&
	       reader_u64le(&flags, &out->xfrm);
}

static int
tee_check(struct dci_quote *q, uint32_t tee, struct dci_failure *f)
{
	if (tee == DCI_TEE_TDX && q->version != 3)
		return fail(f, DCI_TDX_NOT_SUPPORTED, "TEE type", tee);
	if (tee != DCI_TEE_SGX)
		return fail(f, DCI_QUOTE_TEE_UNSUPPORTED, "TEE type", tee);
	q->tee = DCI_TEE_SGX;
	return 0;
}

static int
header_parse(struct dci_quote *q, struct reader *r, struct dci_failure *f)
{
	uint16_t key_type;
	uint32_t tee;
	struct bytes vendor;

	if (r->n < HEADER_SIZE || !reader_u16le(r, &q->version) ||
	    !reader_u16le(r, &key_type) || !reader_u32le(r, &tee) ||
	    !reader_skip(r, 4) || !reader_take(r, &vendor, 16) ||
	    !reader_skip(r, 20))
		return too_short(f, "the header", r->n);
	if (q->version < 3 || q->version > 5)
		return fail(
		    f, DCI_QUOTE_VERSION_UNSUPPORTED, "version", q->version);
	if (key_type != KEY_TYPE_ECDSA_P256)
		return fail(
		    f, DCI_QUOTE_KEY_TYPE_UNSUPPORTED, "key type", key_type);
	if (tee_check(q, tee, f) != 0)
		return -1;
	if (memcmp(vendor.p, intel_vendor_id, sizeof(intel_vendor_id)) != 0) {
		char hex[33];

		hex_encode(hex, vendor.p, 16);
		return dci_fail(f, DCI_QUOTE_VENDOR_UNKNOWN, "%s Found: %s. %s",
		    dci_code_meaning(DCI_QUOTE_VENDOR_UNKNOWN), hex,
		    dci_code_remedy(DCI_QUOTE_VENDOR_UNKNOWN));
	}
	return 0;
}

/* Version 5 says what its body is; the older ones have the report at once. */
static int
body_parse(struct dci_quote *q, struct reader *r, struct dci_failure *f)
{
	uint16_t type;
	uint32_t size;

	if (q->version == 5) {
		if (!reader_u16le(r, &type) || !reader_u32le(r, &size))
			return too_short(f, "the body's descriptor", r->n);
		if (type != BODY_SGX)
			return fail(
			    f, DCI_QUOTE_BODY_MISMATCH, "body type", type);
		if (size != REPORT_SIZE)
			return fail(
			    f, DCI_QUOTE_BODY_MISMATCH, "body size", size);
	}
	if (!report_parse(&q->report, r))
		return too_short(f, "the body", r->n);
	return 0;
}

/* The QE's report, its signature, authentication data and certification data:
 * the rest of version 3, or what lies in the type 6 blob of the others. */
static int
certification_parse(
    struct dci_quote *q, struct reader *r, struct dci_failure *f)
{
	struct bytes report, signature, auth, data;
	uint16_t auth_size;

	if (!reader_take(r, &report, REPORT_SIZE) ||
	    !reader_take(r, &signature, KEY_SIZE))
		return too_short(f, "the quoting enclave's report", r->n);
	if (!reader_u16le(r, &auth_size) || !reader_take(r, &auth, auth_size))
		return too_short(f, "the authentication data", r->n);
	if (!reader_u16le(r, &q->cert_type))
		return too_short(f, "the certification data", r->n);
	if (q->cert_type < 1 || q->cert_type > CERT_PCK_CHAIN)
		return certification_refused(f, "", q->cert_type);
	if (!reader_blob32(r, &data))
		return too_short(f, "the certification data", r->n);
	struct reader in = reader_of(report.p, report.n);
	if (!report_parse(&q->qe_report, &in))
		return too_short(f, "the quoting enclave's report", in.n);
	q->qe_report_bytes = report.p;
	q->qe_report_signature = signature.p;
	q->qe_auth = auth.p;
	q->qe_auth_size = auth.n;
	q->cert_data = data.p;
	q->cert_data_size = data.n;
	return 0;
}

/* Versions 4 and 5: certification data of type 6, used up exactly. */
static int
nested_parse(struct dci_quote *q, struct reader *r, struct dci_failure *f)
{
	struct bytes blob;
	uint16_t type;

	if (!reader_u16le(r, &type))
		return too_short(f, "the certification data", r->n);
	if (type != CERT_QE_REPORT)
		return certification_refused(f, "outer ", type);
	if (!reader_blob32(r, &blob))
		return too_short(f, "the certification data", r->n);
	struct reader in = reader_of(blob.p, blob.n);
	if (certification_parse(q, &in, f) != 0)
		return -1;
	if (!reader_done(&in))
		return fail(f, DCI_QUOTE_MALFORMED,
		    "bytes left over in the certification data:",
		    (uint32_t)in.n);
	return 0;
}

static int
signature_data_parse(
    struct dci_quote *q, struct bytes data, struct dci_failure *f)
{
	struct reader r = reader_of(data.p, data.n);
	struct bytes signature, key;

	if (!reader_take(&r, &signature, KEY_SIZE) ||
	    !reader_take(&r, &key, KEY_SIZE))
		return too_short(f, "the signature", r.n);
	q->signature = signature.p;
	q->attestation_key = key.p;
	if ((q->version == 3 ? certification_parse(q, &r, f)
			     : nested_parse(q, &r, f)) != 0)
		return -1;
	/* Spec section 14: some platforms pad inside of the signature data. */
	if (!bytes_all_zero(r.p, r.n))
		return fail(f, DCI_QUOTE_TRAILING_BYTES,
		    "bytes after the certification data:", (uint32_t)r.n);
	return 0;
}

int
dci_quote_parse(
    struct dci_quote *q, const uint8_t *data, size_t n, struct dci_failure *f)
{
	struct reader r = reader_of(data, n);
	struct bytes signature_data;

	memset(q, 0, sizeof(*q));
	if (n > LIMIT_QUOTE)
		return fail(f, DCI_QUOTE_TOO_LARGE, "a size in bytes of",
		    (uint32_t)(n > UINT32_MAX ? UINT32_MAX : n));
	if (header_parse(q, &r, f) != 0 || body_parse(q, &r, f) != 0)
		return -1;
	q->signed_part = data;
	q->signed_size = n - r.n;
	if (!reader_blob32(&r, &signature_data))
		return too_short(f, "the signature data", r.n);
	if (signature_data_parse(q, signature_data, f) != 0)
		return -1;
	if (!bytes_all_zero(r.p, r.n))
		return fail(f, DCI_QUOTE_TRAILING_BYTES,
		    "bytes after the signature data:", (uint32_t)r.n);
	q->padding = r.n;
	return 0;
}

void
dci_quote_digest(uint8_t out[static 32], const struct dci_quote *q)
{
	sha256(out, q->signed_part, q->signed_size);
}
