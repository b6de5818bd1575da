/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include <openssl/ec.h>

#include "base/digest.h"
#include "base/limits.h"
#include "base/text.h"
#include "dcap/json.h"
#include "proto/report.h"
#include "result/jws.h"
#include "result/report.h"

CLEANUP_TYPE(cleanup_json, json_t, json_decref)
CLEANUP_TYPE(cleanup_sig, ECDSA_SIG, ECDSA_SIG_free)

void
jws_free(struct jws *t)
{
	free(t->payload);
	free(t->signature);
	*t = (struct jws){.payload = NULL};
}

/* base64url without padding (RFC 7515, appendix C), one text for each
 * content. */
static bool
base64url_decode(uint8_t **out, size_t *n, struct bytes text)
{
	size_t size = (text.n + 3) / 4 * 4;
	char *plain CLEANUP(cleanup_free) = malloc(size + 1);

	if (plain == NULL || text.n % 4 == 1)
		return false;
	memset(plain, '=', size);
	for (size_t i = 0; i < text.n; i++) {
		char c = (char)text.p[i];

		if (c == '+' || c == '/' || c == '=')
			return false;
		plain[i] = c == '-' ? '+' : c == '_' ? '/' : c;
	}
	return base64_decode(out, n, plain, size);
}

/* The next part of the token; the last one ends with it. */
static bool
part_take(struct reader *r, struct bytes *out, bool last)
{
	const uint8_t *dot = r->n == 0 ? NULL : memchr(r->p, '.', r->n);
	struct bytes ignored;

	if (last)
		return dot == NULL && reader_take(r, out, r->n);
	return dot != NULL && reader_take(r, out, (size_t)(dot - r->p)) &&
	       reader_take(r, &ignored, 1);
}

static int
malformed(const char *why, struct dci_failure *f)
{
	return dci_fail(f, DCI_RESULT_JWS_MALFORMED,
	    "The signed token cannot be read: %s.", why);
}

static bool
certificates_take(struct credential *credential, const json_t *list)
{
	const json_t *v;
	size_t i;

	json_array_foreach (list, i, v) {
		uint8_t *der CLEANUP(cleanup_free) = NULL;
		size_t n;

		if (!json_is_string(v) ||
		    !base64_decode(&der, &n, json_string_value(v),
			json_string_length(v)) ||
		    !credential_add_der(credential, (struct bytes){der, n}))
			return false;
	}
	return credential->n > 0;
}

/* Exactly these three members: whatever else a token asks for, crit above
 * all, is not done. */
static int
header_take(struct jws *t, struct credential *credential, struct bytes text,
    struct dci_failure *f)
{
	struct json_source s = {.failed = false};
	json_t *o CLEANUP(cleanup_json) = json_document(&s, text);
	const char *alg = json_text(&s, o, "alg");
	const char *typ = json_text(&s, o, "typ");
	const json_t *x5c = json_member(&s, o, "x5c", JSON_ARRAY);
	char shown[41];

	if (s.failed)
		return malformed(s.why, f);
	if (json_object_size(o) != 3)
		return malformed("its header has other members than alg, typ "
				 "and x5c",
		    f);
	if (strcmp(typ, EAR_TYPE) != 0)
		return malformed("its typ is not " EAR_TYPE, f);
	if (strcmp(alg, "ES256") != 0 && strcmp(alg, "ES384") != 0) {
		text_printable(shown, sizeof(shown), alg, strlen(alg));
		return dci_fail(f, DCI_RESULT_JWS_ALGORITHM,
		    "%s Found: '%s'. %s",
		    dci_code_meaning(DCI_RESULT_JWS_ALGORITHM), shown,
		    dci_code_remedy(DCI_RESULT_JWS_ALGORITHM));
	}
	t->curve = strcmp(alg, "ES384") == 0 ? CURVE_P384 : CURVE_P256;
	if (!certificates_take(credential, x5c))
		return malformed("its x5c is not a list of one to four "
				 "certificates in base64",
		    f);
	return 0;
}

int
jws_parse(struct jws *t, struct credential *credential, struct bytes token,
    struct dci_failure *f)
{
	struct reader r = reader_of(token.p, token.n);
	struct bytes header, payload, signature;
	uint8_t *text CLEANUP(cleanup_free) = NULL;
	size_t n;

	if (token.n > LIMIT_JWS)
		return dci_fail(f, DCI_RESULT_TOO_LARGE,
		    "The signed token has %zu bytes; at most %u are accepted.",
		    token.n, LIMIT_JWS);
	if (!part_take(&r, &header, false) || !part_take(&r, &payload, false) ||
	    !part_take(&r, &signature, true))
		return malformed("it is not three parts with a dot between "
				 "them",
		    f);
	if (!base64url_decode(&text, &n, header) ||
	    !base64url_decode(&t->payload, &t->payload_size, payload) ||
	    !base64url_decode(&t->signature, &t->signature_size, signature))
		return malformed("a part is not base64url without padding", f);
	t->signing_input = (struct bytes){token.p, header.n + 1 + payload.n};
	return header_take(t, credential, (struct bytes){text, n}, f);
}

