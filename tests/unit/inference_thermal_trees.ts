/**
 * Trees of /sys/class/thermal for the tests of the thermal publisher. Names and numbers of an Orin NX with JetPack 6,
 * of an AGX Orin with JetPack 5 and of an Intel laptop; what changes in flight is a parameter.
 *
 * @module
 */
import type { ReadText } from "../../src/navigation/inference/mod.ts";

/** Path below /sys/class/thermal → text; a path that is not there does not answer. */
export type ThermalTree = Map<string, string>;

export function readerOf(tree: ThermalTree): ReadText {
  return (path) => tree.get(path.replace(/^\/sys\/class\/thermal\//, ""));
}

interface Orin {
  readonly jetpack: 5 | 6;
  readonly temperatureC: number;
  /** Alerts that are raised: "cpu", "gpu", "soc0". */
  readonly alerts: readonly string[];
}

export function orinTree({ jetpack, temperatureC, alerts }: Orin): ThermalTree {
  const tree: ThermalTree = new Map();
  const suffix = jetpack === 6 ? "thermal" : "therm";
  const names = ["cpu", "gpu", "cv0", "cv1", "cv2", "soc0", "soc1", "soc2", "tj"]
    .map((name) => jetpack === 6 || name === "tj" ? name : name.toUpperCase());
  for (const [n, name] of names.entries()) {
    tree.set(`thermal_zone${n}/type`, `${name}-${suffix}`);
    // The vision cluster is switched off: the driver gives EAGAIN.
    if (!/^cv/i.test(name)) {
      tree.set(`thermal_zone${n}/temp`, String(Math.round(1000 * (temperatureC - n / 8))));
    }
    tree.set(`thermal_zone${n}/trip_point_0_type`, "critical");
    tree.set(`thermal_zone${n}/trip_point_0_temp`, "104500");
    tree.set(`thermal_zone${n}/trip_point_1_type`, "passive");
    tree.set(`thermal_zone${n}/trip_point_1_temp`, "99000");
    tree.set(`thermal_zone${n}/trip_point_2_type`, "active");
    tree.set(`thermal_zone${n}/trip_point_2_temp`, "35000");
  }
  const cooling = [
    "pwm-fan",
    "cpu-throttle-alert",
    "gpu-throttle-alert",
    "cv0-throttle-alert",
    "cv1-throttle-alert",
    "cv2-throttle-alert",
    "soc0-throttle-alert",
    "soc1-throttle-alert",
    "soc2-throttle-alert",
    "hot-surface-alert",
    "thermal-cpufreq-0",
    "devfreq-17000000.gpu",
  ];
  for (const [n, type] of cooling.entries()) {
    tree.set(`cooling_device${n}/type`, type);
    const isRaised = alerts.some((name) => type === `${name}-throttle-alert`);
    tree.set(`cooling_device${n}/cur_state`, type === "pwm-fan" ? "3" : isRaised ? "1" : "0");
  }
  return tree;
}

/** Zones with gaps in their numbers, a disabled trip point, and the processors' throttling states. */
export function laptopTree(temperatureC: number, processorState: number): ThermalTree {
  return new Map([
    ["thermal_zone0/type", "acpitz"],
    ["thermal_zone0/temp", "20000"],
    ["thermal_zone0/trip_point_0_type", "critical"],
    ["thermal_zone0/trip_point_0_temp", "128000"],
    ["thermal_zone2/type", "x86_pkg_temp"],
    ["thermal_zone2/temp", String(1000 * temperatureC)],
    ["thermal_zone2/trip_point_0_type", "passive"],
    ["thermal_zone2/trip_point_0_temp", "0"],
    ["thermal_zone2/trip_point_1_type", "passive"],
    ["thermal_zone2/trip_point_1_temp", "97000"],
    ["cooling_device0/type", "Processor"],
    ["cooling_device0/cur_state", String(processorState)],
    ["cooling_device7/type", "Fan"],
    ["cooling_device7/cur_state", "9"],
    ["cooling_device8/type", "intel_powerclamp"],
    ["cooling_device8/cur_state", "-1"],
  ]);
}
