/** The aircraft's computer, from the workstation. */
export { parseSshAddress, SSH_ADDRESS_FORM, type SshAddress } from "./address.ts";
export { copyFlights, listFlights, type RemoteFile } from "./copy_flights.ts";
export { runThere, type SshAccess } from "./ssh.ts";
