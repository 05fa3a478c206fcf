/*
 * One of the pair of programs that foxtls transfer-table compares itself with: sends a file, or receives one, over TLS, as plainly as can be. The same
 * source is built with OpenSSL and, where WITH_WOLFSSL is defined, with wolfSSL: what differs is the names of the functions.
 *
 *   transfer send    FILE PORT VERSION CIPHERS CA        VERSION is 1.2 or 1.3
 *   transfer receive FILE CERT VERSION CIPHERS KEY       prints {"event":"listening","port":PORT} first
 *
 * First record the name, then records of at most 4096 bytes, then close_notify. At the end it prints what it took, as a line of JSON: seconds of the
 * processor in the calls of the library (clock() around them), and of the whole transfer.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifdef WITH_WOLFSSL
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>
#define CTX WOLFSSL_CTX
#define TLS WOLFSSL
#define ctx_load_ca(ctx, path) wolfSSL_CTX_load_verify_locations(ctx, path, NULL)
#define ctx_verify_peer(ctx) wolfSSL_CTX_set_verify(ctx, WOLFSSL_VERIFY_PEER, NULL)
#define ctx_certificate(ctx, path) wolfSSL_CTX_use_certificate_file(ctx, path, WOLFSSL_FILETYPE_PEM)
#define ctx_key(ctx, path) wolfSSL_CTX_use_PrivateKey_file(ctx, path, WOLFSSL_FILETYPE_PEM)
#define ctx_ciphers(ctx, version, list) wolfSSL_CTX_set_cipher_list(ctx, list)
#define ctx_free wolfSSL_CTX_free
#define tls_new wolfSSL_new
#define tls_set_fd wolfSSL_set_fd
#define tls_check_name(tls, name) wolfSSL_check_domain_name(tls, name)
#define tls_accept wolfSSL_accept
#define tls_connect wolfSSL_connect
#define tls_read wolfSSL_read
#define tls_write wolfSSL_write
#define tls_ended(tls) (wolfSSL_get_error(tls, 0) == WOLFSSL_ERROR_ZERO_RETURN)
#define tls_shutdown wolfSSL_shutdown
#define tls_free wolfSSL_free

static CTX *new_context(int is_server, const char *version)
{
    int is13 = strcmp(version, "1.3") == 0;
    if (is_server) return wolfSSL_CTX_new(is13 ? wolfTLSv1_3_server_method() : wolfTLSv1_2_server_method());
    return wolfSSL_CTX_new(is13 ? wolfTLSv1_3_client_method() : wolfTLSv1_2_client_method());
}
#else
#include <openssl/ssl.h>
#define CTX SSL_CTX
#define TLS SSL
#define ctx_load_ca(ctx, path) SSL_CTX_load_verify_locations(ctx, path, NULL)
#define ctx_verify_peer(ctx) SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL)
#define ctx_certificate(ctx, path) SSL_CTX_use_certificate_file(ctx, path, SSL_FILETYPE_PEM)
#define ctx_key(ctx, path) SSL_CTX_use_PrivateKey_file(ctx, path, SSL_FILETYPE_PEM)
#define ctx_ciphers(ctx, version, list) \
    (strcmp(version, "1.3") == 0 ? SSL_CTX_set_ciphersuites(ctx, list) : SSL_CTX_set_cipher_list(ctx, list))
#define ctx_free SSL_CTX_free
#define tls_new SSL_new
#define tls_set_fd SSL_set_fd
#define tls_check_name(tls, name) SSL_set1_host(tls, name)
#define tls_accept SSL_accept
#define tls_connect SSL_connect
#define tls_read SSL_read
#define tls_write SSL_write
#define tls_ended(tls) (SSL_get_error(tls, 0) == SSL_ERROR_ZERO_RETURN)
#define tls_shutdown SSL_shutdown
#define tls_free SSL_free

static CTX *new_context(int is_server, const char *version)
{
    int number = strcmp(version, "1.3") == 0 ? TLS1_3_VERSION : TLS1_2_VERSION;
    CTX *ctx = SSL_CTX_new(is_server ? TLS_server_method() : TLS_client_method());
    if (ctx == NULL || !SSL_CTX_set_min_proto_version(ctx, number) || !SSL_CTX_set_max_proto_version(ctx, number)) return NULL;
    return ctx;
}
#endif

#define RECORD 4096

static void fail(const char *what)
{
    fprintf(stderr, "transfer: %s failed\n", what);
    exit(1);
}

static double seconds_of(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* What getrusage says of memory begins with that of the parent: /proc has our own. */
static long status_bytes(const char *format)
{
    char line[256];
    long kilobytes = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status != NULL && fgets(line, sizeof line, status) != NULL) {
        if (sscanf(line, format, &kilobytes) == 1) break;
    }
    if (status != NULL) fclose(status);
    return kilobytes * 1024;
}

