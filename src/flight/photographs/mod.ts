/**
 * Reads pose and calibration of photographs from EXIF and XMP tags. In both executables; decodes no
 * pixels.
 */
export * from "./contract.ts";
export { calibrationFromTags } from "./calibration.ts";
export { heightAboveGroundM, localFromCamera } from "./pose.ts";
export { type PhotographFile, readPhotograph, readPhotographFolder } from "./read_photograph.ts";
