/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include <event2/http.h>

#include "base/bytes.h"
#include "base/text.h"
#include "collateral/source.h"

#define INTEL_HOST   "api.trustedservices.intel.com"
#define API          "/sgx/certification/v4"
#define SGX_VERSIONS "/sgx/certification/v"
#define TDX_VERSIONS "/tdx/certification/v"

CLEANUP_TYPE(cleanup_uri, struct evhttp_uri, evhttp_uri_free)

int
source_init(struct collateral_source *s, struct dci_failure *f)
{
	*s = (struct collateral_source){.kind = SOURCE_NONE,
	    .update = UPDATE_STANDARD,
	    .retries = 3,
	    .retry_seconds = 1};
	s->url = strdup(SOURCE_INTEL_URL);
	if (s->url == NULL)
		return dci_fail(f, DCI_OUT_OF_MEMORY, "No memory for a URL.");
	return 0;
}

void
source_free(struct collateral_source *s)
{
	free(s->url);
	free(s->root_crl);
	free(s->ca);
	*s = (struct collateral_source){.kind = SOURCE_NONE};
}

void
source_url_text(char *out, size_t n, const char *url)
{
	const char *scheme = strstr(url, "://");
	const char *authority = scheme == NULL ? url : scheme + 3;
	/* What is no URL may have its password anywhere. */
	size_t span = scheme == NULL ? strlen(url) : strcspn(authority, "/?#");
	const char *at = memrchr(authority, '@', span);
	struct writer w CLEANUP(writer_free) = writer_new(2 * SOURCE_URL_MAX);

	if (at != NULL) {
		writer_put(&w, url, (size_t)(authority - url));
		authority = at + 1;
	} else {
		authority = url;
	}
	size_t left = strlen(authority);
	writer_put(&w, authority,
	    left < SOURCE_URL_MAX ? left : (size_t)SOURCE_URL_MAX);
	text_printable(out, n, w.data, w.failed ? 0 : w.n);
}

static int
refuse(struct dci_failure *f, const char *url, const char *why)
{
	char text[200];

	source_url_text(text, sizeof(text), url);
	return dci_fail(f, DCI_SOURCE_URL, "'%s' %s.", text, why);
}

static bool
all_printable(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text <= ' ' || *text > '~')
			return false;
	}
	return true;
}

/* The part of the path before the API's own; *ok false where it has another
 * ending. */
static struct bytes
prefix(const char *path, bool *ok)
{
	size_t n = strlen(path), digits = 0;
	const size_t versions = strlen(SGX_VERSIONS);

	while (n > 0 && path[n - 1] == '/')
		n--;
	*ok = n == 0;
	while (digits < n && path[n - digits - 1] >= '0' &&
	       path[n - digits - 1] <= '9')
		digits++;
	size_t begin = n - digits;
	if (digits > 0 && begin >= versions &&
	    (memcmp(path + begin - versions, SGX_VERSIONS, versions) == 0 ||
		memcmp(path + begin - versions, TDX_VERSIONS, versions) == 0)) {
		*ok = true;
		n = begin - versions;
	}
	return (struct bytes){(const uint8_t *)path, n};
}

static char *
compose(const struct evhttp_uri *uri, bool secure, struct bytes before)
{
	struct writer w CLEANUP(writer_free) = writer_new(2 * SOURCE_URL_MAX);
	const char *user = evhttp_uri_get_userinfo(uri);

	writer_printf(&w, "http%s://%s%s%s", secure ? "s" : "",
	    user == NULL ? "" : user, user == NULL ? "" : "@",
	    evhttp_uri_get_host(uri));
	if (evhttp_uri_get_port(uri) >= 0)
		writer_printf(&w, ":%d", evhttp_uri_get_port(uri));
	writer_put(&w, before.p, before.n);
	writer_put(&w, API, sizeof(API)); /* with its NUL */
	if (w.failed)
		return NULL;
	w.cap = 0;
	return (char *)TAKE(w.data);
}

int
source_set_url(
    struct collateral_source *s, const char *url, struct dci_failure *f)
{
	bool known;

	if (strlen(url) > SOURCE_URL_MAX)
		return refuse(f, url, "is too long for a URL");
	struct evhttp_uri *uri CLEANUP(cleanup_uri) =
	    all_printable(url) ? evhttp_uri_parse(url) : NULL;
	const char *scheme = uri == NULL ? NULL : evhttp_uri_get_scheme(uri);
	const char *host = uri == NULL ? NULL : evhttp_uri_get_host(uri);
	if (scheme == NULL || host == NULL || host[0] == '\0' ||
	    (strcasecmp(scheme, "http") != 0 &&
		strcasecmp(scheme, "https") != 0))
		return refuse(
		    f, url, "is no URL like https://localhost:8081" API);
	if (evhttp_uri_get_query(uri) != NULL ||
	    evhttp_uri_get_fragment(uri) != NULL)
		return refuse(f, url,
		    "has a query or a fragment; the URL "
		    "of a source ends in " API);
	struct bytes before = prefix(evhttp_uri_get_path(uri), &known);
	if (!known)
		return refuse(f, url,
		    "does not end in " API ", as the URL of a source does");
	char *full CLEANUP(cleanup_free) =
	    compose(uri, strcasecmp(scheme, "https") == 0, before);
	if (full == NULL)
		return dci_fail(f, DCI_OUT_OF_MEMORY, "No memory for a URL.");
	/* With the path that it did not have. */
	if (strlen(full) > SOURCE_URL_MAX)
		return refuse(f, url, "is too long for a URL");
	free(s->url);
	s->url = TAKE(full);
	return 0;
}

bool
source_is_intel(const struct collateral_source *s)
{
	struct evhttp_uri *uri CLEANUP(cleanup_uri) = evhttp_uri_parse(s->url);

	return uri != NULL &&
	       strcasecmp(evhttp_uri_get_host(uri), INTEL_HOST) == 0;
}
