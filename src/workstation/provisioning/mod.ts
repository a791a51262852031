/** Provisioning (C10): builds flight packages. Operator only. */
export * from "./contract.ts";
export * from "./errors.ts";
export { provisionPackage } from "./provision.ts";
