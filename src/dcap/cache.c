/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Places are searched one after the other, by the first eight bytes of their
 * names: nobody can make them collide, and a few hundred cost less than a
 * microsecond.  The place for a newcomer is chosen by the clock algorithm.
 */
#include <string.h>

#include "dcap/cache.h"

struct dci_cache {
	size_t size, n, hand;
	uint64_t *tag; /* the first bytes of each platform's text */
	struct platform *platform;
};

struct dci_cache *
dci_cache_new(size_t platforms)
{
	struct dci_cache *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->size = platforms > 0 ? platforms : 1;
	c->tag = calloc(c->size, sizeof(*c->tag));
	c->platform = calloc(c->size, sizeof(*c->platform));
	if (c->tag == NULL || c->platform == NULL) {
		dci_cache_free(c);
		return NULL;
	}
	return c;
}

static void
platform_empty(struct platform *p)
{
	pck_chain_free(&p->pck);
	for (size_t i = 0; i < PLATFORM_KEYS; i++)
		EVP_PKEY_CTX_free(p->key[i].verifier);
	memset(p, 0, sizeof(*p));
}

void
dci_cache_free(struct dci_cache *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->n; i++)
		platform_empty(&c->platform[i]);
	free(c->platform);
	free(c->tag);
	free(c);
}

void
platform_text(uint8_t out[static SHA256_SIZE], const struct dci_snapshot *s,
    struct bytes pem)
{
	sha256_two(out, s->identity, sizeof(s->identity), pem.p, pem.n);
}

void
vouched_name(uint8_t out[static SHA256_SIZE], const struct platform *p,
    const struct dci_quote *q)
{
	uint8_t fixed[SHA256_SIZE + 64 + 384 + 64];

	memcpy(fixed, p->leaf, SHA256_SIZE);
	memcpy(fixed + SHA256_SIZE, q->attestation_key, 64);
	memcpy(fixed + SHA256_SIZE + 64, q->qe_report_bytes, 384);
	memcpy(fixed + SHA256_SIZE + 448, q->qe_report_signature, 64);
	sha256_two(out, fixed, sizeof(fixed), q->qe_auth, q->qe_auth_size);
}

static uint64_t
tag_of(const uint8_t *name)
{
	uint64_t tag;

	memcpy(&tag, name, sizeof(tag));
	return tag;
}

struct platform *
cache_find(struct dci_cache *c, const uint8_t text[static SHA256_SIZE])
{
	uint64_t tag = tag_of(text);

	for (size_t i = 0; i < c->n; i++) {
		if (c->tag[i] == tag &&
		    memcmp(c->platform[i].text, text, SHA256_SIZE) == 0) {
			c->platform[i].used = true;
			return &c->platform[i];
		}
	}
	return NULL;
}

/* A platform that comes with its chain in another form (PEM has many, and a
 * signature two) stays in its place, and so do its keys. */
static struct platform *
place_of(struct dci_cache *c, const uint8_t leaf[static SHA256_SIZE])
{
	for (size_t i = 0; i < c->n; i++) {
		if (memcmp(c->platform[i].leaf, leaf, SHA256_SIZE) == 0)
			return &c->platform[i];
	}
	return NULL;
}

static struct platform *
place_new(struct dci_cache *c)
{
	if (c->n < c->size)
		return &c->platform[c->n++];
	for (;;) {
		struct platform *p = &c->platform[c->hand];

		c->hand = (c->hand + 1) % c->size;
		if (!p->used) {
			platform_empty(p);
			return p;
		}
		p->used = false;
	}
}

struct platform *
cache_keep(struct dci_cache *c, const struct dci_snapshot *s,
    const uint8_t text[static SHA256_SIZE], struct pck_chain *pck,
    const struct dci_check check[static PLATFORM_CHECKS])
{
	struct bytes tbs = pck->chain.cert[PCK_LEAF].tbs;
	uint8_t leaf[SHA256_SIZE];
	struct platform *p;

	sha256_two(leaf, s->identity, sizeof(s->identity), tbs.p, tbs.n);
	p = place_of(c, leaf);
	if (p == NULL)
		p = place_new(c);
	pck_chain_free(&p->pck);
	p->pck = *pck;
	*pck = (struct pck_chain){0};
	memcpy(p->leaf, leaf, sizeof(leaf));
	memcpy(p->text, text, SHA256_SIZE);
	memcpy(p->check, check, sizeof(p->check));
	c->tag[p - c->platform] = tag_of(text);
	return p;
}

EVP_PKEY_CTX *
platform_find(const struct platform *p, const uint8_t name[static SHA256_SIZE])
{
	for (size_t i = 0; i < PLATFORM_KEYS; i++) {
		if (p->key[i].verifier != NULL &&
		    memcmp(p->key[i].name, name, SHA256_SIZE) == 0)
			return p->key[i].verifier;
	}
	return NULL;
}

void
platform_keep(struct platform *p, const uint8_t name[static SHA256_SIZE],
    EVP_PKEY_CTX *verifier)
{
	struct vouched *v = &p->key[p->oldest];

	p->oldest = (p->oldest + 1) % PLATFORM_KEYS;
	EVP_PKEY_CTX_free(v->verifier);
	v->verifier = verifier;
	memcpy(v->name, name, SHA256_SIZE);
}
