/**
 * The checks before a flight, and the report that holds what they found.
 *
 * @module
 */
import * as z from "zod";

/** In the order in which they are shown. */
export const CHECKS = [
  "aircraft",
  "package",
  "coverage",
  "freshness",
  "disk",
  "recorder",
  "database",
  "libraries",
  "engine",
  "calibration",
  "controller_link",
  "controller_parameters",
  "clock",
  "thermal",
  "light",
] as const;
export type CheckName = (typeof CHECKS)[number];

const STATUSES = ["pass", "warning", "fail", "not_checked"] as const;
type CheckStatus = (typeof STATUSES)[number];

const Position = z.strictObject({ latitudeDeg: z.number(), longitudeDeg: z.number() });

const GapSchema = z.strictObject({
  startM: z.number().describe("where it begins, metres along the route"),
  lengthM: z.number(),
  from: Position,
  to: Position,
  reachesEnd: z.boolean().describe("the route ends in it"),
  expectedErrorM: z.number().describe("at its end, by the odometry's drift in the median flight"),
  largestErrorM: z.number().describe("the same, by the largest drift that was measured"),
});
export type RouteGap = Readonly<z.infer<typeof GapSchema>>;

const CoverageSchema = z.strictObject({
  routeM: z.number().describe("length of the route"),
  share: z.number().min(0).max(1).describe("of the camera's footprints along it, with map"),
  gaps: z.array(GapSchema),
});
export type RouteCoverage = Readonly<z.infer<typeof CoverageSchema>>;

const CheckSchema = z.strictObject({
  check: z.enum(CHECKS),
  status: z.enum(STATUSES),
  found: z.string(),
  remedy: z.string().nullable().describe("what to do; null: nothing"),
});
type CheckResult = Readonly<z.infer<typeof CheckSchema>>;

export const PREFLIGHT_REPORT_SHAPE = {
  reportVersion: z.literal(1),
  madeAt: z.iso.datetime().describe("UTC"),
  programVersion: z.string(),
  aircraft: z.string().describe("local, or the address of the aircraft's computer"),
  package: z.strictObject({
    path: z.string(),
    name: z.string(),
    manifestSha256: z.string(),
  }).nullable().describe("null: none was given, or it was refused"),
  verdict: z.enum(["passed", "warnings", "failed"]),
  checks: z.array(CheckSchema),
  coverage: CoverageSchema.nullable().describe("null: there was no route or no package"),
};
const PreflightReportSchema = z.strictObject(PREFLIGHT_REPORT_SHAPE);
export type PreflightReport = Readonly<z.infer<typeof PreflightReportSchema>>;

/** What one check found: the worst of its findings gives its status. */
export interface Finding {
  readonly status: CheckStatus;
  readonly found: string;
  readonly remedy?: string;
}

export const pass = (found: string): Finding => ({ status: "pass", found });
export const warning = (found: string, remedy: string): Finding => ({
  status: "warning",
  found,
  remedy,
});
export const fail = (found: string, remedy: string): Finding => ({ status: "fail", found, remedy });
export const notChecked = (found: string): Finding => ({ status: "not_checked", found });

const SEVERITY: readonly CheckStatus[] = ["not_checked", "pass", "warning", "fail"];

/** One line of the report: those of the worst findings, in their order. */
export function resultOf(check: CheckName, findings: readonly Finding[]): CheckResult {
  const worst = Math.max(...findings.map(({ status }) => SEVERITY.indexOf(status)));
  const status = SEVERITY[worst];
  const shown = findings.filter((finding) => finding.status === status);
  const remedies = [...new Set(shown.flatMap(({ remedy }) => remedy ?? []))];
  return {
    check,
    status,
    found: shown.map(({ found }) => found).join("; "),
    remedy: remedies.length === 0 ? null : remedies.join("; "),
  };
}

export function verdictOf(checks: readonly CheckResult[]): PreflightReport["verdict"] {
  if (checks.some(({ status }) => status === "fail")) return "failed";
  return checks.some(({ status }) => status === "warning") ? "warnings" : "passed";
}
