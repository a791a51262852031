/** The aircraft's computer, from the workstation. */
export { parseSshAddress, SSH_ADDRESS_FORM, type SshAddress } from "./address.ts";
export { aircraftLink } from "./aircraft_link.ts";
export { copyFlights, listFlights, type RemoteFile } from "./copy_flights.ts";
export { flownThere, type LiveFlight, liveFlightOf } from "./live_flight.ts";
export { comparePackage } from "./package_there.ts";
export { type AircraftReading, readAircraft } from "./read_aircraft.ts";
export type { SshAccess } from "./ssh.ts";
