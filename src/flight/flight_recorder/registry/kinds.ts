/**
 * Every kind of record with the schema of its payload: the single source for types, checks when
 * recording, the JSON Schemas in the file, and KINDS.md.
 *
 * @module
 */
import type { z } from "zod";
import { ESTIMATOR_KINDS } from "./estimator.ts";
import { FLIGHT_KINDS } from "./flight.ts";
import { FLIGHT_CONTROLLER_KINDS } from "./flight_controller.ts";
import { INFERENCE_KINDS } from "./inference.ts";
import { joinKinds } from "./kind_group.ts";
import { NAVIGATION_KINDS } from "./navigation.ts";
import { PACKAGE_KINDS } from "./package.ts";
import { SENSOR_KINDS } from "./sensors.ts";
import { TILE_CACHE_KINDS } from "./tile_cache.ts";
import { TILE_MANAGER_KINDS } from "./tile_manager.ts";

/** Kinds by component. */
export const FDR_KIND_GROUPS = {
  recorder: FLIGHT_KINDS,
  sensors: SENSOR_KINDS,
  navigation: NAVIGATION_KINDS,
  "state estimator": ESTIMATOR_KINDS,
  "tile cache": TILE_CACHE_KINDS,
  inference: INFERENCE_KINDS,
  "flight controller, ground station": FLIGHT_CONTROLLER_KINDS,
  "flight package": PACKAGE_KINDS,
  "tile manager": TILE_MANAGER_KINDS,
} as const;

export const FDR_KINDS = joinKinds(FDR_KIND_GROUPS);
export type FdrKind = keyof typeof FDR_KINDS;

type DeepReadonly<T> = T extends object ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> } : T;
/** The payload that a producer passes; keys that the registry does not know are kept. */
export type FdrPayload<K extends FdrKind> = DeepReadonly<z.input<(typeof FDR_KINDS)[K]>>;

/** Raw camera frames are never recorded. */
export const FDR_KINDS_FORBIDDEN: readonly string[] = ["raw_nav_frame", "raw_ai_cam_frame"];
