/* SPDX-License-Identifier: BSD-3-Clause */
/* Everything that the ledger knows about one issuance or released secret. */
#include <string.h>
#include <time.h>
#include <openssl/pem.h>

#include "base/json_read.h"
#include "base/text.h"
#include "cli/ledger.h"

static char *
quote_base64(const struct ledger_row *row)
{
	struct writer w CLEANUP(writer_free) = writer_new(LEDGER_ROW_MAX);

	ledger_row_quote(&w, row);
	return w.failed ? NULL : base64_encode(w.data, w.n);
}

static char *
bytes_base64(struct bytes b)
{
	return b.p == NULL ? NULL : base64_encode(b.p, b.n);
}

static char *
certificate_pem(struct bytes der)
{
	BIO *bio CLEANUP(cleanup_bio) = BIO_new(BIO_s_mem());
	char *data = NULL;

	if (bio == NULL ||
	    PEM_write_bio(bio, PEM_STRING_X509, "", der.p, (long)der.n) <= 0)
		return NULL;
	long n = BIO_get_mem_data(bio, &data);
	return strndup(data, (size_t)n);
}

/* --- lines --------------------------------------------------------------- */

static void
show_text(FILE *out, const char *name, struct bytes text)
{
	fprintf(out, "%-16s ", name);
	value_write(out, text);
	fputc('\n', out);
}

static void
show_word(FILE *out, const char *name, const char *word)
{
	fprintf(out, "%-16s %s\n", name, word);
}

static void
show_hex(FILE *out, const char *name, const uint8_t *p, size_t n)
{
	char hex[2 * 32 + 1];

	hex_encode(hex, p, n);
	show_word(out, name, hex);
}

static void
show_time(FILE *out, const char *name, int64_t t)
{
	char text[RFC3339_SIZE];

	rfc3339_encode(text, t);
	show_word(out, name, text);
}

static void
show_entry(FILE *out, const struct ledger_entry *e)
{
	const struct ledger_row *row = &e->row;

	fprintf(out, "%-16s %lld\n", "id", (long long)e->id);
	show_time(out, "time", e->time);
	show_word(out, "kind", entry_kind_name(e));
	show_hex(out, "request", row->request_id, LEDGER_REQUEST_SIZE);
	show_text(out, "peer", row->peer);
	show_text(out, "entry", row->entry);
	show_text(out, "verdict", row->verdict);
	show_word(out, "assurance", entry_assurance_name(e));
	show_word(out, "binding", entry_binding_name(e));
	show_time(out, "evaluated at", row->evaluated);
	show_time(out, "newest issued", row->newest_issued);
	show_word(out, "tee", entry_tee_name(e));
	show_word(out, "debug", row->debug ? "yes" : "no");
	show_hex(out, "mrenclave", row->mrenclave, 32);
	show_hex(out, "mrsigner", row->mrsigner, 32);
	fprintf(out, "%-16s %u\n%-16s %u\n", "isv_prod_id", row->isv_prod_id,
	    "isv_svn", row->isv_svn);
	show_hex(out, "evidence digest", row->evidence_digest, 32);
	show_hex(out, "policy digest", row->policy_digest, 32);
	show_hex(out, "snapshot digest", row->snapshot_digest, 32);
	show_hex(out, "previous", e->previous, 32);
	show_hex(out, "hash", e->hash, 32);
}

/* --- the appraisal record ------------------------------------------------ */

