/**
 * `airborne status`: what a live flight says of itself, for the person beside the aircraft.
 *
 * @module
 */
import {
  type Command,
  type CommandIo,
  defineCommand,
  EXIT,
  type ExitCode,
  GdnError,
  option,
  type OptionValues,
} from "../core/mod.ts";
import { type LiveState, liveStatePath, readLiveState } from "./live/live_state_file.ts";
import type { LiveStatus } from "./live/live_status.ts";

const OPTIONS = {
  recorder: option.path({
    access: "read",
    placeholder: "DIR",
    default: "flights",
    help: "the folder that the flight is recorded below",
  }),
  watch: option.flag({ help: "again each second, until a signal comes" }),
} as const;

/** A flight writes its state each second. */
const STALE_MS = 5000;

export function statusCommand(): Command {
  return defineCommand({
    name: "status",
    summary: "what a live flight sees: link, camera, label, accuracy, output",
    about:
      "Shows the state that `airborne fly` writes each second beside its record. It reads a file: " +
      "the flight notices nothing.",
    options: OPTIONS,
    json: "the state as one JSON object",
    examples: ["airborne status", "airborne status --recorder /data/flights --watch"],
    exitCodes: {
      1: "no flight has written its state within the last 5 seconds",
      66: "no flight has been recorded there",
    },
    run,
  });
}

async function run(
  { recorder, watch, json }: OptionValues<typeof OPTIONS> & { readonly json: boolean },
  io: CommandIo,
): Promise<ExitCode> {
  if (watch) io.signalEnds();
  while (true) {
    const state = await readLiveState(recorder);
    if (state === null) {
      throw new GdnError("NO_LIVE_STATE", `No flight has written ${liveStatePath(recorder)}`, {
        exitCode: EXIT.noInput,
      });
    }
    const ageMs = Date.now() - Date.parse(state.status.time);
    const isLive = !state.ended && ageMs < STALE_MS;
    if (json) io.out(JSON.stringify({ type: "status", live: isLive, ...state }));
    else for (const line of statusText(state, ageMs, isLive)) io.out(line);
    if (!watch || io.signal.aborted) return isLive ? EXIT.ok : EXIT.failure;
    await new Promise((resolve) => setTimeout(resolve, 1000));
    if (!json) io.out("");
  }
}

function statusText({ status, ended }: LiveState, ageMs: number, isLive: boolean): string[] {
  const age = isLive
    ? ""
    : ended
    ? " (the flight has ended)"
    : ` (${(ageMs / 1000).toFixed(0)} s ago)`;
  return [
    `flight          since ${status.upS.toFixed(0)} s${age}; ${status.memoryMb.toFixed(0)} MB`,
    `controller      ${controllerText(status.controller)}`,
    `camera          ${cameraText(status.camera)}`,
    `position        ${estimateText(status.estimate)}`,
    `GPS             ${status.gps.trust}${status.gps.reason && `: ${status.gps.reason}`}` +
    `${status.gps.source === "not_asked" ? "" : `; flies by ${status.gps.source}`}`,
    `output          ${outputText(status.output)}`,
  ];
}

function controllerText(controller: LiveStatus["controller"]): string {
  const { adapter, endpoint, connected, firmware, flightState, ratesHz, roundTripMs } = controller;
  if (!connected) return `${endpoint}: not heard${firmware && ` (${firmware})`}`;
  const rate = (name: string) => `${(ratesHz[name] ?? 0).toFixed(0)} Hz`;
  const imu = ["HIGHRES_IMU", "RAW_IMU", "SCALED_IMU"].find((name) => (ratesHz[name] ?? 0) > 0);
  return `${firmware || adapter} on ${endpoint}, ${flightState.replaceAll("_", " ")}; ` +
    `IMU ${imu === undefined ? "none" : rate(imu)}, attitude ${rate("ATTITUDE")}; round trip ` +
    `${roundTripMs === null ? "unknown" : `${roundTripMs.toFixed(1)} ms`}; ` +
    `${controller.framesLost} frames lost, ${controller.framesBad} bad`;
}

function cameraText(camera: LiveStatus["camera"]): string {
  if (camera === null) return "none";
  const { address, connected, fault, rateHz, frames, dropped, failed, fixes } = camera;
  if (!connected) return `${address}: ${fault || "no picture yet"}`;
  return `${address}, ${
    rateHz.toFixed(1)
  } Hz; ${frames} frames, ${fixes} fixes, ${dropped} dropped, ` +
    `${failed} failed${fault && `; ${fault}`}`;
}

function estimateText(estimate: LiveStatus["estimate"]): string {
  if (estimate === null) return "none yet";
  const { label, latitudeDeg, longitudeDeg, heightM, horizontal95M, anchorAgeS } = estimate;
  return `${latitudeDeg.toFixed(6)},${longitudeDeg.toFixed(6)} at ${
    heightM.toFixed(0)
  } m, within ` +
    `${horizontal95M.toFixed(1)} m (95 %); ${label.replaceAll("_", " ")}, last fix ` +
    `${anchorAgeS === null ? "none yet" : `${anchorAgeS.toFixed(1)} s ago`}`;
}

function outputText(
  { sent, refused, withheld, gapMsP95, latencyMsP95 }: LiveStatus["output"],
): string {
  return `${sent} sent, ${refused} refused; gap ${gapMsP95.toFixed(0)} ms (p95), predicted by ` +
    `${latencyMsP95.toFixed(0)} ms (p95)${withheld && `; no fix is sent: ${withheld}`}`;
}
