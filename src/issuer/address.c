/* SPDX-License-Identifier: BSD-3-Clause */
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>

#include "base/text.h"
#include "issuer/config.h"

/* Splits "HOST:PORT"; host holds ISSUER_ADDRESS_SIZE bytes.  *v6 says that it
 * stood in brackets. */
static bool
address_split(char *host, const char **port, bool *v6, const char *text)
{
	const char *colon = strrchr(text, ':');

	if (colon == NULL || strlen(text) >= ISSUER_ADDRESS_SIZE)
		return false;
	size_t n = (size_t)(colon - text);
	*port = colon + 1;
	*v6 = n > 0 && text[0] == '[';
	if (*v6 && (n < 4 || text[n - 1] != ']'))
		return false;
	if (*v6) {
		text++;
		n -= 2;
	}
	memcpy(host, text, n);
	host[n] = '\0';
	return *v6 || strchr(host, ':') == NULL;
}

static bool
address_resolve(
    struct issuer_address *a, int family, const char *host, const char *port)
{
	struct addrinfo hints = {.ai_family = family,
	    .ai_socktype = SOCK_STREAM,
	    .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
	struct addrinfo *found = NULL;

	if (getaddrinfo(host, port, &hints, &found) != 0)
		return false;
	memcpy(&a->socket, found->ai_addr, found->ai_addrlen);
	a->size = found->ai_addrlen;
	freeaddrinfo(found);
	return true;
}

bool
issuer_address_parse(struct issuer_address *a, const char *text)
{
	char host[ISSUER_ADDRESS_SIZE];
	const char *port;
	bool v6;
	uint64_t number;

	*a = (struct issuer_address){.size = 0};
	if (!address_split(host, &port, &v6, text) ||
	    !decimal_decode(&number, port, UINT16_MAX))
		return false;
	memcpy(a->text, text, strlen(text) + 1);
	if (host[0] == '\0') {
		memcpy(host, "::", sizeof("::"));
		v6 = true;
	}
	a->dual_stack = v6 && strcmp(host, "::") == 0;
	if (strcmp(host, "localhost") == 0 && !v6)
		memcpy(host, "127.0.0.1", sizeof("127.0.0.1"));
	/* getaddrinfo() would take "127.1" and "0x7f000001" too. */
	struct in_addr four;
	if (!v6 && inet_pton(AF_INET, host, &four) != 1)
		return false;
	return address_resolve(a, v6 ? AF_INET6 : AF_INET, host, port);
}
