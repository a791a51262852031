/** Provisioning (C10): builds flight packages. Operator only. */
export * from "./contract.ts";
export * from "./errors.ts";
export { addModels } from "./package_models.ts";
export { describeHandler } from "./describe_job.ts";
export { provisionPackage } from "./provision.ts";
