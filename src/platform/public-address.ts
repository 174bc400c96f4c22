/** Which addresses and URLs belong to the public internet: what we may be told to connect to, and what would be a way inside. */
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

const globalUnicast = ipaddr.IPv6.parseCIDR("2000::/3");

/**
 * Whether an address is globally reachable unicast. Not so: private, shared (RFC 6598) and link-local ones, those of cloud
 * metadata among them; loopback, multicast, documentation and benchmarks; and IPv6 addresses that carry an IPv4 address (mapped,
 * NAT64, 6to4, Teredo), whatever it is: they may come out anywhere. The registries of RFC 6890.
 */
export function isPublicAddress(text: string): boolean {
  if (isIP(text) === 0) return false;
  const address = ipaddr.parse(text);
  if (address.range() !== "unicast") return false;
  return address instanceof ipaddr.IPv4 || address.match(globalUnicast);
}

export type TargetFault = "url_invalid" | "url_not_https" | "url_has_credentials" | "url_not_public";

/** Names that resolve inside of a host, a network or a cloud, if at all. */
const insideNames =
  /(^|\.)(localhost|local|localdomain|internal|intranet|lan|home|corp|private|home\.arpa|onion|invalid|test)$/;

/** What is wrong with a URL as it stands, before anything is resolved; null for one that may be public. */
export function targetFault(text: string): TargetFault | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || url.hostname === "") return "url_invalid";
  if (url.protocol !== "https:") return "url_not_https";
  if (url.username !== "" || url.password !== "") return "url_has_credentials";
  // The parser has written addresses of every base and form in the usual one.
  const host = hostOf(url.hostname);
  if (isIP(host) !== 0) return isPublicAddress(host) ? null : "url_not_public";
  return host.includes(".") && !insideNames.test(host) ? null : "url_not_public";
}

/** Without the brackets of an IPv6 address and the dot at the end of a name. */
export function hostOf(hostname: string): string {
  return hostname
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$/, "")
    .toLowerCase();
}
