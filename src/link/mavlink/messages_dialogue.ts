/**
 * PX4 sends an integer as the bits of the float. As a number a float does not keep them: JavaScript has
 * one NaN, and -1 is another.
 */
const PARAM_INT32 = { paramInt32: { of: "paramValue", type: "int32" } } as const;

/** Questions, commands and their answers. Fields in wire order. */
export const DIALOGUE = {
  PARAM_REQUEST_READ: {
    id: 20,
    crcExtra: 214,
    fields: {
      paramIndex: "int16",
      targetSystem: "uint8",
      targetComponent: "uint8",
      paramId: ["char", 16],
    },
  },
  PARAM_REQUEST_LIST: {
    id: 21,
    crcExtra: 159,
    fields: { targetSystem: "uint8", targetComponent: "uint8" },
  },
  PARAM_VALUE: {
    id: 22,
    crcExtra: 220,
    fields: {
      paramValue: "float",
      paramCount: "uint16",
      paramIndex: "uint16",
      paramId: ["char", 16],
      paramType: "uint8",
    },
    readings: PARAM_INT32,
  },
  PARAM_SET: {
    id: 23,
    crcExtra: 168,
    fields: {
      paramValue: "float",
      targetSystem: "uint8",
      targetComponent: "uint8",
      paramId: ["char", 16],
      paramType: "uint8",
    },
    readings: PARAM_INT32,
  },
  SET_GPS_GLOBAL_ORIGIN: {
    id: 48,
    crcExtra: 41,
    fields: {
      latitude: "int32",
      longitude: "int32",
      altitude: "int32",
      targetSystem: "uint8",
    },
    extensions: { timeUsec: "uint64" },
  },
  REQUEST_DATA_STREAM: {
    id: 66,
    crcExtra: 148,
    fields: {
      reqMessageRate: "uint16",
      targetSystem: "uint8",
      targetComponent: "uint8",
      reqStreamId: "uint8",
      startStop: "uint8",
    },
  },
  DATA_STREAM: {
    id: 67,
    crcExtra: 21,
    fields: { messageRate: "uint16", streamId: "uint8", onOff: "uint8" },
  },
  COMMAND_INT: {
    id: 75,
    crcExtra: 158,
    fields: {
      param1: "float",
      param2: "float",
      param3: "float",
      param4: "float",
      x: "int32",
      y: "int32",
      z: "float",
      command: "uint16",
      targetSystem: "uint8",
      targetComponent: "uint8",
      frame: "uint8",
      current: "uint8",
      autocontinue: "uint8",
    },
  },
  COMMAND_LONG: {
    id: 76,
    crcExtra: 152,
    fields: {
      param1: "float",
      param2: "float",
      param3: "float",
      param4: "float",
      param5: "float",
      param6: "float",
      param7: "float",
      command: "uint16",
      targetSystem: "uint8",
      targetComponent: "uint8",
      confirmation: "uint8",
    },
  },
  COMMAND_ACK: {
    id: 77,
    crcExtra: 143,
    fields: { command: "uint16", result: "uint8" },
    extensions: {
      progress: "uint8",
      resultParam2: "int32",
      targetSystem: "uint8",
      targetComponent: "uint8",
    },
  },
  TIMESYNC: {
    id: 111,
    crcExtra: 34,
    fields: { tc1: "int64", ts1: "int64" },
    extensions: { targetSystem: "uint8", targetComponent: "uint8" },
  },
  AUTOPILOT_VERSION: {
    id: 148,
    crcExtra: 178,
    fields: {
      capabilities: "uint64",
      uid: "uint64",
      flightSwVersion: "uint32",
      middlewareSwVersion: "uint32",
      osSwVersion: "uint32",
      boardVersion: "uint32",
      vendorId: "uint16",
      productId: "uint16",
      flightCustomVersion: ["uint8", 8],
      middlewareCustomVersion: ["uint8", 8],
      osCustomVersion: ["uint8", 8],
    },
    extensions: { uid2: ["uint8", 18] },
  },
  MESSAGE_INTERVAL: {
    id: 244,
    crcExtra: 95,
    fields: { intervalUs: "int32", messageId: "uint16" },
  },
  SETUP_SIGNING: {
    id: 256,
    crcExtra: 71,
    fields: {
      initialTimestamp: "uint64",
      targetSystem: "uint8",
      targetComponent: "uint8",
      secretKey: ["uint8", 32],
    },
  },
} as const;
