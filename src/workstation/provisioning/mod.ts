/** C10 provisioning: makes flight packages. Operator only. */
export * from "./contract.ts";
export * from "./errors.ts";
export { provisionPackage } from "./provision.ts";
