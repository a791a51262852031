/** Flight packages: read and verify. Making them is provisioning's work. */
export * from "./contract.ts";
