/** A whole number of steps that reaches `wanted`, at most `most`; 0 when under half a step is wanted. */
export function halfRange(wanted: number, step: number, most: number): number {
  const steps = Math.min(Math.floor(most / step), Math.ceil(wanted / step - 0.5));
  return Math.max(0, steps) * step;
}
