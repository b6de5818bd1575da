/* SPDX-License-Identifier: BSD-3-Clause */
/* Every bound on what comes from outside, in one place. */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#define LIMIT_QUOTE       (16u * 1024)
#define LIMIT_CERTIFICATE (64u * 1024) /* a client's RA-TLS certificate */
#define LIMIT_CSR         (16u * 1024)
#define LIMIT_SECRET      4096u
#define LIMIT_HTTP_BODY   (256u * 1024)
#define LIMIT_COLLATERAL  (1024u * 1024) /* one document */
#define LIMIT_BUNDLE      (8u * LIMIT_COLLATERAL)
#define LIMIT_PUBLISHED   (16u * LIMIT_COLLATERAL) /* by the collector */
#define LIMIT_CONFIG      (256u * 1024)
#define LIMIT_PEM         (64u * 1024)       /* a key or a chain of ours */
#define LIMIT_CA_FILE     (4u * 1024 * 1024) /* CAs for https */
#define LIMIT_HEADERS     (64u * 1024)       /* of one HTTP answer */
#define LIMIT_JWS         (512u * 1024)

#define LIMIT_CONNECTIONS           10000u
#define LIMIT_ADDRESS_CONNECTIONS   64u   /* per address and worker */
#define LIMIT_HANDSHAKE_RECORDS     1024u /* of TLS, by the client */
#define LIMIT_LATER_RECORDS         8u    /* after it, other than data */
#define LIMIT_HELLO_SECONDS         30    /* accept to ClientHello */
#define LIMIT_PRESSED_HELLO_SECONDS 10    /* while room is scarce */
#define LIMIT_HANDSHAKE_SECONDS     10
#define LIMIT_EXCHANGE_SECONDS      30
#define LIMIT_DRAIN_SECONDS         5 /* after our close_notify */
/* Waiting for collateral, which does not count against the exchange. */
#define LIMIT_WAIT_SECONDS 20
#define LIMIT_WAITING      64u /* connections at once */
/* One address gets no more than this part of the places. */
#define LIMIT_WAITING_SHARE 4u
/* Collateral that was replaced, for rows that are still on their way. */
#define LIMIT_SHELF_SECONDS 120

#define LIMIT_HTTP_HEADERS          (16u * 1024)
#define LIMIT_HTTP_SECONDS          30    /* from one answer to the next */
#define LIMIT_HTTP_CONNECTIONS      4096u /* of the Proxy Verifier */
#define LIMIT_HTTP_ADDRESS          256u  /* connections of one address */
#define LIMIT_HTTP_ADDRESS_REQUESTS 1000u /* a second */
#define LIMIT_HTTP_REPORT           (1024u * 1024)
#define LIMIT_HTTP_VALUES           1000u /* of JSON in one request */
/* Of requests that are not whole yet, of all connections. */
#define LIMIT_HTTP_HELD             (64u * 1024 * 1024)
#define LIMIT_HTTP_TOKEN_BYTES      (16u * 1024) /* of a body, for a token */
#define LIMIT_ISSUERS               16u

#define LIMIT_JSON_DEPTH 32u
#define LIMIT_CBOR_DEPTH 4u

#define LIMIT_SECRETS_PER_EVIDENCE 100u /* each is a row for ever */

#define LIMIT_REFUSALS_BYTES      (64u * 1024 * 1024)
#define LIMIT_REFUSALS_PER_MINUTE 60u
/* Bytes on their way from one process to the ledger; then they are counted. */
#define LIMIT_REFUSALS_QUEUED (256u * 1024)

#endif
