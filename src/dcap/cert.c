/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/digest.h"
#include "base/limits.h"
#include "dcap/cert.h"

const struct bytes cert_ecdsa_sha256 = {
    (const uint8_t[]){
	0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02},
    12};

/* RFC 5280 4.1.2.1: [0] EXPLICIT INTEGER, 2 for version 3. */
static bool
version_3(struct reader *r)
{
	struct reader in;
	uint32_t version;

	return der_enter(r, DER_CONTEXT(0), &in) &&
	       der_unsigned(&in, DER_INTEGER, 2, &version) && version == 2 &&
	       reader_done(&in);
}

static bool
validity(struct reader *r, struct cert *c)
{
	struct reader in;

	return der_enter(r, DER_SEQUENCE, &in) &&
	       der_time(&in, &c->not_before) && der_time(&in, &c->not_after) &&
	       reader_done(&in);
}

static bool
extensions(struct reader *r, struct cert *c)
{
	struct reader in;

	return der_enter(r, DER_CONTEXT(3), &in) &&
	       extensions_parse(&c->extensions, &in) && reader_done(&in);
}

/* TBSCertificate, RFC 5280 4.1.  Returns what is wrong, or NULL. */
static const char *
tbs_parse(struct cert *c)
{
	struct reader whole = reader_of(c->tbs.p, c->tbs.n), r;
	struct bytes inner;

	if (!der_enter(&whole, DER_SEQUENCE, &r) || !version_3(&r))
		return "it is not of version 3";
	if (!der_integer(&r, &c->serial))
		return "its serial number is malformed";
	if (!der_whole(&r, DER_SEQUENCE, &inner) ||
	    !bytes_equal(inner, c->algorithm))
		return "the signature algorithms inside and outside differ";
	if (!der_whole(&r, DER_SEQUENCE, &c->issuer) || !validity(&r, c) ||
	    !der_whole(&r, DER_SEQUENCE, &c->subject) ||
	    !der_whole(&r, DER_SEQUENCE, &c->spki))
		return "its names, dates or key are malformed";
	if (!extensions(&r, c))
		return "its extensions are missing, malformed or not unique";
	if (!reader_done(&r))
		return "something follows its extensions";
	return NULL;
}

int
cert_parse(struct cert *c, struct bytes der, struct dci_failure *f)
{
	struct reader whole = reader_of(der.p, der.n), r;
	const char *wrong;

	c->der = der;
	if (der.n > LIMIT_CERTIFICATE)
		wrong = "it is too large";
	else if (!der_enter(&whole, DER_SEQUENCE, &r) ||
		 !der_whole(&r, DER_SEQUENCE, &c->tbs) ||
		 !der_whole(&r, DER_SEQUENCE, &c->algorithm) ||
		 !der_octet_bits(&r, &c->signature) || !reader_done(&r))
		wrong = "it is not a certificate in DER";
	else if (!reader_done(&whole))
		wrong = "bytes follow its end";
	else
		wrong = tbs_parse(c);
	if (wrong == NULL)
		return 0;
	return dci_fail(f, DCI_CERTIFICATE_MALFORMED,
	    "A certificate of %zu bytes was refused: %s.", der.n, wrong);
}

bool
cert_signed_by(const struct cert *c, EVP_PKEY *key)
{
	memory_watch();
	return bytes_equal(c->algorithm, cert_ecdsa_sha256) &&
	       ecdsa_verify_der(key, digest_sha256(), c->tbs, c->signature);
}

/* AttributeTypeAndValue, RFC 5280 4.1.2.4. */
static bool
attribute(struct reader *set, struct bytes *oid, struct der *value)
{
	struct reader r;

	return der_enter(set, DER_SEQUENCE, &r) && der_oid(&r, oid) &&
	       der_any(&r, value) && reader_done(&r);
}

bool
cert_common_name(struct bytes name, struct bytes *out)
{
	const struct bytes common_name = {
	    (const uint8_t[]){0x55, 0x04, 0x03}, 3};
	struct reader whole = reader_of(name.p, name.n), names, set;
	struct bytes oid;
	struct der value;
	int found = 0;

	if (!der_enter(&whole, DER_SEQUENCE, &names))
		return false;
	while (!reader_done(&names)) {
		if (!der_enter(&names, DER_SET, &set) || reader_done(&set))
			return false;
		while (!reader_done(&set)) {
			if (!attribute(&set, &oid, &value))
				return false;
			if (!bytes_equal(oid, common_name))
				continue;
			if (value.tag != DER_UTF8 && value.tag != DER_PRINTABLE)
				return false;
			*out = value.content;
			found++;
		}
	}
	return found == 1;
}
