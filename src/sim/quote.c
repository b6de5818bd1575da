/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "base/digest.h"
#include "base/limits.h"
#include "sim/quote.h"

#define KEY_TYPE_P256  2
#define BODY_TYPE_SGX  1
#define CERT_PCK_CHAIN 5
#define CERT_QE_REPORT 6
#define QE_AUTH_SIZE   32

static const uint8_t vendor_id[16] = {0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c,
    0xa9, 0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07};

void
sim_quote_options_default(struct sim_quote_options *o)
{
	*o = (struct sim_quote_options){
	    .version = 3, .isv_prod_id = 1, .isv_svn = 1};
	sha256(o->mrenclave, SIM_MRENCLAVE_TEXT, strlen(SIM_MRENCLAVE_TEXT));
	sha256(o->mrsigner, SIM_MRSIGNER_TEXT, strlen(SIM_MRSIGNER_TEXT));
}

static void
put_zeros(struct writer *w, size_t n)
{
	while (n-- > 0)
		writer_u8(w, 0);
}

/* Spec dcap 1.2.  Reserved fields are zero, and so is CONFIGID. */
static void
report_write(struct writer *w, const struct dci_sgx_report *r)
{
	writer_put(w, r->cpusvn, sizeof(r->cpusvn));
	writer_u32le(w, r->miscselect);
	put_zeros(w, 28);
	writer_u64le(w, r->flags);
	writer_u64le(w, r->xfrm);
	writer_put(w, r->mrenclave, sizeof(r->mrenclave));
	put_zeros(w, 32);
	writer_put(w, r->mrsigner, sizeof(r->mrsigner));
	put_zeros(w, 96);
	writer_u16le(w, r->isv_prod_id);
	writer_u16le(w, r->isv_svn);
	put_zeros(w, 60);
	writer_put(w, r->report_data, sizeof(r->report_data));
}

/* The public point of a key as quotes have it, X || Y. */
static bool
raw_key(uint8_t out[static 64], EVP_PKEY *key)
{
	struct ec_point point;

	if (!ec_export(&point, key) || point.n != P256_POINT_SIZE)
		return false;
	memcpy(out, point.data + 1, 64);
	return true;
}

/* Spec dcap 1.1; the first 16 bytes of user data are the QE's id. */
static bool
header_write(struct writer *w, const struct sim_pki *pki,
    const struct sim_spec *spec, uint16_t version)
{
	static const char label[] = "SIMULATED QE ID";
	uint8_t key[64], id[SHA256_SIZE];

	if (!raw_key(key, pki->key[SIM_KEY_PCK]))
		return false;
	sha256_two(id, label, strlen(label), key, sizeof(key));
	writer_u16le(w, version);
	writer_u16le(w, KEY_TYPE_P256);
	writer_u32le(w, DCI_TEE_SGX);
	writer_u16le(w, version == 3 ? spec->qe.isv_svn : 0);
	writer_u16le(w, version == 3 ? spec->tcb.pce_svn : 0);
	writer_put(w, vendor_id, sizeof(vendor_id));
	writer_put(w, id, 16);
	put_zeros(w, 4);
	return !w->failed;
}

static void
enclave_report(struct dci_sgx_report *r, const struct sim_spec *spec,
    const struct sim_quote_options *o, const uint8_t *report_data)
{
	*r = (struct dci_sgx_report){
	    .flags = DCI_ATTRIBUTE_INIT | DCI_ATTRIBUTE_MODE64,
	    .xfrm = 3,
	    .isv_prod_id = o->isv_prod_id,
	    .isv_svn = o->isv_svn,
	};
	if (o->debug || spec->tamper.debug)
		r->flags |= DCI_ATTRIBUTE_DEBUG;
	memcpy(r->cpusvn, spec->tcb.component, sizeof(r->cpusvn));
	memcpy(r->mrenclave, o->mrenclave, sizeof(r->mrenclave));
	memcpy(r->mrsigner, o->mrsigner, sizeof(r->mrsigner));
	memcpy(r->report_data, report_data, sizeof(r->report_data));
}

static void
qe_report(struct dci_sgx_report *r, const struct sim_spec *spec,
    const uint8_t key[static 64], const uint8_t auth[static QE_AUTH_SIZE])
{
	const struct sim_qe *qe = &spec->qe;

	*r = (struct dci_sgx_report){
	    .miscselect = qe->miscselect,
	    .flags = qe->flags,
	    .xfrm = qe->xfrm,
	    .isv_prod_id = qe->isv_prod_id,
	    .isv_svn = qe->isv_svn,
	};
	memcpy(r->cpusvn, spec->tcb.component, sizeof(r->cpusvn));
	memcpy(r->mrenclave, qe->mrenclave, sizeof(r->mrenclave));
	memcpy(r->mrsigner, qe->mrsigner, sizeof(r->mrsigner));
	/* Binding 2 of spec dcap 1.5; the second half stays zero. */
	sha256_two(r->report_data, key, 64, auth, QE_AUTH_SIZE);
	if (spec->tamper.qe_report_data)
		r->report_data[0] ^= 1;
}

