import ipaddr from 'ipaddr.js';

/** What the internet routes of IPv6 (RFC 4291, IANA): outside are mapped, compatible and translated IPv4, and local ones. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');
/** Addresses that networks without IPv4 reach it by (RFC 6052). */
const NAT64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96');
/** In the middle of an interface id that carries any IPv4 address (ISATAP, RFC 5214). */
const ISATAP = 0x5efe;

/**
 * Whether an IP address may be called on a client's behalf: none of the special-purpose ranges of IANA, as ipaddr.js keeps
 * them. IPv4 in IPv6 (`::ffff:10.0.0.1`, `64:ff9b::10.0.0.1`) counts as the IPv4 address that it leads to; other forms
 * that carry one are refused.
 */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text) || !isWrittenInFull(text)) return false;
  const address = ipaddr.parse(text);
  return address instanceof ipaddr.IPv4 ? isPublicV4(address) : isPublicV6(address);
}

/** ipaddr.js also parses `127.1` and `0x7f000001`, which the connecting code may parse differently. */
function isWrittenInFull(text: string): boolean {
  return text.includes(':') || ipaddr.IPv4.isValidFourPartDecimal(text);
}

function isPublicV4(address: ipaddr.IPv4): boolean {
  return address.range() === 'unicast';
}

function isPublicV6(address: ipaddr.IPv6): boolean {
  if (address.zoneId) return false;
  if (address.isIPv4MappedAddress()) return isPublicV4(address.toIPv4Address());
  const { parts } = address;
  if (address.match(NAT64)) {
    return isPublicV4(new ipaddr.IPv4(address.toByteArray().slice(12)));
  }
  return address.match(GLOBAL_UNICAST) && address.range() === 'unicast' && parts[5] !== ISATAP;
}
