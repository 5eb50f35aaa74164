/* threads ADDRESS THREADS IMAGES: one device, used by that many threads at once, IMAGES each; then closed while one infers,
 * and used as it must not be. Prints what came out, and fails at the first thing that is not as it should be. */
#include "systole.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SEEDS = 8 };

static SystoleDevice *device;
static size_t classes, bytes;
static uint8_t *frames[SEEDS];
static int64_t *want[SEEDS];
static int images;

static void must(int is_so, const char *what)
{
    if (!is_so) {
        printf("FAILED: %s\n", what);
        exit(1);
    }
}

static void must_say(SystoleDevice *of, const char *part)
{
    if (!strstr(systole_message(of), part)) {
        printf("FAILED: \"%s\" is not in \"%s\"\n", part, systole_message(of));
        exit(1);
    }
}

static int run(int seed, int64_t *sums, int by_submit)
{
    uint64_t image;
    if (!by_submit)
        return systole_infer(device, frames[seed], bytes, sums, classes);
    int failed = systole_submit(device, frames[seed], bytes, &image);
    return failed ? failed : systole_wait(device, image, sums, classes);
}

static void *many(void *of)
{
    intptr_t thread = (intptr_t)of, right = 0;
    int64_t *sums = malloc(classes * sizeof *sums);
    char mine[64];
    snprintf(mine, sizeof mine, "an image of %d bytes", (int)thread + 1);
    for (int k = 0; k < images; k++) {
        int seed = (int)(thread + k) % SEEDS;
        must(run(seed, sums, (thread + k) & 1) == SYSTOLE_DONE, "an image");
        must(!*systole_message(device), "no message");
        right += !memcmp(sums, want[seed], classes * sizeof *sums);
        if (k % 8 == 0) {
            must(systole_infer(device, frames[seed], thread + 1, sums, classes) == SYSTOLE_FAILED, "an image too short");
            must_say(device, mine);
        }
        if (k % 16 == 3) {
            SystoleCounters counters;
            must(systole_counters(device, &counters) == SYSTOLE_DONE, "counters");
        }
    }
    free(sums);
    return (void *)right;
}

static void *until_closed(void *unused)
{
    int64_t *sums = malloc(classes * sizeof *sums);
    int code;
    (void)unused;
    while (!(code = run(0, sums, 0)))
        must(!memcmp(sums, want[0], classes * sizeof *sums), "a right answer until it is closed");
    must(code == SYSTOLE_NO_DEVICE, "closed while a thread infers");
    must_say(device, "is closed");
    free(sums);
    return NULL;
}

/* Everything that can be done with a handle of no device. */
static void refused(SystoleDevice *no, const char *why)
{
    int64_t sum;
    uint64_t image;
    size_t shape[3] = {7, 7, 7};
    int32_t value;
    SystoleCounters counters;
    must(systole_infer(no, frames[0], bytes, &sum, 1) == SYSTOLE_NO_DEVICE, "infer");
    must_say(no, why);
    must(systole_submit(no, frames[0], bytes, &image) == SYSTOLE_NO_DEVICE, "submit");
    must(systole_wait(no, 0, &sum, 1) == SYSTOLE_NO_DEVICE, "wait");
    must(systole_selftest(no) == SYSTOLE_NO_DEVICE, "selftest");
    must(systole_counters(no, &counters) == SYSTOLE_NO_DEVICE, "counters");
    must(systole_load_weights(no, "x") == SYSTOLE_NO_DEVICE, "load_weights");
    must(systole_reset(no) == SYSTOLE_NO_DEVICE, "reset");
    must(systole_dump(no, 0, frames[0], bytes, &value, 1) == SYSTOLE_NO_DEVICE, "dump");
    must(!systole_classes(no) && !systole_height(no) && !systole_width(no) && !systole_layers(no), "sizes");
    must(!systole_label(no, 0) && !systole_layer(no, 0) && systole_scale(no) != systole_scale(no), "facts");
    systole_layer_shape(no, 0, shape);
    must(!shape[0] && !shape[1] && !shape[2], "a shape");
    must(systole_close(no) == SYSTOLE_NO_DEVICE, "close");
    must_say(no, why);
}

static void wrong_arguments(void)
{
    int64_t *sums = malloc(classes * sizeof *sums);
    must(systole_infer(device, NULL, bytes, sums, classes) == SYSTOLE_FAILED, "no image");
    must(systole_infer(device, frames[0], bytes, NULL, classes) == SYSTOLE_FAILED, "no sums");
    must_say(device, "is NULL");
    must(systole_infer(device, frames[0], SIZE_MAX, sums, classes) == SYSTOLE_FAILED, "a length that is none");
    must(systole_infer(device, frames[0], bytes, sums, classes + 1) == SYSTOLE_FAILED, "too much room");
    must(systole_submit(device, frames[0], bytes, NULL) == SYSTOLE_FAILED, "no number");
    must(systole_wait(device, UINT64_MAX, sums, classes) == SYSTOLE_FAILED, "no such image");
    must(systole_counters(device, NULL) == SYSTOLE_FAILED, "no counters");
    must(systole_load_weights(device, NULL) == SYSTOLE_FAILED, "no file");
    must(systole_dump(device, 0, frames[0], bytes, NULL, 0) == SYSTOLE_FAILED, "no values");
    systole_layer_shape(device, 0, NULL);
    must_say(device, "is NULL");
    must(run(0, sums, 0) == SYSTOLE_DONE && !memcmp(sums, want[0], classes * sizeof *sums), "a right answer afterwards");
    must(!systole_open(NULL, NULL, 0, NULL, 0), "no address");
    must_say(NULL, "is NULL");
    free(sums);
}

int main(int argc, char **argv)
{
    char error[1024];
    intptr_t right = 0;
    must(argc == 4, "three arguments");
    int threads = atoi(argv[2]);
    images = atoi(argv[3]);
    device = systole_open(argv[1], NULL, 0, error, sizeof error);
    if (!device) {
        printf("FAILED: %s\n", error);
        return 1;
    }
    classes = systole_classes(device);
    bytes = systole_height(device) * systole_width(device) * 3;
    srand(1);
    for (int seed = 0; seed < SEEDS; seed++) {
        frames[seed] = malloc(bytes);
        want[seed] = malloc(classes * sizeof **want);
        for (size_t at = 0; at < bytes; at++)
            frames[seed][at] = (uint8_t)(rand() >> 7);
        must(run(seed, want[seed], 0) == SYSTOLE_DONE, "an image alone");
    }
    must(memcmp(want[0], want[1], classes * sizeof **want), "images that differ");
    pthread_t all[64], one;
    must(threads <= 64, "at most 64 threads");
    for (intptr_t thread = 0; thread < threads; thread++)
        must(!pthread_create(&all[thread], NULL, many, (void *)thread), "a thread");
    for (int thread = 0; thread < threads; thread++) {
        void *of;
        pthread_join(all[thread], &of);
        right += (intptr_t)of;
    }
    printf("%" PRIdPTR " of %d right\n", right, threads * images);
    wrong_arguments();
    must(!pthread_create(&one, NULL, until_closed, NULL), "a thread");
    struct timespec a_moment = {0, 50000000};
    nanosleep(&a_moment, NULL);
    must(systole_close(device) == SYSTOLE_DONE, "close");
    pthread_join(one, NULL);
    refused(device, "is closed");
    refused(NULL, "is NULL");
    refused((SystoleDevice *)frames[0], "is no device");
    printf("ended\n");
    return right != (intptr_t)threads * images;
}
