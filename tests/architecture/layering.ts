/**
 * The layering of src/, derived from the place of a folder in the tree. A component is a folder of a group, such
 * as `navigation/pose` or `tiles/workstation/tile_cache`; `core` and the two programs are one each.
 *
 * - A group imports from the groups before it in `GROUPS`, never from those after it.
 * - Inside a group a component imports only the siblings that `SIBLINGS` names.
 * - Only `operator` may import what is below a folder named `workstation`.
 *
 * @module
 */

/** From the bottom to the top. */
export const GROUPS = [
  "core",
  "native",
  "link",
  "navigation",
  "flight",
  "tiles",
  "workstation",
] as const;

/** The two programs compose everything else; nothing imports them. */
export const PROGRAMS = ["airborne", "operator"] as const;

/** Edges inside a group. A new one is a decision: add it here, and check that there is no cycle. */
export const SIBLINGS: Readonly<Record<string, readonly string[]>> = {
  "navigation/matcher": ["navigation/inference", "navigation/map", "navigation/terrain"],
  "navigation/place_recognition": [
    "navigation/inference",
    "navigation/map",
    "navigation/matcher",
    "navigation/terrain",
  ],
  "navigation/vio": ["navigation/terrain"],
  "flight/camera_source": ["flight/flight_events"],
  "flight/flight_controller": ["flight/flight_events"],
  "flight/flight_logs": ["flight/flight_controller", "flight/flight_events"],
  "flight/flight_record": ["flight/flight_recorder", "flight/replay"],
  "flight/replay": ["flight/flight_events", "flight/photographs"],
  "tiles/tile_journal": ["tiles/tile_contract"],
  "tiles/workstation/tile_cache": ["tiles/tile_contract"],
  "tiles/workstation/tile_export": ["tiles/tile_contract"],
  "tiles/workstation/tile_import": ["tiles/orthorectification", "tiles/tile_contract"],
  "tiles/workstation/tile_manager": ["tiles/tile_contract", "tiles/workstation/tile_cache"],
  "workstation/flight_jobs": ["workstation/evaluation", "workstation/work_queue"],
  "workstation/flight_report": ["workstation/evaluation"],
  "workstation/provisioning": ["workstation/terrain", "workstation/work_queue"],
  "workstation/simulated_camera": ["workstation/simulated_controller", "workstation/simulation"],
  "workstation/simulated_controller": ["workstation/simulation"],
};

/** Composition roots may import a part's file directly, to load it only when it is chosen. */
export const COMPOSITION_ROOTS = [
  "airborne/compose.ts",
  "operator/compose.ts",
  "operator/compose_cache.ts",
  "operator/compose_tiles.ts",
];

/** npm packages that the graph of `airborne` never holds. */
export const AIRBORNE_NEVER = ["sharp", "pg", "@electric-sql/pglite"] as const;

/** What the graph of `operator worker` never holds: components, and npm packages. */
export const WORKER_NEVER = {
  components: ["tiles/workstation/tile_manager", "tiles/workstation/tile_cache", "airborne"],
  packages: ["sharp", "@electric-sql/pglite"],
} as const;

/** npm packages of the tests: no program holds them. The licence of mavlink-mappings (LGPL) forbids it. */
export const TESTS_ONLY = ["fast-check", "geotiff", "mavlink-mappings"] as const;

/** "tiles/workstation/tile_cache/sql/database.ts" → "tiles/workstation/tile_cache". */
export function componentOf(file: string): string {
  const [group, ...rest] = file.split("/");
  if (group === "core" || isProgram(group)) return group;
  const depth = rest[0] === "workstation" ? 2 : 1;
  return [group, ...rest.slice(0, depth)].join("/");
}

export function isProgram(component: string): boolean {
  return (PROGRAMS as readonly string[]).includes(component);
}

/** Whether only `operator` may hold it. */
export function isWorkstationOnly(component: string): boolean {
  return component.split("/").includes("workstation") || component === "operator";
}

/** Why `from` may not import `to`; undefined when it may. Both are components. */
export function breach(from: string, to: string): string | undefined {
  if (isProgram(to)) return "nothing imports a program";
  if (isWorkstationOnly(to) && !isWorkstationOnly(from)) return "only operator may hold it";
  const [fromRank, toRank] = [rank(from), rank(to)];
  if (fromRank < 0) return `${from.split("/")[0]} is not a group of src/`;
  if (toRank < fromRank) return undefined;
  if (toRank > fromRank) return "a group imports from those below it";
  return SIBLINGS[from]?.includes(to) ? undefined : "SIBLINGS does not name it";
}

function rank(component: string): number {
  if (isProgram(component)) return GROUPS.length;
  return (GROUPS as readonly string[]).indexOf(component.split("/")[0]);
}
