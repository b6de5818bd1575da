/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "base/digest.h"
#include "result/quote_body.h"

#define HEADER_SIZE     48
#define SGX_BODY_SIZE   384
#define TDX_BODY_SIZE   584
#define TDX15_BODY_SIZE 648
#define TD_DEBUG        1u

/* The types of body that a descriptor of version 5 names. */
enum { BODY_SGX = 1, BODY_TDX = 2, BODY_TDX15 = 3 };

static bool
descriptor_read(struct reader *r, enum dci_tee tee)
{
	uint16_t type;
	uint32_t size;

	if (!reader_u16le(r, &type) || !reader_u32le(r, &size) || size != r->n)
		return false;
	switch (type) {
	case BODY_SGX:
		return tee == DCI_TEE_SGX && size == SGX_BODY_SIZE;
	case BODY_TDX:
		return tee == DCI_TEE_TDX && size == TDX_BODY_SIZE;
	case BODY_TDX15:
		return tee == DCI_TEE_TDX && size == TDX15_BODY_SIZE;
	default:
		return false;
	}
}

/* Leaves the body in *r. */
static bool
header_read(struct reader *r, enum dci_tee tee)
{
	uint16_t version, key_type;
	uint32_t tee_type;

	if (!reader_u16le(r, &version) || !reader_u16le(r, &key_type) ||
	    !reader_u32le(r, &tee_type) || !reader_skip(r, HEADER_SIZE - 8))
		return false;
	if (tee_type != (uint32_t)tee)
		return false;
	switch (version) {
	case 3:
		return tee == DCI_TEE_SGX && r->n == SGX_BODY_SIZE;
	case 4:
		return r->n == (tee == DCI_TEE_SGX ? (size_t)SGX_BODY_SIZE
						   : (size_t)TDX_BODY_SIZE);
	case 5:
		return descriptor_read(r, tee);
	default:
		return false;
	}
}

/* An enclave report, SDM volume 3D, 37.16. */
static bool
enclave_read(struct dci_report *out, struct reader *r)
{
	uint64_t flags;

	if (!reader_skip(r, 48) || !reader_u64le(r, &flags) ||
	    !reader_skip(r, 8) || !reader_copy(r, out->mrenclave, 32) ||
	    !reader_skip(r, 32) || !reader_copy(r, out->mrsigner, 32) ||
	    !reader_skip(r, 96) || !reader_u16le(r, &out->isv_prod_id) ||
	    !reader_u16le(r, &out->isv_svn) || !reader_skip(r, 60) ||
	    !reader_copy(r, out->report_data, DCI_REPORT_DATA_SIZE))
		return false;
	out->debug = (flags & DCI_ATTRIBUTE_DEBUG) != 0;
	return true;
}

/* A TD report, TDX DCAP appendix A.3.2. */
static bool
domain_read(struct dci_report *out, struct reader *r)
{
	uint64_t attributes;

	if (!reader_skip(r, 120) || !reader_u64le(r, &attributes) ||
	    !reader_skip(r, 8) || !reader_copy(r, out->mrtd, 48) ||
	    !reader_skip(r, 336) ||
	    !reader_copy(r, out->report_data, DCI_REPORT_DATA_SIZE))
		return false;
	out->debug = (attributes & TD_DEBUG) != 0;
	return true;
}

bool
quote_body_read(struct dci_report *out, struct bytes quote)
{
	struct reader r = reader_of(quote.p, quote.n);

	if (quote.n > sizeof(out->quote) || !header_read(&r, out->tee))
		return false;
	memcpy(out->quote, quote.p, quote.n);
	out->quote_size = quote.n;
	sha256(out->quote_digest, quote.p, quote.n);
	return out->tee == DCI_TEE_SGX ? enclave_read(out, &r)
				       : domain_read(out, &r);
}
