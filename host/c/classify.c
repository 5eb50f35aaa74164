/* classify ADDRESS [BUILD] < frames: the best class of each frame of rows of R, G, B bytes; two are in flight at once. */
#include "systole.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Prints the best class of an image that was submitted. */
static int answer(SystoleDevice *device, uint64_t image, int64_t *sums, double *scores, size_t classes)
{
    size_t best = 0;
    if (systole_wait(device, image, sums, classes) || systole_scores(device, sums, scores, classes)) {
        fprintf(stderr, "%s\n", systole_message(device));
        return 1;
    }
    for (size_t at = 1; at < classes; at++)
        if (scores[at] > scores[best])
            best = at;
    const char *label = systole_label(device, best);
    printf("%" PRIu64 " %s %.4f\n", image, label ? label : "?", scores[best]);
    return 0;
}

int main(int argc, char **argv)
{
    char error[1024];
    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: %s ADDRESS [BUILD] < frames\n", argv[0]);
        return 2;
    }
    SystoleDevice *device = systole_open(argv[1], argc == 3 ? argv[2] : NULL, 0, error, sizeof error);
    if (!device) {
        fprintf(stderr, "%s\n", error);
        return 1;
    }
    const size_t classes = systole_classes(device), bytes = systole_height(device) * systole_width(device) * 3;
    int64_t *sums = malloc(classes * sizeof *sums);
    double *scores = malloc(classes * sizeof *scores);
    uint8_t *frame = malloc(bytes);
    uint64_t image, before = 0;
    int waiting = 0, failed = !sums || !scores || !frame;
    while (!failed && fread(frame, 1, bytes, stdin) == bytes) {
        failed = systole_submit(device, frame, bytes, &image);
        if (failed)
            fprintf(stderr, "%s\n", systole_message(device));
        else if (waiting)
            failed = answer(device, before, sums, scores, classes);
        before = image;
        waiting = 1;
    }
    if (!failed && waiting)
        failed = answer(device, before, sums, scores, classes);
    systole_close(device);
    free(sums);
    free(scores);
    free(frame);
    return failed;
}
