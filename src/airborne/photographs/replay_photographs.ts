/**
 * A folder of photographs, each located on the map. There is no odometry and no IMU, and positions by GPS
 * are not used: what is known of a photograph is its attitude and height by its tags, and what the photographs
 * of its flight that were located before it tell.
 *
 * @module
 */
import { messageOf, monotonicNs, Output } from "../../core/mod.ts";
import { readPhotographPoses } from "../../flight/photographs/mod.ts";
import { openPhotographFolder, type PhotographFlight } from "../../flight/replay/mod.ts";
import { cancelSearches } from "../../native/vision/mod.ts";
import { CompanionNotes } from "../companion_records.ts";
import type { AirborneConfig } from "../config.ts";
import type { Airborne, FlightConsole, ReplayParts, ReplayRequest } from "../contract.ts";
import { expiredTilesWarning } from "../expired_tiles.ts";
import { faultLine, FaultLines } from "../fault_text.ts";
import type { FlightFault } from "../flight_output.ts";
import { FlightTally } from "../flight_tally.ts";
import type { FaultLine, PhotographLine, SummaryLine } from "../json_lines.ts";
import { filterSyscalls, NO_SOCKETS } from "../syscall_filter.ts";
import { simulationDemands, trustWarning } from "../trust/package_demands.ts";
import { FlightKnowledge } from "./flight_knowledge.ts";
import { PhotographLocator } from "./locate_photograph.ts";
import { photographLine, withoutPlace } from "./photograph_line.ts";
import { mapExtent } from "./photograph_prior.ts";
import { tagLag } from "./tag_lag.ts";
import { type ReportedPhotograph, reportedPhotograph, reportPage } from "./photograph_report.ts";
import { checkPositionFile, positionsText } from "./position_files.ts";

export async function replayPhotographs(
  parts: ReplayParts,
  request: ReplayRequest,
  config: AirborneConfig,
  console: FlightConsole,
): Promise<SummaryLine> {
  const { flightPath, groundAltitudeM, posesPath, strict } = request;
  // A file that is there already is refused before the work.
  const { positionsPath, reportPath } = request;
  if (positionsPath !== null) checkPositionFile(positionsPath);
  await using positions = positionsPath === null ? null : await Output.file(positionsPath);
  await using report = reportPath === null ? null : await Output.file(reportPath);
  const poses = posesPath === null ? null : await readPhotographPoses(posesPath);
  const flight = await openPhotographFolder(flightPath, { groundAltitudeM, poses, strict });
  // Without a time of capture no tile counts as too old.
  const flightUntil = flight.lastCapturedAt ?? new Date();
  await using airborne = await parts.composeAirborne({
    packagePath: request.packagePath,
    packageSha256: request.packageSha256,
    config,
    packageDemands: await simulationDemands(config.trust, flightUntil),
    flightUntil,
  });
  const warnings = [
    trustWarning(airborne.flightPackage.trust),
    expiredTilesWarning(airborne.flightPackage),
    filterSyscalls(airborne, request, NO_SOCKETS),
    ...flight.notes,
  ];
  for (const warning of warnings) if (warning !== null) console.note(warning);
  const replay = new PhotographReplay(airborne, flight, request, console);
  const cancel = () => cancelSearches(airborne.vision);
  console.signal.addEventListener("abort", cancel);
  let summary: SummaryLine;
  try {
    summary = await replay.run();
  } finally {
    console.signal.removeEventListener("abort", cancel);
    cancelSearches(airborne.vision, false);
  }
  if (positions !== null) {
    await commit(positions, positionsText(positions.path, replay.lines));
  }
  if (report !== null) {
    const map = { localFrame: airborne.localFrame, tiles: airborne.flightPackage.tiles };
    await commit(report, await reportPage(replay.lines, replay.reported, map));
  }
  return summary;
}

async function commit(output: Output, text: string): Promise<void> {
  await output.guard(() => Deno.writeTextFile(output.temporaryPath, text));
  await output.commit();
}

/** A photograph's line, until nothing that follows can change it. */
interface Pending {
  line: PhotographLine | FaultLine;
  isFinal: boolean;
}

class PhotographReplay {
  readonly #airborne: Airborne;
  readonly #photographs: PhotographFlight;
  readonly #request: ReplayRequest;
  readonly #console: FlightConsole;
  readonly #locator: PhotographLocator;
  readonly #tally: FlightTally;
  readonly #faults: FaultLines;
  readonly #companionNotes: CompanionNotes;
  /** All that were printed. */
  readonly lines: PhotographLine[] = [];
  /** What a report needs of those that are located, by sequence. */
  readonly reported = new Map<number, ReportedPhotograph>();
  /** By sequence, of the flight that is being looked at. */
  readonly #pending = new Map<number, Pending>();
  #knowledge = new FlightKnowledge();
  #flight = 0;

  constructor(
    airborne: Airborne,
    photographs: PhotographFlight,
    request: ReplayRequest,
    console: FlightConsole,
  ) {
    this.#airborne = airborne;
    this.#photographs = photographs;
    this.#request = request;
    this.#console = console;
    this.#locator = new PhotographLocator(airborne, mapExtent(airborne));
    this.#tally = new FlightTally(request.flightPath);
    this.#faults = new FaultLines(console.note);
    this.#companionNotes = new CompanionNotes(console.note);
  }

