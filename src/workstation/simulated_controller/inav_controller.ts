/**
 * The vehicle on a line of MSP: it answers, and says nothing unasked.
 *
 * @module
 */
import type { Random, Vector3 } from "../../core/mod.ts";
import type { MspValues } from "../../link/msp/mod.ts";
import type { CompanionPosition, ControllerProtocol, VehicleEvent } from "./contract.ts";
import { FaultyLine } from "./faulty_line.ts";
import type { InavState } from "./inav_answers.ts";
import { LowPass } from "./inav_filter.ts";
import type { InavFirmware } from "./inav_firmware.ts";
import { InavSerial } from "./inav_serial.ts";
import type { FlightReport } from "./report.ts";
import type { Vehicle } from "./vehicle.ts";

const VERSION = [9, 0, 0] as const;
/** Cut-offs of iNav's low passes, gyro_main_lpf_hz (usual) and acc_lpf_hz (as it comes). */
const RATE_CUTOFF_HZ = 60;
const FORCE_CUTOFF_HZ = 15;

interface InavParts {
  readonly vehicle: Vehicle;
  readonly firmware: InavFirmware;
  readonly report: FlightReport;
  readonly random: Random;
  readonly write: (bytes: Uint8Array) => void;
}

export class InavController implements ControllerProtocol {
  readonly #parts: InavParts;
  readonly #line: FaultyLine;
  readonly #serial: InavSerial;
  readonly #groundHeightM: number;
  readonly #rateFilter = new LowPass(RATE_CUTOFF_HZ);
  readonly #forceFilter = new LowPass(FORCE_CUTOFF_HZ);
  #angularRateRps: Vector3 = [0, 0, 0];
  #specificForceMps2: Vector3;
  #timeS = -Infinity;

  constructor(parts: InavParts) {
    const { vehicle, random, write } = parts;
    this.#parts = parts;
    this.#line = new FaultyLine(random.fork("line"), vehicle.faults, write);
    this.#groundHeightM = vehicle.flight.localFrame.origin.heightM;
    this.#specificForceMps2 = vehicle.specificForceMps2;
    this.#serial = new InavSerial({
      state: () => this.#state(),
      onPosition: (values, timeS) => this.#takePosition(values, timeS),
      write: (bytes) => this.#line.send(bytes, this.#timeS),
    });
  }

  get isHeard(): boolean {
    return this.#serial.requests > 0;
  }

  receive(bytes: Uint8Array, timeS: number): void {
    if (!this.#line.isCut(timeS)) this.#serial.receive(bytes);
    this.wait(timeS);
  }

  measured(event: VehicleEvent): void {
    if (event.kind !== "imu") return;
    this.#angularRateRps = this.#rateFilter.apply(event.angularRateRps, event.timeS);
    this.#specificForceMps2 = this.#forceFilter.apply(event.specificForceMps2, event.timeS);
  }

  tick(timeS: number): void {
    const { report, vehicle } = this.#parts;
    for (const { severity, text } of vehicle.firmware.takeTexts()) {
      report.line("controller_text", timeS, { severity, text });
    }
    this.wait(timeS);
  }

  wait(timeS: number): void {
    this.#timeS = timeS;
    this.#serial.tick(timeS);
    this.#line.flush(timeS);
  }

  counters(): Readonly<Record<string, number>> {
    const { receiver } = this.#parts.firmware;
    return {
      ...this.#serial.counters(),
      gpsTimeouts: receiver.timeouts,
      disturbed: this.#line.noisy,
    };
  }

  #takePosition(values: MspValues<"MSP2_SENSOR_GPS">, timeS: number): void {
    const { firmware, report } = this.#parts;
    const verdict = firmware.takeSensorGps(values, timeS);
    const estimate = firmware.estimate();
    report.position(companionPosition(values), verdict, { timeS, arrivedS: timeS, estimate });
  }

  #state(): InavState {
    const { vehicle, firmware } = this.#parts;
    const { position, velocityEnuMps: [east, north, up] } = firmware.estimate();
    const { flight: { localFrame }, undulationM } = vehicle;
    const heightM = vehicle.baroHeightM - this.#groundHeightM;
    const [eastM, northM] = localFrame.localFromWgs(position);
    const has = firmware.hasOrigin;
    return {
      version: VERSION,
      isArmed: firmware.isArmed,
      gpsProvider: firmware.parameters.get("gps_provider") ?? 0,
      specificForceMps2: this.#specificForceMps2,
      angularRateRps: this.#angularRateRps,
      localFromBody: vehicle.localFromBody,
      barometerHeightM: heightM,
      solution: firmware.receiver.solution,
      packets: firmware.packets,
      positionNeuM: has ? [northM, eastM, heightM] : [0, 0, heightM],
      velocityNeuMps: has ? [north, east, up] : [0, 0, up],
      place: has ? { ...position, heightMslM: position.heightM - undulationM } : null,
    };
  }
}

function companionPosition(values: MspValues<"MSP2_SENSOR_GPS">): CompanionPosition {
  return {
    message: "MSP2_SENSOR_GPS",
    fields: { ...values },
    // MAVLink's, as in all reports.
    fixType: values.fixType >= 3 ? 3 : values.fixType === 2 ? 2 : 1,
    latitudeDeg: values.latitudeE7 / 1e7,
    longitudeDeg: values.longitudeE7 / 1e7,
    heightMslM: values.heightMslCm / 100,
    velocityEnuMps: [
      values.velocityEastCmps / 100,
      values.velocityNorthCmps / 100,
      -values.velocityDownCmps / 100,
    ],
    sigmaHorizontalM: values.horizontalAccuracyMm / 1000,
    sigmaVerticalM: values.verticalAccuracyMm / 1000,
    sigmaSpeedMps: values.speedAccuracyCmps / 100,
    satellites: values.satellites,
    hdop: values.hdop / 100,
  };
}
