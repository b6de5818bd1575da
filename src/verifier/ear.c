/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "proto/report.h"
#include "verifier/ear.h"

int
ear_nonce(const char *nonce, struct dci_failure *f)
{
	if (nonce == NULL)
		return 0;
	size_t n = strlen(nonce);
	if (n >= EAR_NONCE_MIN && n <= EAR_NONCE_MAX)
		return 0;
	return dci_fail(f, DCI_NONCE_UNACCEPTABLE,
	    "In a result in EAR form a nonce has %d to %d bytes; this one has "
	    "%zu.",
	    EAR_NONCE_MIN, EAR_NONCE_MAX, n);
}

/* RFC 4648 section 5, without padding. */
static void
put_base64url(struct writer *w, const void *data, size_t n)
{
	char *text CLEANUP(cleanup_free) = base64_encode(data, n);

	if (text == NULL) {
		w->failed = true;
		return;
	}
	size_t length = strcspn(text, "=");
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '+')
			text[i] = '-';
		else if (text[i] == '/')
			text[i] = '_';
	}
	writer_put(w, text, length);
}

static void
put_vector(struct json_writer *j, const struct ear_vector *v)
{
	jw_int(j, EAR_CLAIM_STATUS, v->status);
	jw_object(j, EAR_CLAIM_VECTOR);
	jw_int(j, EAR_CLAIM_HARDWARE, v->hardware);
	jw_int(j, EAR_CLAIM_CONFIG, v->configuration);
	jw_int(j, EAR_CLAIM_EXECUTABLES, v->executables);
	jw_int(j, EAR_CLAIM_RUNTIME, v->runtime_opaque);
	jw_object_end(j);
}

static void
put_submod(struct json_writer *j, const struct report *r, bool outdated)
{
	const struct dci_verification *v = &r->appraisal->verification;
	struct ear_vector vector = ear_vector_of(v->status, v->debug, outdated);

	jw_object(j, EAR_CLAIM_SUBMODS);
	jw_object(
	    j, v->quote.tee == DCI_TEE_TDX ? EAR_SUBMOD_TDX : EAR_SUBMOD_SGX);
	put_vector(j, &vector);
	jw_array(j, EAR_CLAIM_POLICIES);
	jw_text(j, NULL, outdated ? EAR_POLICY_OUTDATED : EAR_POLICY_STRICT);
	jw_array_end(j);
	jw_object(j, EAR_CLAIM_REPORT);
	report_members(j, r);
	jw_object_end(j);
	jw_object_end(j);
	jw_object_end(j);
}

static void
put_claims(struct writer *w, const struct report *r, const struct delegation *d,
    bool outdated)
{
	struct json_writer j = jw_of(w);
	int64_t end = r->time + EAR_SECONDS;

	jw_object(&j, NULL);
	jw_text(&j, EAR_CLAIM_PROFILE, EAR_PROFILE);
	jw_int(&j, EAR_CLAIM_IAT, r->time);
	jw_int(&j, EAR_CLAIM_EXP, end < d->not_after ? end : d->not_after);
	jw_object(&j, EAR_CLAIM_VERIFIER);
	jw_text(&j, EAR_CLAIM_DEVELOPER, EAR_DEVELOPER);
	jw_text(&j, EAR_CLAIM_BUILD, "dci-verifier " DCI_VERSION);
	jw_object_end(&j);
	if (r->nonce != NULL)
		jw_text(&j, EAR_CLAIM_NONCE, r->nonce);
	put_submod(&j, r, outdated);
	jw_object_end(&j);
}

static void
put_header(struct writer *w, const struct delegation *d)
{
	writer_printf(w, "{\"alg\":\"%s\",\"typ\":\"" EAR_TYPE "\",\"x5c\":%s}",
	    d->curve == CURVE_P384 ? "ES384" : "ES256", d->x5c);
}

int
ear_write(struct writer *out, const struct report *r,
    const struct delegation *d, bool outdated, struct dci_failure *f)
{
	struct writer header CLEANUP(writer_free) = writer_new(5 * LIMIT_PEM);
	struct writer claims CLEANUP(writer_free) =
	    writer_new(LIMIT_HTTP_REPORT);
	uint8_t signature[SIGN_RAW_MAX];
	size_t start = out->n;

	put_header(&header, d);
	put_claims(&claims, r, d, outdated);
	if (!header.failed && !claims.failed) {
		put_base64url(out, header.data, header.n);
		writer_u8(out, '.');
		put_base64url(out, claims.data, claims.n);
	}
	size_t n = header.failed || claims.failed || out->failed
		       ? 0
		       : delegation_sign_jws(d, signature,
			     (struct bytes){out->data + start, out->n - start});
	if (n > 0) {
		writer_u8(out, '.');
		put_base64url(out, signature, n);
	}
	return n > 0 && !out->failed
		   ? 0
		   : dci_fail(f, DCI_RESULT_UNSIGNED,
			 "The result could not be written or signed.");
}
