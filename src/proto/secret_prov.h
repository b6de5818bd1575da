/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Gramine's secret provisioning on the wire (tools/sgx/ra-tls/secret_prov.h;
 * PROTOCOL.md, "Secret provisioning"): the client's request, and the
 * response with the secret.
 */
#ifndef PROTO_SECRET_PROV_H
#define PROTO_SECRET_PROV_H

#include "base/bytes.h"
#include "dci/code.h"
#include "proto/decode.h"

#define SECRET_PROV_REQUEST_SIZE 35 /* with its NUL */
#define SECRET_PROV_HEADER_SIZE  41 /* 37 with its NUL, u32 big-endian size */

/* Client: appends the request. */
void secret_prov_request_encode(struct writer *);
/* Server: takes the request. */
enum decoded secret_prov_request_decode(
    struct reader *, struct dci_failure *f) MUST_CHECK;

/* Server: appends header and secret (1 to LIMIT_SECRET bytes; other sizes
 * fail the writer). */
void secret_prov_response_encode(struct writer *, struct bytes secret);
/* Client: takes header and secret; *secret goes into the reader's bytes. */
enum decoded secret_prov_response_decode(
    struct reader *, struct bytes *secret, struct dci_failure *f) MUST_CHECK;

#endif
