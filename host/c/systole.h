/* Drives a Systole machine from C. Printed from host/capi; do not edit.
 *
 * Every function may be called from any thread at any time, for the same device, too: a call has the device for itself, those of
 * other threads wait until it has ended (systole_close as well), in no promised order. Threads can submit images to one device and
 * wait for each other's. Buffers must not be written by two calls at once. Functions that return an int return SYSTOLE_DONE
 * when they did what they are for; else systole_message says what went wrong, in the thread that called.
 *
 * A handle is looked up, never followed: NULL, a closed one or any other number is an error. A process that was forked cannot use
 * its parent's devices, which go on working in the parent; it opens its own. */

#ifndef SYSTOLE_H
#define SYSTOLE_H

#include <stddef.h>
#include <stdint.h>

/**
 * What a function that returns an int returns: it did what it is for.
 */
#define SYSTOLE_DONE 0

/**
 * It did not; systole_message says why.
 */
#define SYSTOLE_FAILED 1

/**
 * There is no such device: it is NULL, closed, was never opened, or was opened by the process that this one was forked from.
 */
#define SYSTOLE_NO_DEVICE 2

/**
 * The device did it, and found a damaged memory: answers are in doubt.
 */
#define SYSTOLE_DAMAGED 3

/**
 * An open device: a handle, which is a number that is looked up.
 */
typedef struct SystoleDevice SystoleDevice;

/**
 * What a device has counted since its last reset.
 */
typedef struct SystoleCounters {
    uint64_t images_done;
    uint64_t cycles;
    uint64_t busy_cycles;
    uint64_t in_beats;
    uint64_t out_beats;
    uint64_t input_starved;
    uint64_t output_blocked;
} SystoleCounters;

/**
 * What systole_check_memories found damaged: names of memories between commas, which stay until the process ends; CRC-32 that
 * the first of them was read back with, and that it must have; numbers of the images answered since the latest good check or
 * since the device was opened, from the first in doubt to the one behind the last; 1 where the weights, alone damaged, were
 * loaded again, so that the device is whole, 0 where its bitstream must be.
 */
typedef struct SystoleDamage {
    const char *memories;
    uint32_t crc_found;
    uint32_t crc_wanted;
    uint64_t doubtful_first;
    uint64_t doubtful_end;
    uint64_t repaired;
} SystoleDamage;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Opens the device at `address`; `build` is the build folder that it must be, or NULL where that is in the address.
 * NULL if that fails; then `error`, of `error_bytes` bytes, and systole_message say why. Paths in both are bytes, as
 * the file system has them.
 *
 * # Safety
 * The strings end with a zero byte; `build` and `error` may be NULL.
 */
struct SystoleDevice *systole_open(const char *address, const char *build, int take_over, char *error, size_t error_bytes);

/**
 * Stops the device and gives its handle back, when the calls that other threads are making on it have ended. The device
 * is closed whatever this returns: SYSTOLE_FAILED says that it could not be stopped, SYSTOLE_NO_DEVICE that it was not
 * open.
 */
int systole_close(struct SystoleDevice *device);

/**
 * Why this thread's latest call on this device failed, closed or NULL as it may be; empty when it did not. NULL: why
 * systole_open failed. Stays until this thread's next call.
 */
const char *systole_message(const struct SystoleDevice *device);

/**
 * Classes of the network: sums per image. 0 where there is no such device; likewise the next two.
 */
size_t systole_classes(const struct SystoleDevice *device);

/**
 * Rows of an image.
 */
size_t systole_height(const struct SystoleDevice *device);

/**
 * Pixels of a row; three bytes each, R, G, B.
 */
size_t systole_width(const struct SystoleDevice *device);

/**
 * Name of a class, or NULL where it has none. May be kept: it stays until the process ends.
 */
const char *systole_label(const struct SystoleDevice *device, size_t index);

/**
 * What a sum is to be multiplied with to give the class's score, before the model file cuts it: see systole_scores. Not a number
 * where there is no such device.
 */
