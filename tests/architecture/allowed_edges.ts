/**
 * Which folder of src/ may import which: the whole layering in one table. `core` is everybody's.
 * A new edge is a decision: add it here, and see that the table still has no ring.
 *
 * @module
 */
export const ALLOWED_EDGES: Readonly<Record<string, readonly string[] | "any">> = {
  core: [],

  // Bindings of native libraries.
  faiss: [],
  vision: [],

  // Contracts and parts of the navigation chain.
  camera: [],
  map: ["vision"],
  vio: ["camera", "vision"],
  matcher: ["map", "vision"],
  place_recognition: ["map", "matcher", "vision"],
  pose: ["camera", "vision"],
  state_estimator: [],
  orthorectification: ["camera", "vision"],

  // Data on disk.
  descriptor_index: ["faiss"],
  flight_package: ["descriptor_index", "map", "vision"],
  flight_record: ["flight_recorder", "replay"],
  flight_recorder: [],
  photographs: ["camera"],
  replay: ["camera", "photographs"],
  tile_cache: ["flight_recorder", "tile_contract"],
  tile_contract: ["descriptor_index", "flight_recorder"],
  tile_journal: ["flight_package", "tile_contract"],

  // The operator's own.
  tile_export: ["tile_cache"],
  tile_import: ["orthorectification", "photographs", "tile_cache"],
  provisioning: [
    "descriptor_index",
    "flight_package",
    "map",
    "place_recognition",
    "tile_cache",
    "vision",
  ],

  tile_manager: ["flight_record", "flight_recorder", "tile_cache", "tile_journal"],
  // The other end of the tile manager's wire, a process of its own.
  satellite_provider: ["flight_record", "flight_recorder", "tile_manager"],

  // Made flights and measured ones.
  simulation: ["camera", "replay", "vision"],
  evaluation: ["replay"],
  flight_report: ["evaluation", "flight_record", "flight_recorder"],

  // The two programs compose; nothing imports them.
  airborne: "any",
  operator: "any",
};

/** Composition roots may import a part's file directly, to load it only when it is chosen. */
export const COMPOSITION_ROOTS = [
  "airborne/compose.ts",
  "operator/compose.ts",
  "operator/compose_cache.ts",
  "operator/compose_tiles.ts",
];

/** What the graph of `airborne` never holds, of folders and of npm packages. */
export const AIRBORNE_NEVER = {
  folders: ["operator", "tile_manager", "provisioning", "preflight", "tile_import", "tile_export"],
  packages: ["sharp", "pg", "@electric-sql/pglite", "geotiff"],
} as const;

/** What the graph of `operator` never holds. */
export const OPERATOR_NEVER = { folders: ["airborne"], packages: [] } as const;
