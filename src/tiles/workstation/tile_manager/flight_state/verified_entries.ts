/**
 * The records of one file of a flight that a CRC speaks for.
 *
 * @module
 */
import { findFlight, type FlightEntry, readBatches } from "../../../../flight/flight_record/mod.ts";

/** `onDoubt` hears of every damage, and of every record that no CRC speaks for. */
export async function* verifiedEntries(
  path: string,
  onDoubt: () => void = () => {},
): AsyncGenerator<FlightEntry, void, void> {
  for await (const batch of readBatches(await findFlight(path), { onDamage: onDoubt })) {
    for (const entry of batch) {
      if (entry.message.verified) yield entry;
      else onDoubt();
    }
  }
}
