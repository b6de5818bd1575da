/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <openssl/pem.h>

#include "issuer/release.h"

struct release {
	uint8_t *secret;
	size_t secret_size;
	struct bytes issuing, root; /* DER, framed: what follows each leaf */
	struct channel *worker[WORKERS_MAX];
};

static const char default_secret[] = "RA Delegation Process";

static void
log_release(const struct pending *p)
{
	const struct ledger_row *row = &p->row;
	struct log_line l;

	log_begin(&l, LOG_LEVEL_INFO,
	    p->kind == LEDGER_SECRET ? "secret-released"
				     : "certificate-issued");
	log_hex(&l, "request", p->request_id, REQUEST_ID_SIZE);
	log_bytes(&l, "peer", row->peer.p, row->peer.n);
	log_int(&l, "row", p->row_id);
	log_bytes(&l, "entry", row->entry.p, row->entry.n);
	log_bytes(&l, "verdict", row->verdict.p, row->verdict.n);
	log_hex(&l, "mrenclave", row->mrenclave, 32);
	if (p->kind == LEDGER_CERTIFICATE) {
		const struct ca_certificate *c = &p->answer.certificate;

		log_hex(&l, "serial", c->serial, CA_SERIAL_SIZE);
		log_text(&l, "binding",
		    ca_binding_name((enum ca_binding)row->binding));
		log_text(&l, "assurance",
		    ca_assurance_name((enum ca_assurance)row->assurance));
		log_time(&l, "not_after", c->not_after);
	}
	log_end(&l);
}

static void
send_to_worker(struct release *r, const struct pending *p)
{
	struct channel *worker = r->worker[p->appraiser];
	struct m_release m = {.connection = p->connection, .kind = p->kind};
	struct writer w CLEANUP(writer_free) = writer_new(RELEASE_MAX);

	m.failure = p->failure;
	if (worker == NULL)
		return;
	if (p->failure.code == DCI_OK && p->kind == LEDGER_SECRET) {
		writer_put(&w, r->secret, r->secret_size);
	} else if (p->failure.code == DCI_OK) {
		writer_blob32(
		    &w, p->answer.certificate.der, p->answer.certificate.n);
		writer_put(&w, r->issuing.p, r->issuing.n);
		writer_put(&w, r->root.p, r->root.n);
	}
	if (w.failed)
		log_fatal("internal-error", "a release of too many bytes");
	channel_send(worker, M_RELEASE, &m, (struct bytes){w.data, w.n}, -1);
}

void
release_send(struct release *r, const struct pending *p)
{
	send_to_worker(r, p);
	if (p->failure.code == DCI_OK)
		log_release(p);
}

void
release_worker(struct release *r, unsigned index, struct channel *worker)
{
	r->worker[index] = worker;
}

/* --- start and stop --------------------------------------------------------
 */

static void
read_secret(struct release *r, struct child *child)
{
	int fd = child->file[FILE_WRAP_KEY];

	if (!child->start.has_secret) {
		r->secret_size = sizeof(default_secret); /* with its NUL */
		r->secret = malloc(sizeof(default_secret));
		if (r->secret == NULL)
			log_fatal("start-failed", "out of memory");
		memcpy(r->secret, default_secret, sizeof(default_secret));
		return;
	}
	struct bytes b = child_read(fd, "wrap_key", LIMIT_SECRET);
	if (b.n == 0)
		log_fatal("start-failed", "wrap_key is empty");
	r->secret = (uint8_t *)b.p;
	r->secret_size = b.n;
	if (mlock(r->secret, r->secret_size) != 0)
		log_note(LOG_LEVEL_WARN, "memory-not-locked",
		    "the secret may be swapped out: raise RLIMIT_MEMLOCK");
	close(fd);
	child->file[FILE_WRAP_KEY] = -1;
}

static struct bytes
read_framed(int fd, const char *what)
{
	struct bytes pem = child_read(fd, what, LIMIT_PEM), der = {0};
	BIO *bio CLEANUP(cleanup_bio) = BIO_new_mem_buf(pem.p, (int)pem.n);
	X509 *x CLEANUP(cleanup_x509) =
	    bio != NULL ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
	struct writer w = writer_new(CA_CERTIFICATE_MAX + 4);
	uint8_t *out = NULL;
	int n = x != NULL ? i2d_X509(x, &out) : -1;

	if (n <= 0)
		log_fatal("start-failed", "%s is no certificate", what);
	writer_blob32(&w, out, (size_t)n);
	OPENSSL_free(out);
	free((void *)pem.p);
	if (w.failed)
		log_fatal("start-failed", "%s is too large", what);
	der.p = w.data;
	der.n = w.n;
	return der;
}

struct release *
release_new(struct child *child)
{
	struct release *r = calloc(1, sizeof(*r));

	if (r == NULL)
		log_fatal("start-failed", "out of memory");
	read_secret(r, child);
	r->issuing =
	    read_framed(child->file[FILE_ISSUING_CRT], "the issuing CA");
	r->root = read_framed(child->file[FILE_ROOT_CRT], "the root CA");
	return r;
}

void
release_free(struct release *r)
{
	wipe(r->secret, r->secret_size);
	free(r->secret);
	free((void *)r->issuing.p);
	free((void *)r->root.p);
	free(r);
}
