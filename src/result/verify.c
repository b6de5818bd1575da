/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <openssl/err.h>

#include "base/digest.h"
#include "base/limits.h"
#include "base/text.h"
#include "result/credential.h"
#include "result/jws.h"
#include "result/report.h"

/* One verification on its way. */
struct run {
	const struct dci_result_input *in;
	struct dci_result *out;
	struct credential credential;
	/* One of the two forms. */
	uint8_t *signature; /* DER */
	size_t signature_size;
	struct jws jws;
};

static void
run_free(struct run *r)
{
	credential_free(&r->credential);
	jws_free(&r->jws);
	free(r->signature);
}

/* A failure whose sentence says more than expected and found. */
static int
fail_as(struct run *r, enum dci_check_id id)
{
	const struct dci_failure *f = &r->out->failure;
	struct dci_check *c =
	    dci_checks_add(&r->out->checks, id, DCI_FAIL, f->code);

	snprintf(c->found, sizeof(c->found), "%.*s", (int)sizeof(c->found) - 1,
	    f->sentence);
	return -1;
}

static int __attribute__((format(printf, 5, 6)))
fail(struct run *r, enum dci_check_id id, enum dci_code code,
    const char *expected, const char *fmt, ...)
{
	char found[DCI_FOUND_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(found, sizeof(found), fmt, ap);
	va_end(ap);
	return dci_checks_fail(
	    &r->out->checks, &r->out->failure, id, code, expected, "%s", found);
}

static int
pass(struct run *r, enum dci_check_id id)
{
	dci_checks_pass(&r->out->checks, id, NULL);
	return 0;
}

static int
skip(struct run *r, enum dci_check_id id, const char *why)
{
	dci_checks_skip(&r->out->checks, id, why);
	return 0;
}

/* --- form --- */

static int
root_take(struct run *r)
{
	static const enum dci_check_id id = DCI_CHECK_RESULT_ROOT;
	struct bytes pem = {r->in->root, r->in->root_size};

	if (pem.n > LIMIT_PEM || !credential_set_root(&r->credential, pem))
		return fail(r, id, DCI_RESULT_ROOT_MALFORMED,
		    "one self-signed certificate in PEM",
		    "something else in %zu bytes", pem.n);
	return pass(r, id);
}

/* base64 of PEM; several certificates only for the chain. */
static bool
header_certificates(struct run *r, const char *text, size_t n, size_t most)
{
	uint8_t *pem CLEANUP(cleanup_free) = NULL;
	size_t size, before = r->credential.n;

	return base64_decode(&pem, &size, text, n) &&
	       credential_add_pem(&r->credential, (struct bytes){pem, size}) &&
	       r->credential.n - before <= most;
}

static int
headers_take(struct run *r)
{
	static const enum dci_check_id id = DCI_CHECK_RESULT_FORM;
	static const enum dci_code code = DCI_RESULT_HEADERS_MALFORMED;
	const struct dci_result_headers *h = &r->in->headers;

	if (r->in->body_size > LIMIT_HTTP_BODY)
		return fail(r, id, DCI_RESULT_TOO_LARGE,
		    "a body of at most 256 KiB", "%zu bytes", r->in->body_size);
	if (h->certificate == NULL || h->signature == NULL)
		return fail(r, id, DCI_RESULT_HEADERS_MISSING,
		    "X-Delegating-Certificate and X-Delegating-Signature",
		    "%s of them, in an answer of status %u",
		    h->certificate == h->signature ? "none" : "one", h->status);
	if (!header_certificates(r, h->certificate, h->certificate_size, 1))
		return fail(r, id, code,
		    "X-Delegating-Certificate: base64 of one certificate in "
		    "PEM",
		    "something else in %zu characters", h->certificate_size);
	if (h->chain != NULL &&
	    !header_certificates(r, h->chain, h->chain_size, CREDENTIAL_MAX))
		return fail(r, id, code,
		    "X-Delegating-Chain: base64 of one to three certificates "
		    "in PEM",
		    "something else in %zu characters", h->chain_size);
	if (!base64_decode(&r->signature, &r->signature_size, h->signature,
		h->signature_size))
		return fail(r, id, code, "X-Delegating-Signature: base64",
		    "something else in %zu characters", h->signature_size);
	return pass(r, id);
}

static int
jws_take(struct run *r)
{
	struct bytes token = {(const uint8_t *)r->in->jws, r->in->jws_size};

	if (token.n > 0 && token.p[token.n - 1] == '\n')
		token.n--;
	if (token.n > 0 && token.p[token.n - 1] == '\r')
		token.n--;
	if (jws_parse(&r->jws, &r->credential, token, &r->out->failure) != 0)
		return fail_as(r, DCI_CHECK_RESULT_FORM);
	return pass(r, DCI_CHECK_RESULT_FORM);
}

static int
form_check(struct run *r)
{
	return r->in->jws != NULL ? jws_take(r) : headers_take(r);
}

/* --- who speaks --- */

static int
delegation_check(struct run *r)
{
	struct dci_result *out = r->out;

	if (credential_verify(
		&r->credential, r->in->now, &out->checks, &out->failure) != 0 ||
	    credential_delegation(&r->credential, &out->delegation,
		&out->checks, &out->failure) != 0)
		return -1;
	out->has_delegation = true;
	return 0;
}

static int
assurance_check(struct run *r)
{
	static const enum dci_check_id id = DCI_CHECK_RESULT_ASSURANCE;
	static const char expected[] = "the assurance hardware";
	enum dci_assurance got = r->out->delegation.assurance;
	bool simulated = got == DCI_ASSURANCE_SIMULATED;
	enum dci_code code =
	    simulated ? DCI_RESULT_SIMULATED : DCI_RESULT_INSECURE;

	if (got == DCI_ASSURANCE_HARDWARE)
		return pass(r, id);
	if (simulated ? !r->in->allow_simulated : !r->in->allow_insecure)
		return fail(
		    r, id, code, expected, "%s", dci_assurance_name(got));
	struct dci_check *c =
	    dci_checks_add(&r->out->checks, id, DCI_TOLERATED, code);
	snprintf(c->expected, sizeof(c->expected), "%s", expected);
	snprintf(c->found, sizeof(c->found), "%s", dci_assurance_name(got));
	return 0;
}

/* --- what is said --- */

static bool
body_signed(const struct run *r)
{
	EVP_PKEY *key CLEANUP(cleanup_pkey) = ec_import(r->credential.key.curve,
	    r->credential.key.data, r->credential.key.n);

	return key != NULL &&
	       ecdsa_verify_der(key, digest_sha256(),
		   (struct bytes){r->in->body, r->in->body_size},
		   (struct bytes){r->signature, r->signature_size});
}

static int
signature_check(struct run *r)
{
	static const enum dci_check_id id = DCI_CHECK_RESULT_SIGNATURE;
	const struct ec_point *key = &r->credential.key;

	if (r->in->jws == NULL) {
		if (body_signed(r))
			return pass(r, id);
		return fail(r, id, DCI_RESULT_SIGNATURE_INVALID,
		    "an ECDSA signature with SHA-256 over the body",
		    "one that does not verify, on %zu bytes", r->in->body_size);
	}
	if (r->jws.curve != key->curve)
		return fail(r, id, DCI_RESULT_JWS_ALGORITHM,
		    r->jws.curve == CURVE_P384 ? "a P-384 key, for ES384"
					       : "a P-256 key, for ES256",
		    "a %s key", curve_name(key->curve));
	if (!jws_verify(&r->jws, key))
		return fail(r, id, DCI_RESULT_SIGNATURE_INVALID,
		    "an ECDSA signature over header and payload",
		    "one that does not verify");
	return pass(r, id);
}

static int
report_check(struct run *r)
{
	static const enum dci_check_id id = DCI_CHECK_RESULT_REPORT;
	struct dci_report *report = &r->out->report;
	struct json_source s = {.failed = false};
	bool ok = r->in->jws != NULL
		      ? jws_claims_read(&r->jws, report, s.why, sizeof(s.why))
		      : report_read(report, &s,
			    (struct bytes){r->in->body, r->in->body_size});

	if (!ok)
		return fail(r, id, DCI_RESULT_REPORT_MALFORMED,
		    r->in->jws != NULL ? "the claims of an EAR"
				       : "a report of version 5",
		    "%s", s.why);
	r->out->has_report = true;
	return pass(r, id);
}

static int
scope_check(struct run *r)
{
	static const enum dci_check_id id = DCI_CHECK_RESULT_SCOPE;
	const struct dci_delegation *d = &r->out->delegation;
	const char *tee = r->out->report.tee_type;

	if (memchr(d->tee, (int)r->out->report.tee, d->tees) != NULL)
		return pass(r, id);
	return fail(r, id, DCI_RESULT_OUT_OF_SCOPE,
	    r->out->report.tee == DCI_TEE_TDX ? "TEE type 129 (TDX) in scope"
					      : "TEE type 0 (SGX) in scope",
	    "a report on %s; the first of %zu TEE types in scope is %u", tee,
	    d->tees, d->tee[0]);
}

static int
nonce_check(struct run *r)
{
	static const enum dci_check_id id = DCI_CHECK_RESULT_NONCE;
	const struct dci_report *report = &r->out->report;
	char expected[DCI_EXPECTED_MAX], found[80];

	if (r->in->nonce == NULL)
		return skip(r, id, "no nonce was asked for");
	snprintf(expected, sizeof(expected), "'%.80s'", r->in->nonce);
	if (!report->has_nonce)
		return fail(
		    r, id, DCI_RESULT_NONCE_MISSING, expected, "no nonce");
	if (strcmp(report->nonce, r->in->nonce) == 0)
		return pass(r, id);
	text_printable(
	    found, sizeof(found), report->nonce, strlen(report->nonce));
	return fail(r, id, DCI_RESULT_NONCE_MISMATCH, expected, "'%s'", found);
}

static int
lifetime_check(struct run *r)
{
	static const enum dci_check_id id = DCI_CHECK_RESULT_LIFETIME;
	const struct dci_delegation *d = &r->out->delegation;
	int64_t at = r->out->report.timestamp;
	char from[RFC3339_SIZE], to[RFC3339_SIZE], when[RFC3339_SIZE];
	char expected[DCI_EXPECTED_MAX];

	if (d->not_before <= at && at <= d->not_after)
		return pass(r, id);
	rfc3339_encode(from, d->not_before);
	rfc3339_encode(to, d->not_after);
	rfc3339_encode(when, at);
	snprintf(expected, sizeof(expected), "from %s to %s", from, to);
	return fail(r, id, DCI_RESULT_OUTSIDE_DELEGATION, expected, "%s", when);
}

/* Both ends inclusive. */
static int
age_check(struct run *r)
{
	static const enum dci_check_id id = DCI_CHECK_RESULT_AGE;
	const struct dci_report *report = &r->out->report;
	int64_t age, now = r->in->now;
	char when[RFC3339_SIZE], expected[DCI_EXPECTED_MAX];

	if (__builtin_sub_overflow(now, report->timestamp, &age))
		age = now < 0 ? INT64_MIN : INT64_MAX;
	rfc3339_encode(when, report->timestamp);
	if (age < -DCI_RESULT_CLOCK_SECONDS)
		return fail(r, id, DCI_RESULT_FROM_FUTURE,
		    "at most 300 seconds ahead", "%s", when);
	if (report->expires != 0 && now > report->expires) {
		rfc3339_encode(when, report->expires);
		return fail(r, id, DCI_RESULT_EXPIRED, "a token still valid",
		    "one that expired at %s", when);
	}
	if (r->in->max_age <= 0)
		return skip(r, id, "any age was asked for");
	if (age <= r->in->max_age)
		return pass(r, id);
	snprintf(expected, sizeof(expected), "at most %" PRId64 " seconds old",
	    r->in->max_age);
	return fail(r, id, DCI_RESULT_TOO_OLD, expected,
	    "%s, %" PRId64 " seconds ago", when, age);
}

/* What a report is on, header and body, is what the quote begins with; its
 * length follows from the header. */
static int
quote_check(struct run *r)
{
	static const enum dci_check_id id = DCI_CHECK_RESULT_QUOTE;
	const struct dci_report *report = &r->out->report;
	size_t n = report->quote_size;
	uint8_t digest[SHA256_SIZE];
	char expected[DCI_EXPECTED_MAX], hex[2 * SHA256_SIZE + 1];

	if (r->in->quote == NULL)
		return skip(r, id, "no certain quote was asked for");
	if (n <= r->in->quote_size &&
	    memcmp(report->quote, r->in->quote, n) == 0)
		return pass(r, id);
	n = n < r->in->quote_size ? n : r->in->quote_size;
	sha256(digest, r->in->quote, n);
	hex_encode(hex, digest, sizeof(digest));
	snprintf(
	    expected, sizeof(expected), "the quote with the digest %s", hex);
	hex_encode(hex, report->quote_digest, sizeof(report->quote_digest));
	return fail(r, id, DCI_RESULT_OTHER_QUOTE, expected, "%s", hex);
}

int
dci_result_verify(struct dci_result *out, const struct dci_result_input *in)
{
	static int (*const steps[])(struct run *) = {root_take, form_check,
	    delegation_check, assurance_check, signature_check, report_check,
	    scope_check, nonce_check, lifetime_check, age_check, quote_check};
	struct run r CLEANUP(run_free) = {.in = in, .out = out};
	size_t i = 0;

	memset(out, 0, sizeof(*out));
	ERR_set_mark();
	while (i < sizeof(steps) / sizeof(steps[0]) && steps[i](&r) == 0)
		i++;
	ERR_pop_to_mark();
	if (i < sizeof(steps) / sizeof(steps[0]))
		return -1;
	out->trusted = true;
	return 0;
}

const char *
dci_result_word(const struct dci_result *r)
{
	return r->trusted ? "Trusted" : "Rejected";
}
