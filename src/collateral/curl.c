/* SPDX-License-Identifier: BSD-3-Clause */
#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>

#include "collateral/curl.h"

#define LIBRARY "libcurl.so.4"
#define OLDEST  0x075700 /* 7.87.0: CURLOPT_QUICK_EXIT */

struct curl_functions curl;

/* POSIX wants function pointers to come out of dlsym() like this. */
#define CURL_SYMBOL(name) \
	{"curl_" #name, offsetof(struct curl_functions, name)},
static const struct {
	const char *name;
	size_t offset;
} symbols[] = {CURL_FUNCTIONS(CURL_SYMBOL)};
#undef CURL_SYMBOL

static int
resolve(struct curl_functions *out, void *library, struct dci_failure *f)
{
	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
		void *symbol = dlsym(library, symbols[i].name);

		if (symbol == NULL)
			return dci_fail(f, DCI_LIBCURL_MISSING,
			    LIBRARY " has no %s: 7.87 or later is needed. %s",
			    symbols[i].name,
			    dci_code_remedy(DCI_LIBCURL_MISSING));
		memcpy(
		    (char *)out + symbols[i].offset, &symbol, sizeof(symbol));
	}
	return 0;
}

/* The TLS contexts that libcurl hands out are given to the program's own
 * OpenSSL, so it must be the same. */
static bool
fits(const curl_version_info_data *info)
{
	return info != NULL && info->version_num >= OLDEST &&
	       info->ssl_version != NULL &&
	       strncmp(info->ssl_version, "OpenSSL/3.", 10) == 0;
}

int
curl_load(struct dci_failure *f)
{
	static bool loaded;
	struct curl_functions found;

	if (loaded)
		return 0;
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (library == NULL)
		return dci_fail(f, DCI_LIBCURL_MISSING, "%s. %s", dlerror(),
		    dci_code_remedy(DCI_LIBCURL_MISSING));
	if (resolve(&found, library, f) != 0)
		return -1;
	const curl_version_info_data *info =
	    found.version_info(CURLVERSION_NOW);
	if (!fits(info) || found.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return dci_fail(f, DCI_LIBCURL_MISSING,
		    LIBRARY " is %s with %s; expected 7.87 or later with "
			    "OpenSSL 3. %s",
		    info == NULL ? "?" : info->version,
		    info == NULL || info->ssl_version == NULL
			? "no TLS"
			: info->ssl_version,
		    dci_code_remedy(DCI_LIBCURL_MISSING));
	curl = found;
	loaded = true;
	return 0;
}
