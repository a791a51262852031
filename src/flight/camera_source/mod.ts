/** Live cameras. */
export * from "./contract.ts";
export { type CameraAddress, parseCameraAddress } from "./address.ts";
export { readCalibration } from "./calibration_file.ts";
export { encodeFramePacket } from "./frame_packet.ts";
export { openCamera } from "./open_camera.ts";
