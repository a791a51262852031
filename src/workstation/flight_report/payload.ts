/**
 * Reads fields of payloads that may come from a newer program or be damaged: an unexpected value
 * becomes null.
 *
 * @module
 */

export type Payload = Readonly<Record<string, unknown>>;

export function numberOf(payload: Payload, key: string): number | null {
  const value = payload[key];
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** Empty unless it is an array of finite numbers. */
export function numbersOf(payload: Payload, key: string): readonly number[] {
  const values = payload[key];
  const numbers = Array.isArray(values) ? values : [];
  return numbers.every((value) => typeof value === "number" && Number.isFinite(value))
    ? numbers
    : [];
}

/** "" where it is absent. */
export function textOf(payload: Payload, key: string): string {
  const value = payload[key];
  return typeof value === "string" ? value : "";
}

/** Quantile of a 95 % ellipse over its 1-sigma ellipse: two dimensions, sqrt(−2 ln 0.05). */
const SIGMAS_95_HORIZONTAL = Math.sqrt(-2 * Math.log(0.05));
/** Of one dimension: 95 % lie within, on both sides. */
export const SIGMAS_95_VERTICAL = 1.959964;

/**
 * The 95 % radius, metres: the semi-major axis of the 95 % ellipse of the horizontal covariance
 * [east-east, east-north, north-north], m².
 */
export function radius95M(payload: Payload): number | null {
  const sigmaM = horizontalSigmaM(payload);
  return sigmaM === null ? null : SIGMAS_95_HORIZONTAL * sigmaM;
}

function horizontalSigmaM(payload: Payload): number | null {
  const covariance = payload.covarianceEnM2;
  if (!Array.isArray(covariance)) return null;
  const [ee, en, nn] = covariance;
  if (![ee, en, nn].every((value) => typeof value === "number" && Number.isFinite(value))) {
    return null;
  }
  const variance = (ee + nn) / 2 + Math.hypot((ee - nn) / 2, en);
  return variance >= 0 ? Math.sqrt(variance) : null;
}

/** A payload in one line, for kinds that this program does not know. */
export function payloadText(payload: Payload): string {
  const parts: string[] = [];
  let length = 0;
  for (const [key, value] of Object.entries(payload)) {
    const text = typeof value === "string" ? value : JSON.stringify(value) ?? "";
    parts.push(`${key} ${text.length > 120 ? `${text.slice(0, 119)}…` : text}`);
    length += parts[parts.length - 1].length;
    if (length > 300) break;
  }
  return parts.join(", ");
}
