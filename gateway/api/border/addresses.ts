/** Addresses of peers as text, each in one spelling, so that one peer counts as one. */
import { BlockList, isIP } from 'node:net';

/** An IPv4 address in IPv6 clothes as itself, without a zone, which is known to its own machine only (RFC 4291, RFC 4007); null for anything else. */
export function readAddress(text: string): string | null {
  const [bare = ''] = text.split('%', 1);
  const kind = isIP(bare);
  if (kind !== 6) return kind === 4 ? bare : null;
  const short = new URL(`http://[${bare}]`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(short);
  if (!mapped) return short;
  return mapped
    .slice(1)
    .flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255])
    .join('.');
}

/** @param networks addresses, or networks as address/bits: valid ones. */
export function createTrust(networks: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const network of networks) {
    const [text = '', bits] = network.split('/');
    const address = readAddress(text) ?? text;
    const family = isIP(address) === 4 ? 'ipv4' : 'ipv6';
    // Of an IPv4 network in IPv6 clothes, the first 96 bits are the clothes.
    const dressed = family === 'ipv4' && text.includes(':') ? 96 : 0;
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Math.max(0, Number(bits) - dressed), family);
  }
  return (text) => {
    const address = readAddress(text);
    return address !== null && list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');
  };
}
