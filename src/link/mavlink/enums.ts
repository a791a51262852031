/** Values of the public definitions that we use, with their standard names. */

export const MAV_TYPE = {
  GENERIC: 0,
  FIXED_WING: 1,
  QUADROTOR: 2,
  GCS: 6,
  ONBOARD_CONTROLLER: 18,
} as const;

export const MAV_AUTOPILOT = { GENERIC: 0, ARDUPILOTMEGA: 3, INVALID: 8, PX4: 12 } as const;

export const MAV_COMP_ID = {
  ALL: 0,
  AUTOPILOT1: 1,
  MISSIONPLANNER: 190,
  ONBOARD_COMPUTER: 191,
  VISUAL_INERTIAL_ODOMETRY: 197,
  GPS: 220,
} as const;

export const MAV_STATE = {
  UNINIT: 0,
  BOOT: 1,
  CALIBRATING: 2,
  STANDBY: 3,
  ACTIVE: 4,
  CRITICAL: 5,
  EMERGENCY: 6,
  POWEROFF: 7,
  FLIGHT_TERMINATION: 8,
} as const;

export const MAV_MODE_FLAG = { CUSTOM_MODE_ENABLED: 1, SAFETY_ARMED: 128 } as const;

export const MAV_LANDED_STATE = {
  UNDEFINED: 0,
  ON_GROUND: 1,
  IN_AIR: 2,
  TAKEOFF: 3,
  LANDING: 4,
} as const;

export const MAV_SEVERITY = {
  EMERGENCY: 0,
  ALERT: 1,
  CRITICAL: 2,
  ERROR: 3,
  WARNING: 4,
  NOTICE: 5,
  INFO: 6,
  DEBUG: 7,
} as const;

export const MAV_RESULT = {
  ACCEPTED: 0,
  TEMPORARILY_REJECTED: 1,
  DENIED: 2,
  UNSUPPORTED: 3,
  FAILED: 4,
  IN_PROGRESS: 5,
  CANCELLED: 6,
  COMMAND_LONG_ONLY: 7,
  COMMAND_INT_ONLY: 8,
  COMMAND_UNSUPPORTED_MAV_FRAME: 9,
} as const;

export const MAV_CMD = {
  SET_MESSAGE_INTERVAL: 511,
  REQUEST_MESSAGE: 512,
  COMPONENT_ARM_DISARM: 400,
  DO_SET_MODE: 176,
  NAV_TAKEOFF: 22,
  /** ArduPilot. */
  SET_EKF_SOURCE_SET: 42007,
  EXTERNAL_POSITION_ESTIMATE: 43003,
} as const;

export const MAV_FRAME = {
  GLOBAL: 0,
  LOCAL_NED: 1,
  GLOBAL_RELATIVE_ALT: 3,
  BODY_FRD: 12,
  LOCAL_FRD: 20,
} as const;

export const MAV_ESTIMATOR_TYPE = { UNKNOWN: 0, NAIVE: 1, VISION: 2, VIO: 3 } as const;

export const MAV_DATA_STREAM = {
  ALL: 0,
  RAW_SENSORS: 1,
  EXTENDED_STATUS: 2,
  RC_CHANNELS: 3,
  RAW_CONTROLLER: 4,
  POSITION: 6,
  EXTRA1: 10,
  EXTRA2: 11,
  EXTRA3: 12,
} as const;

export const MAV_PARAM_TYPE = {
  UINT8: 1,
  INT8: 2,
  UINT16: 3,
  INT16: 4,
  UINT32: 5,
  INT32: 6,
  REAL32: 9,
} as const;

/** How parameters that are integers travel in a float: as its bits, or as its value. */
export const MAV_PROTOCOL_CAPABILITY = {
  COMMAND_INT: 8,
  PARAM_ENCODE_BYTEWISE: 16,
  MAVLINK2: 8192,
  PARAM_ENCODE_C_CAST: 131072,
} as const;

export const GPS_FIX_TYPE = {
  NO_GPS: 0,
  NO_FIX: 1,
  "2D_FIX": 2,
  "3D_FIX": 3,
  DGPS: 4,
  RTK_FLOAT: 5,
  RTK_FIXED: 6,
} as const;

export const GPS_INPUT_IGNORE_FLAG = {
  ALT: 1,
  HDOP: 2,
  VDOP: 4,
  VEL_HORIZ: 8,
  VEL_VERT: 16,
  SPEED_ACCURACY: 32,
  HORIZONTAL_ACCURACY: 64,
  VERTICAL_ACCURACY: 128,
} as const;

export const GLOBAL_POSITION_SRC = { UNKNOWN: 0, GNSS: 1, VISION: 2 } as const;
export const GLOBAL_POSITION_FLAG = { UNHEALTHY: 1, PRIMARY: 2 } as const;

export const GPS_JAMMING_STATE = {
  UNKNOWN: 0,
  NOT_JAMMED: 1,
  MITIGATED: 2,
  DETECTED: 3,
} as const;

export const GPS_SPOOFING_STATE = {
  UNKNOWN: 0,
  NOT_SPOOFED: 1,
  MITIGATED: 2,
  DETECTED: 3,
} as const;

export const EKF_STATUS = {
  ATTITUDE: 1,
  VELOCITY_HORIZ: 2,
  VELOCITY_VERT: 4,
  POS_HORIZ_REL: 8,
  POS_HORIZ_ABS: 16,
  POS_VERT_ABS: 32,
  CONST_POS_MODE: 128,
  UNINITIALIZED: 1024,
  GPS_GLITCHING: 32768,
} as const;
