/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One function for each kind of thing.  Each adds members to the object that
 * is open, takes any bytes, and says in a member "malformed" where they are
 * not what they should be.
 */
#ifndef INSPECT_SHOW_H
#define INSPECT_SHOW_H

#include <openssl/x509.h>

#include "inspect/view.h"

void quote_show(struct view *, struct bytes);

/* Certificates: DER; and any number of them in PEM, with text between. */
void certificate_show(struct view *, struct bytes der);
/* What an extension of ours or of Intel's makes of a certificate. */
void pck_show(struct view *, struct bytes der);
void evidence_show(struct view *, struct bytes der);
void delegation_show(struct view *, X509 *);
/* The blocks of a PEM text, in a list with that key.  Private keys are named
 * only. */
void pem_show(struct view *, const char *key, struct bytes pem);

void request_show(struct view *, struct bytes der);
void crl_show(struct view *, struct bytes der);

/* Signed documents as Intel serves them, or their inner object alone. */
void tcb_info_show(struct view *, struct bytes json);
void qe_identity_show(struct view *, struct bytes json);
void bundle_show(struct view *, struct bytes json);

/* Pieces of X.509. */
void name_show(struct view *, const char *key, const X509_NAME *);
void asn1_time_show(struct view *, const char *key, const ASN1_TIME *);
void serial_show(struct view *, const char *key, const ASN1_INTEGER *);
void algorithm_show(struct view *, const char *key, const X509_ALGOR *);
void public_key_show(struct view *, X509_PUBKEY *);
/* e is NULL where there are none. */
void extensions_show(struct view *, const STACK_OF(X509_EXTENSION) * e);

/* What a certificate is, by its extensions: "RA-TLS certificate", ... */
enum certificate_kind {
	CERTIFICATE_ANY,
	CERTIFICATE_PCK,
	CERTIFICATE_RATLS,
	CERTIFICATE_DELEGATION,
};
enum certificate_kind certificate_kind(X509 *);

#endif
