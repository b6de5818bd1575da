/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "dcap/pck.h"

/* 1.2.840.113741.1.13.1; the entries' OIDs are one or two arcs longer. */
static const struct bytes sgx_extension = {
    (const uint8_t[]){0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01}, 9};

enum entry {
	ENTRY_PPID = 1,
	ENTRY_TCB,
	ENTRY_PCE_ID,
	ENTRY_FMSPC,
	ENTRY_SGX_TYPE,
	ENTRY_INSTANCE_ID,
	ENTRY_CONFIGURATION,
};

#define TCB_PCE_SVN 17
#define TCB_CPUSVN  18

/* SEQUENCE { OID, value }: the last arc of the OID, which must have that many
 * arcs after the extension's own, the first being parent if there are two. */
static bool
tuple(struct reader *list, unsigned parent, unsigned *arc, struct reader *value)
{
	size_t prefix = sgx_extension.n, arcs = parent == 0 ? 1 : 2;
	struct bytes oid;

	if (!der_enter(list, DER_SEQUENCE, value) || !der_oid(value, &oid) ||
	    oid.n != prefix + arcs ||
	    memcmp(oid.p, sgx_extension.p, prefix) != 0 ||
	    (parent != 0 && oid.p[prefix] != parent))
		return false;
	*arc = oid.p[oid.n - 1];
	return *arc > 0 && *arc < 0x20;
}

/* Remembers that an entry was there; false if it was already. */
static bool
once(uint32_t *seen, unsigned arc)
{
	uint32_t bit = 1u << arc;

	if ((*seen & bit) != 0)
		return false;
	*seen |= bit;
	return true;
}

/* The bits 1 to n. */
static uint32_t
all_of(unsigned n)
{
	return (1u << (n + 1)) - 2;
}

static bool
octets(struct reader *r, uint8_t *out, size_t n)
{
	struct bytes b;

	if (!der_take(r, DER_OCTETS, &b) || b.n != n)
		return false;
	memcpy(out, b.p, n);
	return true;
}

static bool
tcb_entry(struct pck *pck, unsigned arc, struct reader *value)
{
	uint32_t v;

	if (arc == TCB_CPUSVN)
		return octets(value, pck->cpusvn, sizeof(pck->cpusvn));
	if (arc > TCB_PCE_SVN ||
	    !der_unsigned(value, DER_INTEGER,
		arc == TCB_PCE_SVN ? UINT16_MAX : UINT8_MAX, &v))
		return false;
	if (arc == TCB_PCE_SVN)
		pck->pce_svn = (uint16_t)v;
	else
		pck->components[arc - 1] = (uint8_t)v;
	return true;
}

static bool
configuration_entry(struct pck *pck, unsigned arc, struct reader *value)
{
	bool *const flags[] = {
	    &pck->dynamic_platform, &pck->cached_keys, &pck->smt_enabled};

	return arc <= 3 && der_boolean(value, flags[arc - 1]);
}

/* A SEQUENCE of n tuples, each of them once. */
static bool
tuples(struct pck *pck, struct reader *r, unsigned parent, unsigned n,
    bool (*entry)(struct pck *, unsigned, struct reader *))
{
	struct reader list, value;
	uint32_t seen = 0;
	unsigned arc;

	if (!der_enter(r, DER_SEQUENCE, &list))
		return false;
	while (!reader_done(&list)) {
		if (!tuple(&list, parent, &arc, &value) || !once(&seen, arc) ||
		    !entry(pck, arc, &value) || !reader_done(&value))
			return false;
	}
	return seen == all_of(n);
}

static bool
top_entry(struct pck *pck, unsigned arc, struct reader *value)
{
	uint32_t type;

	switch (arc) {
	case ENTRY_PPID:
		return octets(value, pck->ppid, sizeof(pck->ppid));
	case ENTRY_TCB:
		return tuples(pck, value, ENTRY_TCB, TCB_CPUSVN, tcb_entry);
	case ENTRY_PCE_ID:
		return octets(value, pck->pce_id, sizeof(pck->pce_id));
	case ENTRY_FMSPC:
		return octets(value, pck->fmspc, sizeof(pck->fmspc));
	case ENTRY_SGX_TYPE:
		if (!der_unsigned(value, DER_ENUMERATED, 2, &type))
			return false;
		pck->sgx_type = (uint8_t)type;
		return true;
	case ENTRY_INSTANCE_ID:
		return octets(
		    value, pck->instance_id, sizeof(pck->instance_id));
	case ENTRY_CONFIGURATION:
		return tuples(
		    pck, value, ENTRY_CONFIGURATION, 3, configuration_entry);
	default:
		return false;
	}
}

int
pck_parse(
    struct pck *pck, const struct cert *c, bool platform, struct dci_failure *f)
{
	const struct extension *e =
	    extensions_find(&c->extensions, sgx_extension);

	*pck = (struct pck){.platform = platform};
	if (e == NULL)
		return dci_fail(f, DCI_PCK_EXTENSION_MALFORMED,
		    "no extension 1.2.840.113741.1.13.1");
	struct reader r = reader_of(e->value.p, e->value.n);
	if (!tuples(pck, &r, 0, platform ? ENTRY_CONFIGURATION : ENTRY_SGX_TYPE,
		top_entry) ||
	    !reader_done(&r))
		return dci_fail(f, DCI_PCK_EXTENSION_MALFORMED,
		    "an entry that is missing, unknown, there twice, or of "
		    "another type or range, for a %s CA",
		    platform ? "Platform" : "Processor");
	return 0;
}