/* A scalar as it may stand on a terminal. */
static void
scalar_write(FILE *out, const json_t *value)
{
	if (json_is_string(value)) {
		value_write(out,
		    (struct bytes){(const uint8_t *)json_string_value(value),
			json_string_length(value)});
		return;
	}
	char *text CLEANUP(cleanup_free) =
	    json_text_of(value, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
	fputs(text == NULL ? "?" : text, out);
}

static const char *
member(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text == NULL ? "" : text;
}

static void
part_write(FILE *out, const char *title, const char *text)
{
	if (*text == '\0')
		return;
	fprintf(out, "             %-9s ", title);
	value_write(out, (struct bytes){(const uint8_t *)text, strlen(text)});
	fputc('\n', out);
}

static void
show_check(FILE *out, const json_t *check)
{
	const char *outcome = member(check, "outcome");
	const char *name = member(check, "name");

	if (*name == '\0')
		name = member(check, "check");
	fputs("  ", out);
	value_write(
	    out, (struct bytes){(const uint8_t *)outcome, strlen(outcome)});
	fprintf(out, "%*s ",
	    (int)(strlen(outcome) < 10 ? 10 - strlen(outcome) : 1), "");
	value_write(out, (struct bytes){(const uint8_t *)name, strlen(name)});
	fputc('\n', out);
	part_write(out, "code", member(check, "code"));
	part_write(out, "expected", member(check, "expected"));
	part_write(out, "found", member(check, "found"));
}

static void
show_record(FILE *out, struct bytes text)
{
	json_t *record = json_read(text, JSON_REJECT_DUPLICATES, NULL);
	const char *name;
	json_t *value;
	size_t i;

	fputs("\nappraisal record\n", out);
	if (!json_is_object(record)) {
		fputs("  (not a JSON object) ", out);
		value_write(out, text);
		fputc('\n', out);
		json_decref(record);
		return;
	}
	json_object_foreach (record, name, value) {
		if (strcmp(name, "checks") == 0)
			continue;
		fputs("  ", out);
		value_write(
		    out, (struct bytes){(const uint8_t *)name, strlen(name)});
		fputc('=', out);
		scalar_write(out, value);
		fputc('\n', out);
	}
	fputs("\nchecks\n", out);
	json_array_foreach (json_object_get(record, "checks"), i, value)
		show_check(out, value);
	json_decref(record);
}

/* --- the certificate ----------------------------------------------------- */

static void
show_asn1_time(FILE *out, const char *name, const ASN1_TIME *t)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(t, &tm) == 1)
		show_time(out, name, timegm(&tm));
}

static void
show_subject(FILE *out, const char *title, const X509_NAME *name)
{
	BIO *bio CLEANUP(cleanup_bio) = BIO_new(BIO_s_mem());
	char *data = NULL;

	if (bio == NULL ||
	    X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) < 0)
		return;
	long n = BIO_get_mem_data(bio, &data);
	fprintf(out, "%-16s %.*s\n", title, (int)n, data);
}

static int
show_certificate(FILE *out, const struct ledger_entry *e)
{
	const uint8_t *p = e->certificate.p;
	X509 *x CLEANUP(cleanup_x509) =
	    d2i_X509(NULL, &p, (long)e->certificate.n);
	char *pem CLEANUP(cleanup_free) = certificate_pem(e->certificate);

	if (pem == NULL)
		return -1;
	fputs("\ncertificate\n", out);
	show_hex(out, "serial", e->serial, 16);
	if (x == NULL) {
		fputs("(does not parse)\n", out);
	} else {
		show_subject(out, "subject", X509_get_subject_name(x));
		show_subject(out, "issuer", X509_get_issuer_name(x));
		show_asn1_time(out, "not before", X509_get0_notBefore(x));
		show_asn1_time(out, "not after", X509_get0_notAfter(x));
	}
	fputs(pem, out);
	return 0;
}

int
ledger_show(FILE *out, const struct ledger_entry *e)
{
	show_entry(out, e);
	show_record(out, e->row.record);
	return e->certificate.p == NULL ? 0 : show_certificate(out, e);
}

json_t *
ledger_show_json(const struct ledger_entry *e)
{
	const struct ledger_row *row = &e->row;
	char policy[65], snapshot[65], previous[65], hash[65];
	char evaluated[RFC3339_SIZE], newest[RFC3339_SIZE];
	char *pem CLEANUP(cleanup_free) =
	    e->certificate.p == NULL ? NULL : certificate_pem(e->certificate);
	char *evidence CLEANUP(cleanup_free) = quote_base64(row);
	char *claims CLEANUP(cleanup_free) = bytes_base64(row->claims);
	char *spki CLEANUP(cleanup_free) = bytes_base64(row->spki);
	char *csr CLEANUP(cleanup_free) = bytes_base64(row->csr);
	json_t *all = ledger_json(e);
	json_t *record = json_read(row->record, JSON_REJECT_DUPLICATES, NULL);

	hex_encode(policy, row->policy_digest, 32);
	hex_encode(snapshot, row->snapshot_digest, 32);
	hex_encode(previous, e->previous, 32);
	hex_encode(hash, e->hash, 32);
	rfc3339_encode(evaluated, row->evaluated);
	rfc3339_encode(newest, row->newest_issued);
	if (record == NULL)
		record = text_json(row->record);
	json_t *more = json_pack(
	    "{s:s,s:s,s:s,s:s,s:s,s:s,s:o,s:s?,s:s?,s:s?,s:s?,s:s?}",
	    "evaluated", evaluated, "newest_issued", newest, "policy_digest",
	    policy, "snapshot_digest", snapshot, "previous", previous, "hash",
	    hash, "record", record, "certificate", pem, "evidence", evidence,
	    "claims", claims, "spki", spki, "csr", csr);
	if (all == NULL || more == NULL || json_object_update(all, more) != 0) {
		json_decref(all);
		all = NULL;
	}
	json_decref(more);
	return all;
}
