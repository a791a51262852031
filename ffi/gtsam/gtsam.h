/* C ABI of a fixed-lag smoother over nodes of the state of C5. Two libraries have it: gdn_gtsam
 * (ffi/gtsam/isam2: GTSAM's iSAM2, where it is installed) and gdn_gtsam_reference (ffi/gtsam/reference: a
 * plain Gauss-Newton one for tests, never shipped).
 *
 * A node is the state at one moment: 26 numbers, whose error has 24.
 *
 *   state  position 3, velocity 3 (local: east, north, up; m, m/s), attitude 4 (local from body, quaternion
 *          w x y z), accelerometer bias 3 (m/s^2), gyroscope bias 3 (rad/s), camera mounting 4 (quaternion),
 *          barometer drift (m), odometry scale, map error 2, map offset 2 (m, east and north)
 *   error  the same blocks; rotations are vectors in body axes, R = R_estimate * Exp(error)
 *
 * Matrices are row-major. A call that fails leaves the smoother unusable unless it failed with
 * GDN_INVALID_ARGUMENT: free it and create another. */
#ifndef GDN_GTSAM_H
#define GDN_GTSAM_H

#include "abi.h"

/* The smoother can no longer be solved: numbers that are not finite, or information that is not positive. */
enum { GDN_SMOOTHER_FAILED = 16 };

enum { GDN_GTSAM_AVAILABLE = 0, GDN_GTSAM_WRONG_VERSION = 2 };
enum { GDN_GTSAM_BACKEND_GTSAM = 1, GDN_GTSAM_BACKEND_REFERENCE = 2 };
enum { GDN_NODE_NUMBERS = 26, GDN_NODE_ERRORS = 24 };

/* Measurements, and the numbers of their observations. */
enum {
  GDN_MEASURED_ATTITUDE = 0, /* 4: quaternion, local from body; noise 3 x 3, body axes */
  GDN_MEASURED_HEIGHT = 1,   /* 1: barometer, m; noise 1 */
  GDN_MEASURED_GPS = 2,      /* 6: position, velocity; noise 6 x 6 */
  GDN_MEASURED_VELOCITY = 3, /* 3: over the ground, body axes; noise 3 x 3 */
  GDN_MEASURED_MOTION = 4,   /* 9: odometry between two nodes: translation in the axes of the first, quaternion
                                first from second, height over the ground that gave the scale (0: only the
                                direction counts), up of that ground; noise 6 x 6 of translation, rotation */
  GDN_MEASURED_FIX = 5,      /* 7: position in the map, quaternion; noise 6 x 6 of position, rotation */
};

struct gdn_gtsam_status {
  int32_t backend;
  int32_t state;
  int32_t headers_version[3]; /* major, minor, patch of GTSAM that this library was compiled for; 0: none */
  int32_t library_version[3]; /* of the library that was found; 0: it does not say */
  char reason[220];           /* why it is not available; else empty */
};

struct gdn_smoother_options {
  double lag_s;                   /* nodes older than this are marginalised */
  double relinearise_rotation_rad; /* a node that has moved by more than this... */
  double relinearise_length_m;    /* ...or this is linearised anew */
};

/* How the state gets from one node to the next: pre-integrated IMU samples (C. Forster et al., IEEE T-RO 33(1),
 * 2017) in the body axes of the first node, with the Jacobians by the biases that they were integrated with. */
struct gdn_transition {
  double duration_s;
  double gravity_s, gravity_s2; /* for how long gravity acted on the velocity, and on the position */
  double rotation[4];           /* body(from) from body(to) */
  double velocity[3], position[3];
  double force_bias[3], rate_bias[3];
  double rotation_by_rate[9], velocity_by_rate[9], position_by_rate[9];
  double velocity_by_force[9], position_by_force[9];
  double covariance[81]; /* of rotation, velocity, position */
  double decay[3];       /* factors of barometer drift, odometry scale and map error */
  double variance[7];    /* added to force bias, rate bias, mounting, drift, scale, map error, map offset */
};

struct gdn_smoother_report {
  int64_t oldest_ns, newest_ns;
  int32_t nodes;
  int32_t relinearised; /* nodes of the last update */
};

GDN_API uint32_t gdn_gtsam_abi_version(void);
GDN_API int64_t gdn_gtsam_live_handles(void);
GDN_API int32_t gdn_gtsam_build_info(char* json, int64_t capacity, int64_t* length, gdn_error* error);
GDN_API int32_t gdn_sizeof_gtsam_status(void);
GDN_API int32_t gdn_sizeof_smoother_options(void);
GDN_API int32_t gdn_sizeof_transition(void);
GDN_API int32_t gdn_sizeof_smoother_report(void);

GDN_API int32_t gdn_gtsam_status_of(gdn_gtsam_status* status, gdn_error* error);

/* With one node: `state` (26 numbers) and the covariance of its error (24 x 24). */
GDN_API int32_t gdn_smoother_create(const gdn_smoother_options* options, int64_t time_ns,
                                    const double* state, const double* covariance,
                                    uint64_t* smoother, gdn_error* error);
/* A node at a moment after the oldest one, where there is none. `to_next` where it is not the newest; it takes the
 * place of the transition that led past it. */
GDN_API int32_t gdn_smoother_add_node(uint64_t smoother, int64_t time_ns,
                                      const gdn_transition* from_previous, const gdn_transition* to_next,
                                      gdn_error* error);
/* A measurement at a node, which has none of that kind yet; `from_ns`: the first node of a motion, else the same.
 * `noise`: its covariance. */
GDN_API int32_t gdn_smoother_add_measurement(uint64_t smoother, int32_t kind, int64_t from_ns,
                                             int64_t time_ns, const double* observation,
                                             const double* noise, gdn_error* error);
/* Takes back the measurement of that kind at that moment, which must be there: one of a kind ends at a node. */
GDN_API int32_t gdn_smoother_remove_measurement(uint64_t smoother, int32_t kind, int64_t time_ns,
                                                gdn_error* error);
/* Solves with all that was added and without what was removed, then marginalises what is older than the lag. */
GDN_API int32_t gdn_smoother_update(uint64_t smoother, gdn_smoother_report* report, gdn_error* error);
/* State (26) and covariance (24 x 24) of a node. */
GDN_API int32_t gdn_smoother_node(uint64_t smoother, int64_t time_ns, double* state, double* covariance,
                                  gdn_error* error);
/* State of the newest node and of another one (26 each), and the covariance of both errors (48 x 48, the newest
 * first). */
GDN_API int32_t gdn_smoother_newest(uint64_t smoother, int64_t other_ns, double* state,
                                    double* other_state, double* covariance, gdn_error* error);
GDN_API int32_t gdn_smoother_free(uint64_t smoother, gdn_error* error);

#endif
