import { BlockList, isIP, isIPv6 } from 'node:net';

export type ClientAddress = (socketAddress: string | undefined, forwardedFor: string | undefined) => string;

/**
 * The address of the client. X-Forwarded-For is set by its sender, so it is read from the right, and only as
 * long as the sender is a trusted proxy (addresses or CIDR blocks).
 */
export function clientAddress(trustedProxies: readonly string[]): ClientAddress {
  if (trustedProxies.length === 0) return (socketAddress) => plain(socketAddress ?? '');
  const trusted = blockList(trustedProxies);
  const isTrusted = (address: string): boolean => trusted.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
  return (socketAddress, forwardedFor) => {
    let address = plain(socketAddress ?? '');
    const claims = forwardedFor?.split(',') ?? [];
    while (isIP(address) && isTrusted(address)) {
      const claim = plain(claims.pop()?.trim() ?? '');
      if (!isIP(claim)) break;
      address = claim;
    }
    return address;
  };
}

/** Whether a request that came over that socket was sent by a trusted proxy, whose other headers are believed, too. */
export function proxyTrust(
  trustedProxies: readonly string[],
): (socketAddress: string | undefined) => boolean {
  if (trustedProxies.length === 0) return () => false;
  const trusted = blockList(trustedProxies);
  return (socketAddress) => {
    const address = plain(socketAddress ?? '');
    return isIP(address) !== 0 && trusted.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
  };
}

function blockList(entries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = '', bits] = entry.split('/');
    if (!isIP(address)) throw new Error(`trusted proxy ${entry} is neither an address nor a CIDR block`);
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}

/** A dual-stack socket reports IPv4 clients as ::ffff:192.0.2.1. */
function plain(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
