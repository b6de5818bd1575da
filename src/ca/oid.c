/* SPDX-License-Identifier: BSD-3-Clause */
#include <pthread.h>
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

/* Made when first needed, by any thread: the loop of dci-verifier and its
 * enrolment ask at the same time.  Once made an object stays as it is, so the
 * lock is for the table alone.  Without memory there is a next time. */
const ASN1_OBJECT *
oid_object(enum oid oid)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static ASN1_OBJECT *made[OIDS];

	pthread_mutex_lock(&lock);
	if (made[oid] == NULL)
		made[oid] = OBJ_txt2obj(texts[oid], 1);
	const ASN1_OBJECT *object = made[oid];
	pthread_mutex_unlock(&lock);
	return object;
}
