/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "base/digest.h"
#include "base/limits.h"
#include "base/text.h"
#include "dci/evidence.h"
#include "ratls/certificate.h"
#include "ratls/claims.h"
#include "ratls/dice.h"

const char *
dci_evidence_source_name(enum dci_evidence_source source)
{
	return source == DCI_EVIDENCE_DICE ? "dice" : "legacy";
}

static int
evidence_quote(struct dci_evidence *e, struct bytes quote,
    struct dci_checks *checks, struct dci_failure *f)
{
	if (quote.n == 0)
		return dci_checks_fail(checks, f, DCI_CHECK_EVIDENCE_FORM,
		    DCI_EVIDENCE_NO_QUOTE, "a quote", "0 bytes");
	if (quote.n > LIMIT_QUOTE)
		return dci_checks_fail(checks, f, DCI_CHECK_EVIDENCE_FORM,
		    DCI_EVIDENCE_TOO_LARGE, "a quote of at most 16 KiB",
		    "%zu bytes", quote.n);
	dci_checks_pass(checks, DCI_CHECK_EVIDENCE_FORM, NULL);
	e->quote = quote.p;
	e->quote_size = quote.n;
	return 0;
}

static int
evidence_dice(struct dci_evidence *e, struct bytes value,
    struct dci_checks *checks, struct dci_failure *f)
{
	struct dice dice;
	struct claims claims;
	struct bytes spki = {e->spki, e->spki_size};

	e->source = DCI_EVIDENCE_DICE;
	if (dice_parse(&dice, value, checks, f) < 0 ||
	    evidence_quote(e, dice.quote, checks, f) < 0 ||
	    claims_parse(&claims, dice.claims, checks, f) < 0 ||
	    claims_bind_key(&claims, spki, checks, f) < 0)
		return -1;
	e->claims = dice.claims.p;
	e->claims_size = dice.claims.n;
	sha256(e->binding, dice.claims.p, dice.claims.n);
	e->has_csr_key = claims.has_csr_key;
	if (claims.has_csr_key)
		memcpy(e->csr_key, claims.csr_key.p, sizeof(e->csr_key));
	return 0;
}

static int
evidence_legacy(struct dci_evidence *e, struct bytes value,
    struct dci_checks *checks, struct dci_failure *f)
{
	e->source = DCI_EVIDENCE_LEGACY;
	if (evidence_quote(e, value, checks, f) < 0)
		return -1;
	sha256(e->binding, e->spki, e->spki_size);
	return 0;
}

static int
evidence_parse(struct dci_evidence *e, struct bytes der,
    struct dci_checks *checks, struct dci_failure *f)
{
	struct ratls_certificate c;

	memset(e, 0, sizeof(*e));
	if (ratls_certificate_parse(&c, der, checks, f) < 0)
		return -1;
	e->spki = c.spki.p;
	e->spki_size = c.spki.n;
	if (c.has_dice)
		return evidence_dice(e, c.dice, checks, f);
	return evidence_legacy(e, c.legacy, checks, f);
}

int
dci_evidence_parse(struct dci_evidence *e, const uint8_t *certificate, size_t n,
    struct dci_checks *checks, struct dci_failure *f)
{
	if (evidence_parse(e, (struct bytes){certificate, n}, checks, f) == 0)
		return 0;
	/* What was refused half-way is not for use. */
	memset(e, 0, sizeof(*e));
	return -1;
}

int
dci_evidence_bound(const struct dci_evidence *e, const struct dci_quote *q,
    struct dci_checks *checks, struct dci_failure *f)
{
	const uint8_t *data = q->report.report_data;
	const size_t half = sizeof(e->binding);
	char expected[DCI_EXPECTED_MAX], found[2 * sizeof(e->binding) + 1];

	hex_encode(found, e->binding, half);
	snprintf(expected, sizeof(expected), "report data %s (SHA-256 of %s)",
	    found,
	    e->source == DCI_EVIDENCE_DICE ? "the claims" : "the TLS key");
	hex_encode(found, data, half);
	if (!bytes_equal_secret(data, e->binding, half))
		return dci_checks_fail(checks, f, DCI_CHECK_EVIDENCE_BOUND,
		    DCI_EVIDENCE_NOT_BOUND, expected, "%s", found);
	dci_checks_pass(checks, DCI_CHECK_EVIDENCE_BOUND, expected);
	hex_encode(found, data + half, DCI_REPORT_DATA_SIZE - half);
	if (!bytes_all_zero(data + half, DCI_REPORT_DATA_SIZE - half))
		return dci_checks_fail(checks, f, DCI_CHECK_REPORT_DATA_REST,
		    DCI_REPORT_DATA_NOT_ZERO, "32 bytes of zero", "%s", found);
	dci_checks_pass(checks, DCI_CHECK_REPORT_DATA_REST, NULL);
	return 0;
}
