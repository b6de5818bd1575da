/* SPDX-License-Identifier: BSD-3-Clause */
#include <openssl/objects.h>

#include "ca/oid.h"

static const char *const texts[OIDS] = {
    [OID_EKU_RESULTS] = OID_TEXT_EKU_RESULTS,
    [OID_POLICY_HARDWARE] = OID_TEXT_POLICY_HARDWARE,
    [OID_POLICY_INSECURE] = OID_TEXT_POLICY_INSECURE,
    [OID_POLICY_SIMULATED] = OID_TEXT_POLICY_SIMULATED,
    [OID_SCOPE] = OID_TEXT_SCOPE,
    [OID_MULTI_TCB_INFO] = OID_TEXT_MULTI_TCB_INFO,
};

const ASN1_OBJECT *
oid_object(enum oid oid)
{
	static ASN1_OBJECT *made[OIDS];

	if (made[oid] == NULL)
		made[oid] = OBJ_txt2obj(texts[oid], 1);
	return made[oid];
}
