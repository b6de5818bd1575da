/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "base/limits.h"
#include "cli/http.h"
#include "collateral/curl.h"

#define SECONDS         60L
#define CONNECT_SECONDS 10L

CLEANUP_TYPE(cleanup_curl, CURL, curl.easy_cleanup)
CLEANUP_TYPE(cleanup_url, CURLU, curl.url_cleanup)
CLEANUP_TYPE(cleanup_list, struct curl_slist, curl.slist_free_all)

static void
cleanup_curl_text(char **p)
{
	curl.free(*p);
}

void
http_free(struct http_answer *a)
{
	writer_free(&a->headers);
	writer_free(&a->body);
}

/* Less than all of it makes libcurl give up. */
static size_t
take(char *data, size_t size, size_t n, void *arg)
{
	struct writer *w = arg;

	writer_put(w, data, size * n);
	return w->failed ? 0 : size * n;
}

static char *
url_complete(const char *url, const char *path, struct dci_failure *f)
{
	CURLU *u CLEANUP(cleanup_url) = curl.url();
	char *has CLEANUP(cleanup_curl_text) = NULL;
	char *scheme CLEANUP(cleanup_curl_text) = NULL;
	char *out = NULL;

	if (u == NULL || curl.url_set(u, CURLUPART_URL, url, 0) != CURLUE_OK ||
	    curl.url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0) ||
	    curl.url_get(u, CURLUPART_PATH, &has, 0) != CURLUE_OK ||
	    (strcmp(has, "/") == 0 &&
		curl.url_set(u, CURLUPART_PATH, path, 0) != CURLUE_OK) ||
	    curl.url_get(u, CURLUPART_URL, &out, 0) != CURLUE_OK) {
		dci_fail(f, DCI_USAGE,
		    "'%s' is no URL like http://127.0.0.1:8799.", url);
		return NULL;
	}
	return out;
}

/* What every request has; a refusal of any of it is found by performing. */
static bool
set_up(CURL *c, struct http_answer *out, const char *url, struct bytes json,
    const char *ca)
{
	return curl.easy_setopt(c, CURLOPT_URL, url) == CURLE_OK &&
	       curl.easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https") ==
		   CURLE_OK &&
	       curl.easy_setopt(c, CURLOPT_POSTFIELDS, json.p) == CURLE_OK &&
	       curl.easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)json.n) ==
		   CURLE_OK &&
	       curl.easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	       curl.easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       curl.easy_setopt(c, CURLOPT_TIMEOUT, SECONDS) == CURLE_OK &&
	       curl.easy_setopt(c, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS) ==
		   CURLE_OK &&
	       curl.easy_setopt(c, CURLOPT_WRITEFUNCTION, take) == CURLE_OK &&
	       curl.easy_setopt(c, CURLOPT_WRITEDATA, &out->body) == CURLE_OK &&
	       curl.easy_setopt(c, CURLOPT_HEADERFUNCTION, take) == CURLE_OK &&
	       curl.easy_setopt(c, CURLOPT_HEADERDATA, &out->headers) ==
		   CURLE_OK &&
	       (ca == NULL ||
		   curl.easy_setopt(c, CURLOPT_CAINFO, ca) == CURLE_OK);
}

static void
describe(struct http_answer *out, CURL *c)
{
	char *type = NULL;
	long status = 0;

	curl.easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	curl.easy_getinfo(c, CURLINFO_CONTENT_TYPE, &type);
	out->status = (unsigned)status;
	snprintf(out->type, sizeof(out->type), "%.*s",
	    type == NULL ? 0 : (int)strcspn(type, "; "),
	    type == NULL ? "" : type);
}

int
http_post(struct http_answer *out, const char *url, const char *path,
    struct bytes json, const char *ca, struct dci_failure *f)
{
	char why[CURL_ERROR_SIZE] = "";

	*out = (struct http_answer){.headers = writer_new(LIMIT_HEADERS),
	    .body = writer_new(LIMIT_HTTP_BODY)};
	if (curl_load(f) != 0)
		return -1;
	char *full CLEANUP(cleanup_curl_text) = url_complete(url, path, f);
	if (full == NULL)
		return -1;
	CURL *c CLEANUP(cleanup_curl) = curl.easy_init();
	/* No "Expect: 100-continue": it costs a second with some servers. */
	struct curl_slist *headers CLEANUP(cleanup_list) =
	    curl.slist_append(NULL, "Content-Type: application/json");
	if (headers == NULL || curl.slist_append(headers, "Expect:") == NULL ||
	    c == NULL || !set_up(c, out, full, json, ca) ||
	    curl.easy_setopt(c, CURLOPT_HTTPHEADER, headers) != CURLE_OK ||
	    curl.easy_setopt(c, CURLOPT_ERRORBUFFER, why) != CURLE_OK)
		return dci_fail(
		    f, DCI_INTERNAL, "libcurl could not be set up.");
	CURLcode error = curl.easy_perform(c);
	if (out->body.failed || out->headers.failed)
		return dci_fail(f, DCI_VERIFIER_ANSWER,
		    "The answer of %s is larger than any report.", full);
	if (error != CURLE_OK)
		return dci_fail(f, DCI_VERIFIER_UNREACHABLE,
		    "%s could not be asked: %s.", full,
		    why[0] != '\0' ? why : curl.easy_strerror(error));
	describe(out, c);
	return 0;
}
