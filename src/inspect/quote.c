/* SPDX-License-Identifier: BSD-3-Clause */
/* Quotes, field by field (Intel's quote format, versions 3 to 5, and the
 * bodies of TDX); nothing here depends on what follows being sound. */
#include <string.h>

#include "base/digest.h"
#include "dci/quote.h"
#include "inspect/fields.h"
#include "inspect/show.h"

/* Named by their offsets, since members of an object have different names. */
#define RESERVED(at, size)                            \
	{                                             \
		"reserved_" #at, size, FIELD_RESERVED \
	}

static const struct field header_3[] = {
    {"version", 2, FIELD_NUMBER},
    {"attestation_key_type", 2, FIELD_NUMBER},
    RESERVED(4, 4),
    {"qe_svn", 2, FIELD_NUMBER},
    {"pce_svn", 2, FIELD_NUMBER},
    {"qe_vendor_id", 16, FIELD_HEX},
    {"user_data", 20, FIELD_HEX},
};

static const struct field header_4[] = {
    {"version", 2, FIELD_NUMBER},
    {"attestation_key_type", 2, FIELD_NUMBER},
    {"tee_type", 4, FIELD_NUMBER},
    RESERVED(8, 2),
    RESERVED(10, 2),
    {"qe_vendor_id", 16, FIELD_HEX},
    {"user_data", 20, FIELD_HEX},
};

static const struct field body_header[] = {
    {"body_type", 2, FIELD_NUMBER},
    {"body_size", 4, FIELD_NUMBER},
};

/* Intel SDM volume 3D, 37.16. */
static const struct field sgx_report[] = {
    {"cpusvn", 16, FIELD_HEX},
    {"miscselect", 4, FIELD_NUMBER},
    RESERVED(20, 12),
    {"isv_ext_prod_id", 16, FIELD_RESERVED},
    {"attributes", 8, FIELD_SGX_FLAGS},
    {"xfrm", 8, FIELD_HEX},
    {"mrenclave", 32, FIELD_HEX},
    RESERVED(96, 32),
    {"mrsigner", 32, FIELD_HEX},
    RESERVED(160, 32),
    {"config_id", 64, FIELD_RESERVED},
    {"isv_prod_id", 2, FIELD_NUMBER},
    {"isv_svn", 2, FIELD_NUMBER},
    {"config_svn", 2, FIELD_RESERVED},
    RESERVED(262, 42),
    {"isv_family_id", 16, FIELD_RESERVED},
    {"report_data", 64, FIELD_HEX},
};

/* TD report bodies: 1.0, then what 1.5 and 1.5 with partitioning add. */
static const struct field td_report_10[] = {
    {"tee_tcb_svn", 16, FIELD_COMPONENTS},
    {"mrseam", 48, FIELD_HEX},
    {"mrsignerseam", 48, FIELD_HEX},
    {"seam_attributes", 8, FIELD_HEX},
    {"td_attributes", 8, FIELD_TD_FLAGS},
    {"xfam", 8, FIELD_HEX},
    {"mrtd", 48, FIELD_HEX},
    {"mrconfigid", 48, FIELD_HEX},
    {"mrowner", 48, FIELD_HEX},
    {"mrownerconfig", 48, FIELD_HEX},
    {"rtmr0", 48, FIELD_HEX},
    {"rtmr1", 48, FIELD_HEX},
    {"rtmr2", 48, FIELD_HEX},
    {"rtmr3", 48, FIELD_HEX},
    {"report_data", 64, FIELD_HEX},
};

static const struct field td_report_15[] = {
    {"tee_tcb_svn2", 16, FIELD_COMPONENTS},
    {"mrservicetd", 48, FIELD_HEX},
};

