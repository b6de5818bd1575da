/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The enrolment that follows secret provisioning on the same connection
 * (PROTOCOL.md, "Enrolment"): frames of int32 little-endian length and DER,
 * the CSR one way, certificates the other; and the refusal frame, which may
 * stand in place of any message of the issuer.
 */
#ifndef PROTO_ENROL_H
#define PROTO_ENROL_H

#include "base/bytes.h"
#include "dci/code.h"
#include "proto/decode.h"

/* The ALPN name of clients that understand refusal frames. */
#define ENROL_ALPN      "dci/1"
#define ENROL_ALPN_WIRE "\x05" ENROL_ALPN /* as SSL_CTX_set_alpn_protos() */

/* A delegation certificate or CA certificate, as the client takes it. */
#define ENROL_CERTIFICATE_MAX  (16u * 1024)
#define ENROL_CA_CERTIFICATES  4u /* at most; the issuer sends two */
#define ENROL_REFUSAL_CODE_MAX 64u

/* Appends length and DER (1 to INT32_MAX bytes; else the writer fails). */
void enrol_frame_encode(struct writer *, struct bytes der);
/* Takes one frame of 1 to max bytes; *der goes into the reader's bytes.
 * what names it in the sentence of a failure, "The CSR" for example. */
enum decoded enrol_frame_decode(struct reader *, size_t max, const char *what,
    struct bytes *der, struct dci_failure *f) MUST_CHECK;

struct enrol_refusal {
	char code[ENROL_REFUSAL_CODE_MAX + 1];
	char sentence[DCI_SENTENCE_MAX + 1]; /* UTF-8, no control characters */
};

/* Appends a refusal frame: int32 -1, then code and sentence, each with a u16
 * little-endian length.  The sentence is cut to DCI_SENTENCE_MAX bytes at a
 * character's end. */
void enrol_refusal_encode(
    struct writer *, const char *code, const char *sentence);
/* Whether four bytes or more are there and a refusal frame begins here. */
bool enrol_refusal_begins(const struct reader *) MUST_CHECK;
/* Takes a refusal frame.  The code must be of small letters, digits and
 * hyphens, the sentence well-formed UTF-8; its control characters are
 * replaced. */
enum decoded enrol_refusal_decode(
    struct reader *, struct enrol_refusal *, struct dci_failure *f) MUST_CHECK;

#endif
