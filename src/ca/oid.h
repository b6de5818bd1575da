/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every object identifier of our certificates, in one place.  Ours stand
 * under one arc, which RFC 5612 reserves for examples, until the project has
 * a number of its own: change DCI_ARC and everything follows.
 */
#ifndef CA_OID_H
#define CA_OID_H

#include <openssl/asn1.h>

#define DCI_ARC "1.3.6.1.4.1.32473"

/* Extended key usage: sign attestation results. */
#define OID_TEXT_EKU_RESULTS DCI_ARC ".1.1"
/* Certificate policies, one for each assurance. */
#define OID_TEXT_POLICY_HARDWARE  DCI_ARC ".2.1"
#define OID_TEXT_POLICY_INSECURE  DCI_ARC ".2.2"
#define OID_TEXT_POLICY_SIMULATED DCI_ARC ".2.3"
/* The extension DelegationScope. */
#define OID_TEXT_SCOPE DCI_ARC ".3.1"
/* tcg-dice-MultiTcbInfo (TCG DICE Attestation Architecture, 6.1.2). */
#define OID_TEXT_MULTI_TCB_INFO "2.23.133.5.4.5"

enum oid {
	OID_EKU_RESULTS,
	OID_POLICY_HARDWARE, /* the three policies in the order of */
	OID_POLICY_INSECURE, /* enum ca_assurance */
	OID_POLICY_SIMULATED,
	OID_SCOPE,
	OID_MULTI_TCB_INFO,
	OIDS
};

/* The object, made once per process and never freed; NULL without memory. */
const ASN1_OBJECT *oid_object(enum oid);

#endif
