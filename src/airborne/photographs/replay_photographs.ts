/**
 * A folder of photographs, each located on the map. There is no odometry and no IMU, and positions by GPS
 * are not used: what is known of a photograph is its attitude and height by its tags, and what the photographs
 * of its flight that were located before it tell.
 *
 * @module
 */
import { messageOf, monotonicNs, Output } from "../../core/mod.ts";
import { readPhotographPoses } from "../../flight/photographs/mod.ts";
import {
  openPhotographFolder,
  type PhotographEvent,
  type PhotographFlight,
} from "../../flight/replay/mod.ts";
import { cancelSearches } from "../../native/vision/mod.ts";
import { CompanionNotes } from "../companion_records.ts";
import { type FlightSettings, overriddenWarning } from "../flight_options.ts";
import type { Airborne, FlightConsole, ReplayParts, ReplayRequest } from "../contract.ts";
import { expiredTilesWarning } from "../expired_tiles.ts";
import { faultLine, FaultLines } from "../fault_text.ts";
import type { FlightFault } from "../flight_output.ts";
import { FlightTally } from "../flight_tally.ts";
import type { FaultLine, PhotographLine, SummaryLine } from "../json_lines.ts";
import { filterSyscalls, NO_SOCKETS } from "../syscall_filter.ts";
import { simulationDemands, trustWarning } from "../trust/package_demands.ts";
import { FlightCarrier, type Placed } from "./carry_flight.ts";
import type { Location } from "../locator.ts";
import { FlightKnowledge, type LocatedPhotograph, unconfirmed } from "./flight_knowledge.ts";
import { type PhotographLocation, PhotographLocator } from "./locate_photograph.ts";
import {
  type LineCost,
  photographLine,
  widened,
  withCost,
  withoutPlace,
} from "./photograph_line.ts";
import { mapExtent, sigmaTiltRad } from "./photograph_prior.ts";
import { ThoroughLooks } from "./thorough_looks.ts";
import { flightLine, flightTags } from "./flight_tags.ts";
import { tagTilt, tagTiltText } from "./tag_tilt.ts";
import { tagWitness, witnessed, witnessText } from "./tag_witness.ts";
import { type ReportedPhotograph, reportedPhotograph, reportPage } from "./photograph_report.ts";
import { checkPositionFile, positionsText } from "./position_files.ts";