  async run(): Promise<SummaryLine> {
    const { names, faults } = this.#photographs;
    const { signal } = this.#console;
    for (const { name, error } of faults) {
      this.#console.line(
        this.#fault({ source: "frame", timeNs: monotonicNs(0), sequence: null, error }, name),
      );
    }
    for (let sequence = 0; sequence < names.length && !signal.aborted; sequence++) {
      await this.#photograph(sequence);
      this.#console.progress(sequence + 1, names.length);
    }
    await this.#endFlight();
    this.#tally.end({ completed: !signal.aborted });
    return this.#tally.summary({ record: null, tiles: null, outputFaults: {} });
  }

  async #photograph(sequence: number): Promise<void> {
    try {
      const event = await this.#photographs.event(sequence);
      if (event.flight !== this.#flight) {
        await this.#endFlight();
        this.#flight = event.flight;
      }
      this.#tally.tick(event.receivedNs);
      await this.#locate(event, false);
    } catch (error) {
      // Its search was cancelled.
      if (this.#console.signal.aborted) return;
      if (this.#request.strict) throw error;
      this.#airborne.locator.stages.take();
      const fault: FlightFault = { source: "frame", timeNs: monotonicNs(0), sequence, error };
      const name = this.#photographs.names[sequence];
      this.#pending.set(sequence, { line: this.#fault(fault, name), isFinal: true });
    }
    this.#print();
  }

  async #locate(
    event: Awaited<ReturnType<PhotographFlight["event"]>>,
    isSecondLook: boolean,
  ): Promise<void> {
    const startMs = performance.now();
    const { locator, companion, localFrame, flightPackage } = this.#airborne;
    const { sequence } = event.frame;
    const found = await this.#locator.locate(event, this.#knowledge, { onlyNearby: isSecondLook });
    this.#companionNotes.onCompanionEvents(companion.takeEvents());
    const cost = { latencyMs: performance.now() - startMs, stages: locator.stages.take() };
    const line = photographLine(event, found, {
      localFrame,
      mapSigmaM: flightPackage.manifest.mapRegistrationSigmaM,
      positionTag: this.#photographs.positionTag(sequence),
    }, cost);
    const wasEstablished = this.#knowledge.isEstablished;
    // What a second look gives up is told as the first look saw it.
    if (isSecondLook && found.located === null) return;
    this.#pending.set(sequence, { line, isFinal: wasEstablished && found.located !== null });
    if (found.located === null) return;
    if (this.#request.reportPath !== null) {
      this.reported.set(sequence, await reportedPhotograph(event));
    }
    this.#knowledge.add(found.located);
    if (!wasEstablished && this.#knowledge.isEstablished) this.#confirm(event.heightAboveGroundM);
  }

  /** Those that were found on their own and agree now count; the others are looked at again. */
  #confirm(heightM: number): void {
    for (const { sequence } of this.#knowledge.takeOutliers(heightM)) {
      const pending = this.#pending.get(sequence)!;
      if (pending.line.type === "frame") pending.line = withoutPlace(pending.line, "elsewhere");
    }
    for (const { sequence } of this.#knowledge.located) this.#pending.get(sequence)!.isFinal = true;
  }

  /** A second look at those that were not located, between those that were. */
  async #endFlight(): Promise<void> {
    if (this.#knowledge.isEstablished) {
      for (const [sequence, pending] of this.#pending) {
        if (pending.isFinal || this.#console.signal.aborted) continue;
        await this.#secondLook(sequence);
      }
    }
    for (const pending of this.#pending.values()) pending.isFinal = true;
    this.#print();
    this.#tellFlight();
    this.#knowledge = new FlightKnowledge();
  }

  #tellFlight(): void {
    const { localFrame } = this.#airborne;
    const { located } = this.#knowledge;
    const places = located.flatMap(({ sequence, timeNs, positionLocalM }) => {
      const tag = this.#photographs.positionTag(sequence);
      const heightM = localFrame.origin.heightM;
      return tag === null ? [] : [{
        timeNs,
        foundM: positionLocalM,
        taggedM: localFrame.localFromWgs({ ...tag, heightM }),
      }];
    });
    const lag = tagLag(places);
    const photographs = this.lines.filter(({ flight }) => flight === this.#flight).length;
    if (photographs === 0) return;
    this.#console.line({
      type: "photograph_flight",
      flight: this.#flight,
      photographs,
      located: located.length,
      tagLagS: lag?.lagS ?? null,
      tagLagSigmaS: lag?.sigmaS ?? null,
      tagResidualM: lag?.residualM ?? null,
    });
    if (lag !== null && Math.abs(lag.lagS) > 2 * lag.sigmaS) {
      this.#console.note(
        `flight ${this.#flight}: positions by GPS are ${lag.lagS.toFixed(1)} ± ${
          lag.sigmaS.toFixed(1)
        } s older than the exposures; without that they lie ${
          lag.residualM.toFixed(1)
        } m from the ` +
          "positions found (median)",
      );
    }
  }

  /** Where it fails the first look's verdict stands. */
  async #secondLook(sequence: number): Promise<void> {
    try {
      await this.#locate(await this.#photographs.event(sequence), true);
    } catch (error) {
      this.#airborne.locator.stages.take();
      if (this.#console.signal.aborted) return;
      if (this.#request.strict) throw error;
      this.#console.note(messageOf(error));
    }
  }

  /** In order, as far as nothing can change any more. */
  #print(): void {
    for (const sequence of [...this.#pending.keys()].sort((a, b) => a - b)) {
      const { line, isFinal } = this.#pending.get(sequence)!;
      if (!isFinal) return;
      if (line.type === "frame") {
        this.#tally.frame(line);
        this.lines.push(line);
      }
      this.#console.line(line);
      this.#pending.delete(sequence);
    }
  }

  #fault(fault: FlightFault, name: string): FaultLine {
    this.#tally.onFault(fault);
    this.#faults.onFault(fault);
    return { ...faultLine(fault), name: name.split("/").at(-1)! };
  }
}
