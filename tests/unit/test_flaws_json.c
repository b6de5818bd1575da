/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Section 10 of spec dcap.md: every member of a TCB info and a QE identity,
 * wherever it stands, missing, of every other type, too short and too long.
 * The two documents are the simulator's.
 */
#include <jansson.h>

#include "dcap/qe_identity.h"
#include "dcap/tcb_info.h"
#include "tests/unit/flaws.h"

struct subject {
	enum dci_document document;
	json_t *root;
	unsigned cases;
};

/* May be left out. */
static bool
optional(const char *key)
{
	return strcmp(key, "category") == 0 || strcmp(key, "type") == 0 ||
	       strcmp(key, "advisoryIDs") == 0;
}

static bool
taken(struct subject *x)
{
	char *text = json_dumps(x->root, JSON_COMPACT);
	struct bytes json = {(const uint8_t *)text, strlen(text)};
	struct dci_failure f;
	struct tcb_info info;
	struct qe_identity identity;
	int rc;

	x->cases++;
	if (x->document == DCI_DOC_TCB_INFO) {
		rc = tcb_info_parse(&info, json, &f);
		tcb_info_free(&info);
	} else {
		rc = qe_identity_parse(&identity, json, &f);
		qe_identity_free(&identity);
	}
	free(text);
	return rc == 0;
}

static void
refused(struct subject *x, const char *key, const char *how)
{
	if (taken(x))
		fail_msg("%s \"%s\"", how, key);
}

static json_t *
value_of(json_type type)
{
	switch (type) {
	case JSON_OBJECT:
		return json_object();
	case JSON_ARRAY:
		return json_array();
	case JSON_STRING:
		return json_string("1");
	case JSON_INTEGER:
		return json_integer(1);
	case JSON_REAL:
		return json_real(1);
	case JSON_TRUE:
		return json_true();
	case JSON_FALSE:
		return json_false();
	default:
		return json_null();
	}
}

/* Strings one character shorter, longer and empty; numbers out of range. */
static void
try_values(struct subject *x, json_t *object, const char *key, json_t *old)
{
	const char *text = json_string_value(old);
	char *other[3] = {NULL};

	if (json_is_integer(old)) {
		json_object_set_new(object, key, json_integer(-1));
		refused(x, key, "negative");
		json_object_set_new(object, key, json_integer(1LL << 32));
		refused(x, key, "too large");
	}
	if (text == NULL || strcmp(key, "category") == 0 ||
	    strcmp(key, "type") == 0)
		return;
	assert_true(asprintf(&other[0], "%s0", text) > 0);
	assert_true(
	    asprintf(&other[1], "%.*s", (int)strlen(text) - 1, text) >= 0);
	assert_true(asprintf(&other[2], "%s", "") >= 0);
	for (size_t i = 0; i < 3; i++) {
		json_object_set_new(object, key, json_string(other[i]));
		refused(x, key, "wrong length of");
		free(other[i]);
	}
}

static void
try_member(struct subject *x, json_t *object, const char *key)
{
	json_t *old = json_incref(json_object_get(object, key));

	json_object_del(object, key);
	if (!optional(key))
		refused(x, key, "missing");
	else
		assert_true(taken(x));
	for (json_type t = JSON_OBJECT; t <= JSON_NULL; t++) {
		if (t == json_typeof(old) && t != JSON_ARRAY &&
		    t != JSON_OBJECT)
			continue;
		if (t == JSON_ARRAY && strcmp(key, "advisoryIDs") == 0)
			continue;
		json_object_set_new(object, key, value_of(t));
		refused(x, key, "mistyped or empty");
	}
	try_values(x, object, key, old);
	json_object_set_new(object, key, old);
}

static void
try_items(struct subject *x, json_t *list, const char *key)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *old = json_incref(json_array_get(list, i));

		for (json_type t = JSON_OBJECT; t <= JSON_NULL; t++) {
			if (t == json_typeof(old) && t == JSON_STRING)
				continue;
			json_array_set_new(list, i, value_of(t));
			refused(x, key, "mistyped or empty item of");
		}
		json_array_set_new(list, i, old);
	}
}

/* The first two items of lists stand for all; the depth is the document's. */
static void
walk(struct subject *x, json_t *value, const char *name)
{
	const char *key[32];
	size_t n = 0;

	if (json_is_array(value)) {
		try_items(x, value, name);
		for (size_t i = 0; i < json_array_size(value) && i < 2; i++)
			walk(x, json_array_get(value, i), name);
		return;
	}
	/* The names first: trying changes their order. */
	for (void *i = json_object_iter(value); i != NULL && n < COUNT(key);
	     i = json_object_iter_next(value, i))
		key[n++] = strdup(json_object_iter_key(i));
	for (size_t i = 0; i < n; i++) {
		try_member(x, value, key[i]);
		walk(x, json_object_get(value, key[i]), key[i]);
		free((void *)key[i]);
	}
}

static void
walk_document(enum dci_document document)
{
	struct subject x = {.document = document};
	struct scene s;

	scene_make(&s, NULL);
	struct writer inner = inner_of(&s, document);
	x.root = json_loadb((const char *)inner.data, inner.n, 0, NULL);
	assert_non_null(x.root);
	assert_true(taken(&x));
	walk(&x, x.root, "");
	assert_true(taken(&x));
	print_message("# %u cases\n", x.cases);
	json_decref(x.root);
	writer_free(&inner);
	scene_free(&s);
}

static void
tcb_info(void **state)
{
	(void)state;
	walk_document(DCI_DOC_TCB_INFO);
}

static void
qe_identity(void **state)
{
	(void)state;
	walk_document(DCI_DOC_QE_IDENTITY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    ITEM("section 10: every member of a TCB info", tcb_info),
	    ITEM("section 10: every member of a QE identity", qe_identity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