double systole_scale(const struct SystoleDevice *device);

/**
 * What pictures go through before the network, JSON: `preprocess` (per channel of the network's input its colour, what is
 * subtracted from a byte, what that is multiplied with), `inside` (what the model file does to that itself, or null), `resize`
 * (how pictures of another size are brought to the network's, or null). The device does the first two; the last is for whoever
 * makes images of pictures. NULL where the network does not say. May be kept: it stays until the process ends.
 */
const char *systole_preprocessing(const struct SystoleDevice *device);

/**
 * Runs one image of `bytes` bytes; `sums` gets one exact sum per class.
 *
 * # Safety
 * `rgb` has `bytes` bytes, `sums` room for `classes` sums.
 */
int systole_infer(struct SystoleDevice *device, const uint8_t *rgb, size_t bytes, int64_t *sums, size_t classes);

/**
 * Sends an image and does not wait for its result: `image` gets its number, by which any thread can wait for it.
 *
 * # Safety
 * As `systole_infer`.
 */
int systole_submit(struct SystoleDevice *device, const uint8_t *rgb, size_t bytes, uint64_t *image);

/**
 * The sums of an image that was submitted.
 *
 * # Safety
 * As `systole_infer`.
 */
int systole_wait(struct SystoleDevice *device, uint64_t image, int64_t *sums, size_t classes);

/**
 * Tests identity, registers, both streams, the memories, and every layer of some images.
 */
int systole_selftest(struct SystoleDevice *device);

/**
 * What the device has counted.
 *
 * # Safety
 * `counters` points to room for it.
 */
int systole_counters(struct SystoleDevice *device, struct SystoleCounters *counters);

/**
 * Loads other weights of the same design, weights.bin of their build folder, in place of the build's, which are loaded by
 * `systole_open`; fails where the weights are in the design. Images in flight are dropped.
 *
 * # Safety
 * `file` ends with a zero byte.
 */
int systole_load_weights(struct SystoleDevice *device, const char *file);

/**
 * Drops the images in flight and starts the device afresh.
 */
int systole_reset(struct SystoleDevice *device);

/**
 * Layers whose maps can be dumped, in the order in which the network runs them. 0 where there is no such device.
 */
size_t systole_layers(const struct SystoleDevice *device);

/**
 * Name of a layer, or NULL where there is none of that index. May be kept: it stays until the process ends.
 */
const char *systole_layer(const struct SystoleDevice *device, size_t index);

/**
 * Channels, rows and columns of a layer's map; zeros where there is no such layer or device.
 *
 * # Safety
 * `shape` has room for three.
 */
void systole_layer_shape(const struct SystoleDevice *device, size_t index, size_t *shape);

/**
 * The output map of a layer as the device computes it from one image, which runs as often as that needs: `values` gets
 * channel after channel, row after row. Results of images that were submitted are kept.
 *
 * # Safety
 * `rgb` has `bytes` bytes, `values` room for `count` values.
 */
int systole_dump(struct SystoleDevice *device,
                 size_t layer,
                 const uint8_t *rgb,
                 size_t bytes,
                 int32_t *values,
                 size_t count);

/**
 * Has the device read its memories back (weights, tables, parameters) and compares them with the build: every single flipped
 * bit is found. First waits until no image is in flight; results are kept. SYSTOLE_DAMAGED where a memory is not what it must
 * be: `damage`, unless it is NULL, says which, and which images are in doubt. SYSTOLE_FAILED where that cannot be told.
 *
 * # Safety
 * `damage` is NULL or points to room for it.
 */
int systole_check_memories(struct SystoleDevice *device,
                           struct SystoleDamage *damage);

/**
 * The score of each class of an image's sums, of which both arrays hold as many as there are classes: each sum times
 * systole_scale, cut where the model file cuts its scores.
 *
 * # Safety
 * `sums` points to `classes` values, `scores` has room for as many.
 */
int systole_scores(const struct SystoleDevice *device, const int64_t *sums, double *scores, size_t classes);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* SYSTOLE_H */
