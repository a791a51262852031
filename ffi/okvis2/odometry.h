/* Visual-inertial odometry in a process of its own: what airborne and the child tell each other over the child's
 * standard input and output, and the C ABI of what computes in the child. Two programs have it: gdn_okvis2
 * (ffi/okvis2/okvis2: OKVIS2, where it is installed) and gdn_okvis2_reference (ffi/okvis2/reference: optical flow
 * over flat ground, for tests, never shipped).
 *
 * A message is a gdn_odometry_header and its payload, little-endian, without gaps. The child begins with a
 * gdn_odometry_hello; the caller answers with a gdn_odometry_start, then sends IMU samples and frames, each with
 * strictly increasing times of one clock. A frame is worked on when an IMU sample at least 20 ms younger has come.
 * Every frame that was taken over is answered by one gdn_odometry_state, or by an event that says why not.
 *
 * Body axes: forward, right, down. Quaternions: w x y z. Metres, seconds, radians; times in nanoseconds. */
#ifndef GDN_OKVIS2_ODOMETRY_H
#define GDN_OKVIS2_ODOMETRY_H

#include "abi.h"

enum { GDN_ODOMETRY_PROTOCOL = 1, GDN_ODOMETRY_MAGIC = 0x4f4e4447 }; /* "GDNO" */

enum { GDN_ODOMETRY_OKVIS2 = 1, GDN_ODOMETRY_REFERENCE = 2 };

enum { GDN_ODOMETRY_IMU_MARGIN_NS = 20000000, GDN_ODOMETRY_SIDE_MAX = 8192, GDN_ODOMETRY_IMU_BATCH = 512 };

enum {
  /* to the child */
  GDN_ODOMETRY_START = 1, /* gdn_odometry_start, once */
  GDN_ODOMETRY_IMU = 2,   /* gdn_odometry_imu, up to GDN_ODOMETRY_IMU_BATCH of them */
  GDN_ODOMETRY_FRAME = 3, /* gdn_odometry_frame, then width * height grey pixels, row-major */
  GDN_ODOMETRY_RESET = 4, /* nothing: what computes begins anew */
  /* from the child */
  GDN_ODOMETRY_HELLO = 16, /* gdn_odometry_hello, once */
  GDN_ODOMETRY_STATE = 17, /* gdn_odometry_state */
  GDN_ODOMETRY_EVENT = 18, /* gdn_odometry_event */
};

enum {
  GDN_ODOMETRY_READY = 1,   /* what computes has started, or started again */
  GDN_ODOMETRY_DIED = 2,    /* it ended; detail: the signal, or 256 + the exit code */
  GDN_ODOMETRY_HUNG = 3,    /* it answered nothing in time, and was killed */
  GDN_ODOMETRY_BROKEN = 4,  /* it answered with numbers that are not finite, and was killed */
  GDN_ODOMETRY_REFUSED = 5, /* input that was not passed on */
  GDN_ODOMETRY_DROPPED = 6, /* a frame, for it is not ready or busy */
  GDN_ODOMETRY_ALIVE = 7,   /* ten times a second */
};

enum {
  GDN_ODOMETRY_INITIALISING = 0, /* no pose yet */
  GDN_ODOMETRY_GOOD = 1,
  GDN_ODOMETRY_MARGINAL = 2,
  GDN_ODOMETRY_LOST = 3, /* what the pose says is not to be used */
};

struct gdn_odometry_header {
  uint32_t magic, kind;
  uint32_t bytes; /* of the payload */
  uint32_t reserved;
};

struct gdn_odometry_hello {
  uint32_t protocol;
  int32_t backend;
  int32_t start_bytes, imu_bytes, frame_bytes, state_bytes, event_bytes;
  int32_t reserved;
  char version[64]; /* of what computes: "OKVIS2 2.0.0" */
};

struct gdn_odometry_start {
  int32_t width, height;      /* of every frame, pixels */
  double camera[9];           /* fx fy cx cy k1 k2 p1 p2 k3 */
  double body_from_camera[4];
  double force_noise, rate_noise;           /* densities, m/s^2/sqrt(Hz), rad/s/sqrt(Hz) */
  double force_bias_walk, rate_bias_walk;   /* m/s^3/sqrt(Hz), rad/s^2/sqrt(Hz) */
  double force_bias_sigma, rate_bias_sigma; /* at the start */
  int32_t hang_ms;    /* a frame that is not answered after so long means that it hangs */
  int32_t start_ms;   /* the same of its start */
  int32_t keypoints;  /* at most so many in a frame */
  int32_t threads;
  char data[1024];    /* OKVIS2: folder of its vocabulary; reference: faults for tests (README.md) */
};

struct gdn_odometry_imu {
  int64_t time_ns;
  double force[3]; /* specific force, body axes, m/s^2 */
  double rate[3];  /* body axes, rad/s */
};

struct gdn_odometry_frame {
  int64_t time_ns;
  int32_t width, height;
  /* What the flight knows of the ground below: height over it (0: unknown), and down in body axes. OKVIS2 does
   * without. */
  double height_m;
  double down[3];
};

struct gdn_odometry_state {
  int64_t time_ns; /* of the frame that it answers */
  double position[3], attitude[4], velocity[3]; /* world from body; the world is level, its origin and heading free */
  double force_bias[3], rate_bias[3];
  double covariance[36]; /* of the motion since the state before: translation in that state's body axes, rotation */
  int32_t has_covariance; /* 0: unknown */
  int32_t quality;
  int32_t tracks, inliers;
  double busy_ms; /* from the frame's begin to this answer */
};

struct gdn_odometry_event {
  int32_t kind, detail;
  int64_t time_ns;  /* of the input that it is about; 0: none */
  int32_t restarts; /* so far */
  int32_t retry_ms; /* until the next start; 0: at once, or none is needed */
  char reason[104];
};

/* What computes. `sink` may be called by any thread, once for each frame, in order. All but `free` fill `error`. */
typedef void (*gdn_odometry_sink)(void* context, const gdn_odometry_state* state);

int32_t gdn_odometry_backend(void);
const char* gdn_odometry_version(void);
int32_t gdn_odometry_create(const gdn_odometry_start* start, gdn_odometry_sink sink, void* context, void** odometry,
                            gdn_error* error);
int32_t gdn_odometry_add_imu(void* odometry, const gdn_odometry_imu* sample, gdn_error* error);
/* The pixels are read during the call alone. */
int32_t gdn_odometry_add_frame(void* odometry, const gdn_odometry_frame* frame, const uint8_t* pixels,
                               gdn_error* error);
void gdn_odometry_free(void* odometry);

#endif