/* QE report, its signature by the PCK, authentication data, chain: the end of
 * a version 3 quote, and the content of type 6 in the later ones. */
static bool
qe_part_write(struct writer *w, const struct sim_pki *pki,
    const struct sim_spec *spec, const struct sim_quote_options *o,
    const uint8_t key[static 64])
{
	uint8_t auth[QE_AUTH_SIZE], signature[64];
	struct dci_sgx_report report;
	struct writer body CLEANUP(writer_free) = writer_new(LIMIT_QUOTE);
	struct writer chain CLEANUP(writer_free) = writer_new(LIMIT_QUOTE);

	/* Intel's QE uses the same 32 bytes. */
	for (uint8_t i = 0; i < sizeof(auth); i++)
		auth[i] = i;
	qe_report(&report, spec, key, auth);
	report_write(&body, &report);
	if (body.failed)
		return false;
	sim_patch_apply(body.data, SIM_PART_QE, o->patch, o->patches);
	if (!ecdsa_sign_raw(pki->key[SIM_KEY_PCK],
		(struct bytes){body.data, body.n}, signature) ||
	    !pki_write_pck_chain(&chain, pki, spec))
		return false;
	signature[40] ^= spec->tamper.qe_report_signature ? 1 : 0;
	writer_u8(&chain, 0);
	writer_put(w, body.data, body.n);
	writer_put(w, signature, sizeof(signature));
	writer_u16le(w, sizeof(auth));
	writer_put(w, auth, sizeof(auth));
	writer_u16le(w, CERT_PCK_CHAIN);
	writer_blob32(w, chain.data, chain.n);
	return !w->failed && !chain.failed;
}

/* Spec dcap 1.3, without the length in front. */
static bool
signature_write(struct writer *w, const struct sim_pki *pki,
    const struct sim_spec *spec, const struct sim_quote_options *o,
    const struct writer *signed_part)
{
	struct writer qe CLEANUP(writer_free) = writer_new(LIMIT_QUOTE);
	uint8_t key[64], signature[64];

	if (!raw_key(key, pki->key[SIM_KEY_ATTESTATION]) ||
	    !ecdsa_sign_raw(pki->key[SIM_KEY_ATTESTATION],
		(struct bytes){signed_part->data, signed_part->n}, signature) ||
	    !qe_part_write(&qe, pki, spec, o, key))
		return false;
	signature[40] ^= spec->tamper.quote_signature ? 1 : 0;
	writer_put(w, signature, sizeof(signature));
	writer_put(w, key, sizeof(key));
	if (o->version == 3) {
		writer_put(w, qe.data, qe.n);
	} else {
		writer_u16le(w, CERT_QE_REPORT);
		writer_blob32(w, qe.data, qe.n);
	}
	return !w->failed;
}

static bool
signed_part_write(struct writer *w, const struct sim_pki *pki,
    const struct sim_spec *spec, const struct sim_quote_options *o,
    const uint8_t *report_data)
{
	struct dci_sgx_report report;

	if (!header_write(w, pki, spec, o->version))
		return false;
	sim_patch_apply(w->data, SIM_PART_HEADER, o->patch, o->patches);
	if (o->version == 5) {
		writer_u16le(w, BODY_TYPE_SGX);
		writer_u32le(w, 384);
	}
	size_t begin = w->n;
	enclave_report(&report, spec, o, report_data);
	report_write(w, &report);
	if (w->failed)
		return false;
	sim_patch_apply(
	    w->data + begin, SIM_PART_ENCLAVE, o->patch, o->patches);
	return true;
}

static void
tamper_with_length(struct writer *w, const struct sim_tamper *t)
{
	w->n -= t->truncated < w->n ? t->truncated : w->n;
	put_zeros(w, t->zeros);
	for (size_t i = 0; i < t->junk; i++)
		writer_u8(w, 0xa5);
}

bool
quote_write(struct writer *w, const struct sim_pki *pki,
    const struct sim_spec *spec, const struct sim_quote_options *o,
    const uint8_t report_data[static DCI_REPORT_DATA_SIZE])
{
	struct writer part CLEANUP(writer_free) = writer_new(LIMIT_QUOTE);
	struct writer end CLEANUP(writer_free) = writer_new(LIMIT_QUOTE);

	if (!signed_part_write(&part, pki, spec, o, report_data) ||
	    !signature_write(&end, pki, spec, o, &part))
		return false;
	writer_put(w, part.data, part.n);
	writer_blob32(w, end.data, end.n);
	tamper_with_length(w, &spec->tamper);
	return !w->failed;
}
