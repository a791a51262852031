/** Recorded flights and folders of photographs, read as the aircraft would have met them. */
export * from "./contract.ts";
