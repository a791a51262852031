/**
 * What the aircraft of a scenario truly did: truth.csv of its flight.
 *
 * @module
 */
import { degreesFromRadians, LocalFrame, rollPitchYaw, wrapDegrees } from "../../src/core/mod.ts";

/** At one moment, over the flat ground; the frame's origin is the flight's first position. */
export interface TrueMoment {
  readonly timeS: number;
  readonly eastM: number;
  readonly northM: number;
  readonly velocityEnMps: readonly [eastMps: number, northMps: number];
  readonly rollDeg: number;
  readonly headingDeg: number;
}

export class TrueMotion {
  readonly #localFrame: LocalFrame;
  readonly #rows: readonly (readonly number[])[];

  constructor(csv: string) {
    const lines = csv.trimEnd().split("\n").slice(1);
    this.#rows = lines.map((line) => line.split(",").map(Number));
    const [, latitudeDeg, longitudeDeg] = this.#rows[0];
    this.#localFrame = new LocalFrame({ latitudeDeg, longitudeDeg, heightM: 0 });
  }

  /** Where it was then, degrees. */
  place(timeS: number): { readonly latitudeDeg: number; readonly longitudeDeg: number } {
    const [, latitudeDeg, longitudeDeg] = this.#row(timeS);
    return { latitudeDeg, longitudeDeg };
  }

  /** The recorded moment next to `timeS`. */
  at(timeS: number): TrueMoment {
    const [timeNs, latitudeDeg, longitudeDeg, , east, north, , w, x, y, z] = this.#row(timeS);
    const [eastM, northM] = this.local(latitudeDeg, longitudeDeg);
    const { rollRad, yawRad } = rollPitchYaw([w, x, y, z]);
    return {
      timeS: timeNs / 1e9,
      eastM,
      northM,
      velocityEnMps: [east, north],
      rollDeg: degreesFromRadians(rollRad),
      headingDeg: degreesFromRadians(yawRad),
    };
  }

  #row(timeS: number): readonly number[] {
    const rows = this.#rows;
    const stepNs = rows[1][0] - rows[0][0];
    return rows[Math.min(rows.length - 1, Math.max(0, Math.round(timeS * 1e9 / stepNs)))];
  }

  local(latitudeDeg: number, longitudeDeg: number): readonly [eastM: number, northM: number] {
    const [eastM, northM] = this.#localFrame.localFromWgs({
      latitudeDeg,
      longitudeDeg,
      heightM: 0,
    });
    return [eastM, northM];
  }

  /** Heading at the end less that at the beginning, degrees, without a sign. */
  turnDeg(fromS: number, toS: number): number {
    return Math.abs(wrapDegrees(this.at(toS).headingDeg - this.at(fromS).headingDeg));
  }

  /** Part of the ground in the one picture that is in the other one too; level cameras, nose up. */
  overlap(aS: number, bS: number, picture: { widthM: number; heightM: number }): number {
    const a = this.at(aS), b = this.at(bS);
    const inFrameOf = (of: TrueMoment, eastM: number, northM: number) => {
      const heading = of.headingDeg * Math.PI / 180;
      const [de, dn] = [eastM - of.eastM, northM - of.northM];
      const forward = de * Math.sin(heading) + dn * Math.cos(heading);
      const right = de * Math.cos(heading) - dn * Math.sin(heading);
      return Math.abs(forward) <= picture.heightM / 2 && Math.abs(right) <= picture.widthM / 2;
    };
    const GRID = 40;
    let seen = 0;
    for (let i = 0; i < GRID; i++) {
      for (let j = 0; j < GRID; j++) {
        const right = ((i + 0.5) / GRID - 0.5) * picture.widthM;
        const forward = ((j + 0.5) / GRID - 0.5) * picture.heightM;
        const heading = a.headingDeg * Math.PI / 180;
        const eastM = a.eastM + forward * Math.sin(heading) + right * Math.cos(heading);
        const northM = a.northM + forward * Math.cos(heading) - right * Math.sin(heading);
        if (inFrameOf(b, eastM, northM)) seen++;
      }
    }
    return seen / GRID ** 2;
  }
}
