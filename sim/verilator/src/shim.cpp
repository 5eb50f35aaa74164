// The C binding of one Verilated module: construct, evaluate, reach the ports, write a VCD.
#include <cstdio>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>

#include "Vdut.h"
#include "verilated.h"
#if SYSTOLE_TRACE
#include "verilated_vcd_c.h"
#endif

#define EXPORT extern "C" __attribute__((visibility("default")))

namespace {

struct Image {
    const char* name;
    const unsigned char* bytes;
    size_t length;
};

// The images of the model that this thread is constructing.
thread_local const Image* images = nullptr;
thread_local size_t image_count = 0;
// The first complaint of the runtime that the thread's running call has met.
thread_local std::string complaint;

struct Model {
    VerilatedContext context;
    std::unique_ptr<Vdut> top;
#if SYSTOLE_TRACE
    std::unique_ptr<VerilatedVcdC> vcd;
#endif
};

struct Port {
    const char* name;
    int is_input;
    int width;
    void* (*at)(Vdut*);
};

template <typename T> void* address(T& narrow) { return &narrow; }
template <std::size_t N> void* address(VlWide<N>& wide) { return wide.data(); }

const Port ports[] = {
#define PORT(name, input, width, member) {name, input, width, [](Vdut* top) -> void* { return address(top->member); }},
#include "ports.inc"
    {nullptr, 0, 0, nullptr}};

void complain(const char* file, int line, const char* message) {
    if (complaint.empty()) complaint = std::string(message) + " (" + file + ":" + std::to_string(line) + ")";
}

void copy_complaint(char* text, size_t room) {
    std::snprintf(text, room, "%s", complaint.c_str());
    complaint.clear();
}

}  // namespace

// The runtime's hooks. What is fatal unwinds to the call that the user made.
void vl_finish(const char* file, int line, const char*) {
    complain(file, line, "$finish");
    throw std::runtime_error(complaint);
}
void vl_stop(const char* file, int line, const char*) {
    complain(file, line, "$stop");
    throw std::runtime_error(complaint);
}
void vl_fatal(const char* file, int line, const char*, const char* message) {
    complain(file, line, message);
    throw std::runtime_error(complaint);
}
void vl_warn(const char* file, int line, const char*, const char* message) { complain(file, line, message); }

// The linker sends the runtime's fopen here, so that images come from memory.
extern "C" FILE* __real_fopen(const char* name, const char* mode);
extern "C" FILE* __wrap_fopen(const char* name, const char* mode) {
    if (mode[0] != 'r') return __real_fopen(name, mode);
    for (size_t i = 0; i < image_count; ++i) {
        const Image& image = images[i];
        if (std::strcmp(image.name, name) != 0) continue;
        if (image.length == 0) return __real_fopen("/dev/null", "r");
        return fmemopen(const_cast<unsigned char*>(image.bytes), image.length, "r");
    }
    return nullptr;
}

EXPORT const char* systole_key() { return SYSTOLE_KEY; }

EXPORT const Port* systole_ports() { return ports; }

EXPORT void* systole_port(Model* model, size_t index) { return ports[index].at(model->top.get()); }

// A model after its initial blocks; null, with the reason in text, when one of them failed.
EXPORT Model* systole_new(const Image* given, size_t count, char* text, size_t room) {
    images = given;
    image_count = count;
    complaint.clear();
    auto model = std::make_unique<Model>();
    try {
#if SYSTOLE_TRACE
        model->context.traceEverOn(true);
#endif
        model->top = std::make_unique<Vdut>(&model->context, "");
        model->top->eval();
    } catch (const std::exception& error) {
        complain("", 0, error.what());
    }
    images = nullptr;
    image_count = 0;
    if (complaint.empty()) return model.release();
    copy_complaint(text, room);
    return nullptr;
}

EXPORT void systole_free(Model* model) { delete model; }

// Zero when all is well.
EXPORT int systole_eval(Model* model) {
    try {
        model->top->eval();
        return 0;
    } catch (const std::exception& error) {
        complain("", 0, error.what());
        return 1;
    }
}

EXPORT void systole_complaint(char* text, size_t room) { copy_complaint(text, room); }

#if SYSTOLE_TRACE
EXPORT int systole_trace_open(Model* model, const char* path) {
    model->vcd = std::make_unique<VerilatedVcdC>();
    model->top->trace(model->vcd.get(), 99);
    model->vcd->open(path);
    return model->vcd->isOpen() ? 0 : 1;
}
EXPORT void systole_trace_dump(Model* model, uint64_t time) { model->vcd->dump(time); }
EXPORT void systole_trace_close(Model* model) {
    model->vcd->close();
    model->vcd.reset();
}
#endif
