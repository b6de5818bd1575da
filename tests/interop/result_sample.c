/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * For verify_report.sh: signed results, good and bad, as files.
 *   result_sample FOLDER     writes root.crt, other-root.crt and, for each
 *                            result, NAME.body, NAME.headers, NAME.jwt
 */
#include "tests/unit/result_fixture.h"

#define NONCE "0123456789abcdef"

static const char *folder;

static void
put(const char *name, const char *end, const void *data, size_t n)
{
	char *path = text_make("%s/%s%s", folder, name, end);

	insist(file_write(path, data, n, 0644, NULL) == 0, path);
	free(path);
}

static void
put_sample(const char *name, const struct sample *s)
{
	char *chain = s->chain == NULL
			  ? text_make("%s", "")
			  : text_make("X-Delegating-Chain: %s\r\n", s->chain);
	char *headers = text_make("HTTP/1.1 200 OK\r\n"
				  "Content-Type: application/json\r\n"
				  "X-Delegating-Certificate: %s\r\n"
				  "X-Delegating-Signature: %s\r\n%s\r\n",
	    s->certificate, s->signature, chain);

	put(name, ".headers", headers, strlen(headers));
	put(name, ".body", s->body, strlen(s->body));
	put(name, ".jwt", s->jws, strlen(s->jws));
	free(chain);
	free(headers);
}

static void
put_made(const char *name, const struct maker *m, const struct spec *spec)
{
	struct sample s;

	sample_make(&s, m, spec);
	put_sample(name, &s);
	sample_free(&s);
}

static void
put_specs(const struct maker *m, int64_t now)
{
	struct spec good = spec_at(now), spec;
	uint8_t quote[632];

	good.nonce = NONCE;
	put_made("good", m, &good);
	put("good", ".quote", quote, sample_quote(quote, &good));
	spec = good;
	spec.quote_fill = 1;
	put_made("other", m, &spec);
	put("other", ".quote", quote, sample_quote(quote, &spec));
	spec = good;
	spec.curve = CURVE_P384;
	put_made("p384", m, &spec);
	spec = good;
	spec.nonce = NULL;
	put_made("no-nonce", m, &spec);
	spec = good;
	spec.assurance = CA_SIMULATED;
	put_made("simulated", m, &spec);
	spec.assurance = CA_INSECURE;
	put_made("insecure", m, &spec);
	spec = good;
	spec.issued = now - 7200;
	spec.ttl = 3600;
	put_made("expired", m, &spec);
	spec = good;
	spec.issued = now - 3600;
	spec.timestamp = now - 1000;
	put_made("old", m, &spec);
	spec = good;
	spec.timestamp = now + 3600;
	put_made("future", m, &spec);
	spec = good;
	spec.tee_type = "TDX";
	put_made("tdx", m, &spec);
	spec = good;
	spec.status = "REVOKED";
	put_made("revoked", m, &spec);
}

static void
put_others(const struct maker *m, const struct maker *other, int64_t now)
{
	struct spec spec = spec_at(now);
	struct sample s;

	spec.nonce = NONCE;
	put_made("other-root", other, &spec);
	sample_make(&s, m, &spec);
	free(s.chain);
	s.chain = NULL;
	put_sample("no-chain", &s);
	sample_free(&s);
	sample_make(&s, m, &spec);
	sample_other_leaf(&s, m, LEAF_TLS_SERVER);
	put_sample("tls-server", &s);
	sample_free(&s);
}

int
main(int argc, char **argv)
{
	int64_t now = time(NULL);
	struct maker maker, other;

	if (argc != 2) {
		fprintf(stderr, "usage: result_sample FOLDER\n");
		return 2;
	}
	folder = argv[1];
	maker_init(&maker, now - 3 * 24 * 3600);
	maker_init(&other, now - 3 * 24 * 3600);
	put("root", ".crt", maker.pem[2], maker.n[2]);
	put("issuing", ".crt", maker.pem[1], maker.n[1]);
	put("other-root", ".crt", other.pem[2], other.n[2]);
	put_specs(&maker, now);
	put_others(&maker, &other, now);
	maker_free(&maker);
	maker_free(&other);
	return 0;
}
