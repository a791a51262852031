import { BODY_FROM_NADIR_CAMERA } from "../../src/core/mod.ts";
import {
  type CameraCalibration,
  CameraCalibrationSchema,
} from "../../src/navigation/camera/mod.ts";

export const SMALL_CAMERA: CameraCalibration = CameraCalibrationSchema.parse({
  id: "small",
  widthPx: 64,
  heightPx: 48,
  fxPx: 60,
  fyPx: 60,
  cxPx: 31.5,
  cyPx: 23.5,
  distortion: [0, 0, 0, 0, 0],
  bodyFromCamera: BODY_FROM_NADIR_CAMERA,
});
