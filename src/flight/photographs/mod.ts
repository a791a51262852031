/**
 * Reads pose and calibration of photographs from EXIF and XMP tags, or from a file of poses. In both
 * executables; decodes no pixels.
 */
export * from "./contract.ts";
export { calibrationFromTags } from "./calibration.ts";
export { gimbalFromAirframe, isYawRelative } from "./attitude.ts";
export { djiMakerNote } from "./dji_maker_note.ts";
export { PHOTOGRAPH_OPTIONS } from "./options.ts";
export { parsePhotographPoses, type PhotographPoses, readPhotographPoses } from "./poses_file.ts";
export { heightAboveGroundM, localFromCamera, TILT_MAX_DEG, tiltDegOf } from "./pose.ts";
export { readPhotograph } from "./read_photograph.ts";
export { type PhotographFile, readPhotographFolder } from "./read_folder.ts";
export { photographThumbnail } from "./tags.ts";
