/** What this machine is called on its networks. */
import { hostname, networkInterfaces } from 'node:os';

/** A machine of many containers has very many. */
const MAX_ADDRESSES = 20;

/** What this machine calls itself, when a certificate can hold it. */
export function ownHostName(): string[] {
  const name = hostname().toLowerCase();
  return /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name) ? [name] : [];
}

/**
 * IPv4 addresses that others can reach it at. Not those of IPv6, which many systems change every day: MANYI_HOST_NAMES is for
 * them.
 */
export function ownAddresses(): string[] {
  const found = Object.values(networkInterfaces()).flatMap((addresses = []) =>
    addresses
      .filter(
        ({ family, internal, address }) => family === 'IPv4' && !internal && !address.startsWith('169.254.'),
      )
      .map(({ address }) => address),
  );
  return [...new Set(found)].sort().slice(0, MAX_ADDRESSES);
}
