/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "dcap/profile.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Bits of the first octet of KeyUsage, RFC 5280 4.2.1.3. */
#define USAGE_DIGITAL_SIGNATURE 0x80
#define USAGE_CERT_SIGN         0x04
#define USAGE_CRL_SIGN          0x02

static const struct {
	const char *name, *common_name;
	bool ca;
	uint8_t usage;
} roles[] = {
    [ROLE_PCK] = {"PCK certificate", "SGX PCK Certificate", false,
	USAGE_DIGITAL_SIGNATURE},
    [ROLE_TCB_SIGNER] = {"TCB signing certificate", "SGX TCB Signing", false,
	USAGE_DIGITAL_SIGNATURE},
    [ROLE_INTERMEDIATE] = {"intermediate CA", "CA", true,
	USAGE_CERT_SIGN | USAGE_CRL_SIGN},
    [ROLE_ROOT] = {"root CA", "SGX Root CA", true,
	USAGE_CERT_SIGN | USAGE_CRL_SIGN},
};

const char *
role_name(enum role role)
{
	return roles[role].name;
}

bool
role_is_ca(enum role role)
{
	return roles[role].ca;
}

static bool
name_contains(const struct cert *c, const char *text)
{
	struct bytes cn;

	return cert_common_name(c->subject, &cn) &&
	       memmem(cn.p, cn.n, text, strlen(text)) != NULL;
}

bool
profile_platform_ca(const struct cert *c, bool *platform)
{
	*platform = name_contains(c, "Platform CA");
	return *platform != name_contains(c, "Processor CA");
}

/* BasicConstraints, RFC 5280 4.2.1.9. */
static bool
constraints_parse(struct bytes value, bool *ca, bool *limited, uint32_t *limit)
{
	struct reader r = reader_of(value.p, value.n), in;

	*ca = *limited = false;
	if (!der_enter(&r, DER_SEQUENCE, &in) || !reader_done(&r))
		return false;
	if (der_next_is(&in, DER_BOOLEAN) && (!der_boolean(&in, ca) || !*ca))
		return false;
	if (!reader_done(&in)) {
		*limited = true;
		if (!*ca || !der_unsigned(&in, DER_INTEGER, UINT16_MAX, limit))
			return false;
	}
	return reader_done(&in);
}

static const char *
constraints_wrong(const struct cert *c, enum role role, unsigned cas_below)
{
	const struct extension *e =
	    extensions_find(&c->extensions, oid_basic_constraints);
	bool ca, limited;
	uint32_t limit = 0;

	if (!constraints_parse(e->value, &ca, &limited, &limit))
		return "basicConstraints are malformed";
	if (ca != roles[role].ca)
		return ca ? "it is a CA and must not be one"
			  : "it is not a CA and must be one";
	if (limited && limit < cas_below)
		return "its path length does not allow this chain";
	return NULL;
}

static const char *
usage_wrong(const struct cert *c, enum role role)
{
	const struct extension *e =
	    extensions_find(&c->extensions, oid_key_usage);
	struct reader r = reader_of(e->value.p, e->value.n);
	struct bytes bits;

	/* One octet that counts the unused bits, then one or two of bits. */
	if (!der_take(&r, DER_BITSTRING, &bits) || !reader_done(&r) ||
	    bits.n < 2 || bits.n > 3 || bits.p[0] > 7)
		return "keyUsage is malformed";
	if ((bits.p[1] & roles[role].usage) != roles[role].usage)
		return "keyUsage does not allow what it is used for";
	if (!roles[role].ca && (bits.p[1] & USAGE_CERT_SIGN) != 0)
		return "keyUsage allows to sign certificates";
	return NULL;
}

static const char *
extensions_wrong(const struct cert *c)
{
	const struct bytes required[] = {oid_authority_key_id,
	    oid_crl_distribution_points, oid_subject_key_id, oid_key_usage,
	    oid_basic_constraints};

	for (size_t i = 0; i < COUNT(required); i++) {
		if (extensions_find(&c->extensions, required[i]) == NULL)
			return "one of the extensions authorityKeyIdentifier, "
			       "cRLDistributionPoints, subjectKeyIdentifier, "
			       "keyUsage, basicConstraints is missing";
	}
	/* Only the last two may be critical, RFC 5280 4.2.1.1 and .2. */
	if (extensions_unknown(&c->extensions, required + 3, 2) != NULL)
		return "it has a critical extension that is unknown here";
	return NULL;
}

int
profile_check(const struct cert *c, enum role role, unsigned cas_below,
    struct dci_failure *f)
{
	struct ec_point point;
	const char *wrong = NULL;

	if (!bytes_equal(c->algorithm, cert_ecdsa_sha256))
		wrong = "it is not signed with ecdsa-with-SHA256";
	else if (!spki_decode(&point, c->spki) || point.curve != CURVE_P256)
		wrong = "its key is not an uncompressed point on P-256";
	else if (!name_contains(c, roles[role].common_name))
		wrong = "its common name does not say that";
	else
		wrong = extensions_wrong(c);
	if (wrong == NULL)
		wrong = constraints_wrong(c, role, cas_below);
	if (wrong == NULL)
		wrong = usage_wrong(c, role);
	if (wrong == NULL)
		return 0;
	return dci_fail(f, DCI_CERTIFICATE_MALFORMED,
	    "a certificate that is no good %s: %s", role_name(role), wrong);
}
