/* memories ADDRESS BUILD: two images and a check, twice; in the second two a memory is damaged. */
#include "systole.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    SystoleDevice *device = systole_open(argv[1], argv[argc - 1], 0, NULL, 0);
    if (!device) {
        fprintf(stderr, "%s\n", systole_message(NULL));
        return 1;
    }
    const size_t classes = systole_classes(device), bytes = systole_height(device) * systole_width(device) * 3;
    int64_t *sums = malloc(classes * sizeof *sums);
    uint8_t *image = calloc(bytes, 1);
    const char *preprocessing = systole_preprocessing(device);
    printf("%s\n", preprocessing && strstr(preprocessing, "\"preprocess\"") ? "known" : "unknown");
    for (int twice = 0; twice < 2; twice++) {
        SystoleDamage damage = { 0 };
        systole_infer(device, image, bytes, sums, classes);
        systole_infer(device, image, bytes, sums, classes);
        int code = systole_check_memories(device, &damage);
        printf("%d '%s'\n", code, systole_message(device));
        if (code == SYSTOLE_DAMAGED)
            printf("%s %d %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", damage.memories, damage.crc_found != damage.crc_wanted,
                   damage.doubtful_first, damage.doubtful_end, damage.repaired);
    }
    printf("%d %d\n", systole_check_memories(device, NULL), systole_check_memories(NULL, NULL));
    printf("%d\n", systole_preprocessing(NULL) == NULL);
    systole_close(device);
    free(sums);
    free(image);
    return 0;
}
