/* C ABI of engines of TensorRT: build, serialise, load, describe, infer. Two libraries have it:
 * gdn_tensorrt (ffi/tensorrt/nvinfer: NVIDIA's, opened at run time) and gdn_tensorrt_reference
 * (ffi/tensorrt/reference: a small CPU double for tests, never shipped).
 *
 * Only numbers and buffers cross. Element types and precisions are the enums below; shapes are
 * outermost axis first, and -1 is an axis that the model leaves open. Tensors of one inference lie in
 * one buffer for all inputs and one for all outputs, at the offsets that their bindings give. */
#ifndef GDN_TENSORRT_H
#define GDN_TENSORRT_H

#include "abi.h"

/* Statuses beside those of abi.h. GDN_OUT_OF_MEMORY: the budget of GPU memory refuses it before
 * anything is allocated, or an allocation failed. */
enum {
  GDN_TRT_BUILD_FAILED = 16,
  GDN_TRT_DESERIALIZE_FAILED = 17,
  GDN_TRT_INFERENCE_FAILED = 18,
  GDN_TRT_NOT_AVAILABLE = 19,
};

enum { GDN_TRT_AVAILABLE = 0, GDN_TRT_ABSENT = 1, GDN_TRT_WRONG_VERSION = 2 };
enum { GDN_TRT_BACKEND_TENSORRT = 1, GDN_TRT_BACKEND_REFERENCE = 2 };
enum { GDN_TRT_FP32 = 0, GDN_TRT_FP16 = 1, GDN_TRT_INT8 = 2 };
enum {
  GDN_TRT_FLOAT32 = 0,
  GDN_TRT_FLOAT16 = 1,
  GDN_TRT_TYPE_INT8 = 2,
  GDN_TRT_UINT8 = 3,
  GDN_TRT_INT32 = 4,
  GDN_TRT_INT64 = 5,
};
/* What a plan holds. */
enum { GDN_TRT_PART_ENGINE = 0, GDN_TRT_PART_TIMING_CACHE = 1, GDN_TRT_PART_CALIBRATION_CACHE = 2 };
enum { GDN_TRT_RANK_MAX = 8 };

/* What was found when the libraries were looked for. */
struct gdn_trt_status {
  int32_t backend;
  int32_t state;
  int32_t headers_version[3]; /* major, minor, patch that this library was compiled for */
  int32_t library_version[3]; /* of what was found; 0 when nothing was */
  int32_t can_build;          /* 1: the ONNX parser is there too */
  char reason[220];           /* why it is not available, or cannot build; else empty */
};

struct gdn_trt_device {
  int32_t sm; /* compute capability without its point: 87 for 8.7 */
  int32_t reserved;
  int64_t memory_free_bytes, memory_total_bytes;
  char jetpack[32]; /* "6.2"; "none" on a host that is no Jetson; empty when it cannot be told */
  char l4t[32];     /* "36.4.3": Jetson Linux; empty elsewhere */
};

struct gdn_trt_build_options {
  int32_t precision;
  int32_t device;
  int64_t workspace_bytes; /* at most this much scratch memory for one layer; 0: TensorRT's own limit */
};

/* Shapes that an engine may be asked with, for one input with open axes. */
struct gdn_trt_profile {
  char input[256];
  int32_t rank;
  int32_t reserved;
  int64_t min[8], optimal[8], max[8];
};

struct gdn_trt_tensor {
  char name[256];
  int32_t is_output;
  int32_t element_type;
  int32_t rank;
  int32_t reserved;
  int64_t shape[8];
  int64_t min[8], max[8]; /* inputs: bounds of the engine's profile; outputs: as shape */
};

/* One tensor of an inference, in the order of gdn_trt_engine_tensor. */
struct gdn_trt_binding {
  int32_t rank;
  int32_t reserved;
  int64_t offset, bytes; /* of the tensor in the buffer of inputs or of outputs */
  int64_t shape[8];
};

