/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include <sys/queue.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>

#include "base/text.h"
#include "sim/pcs_request.h"
#include "sim/pki.h"

#define SGX "/sgx/certification/v4/"
#define TDX "/tdx/certification/v4/"

static const char *const names[PCS_DOCUMENTS] = {
    [PCS_TCB] = "tcb",
    [PCS_TDX_TCB] = "tdx-tcb",
    [PCS_QE] = "qe",
    [PCS_TDX_QE] = "tdx-qe",
    [PCS_NUMBERS] = "numbers",
    [PCS_TDX_NUMBERS] = "tdx-numbers",
    [PCS_PCK_CRL] = "pckcrl",
    [PCS_ROOT_CRL] = "rootcrl",
    [PCS_PCK_CERTIFICATE] = "pckcert",
};

const char *
pcs_document_name(enum pcs_document document)
{
	return names[document];
}

enum pcs_document
pcs_document_by_name(const char *name)
{
	enum pcs_document i = 0;

	while (i < PCS_DOCUMENTS && strcmp(names[i], name) != 0)
		i++;
	return i;
}

/* The parameters of a query, while it is read. */
struct query {
	struct evkeyvalq list;
	bool pccs;
	struct pcs_refusal *why;
};

static int
refuse(struct pcs_refusal *why, const char *message)
{
	*why = (struct pcs_refusal){"InvalidRequestSyntax", message};
	return HTTP_BADREQUEST;
}

static const char *
parameter(const struct query *q, const char *name)
{
	return evhttp_find_header(&q->list, name);
}

static bool
hex_parameter(
    const struct query *q, const char *name, uint8_t *out, size_t size)
{
	const char *text = parameter(q, name);

	return text != NULL && hex_decode(out, size, text, strlen(text));
}

/* update and tcbEvaluationDataNumber exclude each other. */
static int
read_version(struct pcs_request *r, const struct query *q)
{
	const char *update = parameter(q, "update");
	const char *number = parameter(q, "tcbEvaluationDataNumber");
	uint64_t value = 0;

	if (update != NULL && number != NULL)
		return refuse(q->why,
		    "update and tcbEvaluationDataNumber exclude each other");
	if (update != NULL && strcmp(update, "early") != 0 &&
	    strcmp(update, "standard") != 0)
		return refuse(q->why, "update is early or standard");
	if (number != NULL && !decimal_decode(&value, number, UINT32_MAX))
		return refuse(
		    q->why, "tcbEvaluationDataNumber is no number of 32 bits");
	r->early = update != NULL && strcmp(update, "early") == 0;
	r->numbered = number != NULL;
	r->number = (uint32_t)value;
	return HTTP_OK;
}

static int
read_tcb(struct pcs_request *r, const struct query *q)
{
	if (!hex_parameter(q, "fmspc", r->fmspc, sizeof(r->fmspc)))
		return refuse(q->why, "fmspc is 12 hex digits");
	return read_version(r, q);
}

/* PCCS gives hex for everything but encoding=der. */
static int
read_pck_crl(struct pcs_request *r, const struct query *q)
{
	const char *ca = parameter(q, "ca");
	const char *encoding = parameter(q, "encoding");

	if (ca == NULL ||
	    (strcmp(ca, "processor") != 0 && strcmp(ca, "platform") != 0))
		return refuse(q->why, "ca is processor or platform");
	if (encoding != NULL && strcmp(encoding, "pem") != 0 &&
	    strcmp(encoding, "der") != 0)
		return refuse(q->why, "encoding is pem or der");
	r->processor = strcmp(ca, "processor") == 0;
	r->encoding = q->pccs ? PCS_HEX : PCS_PEM;
	if (encoding != NULL && strcmp(encoding, "der") == 0)
		r->encoding = PCS_DER;
	return HTTP_OK;
}

static int
read_root_crl(struct pcs_request *r, const struct query *q)
{
	(void)q;
	r->encoding = PCS_DER;
	return HTTP_OK;
}

static int
read_root_crl_hex(struct pcs_request *r, const struct query *q)
{
	(void)q;
	r->encoding = PCS_HEX;
	return HTTP_OK;
}

/* The CRL behind a distribution point of our own certificates. */
static int
read_crl(struct pcs_request *r, const struct query *q)
{
	const char *uri = parameter(q, "uri");

	if (uri == NULL)
		return refuse(q->why, "uri is missing");
	r->encoding = PCS_DER;
	if (strcmp(uri, SIM_ROOT_CRL_URL) == 0)
		return HTTP_OK;
	r->document = PCS_PCK_CRL;
	r->processor = strcmp(uri, SIM_PCK_CRL_URL("processor")) == 0;
	if (r->processor || strcmp(uri, SIM_PCK_CRL_URL("platform")) == 0)
		return HTTP_OK;
	*q->why = (struct pcs_refusal){"NotFound", "no such CRL"};
	return HTTP_NOTFOUND;
}

static int
read_nothing(struct pcs_request *r, const struct query *q)
{
	(void)r;
	(void)q;
	return HTTP_OK;
}

static int
read_pck(struct pcs_request *r, const struct query *q)
{
	uint8_t ppid[384], cpusvn[16], pcesvn[2], pceid[2];

	(void)r;
	if (!hex_parameter(q, "encrypted_ppid", ppid, sizeof(ppid)) ||
	    !hex_parameter(q, "cpusvn", cpusvn, sizeof(cpusvn)) ||
	    !hex_parameter(q, "pcesvn", pcesvn, sizeof(pcesvn)) ||
	    !hex_parameter(q, "pceid", pceid, sizeof(pceid)))
		return refuse(q->why,
		    "encrypted_ppid, cpusvn, pcesvn and pceid are 768, 32, 4 "
		    "and 4 hex digits");
	return HTTP_OK;
}

static const struct path {
	const char *path;
	enum pcs_document document;
	int (*read)(struct pcs_request *, const struct query *);
} paths[] = {
    {SGX "tcb", PCS_TCB, read_tcb},
    {TDX "tcb", PCS_TDX_TCB, read_tcb},
    {SGX "qe/identity", PCS_QE, read_version},
    {TDX "qe/identity", PCS_TDX_QE, read_version},
    {SGX "tcbevaluationdatanumbers", PCS_NUMBERS, read_nothing},
    {TDX "tcbevaluationdatanumbers", PCS_TDX_NUMBERS, read_nothing},
    {SGX "pckcrl", PCS_PCK_CRL, read_pck_crl},
    {SGX "pckcert", PCS_PCK_CERTIFICATE, read_pck},
    {"/IntelSGXRootCA.der", PCS_ROOT_CRL, read_root_crl},
    {SGX "rootcacrl", PCS_ROOT_CRL, read_root_crl_hex},
    {SGX "crl", PCS_ROOT_CRL, read_crl},
};

static int
read_path(struct pcs_request *out, const struct path *path, const char *text,
    bool pccs, struct pcs_refusal *why)
{
	struct query q = {.pccs = pccs, .why = why};

	out->document = path->document;
	if (evhttp_parse_query_str(text != NULL ? text : "", &q.list) != 0)
		return refuse(why, "the query cannot be read");
	int status = path->read(out, &q);
	evhttp_clear_headers(&q.list);
	return status;
}

int
pcs_request_read(struct pcs_request *out, const char *path, const char *query,
    bool pccs, struct pcs_refusal *why)
{
	*out = (struct pcs_request){0};
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (strcmp(paths[i].path, path) == 0)
			return read_path(out, &paths[i], query, pccs, why);
	}
	*why = (struct pcs_refusal){"NotFound", "no such path"};
	return HTTP_NOTFOUND;
}