static void report(const char *event, long long bytes, clock_t in_tls, double wall, double cpu)
{
    printf("{\"event\":\"%s\",\"bytes\":%lld,\"tlsSeconds\":%f,\"wallSeconds\":%f,\"cpuSeconds\":%f,"
           "\"residentBytes\":%ld,\"virtualBytes\":%ld}\n",
           event, bytes, (double)in_tls / CLOCKS_PER_SEC, wall, cpu, status_bytes("VmHWM: %ld kB"), status_bytes("VmPeak: %ld kB"));
}

static void send_file(TLS *tls, const char *path)
{
    static char buffer[RECORD];
    double wall = seconds_of(CLOCK_MONOTONIC), cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    clock_t in_tls = 0, began;
    long long total = 0;
    size_t count;
    const char *name = strrchr(path, '/') == NULL ? path : strrchr(path, '/') + 1;
    FILE *file = fopen(path, "rb");
    if (file == NULL) fail(path);
    if (tls_write(tls, name, (int)strlen(name)) <= 0) fail("sending the name");
    while ((count = fread(buffer, 1, sizeof buffer, file)) > 0) {
        began = clock();
        if (tls_write(tls, buffer, (int)count) != (int)count) fail("sending");
        in_tls += clock() - began;
        total += (long long)count;
    }
    if (ferror(file)) fail("reading the file");
    fclose(file);
    tls_shutdown(tls);
    report("sent", total, in_tls, seconds_of(CLOCK_MONOTONIC) - wall, seconds_of(CLOCK_PROCESS_CPUTIME_ID) - cpu);
}

static void receive_file(TLS *tls, const char *path)
{
    static char buffer[RECORD];
    double wall = seconds_of(CLOCK_MONOTONIC), cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    clock_t in_tls = 0, began;
    long long total = 0;
    int count;
    FILE *file = fopen(path, "wb");
    if (file == NULL) fail(path);
    /* The name: the caller has said where it goes. */
    if (tls_read(tls, buffer, sizeof buffer) <= 0) fail("receiving the name");
    for (;;) {
        began = clock();
        count = tls_read(tls, buffer, sizeof buffer);
        in_tls += clock() - began;
        if (count <= 0) break;
        if (fwrite(buffer, 1, (size_t)count, file) != (size_t)count) fail("writing the file");
        total += count;
    }
    if (!tls_ended(tls)) fail("receiving");
    if (fclose(file) != 0) fail("writing the file");
    tls_shutdown(tls);
    report("received", total, in_tls, seconds_of(CLOCK_MONOTONIC) - wall, seconds_of(CLOCK_PROCESS_CPUTIME_ID) - cpu);
}

static int accept_one(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listening = socket(AF_INET, SOCK_STREAM, 0);
    int accepted;
    if (bind(listening, (struct sockaddr *)&address, length) != 0 || listen(listening, 1) != 0) fail("listening");
    getsockname(listening, (struct sockaddr *)&address, &length);
    printf("{\"event\":\"listening\",\"port\":%d}\n", ntohs(address.sin_port));
    fflush(stdout);
    accepted = accept(listening, NULL, NULL);
    close(listening);
    return accepted;
}

static int connect_to(const char *port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(port)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int connected = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(connected, (struct sockaddr *)&address, sizeof address) != 0) fail("connecting");
    return connected;
}

int main(int count, char **words)
{
    int is_server = count == 7 && strcmp(words[1], "receive") == 0;
    CTX *ctx;
    TLS *tls;
    int socket;
    char rest[RECORD];
    if (!is_server && (count != 7 || strcmp(words[1], "send") != 0)) fail("reading the arguments");
    ctx = new_context(is_server, words[4]);
    if (ctx == NULL || ctx_ciphers(ctx, words[4], words[5]) != 1) fail("choosing version and ciphers");
    if (is_server) {
        if (ctx_certificate(ctx, words[3]) != 1 || ctx_key(ctx, words[6]) != 1) fail("loading certificate and key");
    } else {
        if (ctx_load_ca(ctx, words[6]) != 1) fail("loading the CA");
        ctx_verify_peer(ctx);
    }
    tls = tls_new(ctx);
    socket = is_server ? accept_one() : connect_to(words[3]);
    if (tls == NULL || tls_set_fd(tls, socket) != 1) fail("making a connection");
    if (!is_server) tls_check_name(tls, "localhost");
    if ((is_server ? tls_accept(tls) : tls_connect(tls)) != 1) fail("the handshake");
    if (is_server) receive_file(tls, words[2]);
    else send_file(tls, words[2]);
    /* What is closed with something unread is reset, and takes what is under way with it: tickets of TLS 1.3 may have come. */
    shutdown(socket, SHUT_WR);
    while (read(socket, rest, sizeof rest) > 0) continue;
    tls_free(tls);
    ctx_free(ctx);
    close(socket);
    return 0;
}
