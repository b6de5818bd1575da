/* SPDX-License-Identifier: BSD-3-Clause */
/* Rows as lines for people, scripts and JSON readers. */
#include <string.h>

#include "base/json_read.h"
#include "base/text.h"
#include "ca/ca.h"
#include "cli/ledger.h"
#include "dci/quote.h"

const char *
entry_kind_name(const struct ledger_entry *e)
{
	return e->row.kind == LEDGER_SECRET ? "secret" : "certificate";
}

const char *
entry_tee_name(const struct ledger_entry *e)
{
	switch (e->row.tee) {
	case DCI_TEE_SGX:
		return "SGX";
	case DCI_TEE_TDX:
		return "TDX";
	default:
		return "unknown";
	}
}

const char *
entry_binding_name(const struct ledger_entry *e)
{
	switch (e->row.binding) {
	case CA_CHANNEL:
		return "channel";
	case CA_EVIDENCE:
		return "evidence";
	default:
		return "unknown";
	}
}

const char *
entry_assurance_name(const struct ledger_entry *e)
{
	switch (e->row.assurance) {
	case CA_HARDWARE:
		return "hardware";
	case CA_INSECURE:
		return "insecure";
	case CA_SIMULATED:
		return "simulated";
	default:
		return "unknown";
	}
}

/* --- lines --------------------------------------------------------------- */

void
value_write(FILE *out, struct bytes text)
{
	bool plain = text.n > 0;

	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] <= ' ' || text.p[i] >= 0x7f ||
		    strchr("\"\\=", text.p[i]) != NULL)
			plain = false;
	}
	if (plain) {
		fwrite(text.p, 1, text.n, out);
		return;
	}
	fputc('"', out);
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < ' ' || text.p[i] >= 0x7f)
			fprintf(out, "\\x%02x", text.p[i]);
		else if (text.p[i] == '"' || text.p[i] == '\\')
			fprintf(out, "\\%c", text.p[i]);
		else
			fputc(text.p[i], out);
	}
	fputc('"', out);
}

static void
put_text(FILE *out, const char *name, struct bytes text)
{
	fprintf(out, " %s=", name);
	value_write(out, text);
}

static void
put_hex(FILE *out, const char *name, const uint8_t *p, size_t n)
{
	char hex[2 * 32 + 1] = "-";

	if (p != NULL)
		hex_encode(hex, p, n);
	fprintf(out, " %s=%s", name, hex);
}

static void
put_time(FILE *out, const char *name, int64_t t)
{
	char text[RFC3339_SIZE];

	rfc3339_encode(text, t);
	fprintf(out, " %s=%s", name, text);
}

void
ledger_line(FILE *out, const struct ledger_entry *e)
{
	fprintf(out, "id=%lld", (long long)e->id);
	put_time(out, "time", e->time);
	fprintf(out, " kind=%s", entry_kind_name(e));
	put_hex(out, "serial", e->serial, 16);
	put_text(out, "entry", e->row.entry);
	put_text(out, "verdict", e->row.verdict);
	fprintf(out, " assurance=%s binding=%s tee=%s debug=%s",
	    entry_assurance_name(e), entry_binding_name(e), entry_tee_name(e),
	    e->row.debug ? "yes" : "no");
	put_hex(out, "mrenclave", e->row.mrenclave, 32);
	put_text(out, "peer", e->row.peer);
	if (e->serial == NULL)
		fputs(" expires=-", out);
	else
		put_time(out, "expires", e->not_after);
	fputc('\n', out);
}

void
refusal_line(FILE *out, const struct refusal *r, int64_t id)
{
	fprintf(out, "id=%lld", (long long)id);
	put_time(out, "time", r->time);
	put_text(out, "code", r->code);
	put_text(out, "peer", r->peer);
	fprintf(out, " count=%lld", (long long)r->count);
	if (r->count > 1)
		put_time(out, "last", r->last);
	put_hex(out, "request", r->request_id, sizeof(r->request_id));
	put_text(out, "sentence", r->sentence);
	fputc('\n', out);
}

/* --- JSON ---------------------------------------------------------------- */

json_t *
text_json(struct bytes text)
{
	json_t *j = json_stringn((const char *)text.p, text.n);

	if (j != NULL || text.n == 0)
		return j != NULL ? j : json_string("");
	char *printable CLEANUP(cleanup_free) = malloc(text.n + 1);
	if (printable == NULL)
		return NULL;
	text_printable(printable, text.n + 1, text.p, text.n);
	return json_string(printable);
}

static json_t *
time_json(int64_t t)
{
	char text[RFC3339_SIZE];

	rfc3339_encode(text, t);
	return json_string(text);
}

static json_t *
hex_json(const uint8_t *p, size_t n)
{
	char hex[2 * 32 + 1];

	if (p == NULL)
		return json_null();
	hex_encode(hex, p, n);
	return json_string(hex);
}

json_t *
ledger_json(const struct ledger_entry *e)
{
	const struct ledger_row *row = &e->row;

	return json_pack(
	    "{s:I,s:o,s:s,s:o,s:o,s:o,s:s,s:s,s:s,s:b,s:o,s:o,s:i,s:i,s:o,s:o,"
	    "s:o,s:o}",
	    "id", (json_int_t)e->id, "time", time_json(e->time), "kind",
	    entry_kind_name(e), "serial", hex_json(e->serial, 16), "entry",
	    text_json(row->entry), "verdict", text_json(row->verdict),
	    "assurance", entry_assurance_name(e), "binding",
	    entry_binding_name(e), "tee", entry_tee_name(e), "debug",
	    row->debug != 0, "mrenclave", hex_json(row->mrenclave, 32),
	    "mrsigner", hex_json(row->mrsigner, 32), "isv_prod_id",
	    row->isv_prod_id, "isv_svn", row->isv_svn, "peer",
	    text_json(row->peer), "expires",
	    e->serial == NULL ? json_null() : time_json(e->not_after),
	    "request_id", hex_json(row->request_id, LEDGER_REQUEST_SIZE),
	    "evidence_digest", hex_json(row->evidence_digest, 32));
}

json_t *
refusal_json(const struct refusal *r, int64_t id)
{
	json_t *record = json_null();

	if (r->record.p != NULL) {
		record = json_read(r->record, JSON_REJECT_DUPLICATES, NULL);
		if (record == NULL)
			record = text_json(r->record);
	}
	char *evidence CLEANUP(cleanup_free) =
	    r->evidence.p == NULL ? NULL
				  : base64_encode(r->evidence.p, r->evidence.n);
	return json_pack("{s:I,s:o,s:o,s:o,s:I,s:o,s:o,s:o,s:o,s:s?}", "id",
	    (json_int_t)id, "time", time_json(r->time), "code",
	    text_json(r->code), "peer", text_json(r->peer), "count",
	    (json_int_t)r->count, "last", time_json(r->last), "request_id",
	    hex_json(r->request_id, sizeof(r->request_id)), "sentence",
	    text_json(r->sentence), "record", record, "evidence", evidence);
}

int
json_line(FILE *out, json_t *object)
{
	if (object == NULL)
		return -1;
	int result = json_dumpf(object, out, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(object);
	return result != 0 || fputc('\n', out) == EOF ? -1 : 0;
}
