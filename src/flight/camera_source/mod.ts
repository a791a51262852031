/** Live cameras. */
export * from "./contract.ts";
export * from "./config.ts";
export { CAMERA_ADDRESS_FORMS, type CameraAddress, parseCameraAddress } from "./address.ts";
export { parseCalibration, readCalibration } from "./calibration_file.ts";
export { encodeFramePacket } from "./frame_packet.ts";
export { FlownCamera } from "./flown_camera.ts";
export { openCamera } from "./open_camera.ts";
