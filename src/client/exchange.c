/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "base/limits.h"
#include "client/exchange.h"
#include "proto/secret_prov.h"

/* All that an issuer ever has to say fits. */
#define INCOMING_MAX                                                    \
	(SECRET_PROV_HEADER_SIZE + LIMIT_SECRET +                       \
	    (1 + ENROL_CA_CERTIFICATES) * (4 + ENROL_CERTIFICATE_MAX) + \
	    sizeof(struct enrol_refusal))

void
exchange_free(struct exchange_answer *answer)
{
	writer_free(&answer->raw);
}

/* What is unread; it may not be empty, so the pointer is good. */
static struct reader
unread(const struct writer *in, size_t used)
{
	return reader_of(
	    in->data == NULL ? NULL : in->data + used, in->n - used);
}

static int
fail_refused(struct exchange_answer *answer, struct dci_failure *f)
{
	return dci_fail(f, DCI_ISSUER_REFUSED, "%s: %s", answer->refusal.code,
	    answer->refusal.sentence);
}

struct conversation {
	struct stream *stream;
	struct writer in; /* received; not moved as long as parts are used */
	size_t used;
	struct exchange_answer *answer;
};

typedef enum decoded (*decoder)(
    struct reader *, struct bytes *, struct dci_failure *);

static enum decoded
decode_certificate(struct reader *r, struct bytes *out, struct dci_failure *f)
{
	return enrol_frame_decode(
	    r, ENROL_CERTIFICATE_MAX, "The issuer's certificate", out, f);
}

/* One message, or a refusal in its place. */
static enum decoded
decode(struct conversation *c, decoder message, struct bytes *out,
    struct dci_failure *f)
{
	struct reader r = unread(&c->in, c->used);
	enum decoded got;

	if (r.n < 4)
		return DECODED_MORE;
	if (enrol_refusal_begins(&r)) {
		got = enrol_refusal_decode(&r, &c->answer->refusal, f);
		if (got == DECODED_DONE) {
			fail_refused(c->answer, f);
			got = DECODED_BAD;
		}
		return got;
	}
	got = message(&r, out, f);
	if (got == DECODED_DONE)
		c->used = c->in.n - r.n;
	return got;
}

/* 1 for a message, 0 for a clean end before it, -1 with *f. */
static int
next_message(struct conversation *c, decoder message, struct bytes *out,
    struct dci_failure *f)
{
	for (;;) {
		enum decoded got = decode(c, message, out, f);

		if (got != DECODED_MORE)
			return got == DECODED_DONE ? 1 : -1;
		enum stream_read more = stream_read(c->stream, &c->in, f);
		if (more == STREAM_FAILED)
			return -1;
		if (more == STREAM_END && c->used == c->in.n)
			return 0;
		if (more == STREAM_END)
			return dci_fail(f, DCI_ISSUER_CLOSED,
			    "The issuer ended the connection in the middle of "
			    "a message.");
	}
}

static int
fail_ended(const char *what, struct dci_failure *f)
{
	return dci_fail(f, DCI_ISSUER_CLOSED,
	    "The issuer ended the connection in place of %s, without a reason.",
	    what);
}

/* Sends a message.  When the issuer has hung up already, its last
 * words may still be there to be read: so that is no failure yet. */
static int
say(struct conversation *c, const struct writer *w, struct dci_failure *f)
{
	if (w->failed)
		return dci_fail(f, DCI_OUT_OF_MEMORY,
		    "No memory for a message to the issuer.");
	if (stream_write(c->stream, (struct bytes){w->data, w->n}, f) == 0 ||
	    f->code == DCI_ISSUER_CLOSED)
		return 0;
	return -1;
}

static int
provision(struct conversation *c, const struct exchange_ours *ours, bool *go_on,
    struct dci_failure *f)
{
	struct writer w CLEANUP(writer_free) =
	    writer_new(SECRET_PROV_REQUEST_SIZE);
	struct bytes secret;

	secret_prov_request_encode(&w);
	if (say(c, &w, f) != 0)
		return -1;
	int got = next_message(c, secret_prov_response_decode, &secret, f);
	if (got == 0)
		return fail_ended("the secret", f);
	if (got < 0)
		return -1;
	*go_on = ours->secret == NULL || ours->secret(ours->arg, secret);
	wipe(c->in.data, c->used);
	return 0;
}

struct span {
	size_t at, n;
};

/* Where the certificates lie; the buffer moves while it grows. */
static int
receive_certificates(struct conversation *c, struct span *part, size_t *count,
    struct dci_failure *f)
{
	struct bytes der;
	int got;

	for (*count = 0;; ++*count) {
		got = next_message(c, decode_certificate, &der, f);
		if (got <= 0)
			break;
		if (*count > ENROL_CA_CERTIFICATES)
			return dci_fail(f, DCI_FRAME_LENGTH,
			    "The issuer sent more than %u CA certificates.",
			    ENROL_CA_CERTIFICATES);
		part[*count] =
		    (struct span){(size_t)(der.p - c->in.data), der.n};
	}
	if (got == 0 && *count == 0)
		return fail_ended("the certificate", f);
	return got;
}

static int
enrol(struct conversation *c, struct bytes csr, struct dci_failure *f)
{
	struct writer w CLEANUP(writer_free) = writer_new(LIMIT_CSR + 4);
	struct exchange_answer *answer = c->answer;
	struct span part[1 + ENROL_CA_CERTIFICATES];
	size_t count;

	enrol_frame_encode(&w, csr);
	if (say(c, &w, f) != 0 || receive_certificates(c, part, &count, f) != 0)
		return -1;
	answer->leaf = (struct bytes){c->in.data + part[0].at, part[0].n};
	answer->cas = count - 1;
	for (size_t i = 0; i < answer->cas; i++)
		answer->ca[i] =
		    (struct bytes){c->in.data + part[i + 1].at, part[i + 1].n};
	return 0;
}

int
exchange_run(struct exchange_answer *answer, struct stream *stream,
    const struct exchange_ours *ours, struct dci_failure *f)
{
	struct conversation c = {
	    .stream = stream, .in = writer_new(INCOMING_MAX), .answer = answer};

	bool go_on = false;

	memset(answer, 0, sizeof(*answer));
	int result = provision(&c, ours, &go_on, f);
	if (result == 0 && go_on)
		result = enrol(&c, ours->csr, f);
	answer->raw = c.in;
	return result;
}
