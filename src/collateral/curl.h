/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libcurl, loaded at run time: it brings some twenty libraries along, which
 * only the process that fetches shall have in its address space.
 */
#ifndef COLLATERAL_CURL_H
#define COLLATERAL_CURL_H

#include <curl/curl.h>

#include "base/memory.h"
#include "dci/code.h"

#define CURL_FUNCTIONS(F)      \
	F(global_init)         \
	F(version_info)        \
	F(free)                \
	F(easy_init)           \
	F(easy_cleanup)        \
	F(easy_setopt)         \
	F(easy_getinfo)        \
	F(easy_perform)        \
	F(easy_strerror)       \
	F(easy_header)         \
	F(slist_append)        \
	F(slist_free_all)      \
	F(url)                 \
	F(url_cleanup)         \
	F(url_get)             \
	F(url_set)             \
	F(multi_init)          \
	F(multi_cleanup)       \
	F(multi_setopt)        \
	F(multi_add_handle)    \
	F(multi_remove_handle) \
	F(multi_socket_action) \
	F(multi_assign)        \
	F(multi_info_read)

#define CURL_POINTER(name) __typeof__(curl_##name) *name;
/* curl.easy_init() is curl_easy_init(), and so on. */
extern struct curl_functions {
	CURL_FUNCTIONS(CURL_POINTER)
} curl;
#undef CURL_POINTER

/*
 * Loads libcurl.so.4 (Debian's libcurl4), once; before a process locks itself
 * in, and before anything else of it is used.  It must be 7.87 or later and
 * have the OpenSSL that this program has.  Returns 0, or -1 with *f
 * (libcurl-missing).
 */
int curl_load(struct dci_failure *f) MUST_CHECK;

#endif
