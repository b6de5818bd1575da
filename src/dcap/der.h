/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DER (X.690, clause 10) read through a reader: definite and shortest lengths,
 * single-byte tags, nothing allocated, no recursion.  Every function takes one
 * element, or fails and takes nothing.
 *
 * OpenSSL's templates are not used here because they take BER, and because
 * they leave errors in the thread's queue, which confuses SSL_get_error().
 */
#ifndef DCAP_DER_H
#define DCAP_DER_H

#include "base/bytes.h"

#define DER_BOOLEAN    0x01
#define DER_INTEGER    0x02
#define DER_BITSTRING  0x03
#define DER_OCTETS     0x04
#define DER_OID        0x06
#define DER_ENUMERATED 0x0a
#define DER_UTF8       0x0c
#define DER_PRINTABLE  0x13
#define DER_UTCTIME    0x17
#define DER_GENTIME    0x18
#define DER_SEQUENCE   0x30
#define DER_SET        0x31
#define DER_CONTEXT(n) (0xa0 | (n)) /* constructed */

/* One element of any tag: its content, and with its header. */
struct der {
	uint8_t tag;
	struct bytes content, whole;
};

bool der_any(struct reader *, struct der *) MUST_CHECK;
/* Whether the next element has that tag. */
bool der_next_is(const struct reader *, uint8_t tag) MUST_CHECK;
/* The content of an element with that tag. */
bool der_take(struct reader *, uint8_t tag, struct bytes *content) MUST_CHECK;
/* The same element with its header. */
bool der_whole(struct reader *, uint8_t tag, struct bytes *whole) MUST_CHECK;
/* A reader for what is inside an element with that tag. */
bool der_enter(struct reader *, uint8_t tag, struct reader *in) MUST_CHECK;

/* TRUE is 0xff in DER. */
bool der_boolean(struct reader *, bool *) MUST_CHECK;
/* INTEGER or ENUMERATED within 0..max, in its shortest form. */
bool der_unsigned(
    struct reader *, uint8_t tag, uint32_t max, uint32_t *) MUST_CHECK;
/* INTEGER of any size in its shortest form: the content octets. */
bool der_integer(struct reader *, struct bytes *content) MUST_CHECK;
/* OBJECT IDENTIFIER: the content octets, in whatever order they are. */
bool der_oid(struct reader *, struct bytes *content) MUST_CHECK;
/* BIT STRING of whole octets. */
bool der_octet_bits(struct reader *, struct bytes *) MUST_CHECK;
/* UTCTime or GeneralizedTime as RFC 5280 4.1.2.5 wants them (seconds, Z), in
 * seconds since the epoch; years 1970 to 9999. */
bool der_time(struct reader *, int64_t *) MUST_CHECK;

#endif
