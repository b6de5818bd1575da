/* SPDX-License-Identifier: BSD-3-Clause */
/* The pieces that certificates, lists and requests have in common. */
#include <string.h>
#include <time.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/digest.h"
#include "base/text.h"
#include "ca/oid.h"
#include "inspect/show.h"

#define EXTENSIONS_SHOWN 64

/* What a memory BIO holds. */
static struct bytes
content(BIO *bio)
{
	char *text = NULL;
	long n = BIO_get_mem_data(bio, &text);

	return (struct bytes){(const uint8_t *)text, n > 0 ? (size_t)n : 0};
}

void
name_show(struct view *v, const char *key, const X509_NAME *name)
{
	BIO *bio CLEANUP(cleanup_bio) = BIO_new(BIO_s_mem());

	if (bio == NULL || name == NULL ||
	    X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) < 0)
		view_text(v, key, "malformed");
	else
		view_foreign(v, key, content(bio));
	ERR_clear_error();
}

void
asn1_time_show(struct view *v, const char *key, const ASN1_TIME *t)
{
	struct tm tm;

	if (t == NULL) {
		view_text(v, key, "none");
	} else if (ASN1_TIME_to_tm(t, &tm)) {
		view_time(v, key, timegm(&tm));
	} else {
		view_foreign(v, key,
		    (struct bytes){ASN1_STRING_get0_data(t),
			(size_t)ASN1_STRING_length(t)});
	}
}

void
serial_show(struct view *v, const char *key, const ASN1_INTEGER *serial)
{
	const struct asn1_string_st *s = serial;

	/* A negative one is out of order, and said to be. */
	if (ASN1_STRING_type(s) == V_ASN1_NEG_INTEGER)
		view_bool(v, "serial_is_negative", true);
	view_hex(
	    v, key, ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
}

/* Numbers that OpenSSL has no name for. */
static const char *
number_name(const char *number)
{
	static const char *const names[][2] = {
	    {OID_TEXT_SCOPE, "DelegationScope"},
	    {OID_TEXT_MULTI_TCB_INFO, "DICE MultiTcbInfo"},
	    {"2.23.133.5.4.9", "DICE tagged evidence"},
	    {"0.6.9.42.840.113741.1337.6", "Gramine's legacy evidence"},
	    {"1.2.840.113741.1337.6", "legacy evidence"},
	    {"1.2.840.113741.1.13.1", "Intel SGX extension"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i][0], number) == 0)
			return names[i][1];
	}
	return NULL;
}

/* The name of an object, or its numbers. */
static void
object_write(struct writer *w, const ASN1_OBJECT *object)
{
	char text[256];

	if (OBJ_obj2txt(text, sizeof(text), object, 0) <= 0)
		snprintf(text, sizeof(text), "malformed");
	const char *name = number_name(text);
	if (name != NULL)
		writer_printf(w, "%s (%s)", name, text);
	else
		writer_text(w, text);
}

static void
object_show(struct view *v, const char *key, const ASN1_OBJECT *object)
{
	struct writer w CLEANUP(writer_free) = writer_new(512);

	object_write(&w, object);
	view_foreign(v, key, (struct bytes){w.data, w.n});
}

void
algorithm_show(struct view *v, const char *key, const X509_ALGOR *algorithm)
{
	const ASN1_OBJECT *object = NULL;

	X509_ALGOR_get0(&object, NULL, NULL, algorithm);
	if (object == NULL)
		view_text(v, key, "none");
	else
		object_show(v, key, object);
}

static void
spki_digest_show(struct view *v, X509_PUBKEY *key)
{
	uint8_t *der = NULL, digest[SHA256_SIZE];
	int n = i2d_X509_PUBKEY(key, &der);

	if (n > 0) {
		sha256(digest, der, (size_t)n);
		view_hex(v, "sha256", digest, sizeof(digest));
	}
	OPENSSL_free(der);
}

void
public_key_show(struct view *v, X509_PUBKEY *key)
{
	X509_ALGOR *algorithm = NULL;
	const void *parameter = NULL;
	int type = V_ASN1_UNDEF;

	view_object(v, "public_key");
	if (key != NULL &&
	    X509_PUBKEY_get0_param(NULL, NULL, NULL, &algorithm, key)) {
		algorithm_show(v, "algorithm", algorithm);
		X509_ALGOR_get0(NULL, &type, &parameter, algorithm);
		if (type == V_ASN1_OBJECT)
			object_show(v, "curve", parameter);
		const EVP_PKEY *usable = X509_PUBKEY_get0(key);
		if (usable != NULL)
			view_number(v, "bits", EVP_PKEY_get_bits(usable));
		else
			view_text(
			    v, "malformed", "OpenSSL cannot make a key of it");
		spki_digest_show(v, key);
	} else {
		view_text(v, "malformed", "no key");
	}
	view_object_end(v);
	ERR_clear_error();
}

/* OpenSSL's own text, in one line; false where it has none. */
static bool
value_text(struct writer *w, X509_EXTENSION *e)
{
	BIO *bio CLEANUP(cleanup_bio) = BIO_new(BIO_s_mem());
	size_t begin = w->n;

	if (bio == NULL || !X509V3_EXT_print(bio, e, 0, 0))
		return false;
	struct bytes text = content(bio);
	for (size_t i = 0; i < text.n && i < VIEW_FOREIGN_MAX; i++) {
		bool blank = text.p[i] == '\n' || text.p[i] == ' ';

		/* One blank for many, and none at the beginning. */
		if (!blank || (w->n > begin && w->data[w->n - 1] != ' '))
			writer_u8(w, blank ? ' ' : text.p[i]);
	}
	if (w->n > begin && w->data[w->n - 1] == ' ')
		w->n--;
	return true;
}

static void
value_write(struct writer *w, X509_EXTENSION *e)
{
	const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(e);
	size_t n = (size_t)ASN1_STRING_length(value);
	char hex[2 * 32 + 1];

	if (n > 4096 || !value_text(w, e)) {
		hex_encode(hex, ASN1_STRING_get0_data(value), n < 32 ? n : 32);
		writer_printf(
		    w, "%zu bytes: %s%s", n, hex, n > 32 ? "..." : "");
	}
	ERR_clear_error();
}

static void
extension_show(struct view *v, X509_EXTENSION *e)
{
	struct writer w CLEANUP(writer_free) = writer_new(16384);
	bool critical = X509_EXTENSION_get_critical(e) != 0;

	if (v->json) {
		view_object(v, NULL);
		object_show(v, "id", X509_EXTENSION_get_object(e));
		view_bool(v, "critical", critical);
		value_write(&w, e);
		view_foreign(v, "value", (struct bytes){w.data, w.n});
		view_object_end(v);
		return;
	}
	object_write(&w, X509_EXTENSION_get_object(e));
	writer_text(&w, critical ? ", critical: " : ": ");
	value_write(&w, e);
	view_foreign(v, NULL, (struct bytes){w.data, w.n});
}

void
extensions_show(struct view *v, const STACK_OF(X509_EXTENSION) * list)
{
	int n = list == NULL ? 0 : sk_X509_EXTENSION_num(list);

	if (n == 0)
		return;
	view_list(v, "extensions");
	for (int i = 0; i < n && i < EXTENSIONS_SHOWN; i++)
		extension_show(v, sk_X509_EXTENSION_value(list, i));
	view_list_end(v);
	if (n > EXTENSIONS_SHOWN)
		view_number(v, "extensions_in_all", n);
}
