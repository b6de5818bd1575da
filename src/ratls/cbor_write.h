/* SPDX-License-Identifier: BSD-3-Clause */
/* CBOR heads and strings into a writer, in shortest form, by libcbor. */
#ifndef RATLS_CBOR_WRITE_H
#define RATLS_CBOR_WRITE_H

#include "base/bytes.h"

void cbor_write_unsigned(struct writer *, uint64_t);
void cbor_write_bytes(struct writer *, struct bytes);
void cbor_write_text(struct writer *, const char *);
/* Heads only: that many items, or pairs, or one item have to follow. */
void cbor_write_array(struct writer *, size_t items);
void cbor_write_map(struct writer *, size_t pairs);
void cbor_write_tag(struct writer *, uint64_t number);

#endif