/* r || s as ECDSA-Sig-Value. */
static bool
signature_encode(const struct jws *t, size_t half, uint8_t **der, size_t *n)
{
	ECDSA_SIG *sig CLEANUP(cleanup_sig) = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(t->signature, (int)half, NULL);
	BIGNUM *s = BN_bin2bn(t->signature + half, (int)half, NULL);

	if (sig == NULL || r == NULL || s == NULL ||
	    ECDSA_SIG_set0(sig, r, s) != 1) {
		BN_free(r);
		BN_free(s);
		return false;
	}
	int size = i2d_ECDSA_SIG(sig, der);
	*n = size > 0 ? (size_t)size : 0;
	return size > 0;
}

bool
jws_verify(const struct jws *t, const struct ec_point *point)
{
	size_t half = t->curve == CURVE_P384 ? 48 : 32, n;
	uint8_t *der = NULL;

	if (point->curve != t->curve || t->signature_size != 2 * half)
		return false;
	EVP_PKEY *key CLEANUP(cleanup_pkey) =
	    ec_import(point->curve, point->data, point->n);
	bool ok =
	    key != NULL && signature_encode(t, half, &der, &n) &&
	    ecdsa_verify_der(key,
		t->curve == CURVE_P384 ? digest_sha384() : digest_sha256(),
		t->signing_input, (struct bytes){der, n});
	OPENSSL_free(der);
	return ok;
}

/* --- claims --- */

static int64_t
date_read(struct json_source *s, const json_t *o, const char *name)
{
	json_int_t t =
	    json_integer_value(json_member(s, o, name, JSON_INTEGER));

	/* Up to the year 9999, like every date here. */
	if (t >= 0 && t <= INT64_C(253402300799))
		return t;
	json_refuse(s, "a \"%s\" that is no date", name);
	return 0;
}

/* Who reads the status alone must not be told better than the report says. */
static bool
status_agrees(const struct dci_report *r)
{
	return r->ear_status ==
		   ear_vector_of(r->status, r->debug, false).status ||
	       r->ear_status == ear_vector_of(r->status, r->debug, true).status;
}

static void
appraisal_read(struct dci_report *out, struct json_source *s, const json_t *sub)
{
	const char *name = EAR_SUBMOD_SGX;
	const json_t *o;

	if (json_object_size(sub) != 1 ||
	    (json_object_get(sub, EAR_SUBMOD_SGX) == NULL &&
		json_object_get(sub, EAR_SUBMOD_TDX) == NULL)) {
		json_refuse(s, "no single submodule \"" EAR_SUBMOD_SGX
			       "\" or \"" EAR_SUBMOD_TDX "\"");
		return;
	}
	if (json_object_get(sub, EAR_SUBMOD_TDX) != NULL)
		name = EAR_SUBMOD_TDX;
	o = json_member(s, sub, name, JSON_OBJECT);
	out->ear_status = json_number(s, o, EAR_CLAIM_STATUS, 127);
	if (out->ear_status != EAR_AFFIRMING &&
	    out->ear_status != EAR_WARNING &&
	    out->ear_status != EAR_CONTRAINDICATED)
		json_refuse(s, "an unknown \"" EAR_CLAIM_STATUS "\"");
	report_members_read(
	    out, s, json_member(s, o, EAR_CLAIM_REPORT, JSON_OBJECT));
	if ((out->tee == DCI_TEE_TDX) != (strcmp(name, EAR_SUBMOD_TDX) == 0))
		json_refuse(s, "a submodule of another kind than its report");
	if (!s->failed && !status_agrees(out))
		json_refuse(s, "an \"" EAR_CLAIM_STATUS
			       "\" that is not that of its report");
}

/* The nonce is said twice. */
static void
agreement_check(struct dci_report *out, struct json_source *s, const json_t *o)
{
	char nonce[EAR_NONCE_MAX + 1];
	bool has = json_object_get(o, EAR_CLAIM_NONCE) != NULL;

	if (out->expires < out->timestamp)
		json_refuse(s, "an \"" EAR_CLAIM_EXP "\" before its "
			       "\"" EAR_CLAIM_IAT "\"");
	if (has)
		report_text_read(nonce, sizeof(nonce), s, o, EAR_CLAIM_NONCE);
	if (has != out->has_nonce ||
	    (has && !s->failed && strcmp(nonce, out->nonce) != 0))
		json_refuse(s, "an \"" EAR_CLAIM_NONCE
			       "\" that is not its report's nonce");
}

static void
claims_read(struct dci_report *out, struct json_source *s, const json_t *o)
{
	const char *profile = json_text(s, o, EAR_CLAIM_PROFILE);

	if (profile != NULL && strcmp(profile, EAR_PROFILE) != 0)
		json_refuse(s, "another \"" EAR_CLAIM_PROFILE "\" "
			       "than " EAR_PROFILE);
	out->timestamp = date_read(s, o, EAR_CLAIM_IAT);
	out->expires = date_read(s, o, EAR_CLAIM_EXP);
	json_member(s, o, EAR_CLAIM_VERIFIER, JSON_OBJECT);
	appraisal_read(
	    out, s, json_member(s, o, EAR_CLAIM_SUBMODS, JSON_OBJECT));
	agreement_check(out, s, o);
}

bool
jws_claims_read(
    const struct jws *t, struct dci_report *out, char *why, size_t size)
{
	struct json_source s = {.failed = false};
	json_t *o CLEANUP(cleanup_json) =
	    json_document(&s, (struct bytes){t->payload, t->payload_size});

	if (o != NULL && !json_is_object(o))
		json_refuse(&s, "no JSON object");
	if (!s.failed)
		claims_read(out, &s, o);
	snprintf(why, size, "%s", s.why);
	return !s.failed;
}
