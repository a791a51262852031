/**
 * Units that newer logs give their fields: UNIT names a letter's unit, FMTU gives a letter to every field
 * of a message. Factors of ten are those of the format's characters (MULT repeats them, for display).
 *
 * @module
 */
import { degreesFromRadians, radiansFromDegrees } from "../../../core/mod.ts";
import { type DataflashFormat, fieldReader, textField } from "./format.ts";

/** Units in which a field may be logged, and the factor to the one that is wanted. */
const FACTORS: Readonly<Record<"rad/s" | "deg", Readonly<Record<string, number>>>> = {
  "rad/s": { "deg/s": radiansFromDegrees(1) },
  deg: { rad: degreesFromRadians(1) },
};

export class DataflashUnits {
  /** Letter → unit. */
  readonly #units = new Map<number, string>();
  /** Message type → a letter for each field. */
  readonly #letters = new Map<number, string>();

  /** One UNIT or FMTU message. */
  add(format: DataflashFormat, view: DataView, start: number): void {
    if (format.name === "UNIT") {
      this.#units.set(
        fieldReader(format, "Id")(view, start) & 0xff,
        textField(format, "Label", view, start),
      );
    } else if (format.name === "FMTU") {
      this.#letters.set(
        fieldReader(format, "FmtType")(view, start) & 0xff,
        textField(format, "UnitIds", view, start),
      );
    }
  }

  /** What the field's value is to be multiplied by; 1 where the log says nothing of its unit. */
  factor(format: DataflashFormat, field: string, wanted: keyof typeof FACTORS): number {
    const place = [...format.fields.keys()].indexOf(field);
    const letter = this.#letters.get(format.type)?.charCodeAt(place);
    const unit = letter === undefined ? undefined : this.#units.get(letter);
    return unit === undefined ? 1 : FACTORS[wanted][unit] ?? 1;
  }
}
