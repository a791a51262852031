import { PlanarPoseSolver, PoseConfigSchema } from "../../src/navigation/pose/mod.ts";
import { poseSuite } from "./pose_suite.ts";

// The suite's scene shares half a metre between neighbours; the default expects a real map's metre.
const config = PoseConfigSchema.parse({ smoothM: 0.5 });

poseSuite("planar_pose", (vision) => new PlanarPoseSolver(vision, config));