GDN_API uint32_t gdn_tensorrt_abi_version(void);
GDN_API int64_t gdn_tensorrt_live_handles(void);
GDN_API int32_t gdn_tensorrt_build_info(char* json, int64_t capacity, int64_t* length, gdn_error* error);
GDN_API int32_t gdn_sizeof_trt_status(void);
GDN_API int32_t gdn_sizeof_trt_device(void);
GDN_API int32_t gdn_sizeof_trt_build_options(void);
GDN_API int32_t gdn_sizeof_trt_profile(void);
GDN_API int32_t gdn_sizeof_trt_tensor(void);
GDN_API int32_t gdn_sizeof_trt_binding(void);

/* Looks for the libraries the first time. Every other call fails with GDN_TRT_NOT_AVAILABLE unless
 * the state is GDN_TRT_AVAILABLE. */
GDN_API int32_t gdn_trt_status_of(gdn_trt_status* status, gdn_error* error);
GDN_API int32_t gdn_trt_device_of(int32_t device, gdn_trt_device* facts, gdn_error* error);

/* GPU memory that engines of this process may hold together, weights, activations, inputs and outputs;
 * 0: no limit but the GPU's. Building is not held to it: it is not done in flight. */
GDN_API int32_t gdn_trt_set_memory_budget(int64_t bytes, gdn_error* error);
GDN_API int32_t gdn_trt_memory_used(int64_t* bytes, gdn_error* error);

/* Builds an engine from the bytes of an ONNX model; minutes on a Jetson. `profiles`: one for each input
 * with open axes. INT8 takes its scales from `calibration_cache` when it has bytes, else from `samples`:
 * whole sets of all inputs, in the model's order, at their optimal shapes, one set after the other.
 * `timing_cache` may be empty. */
GDN_API int32_t gdn_trt_build(const uint8_t* onnx, int64_t onnx_bytes,
                              const gdn_trt_build_options* options, const gdn_trt_profile* profiles,
                              int32_t profile_count, const uint8_t* calibration_cache,
                              int64_t calibration_cache_bytes, const uint8_t* samples,
                              int64_t sample_bytes, const uint8_t* timing_cache,
                              int64_t timing_cache_bytes, uint64_t* plan, gdn_error* error);
/* A part that a plan does not hold has 0 bytes. */
GDN_API int32_t gdn_trt_plan_bytes(uint64_t plan, int32_t part, int64_t* bytes, gdn_error* error);
GDN_API int32_t gdn_trt_plan_read(uint64_t plan, int32_t part, uint8_t* out, int64_t out_bytes,
                                  gdn_error* error);
GDN_API int32_t gdn_trt_plan_free(uint64_t plan, gdn_error* error);

/* Loads a serialised engine. Its bytes are checked by whoever read the file: TensorRT trusts them. */
GDN_API int32_t gdn_trt_engine_load(const uint8_t* bytes, int64_t byte_count, int32_t device,
                                    uint64_t* engine, gdn_error* error);
GDN_API int32_t gdn_trt_engine_tensor_count(uint64_t engine, int32_t* count, gdn_error* error);
GDN_API int32_t gdn_trt_engine_tensor(uint64_t engine, int32_t index, gdn_trt_tensor* tensor,
                                      gdn_error* error);
GDN_API int32_t gdn_trt_engine_serialise(uint64_t engine, uint64_t* plan, gdn_error* error);
/* Given the shapes of all inputs, fills shape and bytes of all outputs. */
GDN_API int32_t gdn_trt_engine_shapes(uint64_t engine, gdn_trt_binding* bindings, int32_t count,
                                      gdn_error* error);
/* Runs the engine once; calls for one engine wait for each other. Output bindings must have the shapes
 * that gdn_trt_engine_shapes gives. */
GDN_API int32_t gdn_trt_engine_infer(uint64_t engine, const gdn_trt_binding* bindings, int32_t count,
                                     const uint8_t* inputs, int64_t input_bytes, uint8_t* outputs,
                                     int64_t output_bytes, gdn_error* error);
GDN_API int32_t gdn_trt_engine_free(uint64_t engine, gdn_error* error);

#endif
