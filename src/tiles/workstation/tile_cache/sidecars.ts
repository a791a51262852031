export { sidecarBytes, sidecarContents, SIDECARS } from "../../tile_contract/mod.ts";
