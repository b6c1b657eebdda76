/**
 * To which addresses the gateway may send: it stands inside, and whoever sets a webhook must not reach through it what they cannot reach
 * themselves. Special-purpose addresses: IANA, RFC 6890.
 */
import { BlockList, isIP } from 'node:net';

const SPECIAL_4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const;
/** Within what is given out to the public: documentation, tunnels that lead to an IPv4 address. */
const SPECIAL_6 = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const;

const special = new BlockList();
for (const [address, bits] of SPECIAL_4) special.addSubnet(address, bits, 'ipv4');
for (const [address, bits] of SPECIAL_6) special.addSubnet(address, bits, 'ipv6');
/** The rest is private, local, or an IPv4 address in other words. */
const public6 = new BlockList();
public6.addSubnet('2000::', 3, 'ipv6');

export type MayReach = {
  /** Anybody on the internet can. */
  isPublic(address: string): boolean;
  /** … or the settings allow it. */
  isAllowed(address: string): boolean;
};

/** @param networks addresses and networks (CIDR) that are allowed beside public ones */
export function createMayReach(networks: readonly string[]): MayReach {
  const allowed = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = isIP(address) === 4 ? 'ipv4' : 'ipv6';
    allowed.addSubnet(address, bits === undefined ? (family === 'ipv4' ? 32 : 128) : Number(bits), family);
  }
  const isPublic = (address: string) => {
    const kind = isIP(address);
    if (kind === 4) return !special.check(address, 'ipv4');
    return kind === 6 && public6.check(address, 'ipv6') && !special.check(address, 'ipv6');
  };
  return {
    isPublic,
    isAllowed: (address) =>
      isPublic(address) ||
      (isIP(address) > 0 && allowed.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6')),
  };
}