static const struct field td_report_15ex[] = {
    {"vm_id", 1, FIELD_NUMBER},
    {"td_id", 32, FIELD_HEX},
    {"device_info", 48, FIELD_HEX},
    {"init_servtd_hash", 48, FIELD_HEX},
    {"init_servtd_attributes", 8, FIELD_HEX},
    {"init_cpusvn", 16, FIELD_HEX},
    {"init_tee_tcb_svn", 16, FIELD_COMPONENTS},
    {"init_tee_fmspc", 12, FIELD_HEX},
    {"cur_servtd_hash", 48, FIELD_HEX},
    {"cur_servtd_attributes", 8, FIELD_HEX},
};

/* Certification data of types 1 to 3, after the PPID. */
static const struct field platform_id[] = {
    {"cpusvn", 16, FIELD_HEX},
    {"pce_svn", 2, FIELD_NUMBER},
    {"pce_id", 2, FIELD_HEX},
};

static void
ppid_show(struct view *v, struct bytes data, size_t size)
{
	struct reader r = reader_of(data.p, data.n);
	struct bytes ppid;

	if (!reader_take(&r, &ppid, size)) {
		view_text(v, "cut_short", "ppid");
		return;
	}
	view_hex(v, "ppid", ppid.p, ppid.n);
	if (fields_show(v, &r, FIELDS(platform_id)) && r.n > 0)
		view_hex(v, "rest", r.p, r.n);
}

static void
certification_data_show(struct view *v, uint16_t type, struct bytes data)
{
	static const size_t ppid[] = {[1] = 16, [2] = 256, [3] = 384};

	view_number(v, "type", type);
	view_text(v, "type_name", dci_certification_name(type));
	view_number(v, "size", (int64_t)data.n);
	if (type >= 1 && type <= 3)
		ppid_show(v, data, ppid[type]);
	else if (type == 4 || type == 5)
		pem_show(v, "certificates", data);
	else
		view_hex(v, "data", data.p, data.n);
}

/* Whether the QE's report names the attestation key: no signature, only the
 * digest. */
static void
key_binding_show(
    struct view *v, struct bytes report, struct bytes key, struct bytes auth)
{
	uint8_t digest[SHA256_SIZE];

	sha256_two(digest, key.p, key.n, auth.p, auth.n);
	view_bool(v, "report_names_attestation_key",
	    memcmp(digest, report.p + 320, sizeof(digest)) == 0);
}

/* From the QE's report to the PCK chain. */
static void
qe_part_show(struct view *v, struct reader *r, struct bytes key)
{
	struct bytes report, signature, auth, data;
	uint16_t auth_size, type;

	view_object(v, "quoting_enclave");
	bool whole = reader_take(r, &report, 384);
	struct reader in = whole ? reader_of(report.p, report.n) : *r;
	bool fields = fields_show(v, &in, FIELDS(sgx_report));
	whole = whole && fields && reader_take(r, &signature, 64) &&
		reader_u16le(r, &auth_size) && reader_take(r, &auth, auth_size);
	if (whole) {
		view_hex(v, "report_signature", signature.p, signature.n);
		view_hex(v, "authentication_data", auth.p, auth.n);
		key_binding_show(v, report, key, auth);
	} else if (fields) {
		view_text(v, "cut_short", "after the report");
	}
	view_object_end(v);
	if (!whole)
		return;
	view_object(v, "certification_data");
	if (reader_u16le(r, &type) && reader_blob32(r, &data))
		certification_data_show(v, type, data);
	else
		view_text(v, "cut_short", "certification data");
	view_object_end(v);
}

static void
signature_data_show(struct view *v, struct reader *r, uint16_t version)
{
	struct bytes signature, key, inner;
	uint16_t type;

	if (!reader_take(r, &signature, 64) || !reader_take(r, &key, 64)) {
		view_text(v, "cut_short", "signature");
		return;
	}
	view_hex(v, "signature", signature.p, signature.n);
	view_hex(v, "attestation_key", key.p, key.n);
	if (version == 3) {
		qe_part_show(v, r, key);
		return;
	}
	if (!reader_u16le(r, &type) || !reader_blob32(r, &inner)) {
		view_text(v, "cut_short", "certification data");
		return;
	}
	if (type == 6) {
		struct reader in = reader_of(inner.p, inner.n);

		qe_part_show(v, &in, key);
		return;
	}
	view_object(v, "certification_data");
	certification_data_show(v, type, inner);
	view_object_end(v);
}

