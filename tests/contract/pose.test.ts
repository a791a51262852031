import { PlanarPoseSolver, PoseConfigSchema } from "../../src/pose/mod.ts";
import { poseSuite } from "./pose_suite.ts";

poseSuite("planar_pose", (vision) => new PlanarPoseSolver(vision, PoseConfigSchema.parse({})));