export async function replayPhotographs(
  parts: ReplayParts,
  request: ReplayRequest,
  settings: FlightSettings,
  console: FlightConsole,
): Promise<SummaryLine> {
  const { flightPath, groundAltitudeM, posesPath, focalLength35Mm, strict } = request;
  // A file that is there already is refused before the work.
  const { positionsPath, reportPath } = request;
  if (positionsPath !== null) checkPositionFile(positionsPath);
  await using positions = positionsPath === null ? null : await Output.file(positionsPath);
  await using report = reportPath === null ? null : await Output.file(reportPath);
  const poses = posesPath === null ? null : await readPhotographPoses(posesPath);
  const flight = await openPhotographFolder(flightPath, {
    groundAltitudeM,
    poses,
    focalLength35Mm,
    strict,
  });
  // Without a time of capture no tile counts as too old.
  const flightUntil = flight.lastCapturedAt ?? new Date();
  await using airborne = await parts.composeAirborne({
    packagePath: request.packagePath,
    packageSha256: request.packageSha256,
    config: settings.own,
    settle: (flightPackage) => settings.with(flightPackage).config,
    packageDemands: await simulationDemands(settings.own.trust, flightUntil),
    flightUntil,
  });
  const warnings = [
    trustWarning(airborne.flightPackage.trust),
    overriddenWarning(settings.with(airborne.flightPackage).overridden),
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

class PhotographReplay {
  readonly #airborne: Airborne;
  readonly #photographs: PhotographFlight;
  readonly #request: ReplayRequest;
  readonly #console: FlightConsole;
  readonly #locator: PhotographLocator;
  readonly #carrier: FlightCarrier;
  readonly #tally: FlightTally;
  readonly #faults: FaultLines;
  readonly #companionNotes: CompanionNotes;
  /** All that were printed. */
  readonly lines: PhotographLine[] = [];
  /** What a report needs of those that are located, by sequence. */
  readonly reported = new Map<number, ReportedPhotograph>();
  /** By sequence, of the flight that is being looked at: until its end what follows may change them. */
  readonly #pending = new Map<number, PhotographLine | FaultLine>();
  #knowledge = new FlightKnowledge();
  /** Those that were found on their own before two of them agreed have been held against each other. */
  #isConfirmed = false;
  #thorough = new ThoroughLooks();
  /** Of this flight, in order. */
  #sequences: number[] = [];
  /** What was known of it (its revision) when each was looked at. */
  #lookedAt = new Map<number, number>();
  /** Of them, those that the map gave a place. */
  #anchors = new Map<number, Placed>();
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
    const locator = this.#locator = new PhotographLocator(airborne, mapExtent(airborne));
    const { signal } = console;
    this.#carrier = new FlightCarrier({ airborne, photographs, locator, signal });
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
      this.#sequences.push(sequence);
      await this.#locate(event, false);
    } catch (error) {
      // Its search was cancelled.
      if (this.#console.signal.aborted) return;
      if (this.#request.strict) throw error;
      this.#airborne.locator.stages.take();
      const fault: FlightFault = { source: "frame", timeNs: monotonicNs(0), sequence, error };
      const name = this.#photographs.names[sequence];
      this.#pending.set(sequence, this.#fault(fault, name));
    }
  }

  async #locate(
    event: PhotographEvent,
    isSecondLook: boolean,
  ): Promise<void> {
    const startMs = performance.now();
    const { locator, companion } = this.#airborne;
    const { sequence } = event.frame;
    this.#lookedAt.set(sequence, this.#knowledge.revision);
    const found = await this.#locator.locate(event, this.#knowledge, {
      onlyNearby: isSecondLook,
      isThorough: this.#thorough.isDue,
    });
    if (found.located === null) this.#thorough.onMiss();
    this.#companionNotes.onCompanionEvents(companion.takeEvents());
    const cost = { latencyMs: performance.now() - startMs, stages: locator.stages.take() };
    // What a second look gives up is told as the first look saw it.
    if (isSecondLook && found.located === null) return this.#addCost(sequence, cost);
    this.#pending.set(sequence, this.#line(event, found, cost));
    if (found.located === null) return;
    await this.#keep(event, found.location, found.located);
    if (!this.#isConfirmed && this.#knowledge.isEstablished) {
      this.#isConfirmed = true;
      this.#takeOutliers("elsewhere", this.#knowledge.takeOutliers(event.heightAboveGroundM));
    }
  }

  /** A place by the map. */
  async #keep(
    event: PhotographEvent,
    location: Location,
    located: LocatedPhotograph,
  ): Promise<void> {
    const { sequence } = event.frame;
    this.#anchors.set(sequence, { sequence, location, located, links: 0, from: null });
    this.#knowledge.add(located);
    await this.#keepForReport(event);
  }

  #addCost(sequence: number, cost: LineCost): void {
    const line = this.#pending.get(sequence);
    if (line?.type === "frame") this.#pending.set(sequence, withCost(line, cost));
  }

  #line(event: PhotographEvent, found: PhotographLocation, cost: LineCost): PhotographLine {
    const { localFrame, flightPackage } = this.#airborne;
    return photographLine(event, found, {
      localFrame,
      mapSigmaM: flightPackage.manifest.mapRegistrationSigmaM,
      positionTag: this.#photographs.positionTag(event.frame.sequence),
    }, cost);
  }

  /** They lose their place; without one they are looked at again. */
  #takeOutliers(reason: string, outliers: readonly LocatedPhotograph[]): void {
    for (const { sequence } of outliers) {
      const line = this.#pending.get(sequence);
      this.#anchors.delete(sequence);
      this.reported.delete(sequence);
      if (line?.type === "frame") this.#pending.set(sequence, withoutPlace(line, reason));
    }
  }

  /** What the whole of a flight tells of its photographs. */
  async #endFlight(): Promise<void> {
    if (this.#knowledge.isEstablished) {
      await this.#judgeTilt();
      for (const sequence of this.#sequences) {
        if (this.#console.signal.aborted) break;
        // Where nothing was learned since, another look sees the same.
        const isNews = this.#lookedAt.get(sequence) !== this.#knowledge.revision;
        if (!this.#anchors.has(sequence) && isNews) {
          await this.#lookAgain(sequence, (event) => this.#locate(event, true));
        }
      }
      await this.#carry();
    } else {
      const marginOf = (sequence: number) => this.#anchors.get(sequence)!.location.margin;
      const alone = unconfirmed(this.#knowledge.located, this.#sequences.length, marginOf);
      this.#takeOutliers("unconfirmed", alone);
    }
    this.#tellFlight();
    this.#knowledge = new FlightKnowledge();
    this.#isConfirmed = false;
    this.#thorough = new ThoroughLooks();
    this.#sequences = [];
    this.#lookedAt.clear();
    this.#anchors.clear();
  }

  /** Where the pictures contradict their tilt tags each is located anew without believing them. */
  async #judgeTilt(): Promise<void> {
    const { located } = this.#knowledge;
    if (located.length === 0) return;
    const { sequence: first } = located[0];
    const tilt = tagTilt(
      located.map((photograph) => photograph.tilt),
      sigmaTiltRad(await this.#photographs.event(first)),
    );
    if (tilt === null) return;
    this.#console.note(`flight ${this.#flight}: ${tagTiltText(tilt)}`);
    this.#knowledge.tilt = tilt;
    for (const found of [...located]) {
      if (this.#console.signal.aborted) break;
      await this.#lookAgain(found.sequence, async (event) => {
        const startMs = performance.now();
        const again = await this.#locator.again(event, found, tilt);
        const { stages } = this.#airborne.locator;
        const cost = { latencyMs: performance.now() - startMs, stages: stages.take() };
        if (again.located === null) {
          this.#addCost(found.sequence, cost);
          this.#knowledge.remove(found.sequence);
          return this.#takeOutliers("tilt", [found]);
        }
        this.#pending.set(found.sequence, this.#line(event, again, cost));
        await this.#keep(event, again.location, again.located);
      });
    }
  }

  /** Those that the map does not know, by what they share with those that it knows. */
  async #carry(): Promise<void> {
    const placed = await this.#carrier.carry({
      sequences: this.#sequences,
      anchors: this.#anchors,
      tilt: this.#knowledge.tilt,
      onCost: (sequence, cost) => this.#addCost(sequence, cost),
      onFault: (error) => this.#console.note(messageOf(error)),
    });
    for (const { sequence, location, located, links, from } of placed.values()) {
      const line = this.#pending.get(sequence);
      if (this.#anchors.has(sequence) || line?.type !== "frame") continue;
      const carried = from === null ? null : { from: this.#nameOf(from), links };
      await this.#lookAgain(sequence, async (event) => {
        this.#pending.set(sequence, this.#line(event, { location, located, carried }, line));
        if (carried === null) await this.#keep(event, location, located);
        else await this.#keepForReport(event);
      });
    }
  }

  #nameOf(sequence: number): string {
    return this.#photographs.names[sequence].split("/").at(-1)!;
  }

  async #keepForReport(event: PhotographEvent): Promise<void> {
    if (this.#request.reportPath === null) return;
    this.reported.set(event.frame.sequence, await reportedPhotograph(event));
  }

  /** Prints the flight's photographs in order, then what they tell together. */
  #tellFlight(): void {
    const { localFrame } = this.#airborne;
    const tags = flightTags(
      this.#knowledge.located,
      (sequence) => this.#photographs.positionTag(sequence),
      localFrame,
    );
    const flown: PhotographLine[] = [];
    for (const sequence of [...this.#pending.keys()].sort((a, b) => a - b)) {
      const line = this.#pending.get(sequence)!;
      if (line.type === "fault") {
        this.#console.line(line);
        continue;
      }
      const tagAtExposureM = tags.atExposureM.get(sequence) ?? null;
      flown.push({ ...line, tagAtExposureM });
    }
    this.#pending.clear();
    const witness = tagWitness(flown.flatMap(witnessed));
    const told = witness.says === "widen"
      ? flown.map((line) => widened(line, witness.sigmaM))
      : flown;
    for (const line of told) {
      this.#tally.frame(line);
      this.#console.line(line);
    }
    this.lines.push(...told);
    if (told.length === 0) return;
    const { tilt } = this.#knowledge;
    this.#console.line(flightLine(this.#flight, told, tags, { witness, tilt }));
    for (const note of [tags.note, witnessText(witness)]) {
      if (note !== null) this.#console.note(`flight ${this.#flight}: ${note}`);
    }
  }

  /** Where it fails the first look's verdict stands. */
  async #lookAgain(
    sequence: number,
    look: (event: PhotographEvent) => Promise<void>,
  ): Promise<void> {
    try {
      await look(await this.#photographs.event(sequence));
    } catch (error) {
      this.#airborne.locator.stages.take();
      if (this.#console.signal.aborted) return;
      if (this.#request.strict) throw error;
      this.#console.note(messageOf(error));
    }
  }

  #fault(fault: FlightFault, name: string): FaultLine {
    this.#tally.onFault(fault);
    this.#faults.onFault(fault);
    return { ...faultLine(fault), name: name.split("/").at(-1)! };
  }
}