/* What kind of body, by header and, in version 5, by the body's own type. */
enum body { BODY_UNKNOWN, BODY_SGX, BODY_TD_10, BODY_TD_15, BODY_TD_15EX };

static bool
body_show(struct view *v, struct reader *r, enum body body)
{
	if (body == BODY_UNKNOWN) {
		view_text(v, "malformed", "a body of unknown kind");
		return false;
	}
	if (body == BODY_SGX)
		return fields_show(v, r, FIELDS(sgx_report));
	return fields_show(v, r, FIELDS(td_report_10)) &&
	       (body < BODY_TD_15 || fields_show(v, r, FIELDS(td_report_15))) &&
	       (body < BODY_TD_15EX ||
		   fields_show(v, r, FIELDS(td_report_15ex)));
}

static enum body
body_kind(uint16_t version, uint32_t tee, struct reader at)
{
	uint16_t type;

	if (version == 3)
		return tee == DCI_TEE_SGX ? BODY_SGX : BODY_UNKNOWN;
	if (version == 4)
		return tee == DCI_TEE_SGX   ? BODY_SGX
		       : tee == DCI_TEE_TDX ? BODY_TD_10
					    : BODY_UNKNOWN;
	if (!reader_u16le(&at, &type) || type < 1 || type > 4 ||
	    (type == 1) != (tee == DCI_TEE_SGX))
		return BODY_UNKNOWN;
	return (enum body)type;
}

static void
parts_show(struct view *v, struct reader *r, uint16_t version, enum body body)
{
	uint32_t size;

	if (version == 5) {
		view_object(v, "body_header");
		bool whole = fields_show(v, r, FIELDS(body_header));
		view_object_end(v);
		if (!whole)
			return;
	}
	view_object(v, body == BODY_SGX ? "enclave" : "trust_domain");
	bool whole = body_show(v, r, body);
	view_object_end(v);
	if (!whole)
		return;
	view_object(v, "signature_data");
	if (reader_u32le(r, &size)) {
		view_number(v, "size", size);
		struct reader in = reader_of(r->p, size < r->n ? size : r->n);
		signature_data_show(v, &in, version);
	} else {
		view_text(v, "cut_short", "signature data");
	}
	view_object_end(v);
}

/* What dci verify-quote will say about its form. */
static void
form_show(struct view *v, struct bytes quote)
{
	uint8_t digest[SHA256_SIZE];
	struct dci_failure f;
	struct dci_quote q;

	if (dci_quote_parse(&q, quote.p, quote.n, &f) != 0) {
		view_failure(v, "refused", &f);
		return;
	}
	dci_quote_digest(digest, &q);
	view_hex(v, "evidence_digest", digest, sizeof(digest));
	if (q.padding > 0)
		view_number(v, "padding", (int64_t)q.padding);
}

void
quote_show(struct view *v, struct bytes quote)
{
	struct reader r = reader_of(quote.p, quote.n), start = r;
	uint16_t version = 0, key_type;
	uint32_t tee = 0;

	if (!reader_u16le(&start, &version) ||
	    !reader_u16le(&start, &key_type) || !reader_u32le(&start, &tee))
		tee = UINT32_MAX;
	view_text(v, "tee",
	    tee == DCI_TEE_SGX                  ? "SGX"
	    : tee == DCI_TEE_TDX && version > 3 ? "TDX"
						: "unknown");
	form_show(v, quote);
	view_object(v, "header");
	bool whole = version == 3 ? fields_show(v, &r, FIELDS(header_3))
				  : fields_show(v, &r, FIELDS(header_4));
	view_object_end(v);
	if (!whole)
		return;
	if (version < 3 || version > 5) {
		view_text(v, "note", "the rest is of an unknown layout");
		return;
	}
	parts_show(v, &r, version, body_kind(version, tee, r));
}
