/**
 * Where temperatures and throttling are read: the thermal classes of sysfs, as a Jetson or any Linux fills
 * them, or NVIDIA's management library.
 *
 * Layouts: Linux, Documentation/driver-api/thermal/sysfs-api.rst; NVIDIA Jetson Linux Developer Guide r36,
 * "Jetson Orin Nano Series, Jetson Orin NX Series and Jetson AGX Orin Series", Thermal Management.
 *
 * @module
 */
import type { ThermalSource } from "./contract.ts";

/** The text of a file of the kernel; undefined where it is absent or its driver does not answer. */
export type ReadText = (path: string) => string | undefined;

export interface ThermalReading {
  readonly throttled: boolean;
  /** The hottest zone that answers, degrees Celsius. */
  readonly temperatureC: number | null;
}

export interface ThermalProbe {
  readonly source: Exclude<ThermalSource, "none">;
  /** undefined: nothing can be measured now. */
  read(): ThermalReading | undefined;
}

const CLASS = "/sys/class/thermal";
/** Numbers have gaps where a driver was removed; an AGX Orin has 9 zones and 20 cooling devices. */
const ZONES_MAX = 32;
const COOLING_DEVICES_MAX = 160;
const TRIPS_MAX = 12;

/** Orin raises these while it throttles: {cpu, gpu, cv0 to cv2, soc0 to soc2}-throttle-alert. */
const JETSON_ALERT = /-throttle-alert$/;
/** "tj-thermal" (JetPack 6) and "Tj-therm" (earlier): the hottest of a Tegra's own sensors. */
const JETSON_ZONE = /^tj-therm(al)?$/i;
/** Cooling devices that take speed away; fans and displays do not. */
const SLOWING = /^(Processor|intel_powerclamp|(thermal-)?(cpufreq|devfreq|cpuidle)-.*)$/;

interface Zone {
  readonly path: string;
  /** The kernel cools passively, that is by slowing down, from here on; null: never. */
  readonly passiveC: number | null;
}

/** A Jetson; undefined on any other computer. */
export function jetsonProbe(readText: ReadText): ThermalProbe | undefined {
  const alerts = coolingDevices(readText, JETSON_ALERT);
  if (alerts.length === 0 && !zoneTypes(readText).some((type) => JETSON_ZONE.test(type))) {
    return undefined;
  }
  return sysfsProbe("jetson", readText, alerts);
}

/** A discrete NVIDIA GPU; undefined where there is none. */
export function nvmlProbe(read: () => ThermalReading | undefined): ThermalProbe | undefined {
  return read() === undefined ? undefined : { source: "nvml", read };
}

/** Any Linux with thermal zones; undefined where there are none, as on most virtual machines. */
export function linuxProbe(readText: ReadText): ThermalProbe | undefined {
  if (zoneTypes(readText).length === 0) return undefined;
  return sysfsProbe("linux", readText, coolingDevices(readText, SLOWING));
}

/**
 * Throttled: a cooling device that slows the computer down is at work, or a zone is at its passive trip
 * point.
 */
function sysfsProbe(
  source: ThermalProbe["source"],
  readText: ReadText,
  slowing: readonly string[],
): ThermalProbe {
  const zones = thermalZones(readText);
  return {
    source,
    read: () => {
      let temperatureC: number | null = null;
      let throttled = false;
      for (const { path, passiveC } of zones) {
        // Zones of parts that are switched off do not answer (cv0 to cv2 of an idle Orin).
        const zoneC = celsius(readText(`${path}/temp`));
        if (zoneC === null) continue;
        temperatureC = Math.max(zoneC, temperatureC ?? zoneC);
        throttled ||= passiveC !== null && zoneC >= passiveC;
      }
      let answers = temperatureC === null ? 0 : 1;
      for (const path of slowing) {
        const state = integer(readText(`${path}/cur_state`));
        if (state === null) continue;
        answers++;
        throttled ||= state > 0;
      }
      return answers === 0 ? undefined : { throttled, temperatureC };
    },
  };
}

function zoneTypes(readText: ReadText): string[] {
  return numbered(ZONES_MAX, (n) => readText(`${CLASS}/thermal_zone${n}/type`));
}

function thermalZones(readText: ReadText): Zone[] {
  return numbered(ZONES_MAX, (n) => {
    const path = `${CLASS}/thermal_zone${n}`;
    if (readText(`${path}/type`) === undefined) return undefined;
    const passive = numbered(TRIPS_MAX, (trip) => {
      if (readText(`${path}/trip_point_${trip}_type`) !== "passive") return undefined;
      // 0 and less switch a trip point off.
      const tripC = celsius(readText(`${path}/trip_point_${trip}_temp`));
      return tripC !== null && tripC > 0 ? tripC : undefined;
    });
    return { path, passiveC: passive.length === 0 ? null : Math.min(...passive) };
  });
}

function coolingDevices(readText: ReadText, types: RegExp): string[] {
  return numbered(COOLING_DEVICES_MAX, (n) => {
    const path = `${CLASS}/cooling_device${n}`;
    const type = readText(`${path}/type`);
    return type !== undefined && types.test(type) ? path : undefined;
  });
}

function numbered<T>(count: number, make: (n: number) => T | undefined): T[] {
  return Array.from({ length: count }, (_, n) => make(n)).filter((each) => each !== undefined);
}

/** From thousandths of a degree; null for what no sensor on a computer can measure. */
function celsius(text: string | undefined): number | null {
  const milli = integer(text);
  return milli === null || milli < -60_000 || milli > 200_000 ? null : milli / 1000;
}

function integer(text: string | undefined): number | null {
  return text !== undefined && /^-?\d{1,9}$/.test(text.trim()) ? Number(text) : null;
}
