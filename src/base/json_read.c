/* SPDX-License-Identifier: BSD-3-Clause */
#include <pthread.h>

#include "base/json_read.h"

/* Whether this thread has been refused memory.  Not errno alone: jansson sets
 * that to 0 before it reads a number. */
static _Thread_local bool refused;

static void *
watched_malloc(size_t n)
{
	void *p = malloc(n);

	if (p == NULL)
		refused = true;
	return p;
}

static void
watch_jansson(void)
{
	json_set_alloc_funcs(watched_malloc, free);
}

static void
watch(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, watch_jansson);
	refused = false;
	memory_watch();
}

json_t *
json_read(struct bytes text, size_t flags, json_error_t *e)
{
	watch();
	json_t *root = json_loadb((const char *)text.p, text.n, flags, e);
	if (!refused)
		return root;
	json_decref(root);
	if (e != NULL) {
		*e = (json_error_t){.line = 0};
		snprintf(e->text, sizeof(e->text), "not enough memory");
	}
	memory_lacking();
	return NULL;
}

char *
json_text_of(const json_t *value, size_t flags)
{
	watch();
	char *text = json_dumps(value, flags);
	if (!refused)
		return text;
	free(text);
	memory_lacking();
	return NULL;
}
