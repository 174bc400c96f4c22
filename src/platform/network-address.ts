import ipaddr from "ipaddr.js";

/** The bits of an address that are kept: the network it comes from, in which many people are. */
const keptBits = { ipv4: 24, ipv6: 48 } as const;

/** An address cut to its network: `203.0.113.77` is `203.0.113.0/24`. Null for what is no address. */
export function networkOf(address: string | undefined): string | null {
  if (address === undefined || !ipaddr.isValid(address)) return null;
  const parsed = ipaddr.process(address);
  const bits = keptBits[parsed.kind()];
  const bytes = parsed.toByteArray().map((byte, index) => (index * 8 < bits ? byte : 0));
  return `${ipaddr.fromByteArray(bytes).toString()}/${bits}`;
}

/** An address as everybody writes it: IPv6 by RFC 5952, and what IPv6 wraps of IPv4 as IPv4. Null for what is no address. */
export function canonicalAddress(text: string): string | null {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return text;
  if (!ipaddr.IPv6.isValid(text)) return null;
  const address = ipaddr.process(text);
  return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString();
}
